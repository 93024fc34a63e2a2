// Type-checks every folder against its own tsconfig, two at a time.
import { spawn } from 'node:child_process';
import fs from 'node:fs';

import { at, root } from './paths.mjs';
import { tools } from './processes.mjs';

const cache = 'node_modules/.cache/lazuli';
const { references } = JSON.parse(fs.readFileSync(at('tsconfig.json'), 'utf8'));
const waiting = references.map(({ path }) => path.replace(/^\.\//, ''));
const failed = [];

await Promise.all([worker(), worker()]);
if (failed.length > 0) console.log(`does not type-check: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function worker() {
  for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
    const { code, output } = await check(folder);
    console.log(`${folder}: ${code === 0 ? 'ok' : 'errors'}`);
    if (code === 0) continue;
    console.log(output.trimEnd());
    failed.push(folder);
  }
}

function check(folder) {
  const info = ['--incremental', '--tsBuildInfoFile', `${cache}/${folder}.tsbuildinfo`];
  const args = [tools.tsc, '-p', folder, ...info, '--pretty', String(process.stdout.isTTY === true)];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('close', (code) => resolve({ code, output }));
  });
}
