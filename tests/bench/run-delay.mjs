// Prints how long the event loop of the process that trains is held: while a run is prepared, and while it goes on.
// Not a test: the machine decides the figures.
//
//   node native/build.mjs && node tests/bench/run-delay.mjs [digits|iris] [--seconds=3] [--json]
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';

import { runnerImport } from 'vite';

const root = path.join(import.meta.dirname, '..', '..');
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } },
});
const [name = 'digits'] = positionals;

const { module: engine } = await runnerImport(path.join(root, 'engine/index.ts'), {
  configFile: false,
  logLevel: 'error',
  resolve: {
    alias: {
      '#core': path.join(root, 'core'),
      '#engine': path.join(root, 'engine'),
      '#native': path.join(root, 'native/index.ts'),
    },
  },
});
const { readProjectFile, ModelSession } = engine;

const { project, folder } = await readProjectFile(path.join(root, 'examples', name, `${name}.lazuli`));
const training = { ...project.training, epochs: 1_000_000, earlyStopping: null };
const session = await ModelSession.open({ ...project, training }, { folder });
const phases = [];

/** Runs `body` while the delay of the event loop is watched. */
async function watched(phase, body) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const start = performance.now();
  const result = await body();
  const milliseconds = performance.now() - start;
  // What was held at the end shows when the next timer fires.
  await new Promise((resolve) => setTimeout(resolve, 20));
  delay.disable();
  const at = (share) => delay.percentile(share) / 1e6;
  phases.push({
    name,
    phase,
    milliseconds: Math.round(milliseconds),
    p50_ms: at(50),
    p99_ms: at(99),
    max_ms: delay.max / 1e6,
  });
  return result;
}

await watched('idle', () => new Promise((resolve) => setTimeout(resolve, 500)));
await watched('data and sample', () => session.feedSample());
const run = await watched('prepare', () => session.train());
await watched('train', () => new Promise((resolve) => setTimeout(resolve, Number(options.seconds) * 1000)));
await run.stop();
const again = await watched('prepare again', () => session.train());
await again.stop();
await session.dispose();

for (const phase of phases)
  console.log(
    options.json
      ? JSON.stringify(phase)
      : `${phase.phase.padEnd(16)} ${String(phase.milliseconds).padStart(6)} ms   p50 ${phase.p50_ms.toFixed(1)} ms   p99 ${phase.p99_ms.toFixed(1)} ms   longest ${phase.max_ms.toFixed(1)} ms`,
  );
