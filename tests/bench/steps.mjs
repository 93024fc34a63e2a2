// Compares the workloads of `lazuli bench` with PyTorch on this machine: ours and torch_peer.py in turn, in one sitting,
// and prints medians and ratios as a Markdown table. Not a test: the machine decides the figures.
//
//   node tests/bench/steps.mjs [NAME ...] [--python=python3] [--peer=../shared/bench/torch_peer.py] [--threads=2]
//                              [--seconds=1] [--rounds=4] [--title=Text] [--out=docs/benchmarks/steps.md]
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { openPeer } from './peer.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string', default: process.env.TORCH_PYTHON ?? 'python3' },
    peer: { type: 'string', default: path.join(root, '../shared/bench/torch_peer.py') },
    threads: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '4' },
    title: { type: 'string', default: 'Training steps against PyTorch' },
    out: { type: 'string' },
  },
});
const [threads, seconds, rounds] = [options.threads, options.seconds, options.rounds].map(Number);
const names = positionals.length > 0 ? positionals : ['mlp_b64', 'mlp_b8', 'cnn_b64', 'tenc_b16'];

/** glibc told to keep its memory: PyTorch then pays for no page twice. */
const TUNED = {
  MALLOC_TOP_PAD_: '268435456',
  MALLOC_MMAP_MAX_: '0',
  MALLOC_TRIM_THRESHOLD_: '4294967296',
};

/** The peer's cases for one of ours: as shipped, and those of which the fastest counts as its best. */
function peerCases(name) {
  if (/^(mlp|cnn|tenc)_/.test(name)) {
    const best = [`step_${name}_adam`, `step_${name}_adam_fused`];
    if (name.startsWith('cnn')) best.push(`step_${name}_adam_cl`);
    return { shipped: `step_${name}_adam`, best };
  }
  // A convolution may use either layout; the name with `cl_` is PyTorch's channels last.
  const layout = /^(conv_\w+?)_(\d+x.*)$/.exec(name);
  return { shipped: name, best: layout ? [name, `${layout[1]}_cl_${layout[2]}`] : [name] };
}

function ours(name) {
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    [
      path.join(root, 'bin/lazuli.mjs'),
      'bench',
      name,
      `--threads=${threads}`,
      `--seconds=${seconds}`,
      '--json',
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

async function compare(name, peers) {
  const { shipped, best } = peerCases(name);
  const taken = { ours: [], shipped: [], best: Object.fromEntries(best.map((each) => [each, []])) };
  let last = null;
  for (let round = 0; round < rounds; round++) {
    last = ours(name);
    taken.ours.push(last.median_ms);
    taken.shipped.push(await peers.shipped.measure(shipped));
    for (const each of best) taken.best[each].push(await peers.tuned.measure(each));
  }
  const bests = best.map((each) => ({
    name: each,
    ms: median(taken.best[each]),
    least: Math.min(...taken.best[each]),
  }));
  const fastest = bests.reduce((a, b) => (b.least < a.least ? b : a));
  return {
    name,
    ours: median(taken.ours),
    spread: [Math.min(...taken.ours), Math.max(...taken.ours)],
    shipped: { ms: median(taken.shipped), least: Math.min(...taken.shipped) },
    best: fastest,
    memory: last.minimum_bytes ? { peak: last.peak_bytes, minimum: last.minimum_bytes } : null,
  };
}

const shown = (ms) => (ms >= 10 ? ms.toFixed(1) : ms >= 1 ? ms.toFixed(2) : ms.toPrecision(3));
const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(1);

function report(results, torch) {
  const [cpu] = os.cpus();
  const rows = results.map(({ name, ours: own, spread, shipped, best, memory }) => [
    `\`${name}\``,
    `${shown(own)} / ${shown(spread[0])}`,
    `${shown(shipped.ms)} / ${shown(shipped.least)}`,
    `${shown(best.ms)} / ${shown(best.least)} (\`${best.name}\`)`,
    `${(shipped.ms / own).toFixed(2)} / ${(shipped.least / spread[0]).toFixed(2)} ×`,
    `${(best.ms / own).toFixed(2)} / ${(best.least / spread[0]).toFixed(2)} ×`,
    memory ? `${mebibytes(memory.peak)} / ${mebibytes(memory.minimum)}` : '',
  ]);
  const head = ['workload', 'Lazuli ms', 'PyTorch as shipped ms', 'its best, allocator tuned ms', 'against shipped', 'against its best', 'peak / least MiB']; // prettier-ignore
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    `# ${options.title}`,
    '',
    `${new Date().toISOString().slice(0, 10)}, ${cpu?.model ?? 'unknown CPU'}, ${os.cpus().length} cores, ${threads} threads, Node ${process.versions.node}, PyTorch ${torch}.`,
    `Ours and PyTorch in turn, ${rounds} rounds of ${seconds} s each: the median of the rounds' medians / the least disturbed round`,
    'of each, and both ratios. Where the two ratios differ much, other work ran beside some rounds (a busy core makes two spinning',
    'threads of PyTorch wait for each other): then only the second says something. "As shipped" is eager mode with',
    'the default Adam; "its best" is the fastest of eager with fused Adam and channels last, with glibc told to keep its memory',
    `(\`${Object.entries(TUNED).map(([key, value]) => `${key}=${value}`).join(' ')}\`). On a shared machine rounds differ; the ratios are the figures.`, // prettier-ignore
    'The peak is all native memory of the run with its data; the least is what no plan could do without.',
    '',
    `    node tests/bench/steps.mjs ${positionals.join(' ')}`.trimEnd(),
    '',
    line(head),
    line(head.map((_, at) => (at === 0 ? '---' : '---:'))),
    ...rows.map(line),
    '',
  ].join('\n');
}

const open = (env) => openPeer([options.python, options.peer, '--worker'], { threads, seconds, env });
const peers = { shipped: open({}), tuned: open(TUNED) };
const { torch } = await peers.shipped.ready;
await peers.tuned.ready;
const results = [];
try {
  for (const name of names) {
    results.push(await compare(name, peers));
    process.stderr.write(`${name} done\n`);
  }
} finally {
  peers.shipped.close();
  peers.tuned.close();
}
const text = report(results, torch);
if (options.out) {
  fs.mkdirSync(path.dirname(path.resolve(options.out)), { recursive: true });
  fs.writeFileSync(options.out, text);
}
process.stdout.write(text);
