// Prints how late JavaScript's event loop is while the engine works, in one process: feeding a sample, keeping and restoring values
// for undo, loading and saving 1 GiB of weights, preparing runs and training. Beside them stand the same process doing nothing and
// the same process beside as many plain busy threads: what is left of the machine's own scheduling. The promise is a 99th
// percentile under 8 ms while training. Not a test: the machine decides the figures.
//
//   node native/build.mjs && node tests/bench/event-loop.mjs [PHASE ...] [--threads=2] [--seconds=4] [--electron] [--json]
//                                                            [--out=docs/benchmarks/event-loop.md]
//
// PHASE is a part of a row's name, such as `train`. --electron measures Electron's Node instead.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { runnerImport } from 'vite';

const root = path.resolve(import.meta.dirname, '../..');
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '4' },
    electron: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const [threads, seconds] = [Number(options.threads), Number(options.seconds)];
/** The slices that a training run takes, in milliseconds. */
const SLICE = 80;
/** The promise, in milliseconds. */
const LIMIT = 8;
const TENSORS = 64;
const TENSOR_BYTES = 16 * 1024 * 1024;

if (options.electron && !process.versions.electron) {
  const electron = createRequire(import.meta.url)('electron');
  const { status } = spawnSync(electron, process.argv.slice(1), {
    stdio: 'inherit',
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  });
  process.exit(status ?? 1);
}

