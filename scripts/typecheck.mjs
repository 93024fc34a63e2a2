// Type-checks every folder against its own tsconfig, two at a time.
import fs from 'node:fs';

import { at } from './paths.mjs';
import { runKept, tools } from './processes.mjs';

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
  return runKept(process.execPath, args);
}
