// Prints how late JavaScript's event loop is while a model trains, in Node and in Electron's Node: the 99th percentile of the
// delay, from perf_hooks, which counts the timer's own millisecond. The promise is under 8 ms. Not a test: the machine decides.
//
//   node tests/bench/event-loop.mjs [--epochs=20] [--threads=0]
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const root = path.resolve(import.meta.dirname, '../..');
const { values: options } = parseArgs({
  options: { epochs: { type: 'string', default: '20' }, threads: { type: 'string', default: '0' } },
});
const monitor = pathToFileURL(path.join(import.meta.dirname, 'event-loop-monitor.mjs')).href;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lazuli-event-loop-'));
const train = [
  'train',
  path.join(root, 'examples/digits/digits.lazuli'),
  `--epochs=${options.epochs}`,
  `--threads=${options.threads}`,
  '--json',
];
const electron = createRequire(import.meta.url)('electron');
const runtimes = [
  { name: 'Node', program: process.execPath, env: {} },
  { name: "Electron's Node", program: electron, env: { ELECTRON_RUN_AS_NODE: '1' } },
];
try {
  spawnSync(process.execPath, [path.join(root, 'bin/lazuli.mjs'), '--version'], { stdio: 'inherit' });
  for (const { name, program, env } of runtimes) {
    const out = path.join(folder, 'weights.pt');
    const { stderr, status } = spawnSync(
      program,
      ['--import', monitor, path.join(root, 'out/cli/lazuli.js'), ...train, `--out=${out}`],
      { encoding: 'utf8', env: { ...process.env, ...env }, maxBuffer: 1 << 28 },
    );
    const line = stderr.split('\n').find((text) => text.startsWith('{"p50_ms"'));
    if (status !== 0 || !line) throw new Error(`${name}: ${stderr}`);
    const { p50_ms, p99_ms, max_ms, samples } = JSON.parse(line);
    const shown = [p50_ms, p99_ms, max_ms].map((ms) => ms.toFixed(2).padStart(7));
    console.log(
      `${name.padEnd(16)} p50 ${shown[0]} ms  p99 ${shown[1]} ms  max ${shown[2]} ms  ${samples} samples`,
    );
  }
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