const { module: engine } = await runnerImport(path.join(root, 'tests/bench/event-loop-parts.ts'), {
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
engine.cpuBackend();
engine.useThreads(threads);

const rows = [];
const isWanted = (...names) =>
  positionals.length === 0 || names.some((name) => positionals.some((part) => name.includes(part)));

/** Does `body` while the delay of the event loop is watched; a row of the table where it is wanted. */
async function watched(name, body) {
  globalThis.gc?.();
  await wait(50);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const start = performance.now();
  const result = await body();
  const took = performance.now() - start;
  // What was held at the end shows when the next timer fires.
  await wait(20);
  delay.disable();
  const at = (share) => delay.percentile(share) / 1e6;
  if (isWanted(name))
    rows.push({ name, milliseconds: Math.round(took), p50: at(50), p99: at(99), max: delay.max / 1e6 });
  return result;
}

/** As many threads as the kernels use, busy with nothing of ours. */
async function busyThreads() {
  const end = performance.now() + seconds * 1000;
  const work = async () => {
    while (performance.now() < end)
      await new Promise((resolve) => crypto.pbkdf2('a', 'b', 40_000, 32, 'sha256', resolve));
  };
  await Promise.all(Array.from({ length: threads }, work));
}

async function feeding() {
  const models = [
    ['mlp', engine.MLP, [64, 784]],
    ['cnn', engine.CNN, [64, 1, 28, 28]],
    ['encoder of 12 layers', engine.LARGE_ENCODER, [8, 512]],
  ];
  for (const [name, { graph }, shape] of models) {
    const session = await engine.ModelSession.open(engine.projectOf('bench', graph, 'float32'), {
      folder: null,
    });
    await watched(`feed a sample: ${name}`, () => session.feedSample({ shapes: { n0: shape } }));
    await session.dispose();
  }
}

/** 64 linear layers in a row, 4096 × 1024 and back: 1 GiB. */
function largeGraph() {
  const node = (id, layer, params) => ({ id, name: id, layer, params, position: { x: 0, y: 0 } });
  const layers = Array.from({ length: TENSORS }, (_, at) =>
    node(`l${at}`, 'linear', { out_features: at % 2 === 0 ? 4096 : 1024, bias: false }),
  );
  const nodes = [node('n0', 'input', {}), ...layers, node('end', 'output', {})];
  const edges = nodes.slice(1).map(({ id }, at) => ({
    id: `e${at}`,
    from: { node: nodes[at].id, port: 'output' },
    to: { node: id, port: 'input' },
  }));
  return { nodes, edges };
}

/** Values that no file system can store as nothing. */
async function writeLargeFile(file) {
  const noise = Uint32Array.from({ length: TENSOR_BYTES / 4 }, (_, at) => Math.imul(at + 1, 0x9e3779b1));
  const memory = engine.cpuBackend().allocate(TENSOR_BYTES);
  memory.write(0, new Uint8Array(noise.buffer));
  const entries = Array.from({ length: TENSORS }, (_, at) => ({
    name: `l${at}.weight`,
    kind: 'parameter',
    dtype: 'float32',
    shape: at % 2 === 0 ? [4096, 1024] : [1024, 4096],
    stride: at % 2 === 0 ? [1024, 1] : [4096, 1],
    offset: 0,
    storage: { bytes: TENSOR_BYTES, memory, read: async (...range) => memory.read(...range) },
    storageKey: '',
    requiresGrad: true,
  }));
  await engine.writeWeightsFile(file, { entries });
  memory.dispose();
}

async function weights() {
  const folder = fs.mkdtempSync(
    path.join(process.env.LAZULI_BENCH_FOLDER ?? os.tmpdir(), 'lazuli-event-loop-'),
  );
  const [file, saved] = [path.join(folder, 'weights.pt'), path.join(folder, 'saved.pt')];
  try {
    await writeLargeFile(file);
    const session = await engine.ModelSession.open(engine.projectOf('bench', largeGraph(), 'float32'), {
      folder: null,
    });
    await watched('compare 1 GiB with the model', () => session.compareWeights(file));
    await watched('load 1 GiB into a new model', () => session.loadWeights(file));
    const { revision } = await watched('load 1 GiB over values that undo keeps', () =>
      session.loadWeights(file),
    );
    await watched('keep 1 GiB for undo and start over', () => session.backToUninitialized());
    await watched('restore 1 GiB', () => session.restore(revision));
    await watched('save 1 GiB', () => session.saveWeights(saved));
    await session.dispose();
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Steps in slices, as a run takes them. */
async function training() {
  const workloads = [
    ['mlp_b64', engine.MLP, 64],
    ['mlp_b8', engine.MLP, 8],
    ['cnn_b64', engine.CNN, 64],
    ['tenc_b16', engine.encoder(0), 16],
  ];
  for (const [name, model, batch] of workloads) {
    if (!isWanted(`train ${name}`)) continue;
    const run = engine.prepareStep(model, batch, { device: 'cpu', dtype: 'float32', batch: null });
    await run.run(1);
    const warm = await run.run(4);
    const steps = Math.min(run.most, Math.max(1, Math.round(SLICE / 1000 / (warm.seconds / 4))));
    await watched(`train ${name}`, async () => {
      const end = performance.now() + seconds * 1000;
      while (performance.now() < end) {
        await run.run(steps);
        run.losses(steps);
      }
    });
    await run.dispose();
  }
}

/** A whole run with its data, events and validation. */
async function example() {
  const { project, folder } = await engine.readProjectFile(path.join(root, 'examples/digits/digits.lazuli'));
  const settings = { ...project.training, epochs: 1_000_000, earlyStopping: null, threads };
  const session = await engine.ModelSession.open({ ...project, training: settings }, { folder });
  await watched('read the digits and feed a sample', () => session.feedSample());
  const run = await watched('prepare a run of the digits', () => session.train());
  await watched('train the digits', () => wait(seconds * 1000));
  await run.stop();
  await session.dispose();
}

await watched('nothing', () => wait(1000));
if (isWanted('beside plain busy threads')) await watched('beside plain busy threads', busyThreads);
if (isWanted('feed a sample')) await feeding();
if (isWanted('1 GiB', 'compare', 'load', 'keep', 'restore', 'save')) await weights();
await training();
if (isWanted('digits')) await example();

const shown = (ms) => ms.toFixed(1).padStart(7);
if (options.json) for (const row of rows) console.log(JSON.stringify(row));
else
  for (const { name, milliseconds, p50, p99, max } of rows)
    console.log(
      `${name.padEnd(42)} ${String(milliseconds).padStart(6)} ms   p50 ${shown(p50)}   p99 ${shown(p99)}   longest ${shown(max)}`,
    );
const late = rows.filter(({ name, p99 }) => name.startsWith('train') && p99 >= LIMIT);
if (late.length > 0) console.log(`over ${LIMIT} ms: ${late.map(({ name }) => name).join(', ')}`);

if (options.out) {
  const [cpu] = os.cpus();
  const runtime = process.versions.electron
    ? `Electron ${process.versions.electron}`
    : `Node ${process.versions.node}`;
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const text = [
    '# The event loop while the engine works',
    '',
    `${new Date().toISOString().slice(0, 10)}, ${cpu?.model ?? 'unknown CPU'}, ${os.cpus().length} cores, ${threads} kernel threads, ${runtime}.`,
    'How long the event loop of the process that computes took between two ticks of a timer of one millisecond, in milliseconds',
    '(`perf_hooks.monitorEventLoopDelay`; an idle loop shows a little over 1). `beside plain busy threads` is the same process beside',
    `${threads} threads that hash and know nothing of us: what the system's scheduler alone does to a third thread on these cores. Training`,
    `is ${seconds} s of steps in slices of ${SLICE} ms, as a run takes them. The promise is a 99th percentile under ${LIMIT} ms while training.`,
    '',
    '    node tests/bench/event-loop.mjs',
    '',
    line(['while', 'took ms', 'p50', 'p99', 'longest']),
    line(['---', '---:', '---:', '---:', '---:']),
    ...rows.map(({ name, milliseconds, p50, p99, max }) =>
      line([name, milliseconds, ...[p50, p99, max].map((ms) => ms.toFixed(1))]),
    ),
    '',
  ].join('\n');
  fs.mkdirSync(path.dirname(path.resolve(options.out)), { recursive: true });
  fs.writeFileSync(options.out, text);
}
// Vite's runner leaves handles behind.
process.exit(0);
