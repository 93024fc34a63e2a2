// Compares matrix products and convolutions with PyTorch on this machine: ours and the worker of torch_peer.py (with the grouped
// convolutions of grouped_peer.py) in turn, in one sitting, and prints medians, ratios and the share of the multiply-add peak, measured in the same run, as a Markdown table.
// Not a test: the machine decides the figures. Pooling, normalization and other shapes: products.mjs.
//
//   node native/build.mjs && node tests/bench/kernels.mjs [FILTER] [--python=python3] [--peer=../shared/bench/torch_peer.py]
//                            [--threads=2] [--isa=avx2] [--seconds=0.1] [--rounds=4] [--without=bf16]
//                            [--out=docs/benchmarks/kernels.md]
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { openPeer } from './peer.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const native = createRequire(import.meta.url)(path.join(root, 'native/build/Release/lazuli_native.node'));
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string', default: process.env.TORCH_PYTHON ?? 'python3' },
    peer: { type: 'string', default: path.join(root, '../shared/bench/torch_peer.py') },
    threads: { type: 'string', default: '2' },
    isa: { type: 'string' },
    seconds: { type: 'string', default: '0.1' },
    rounds: { type: 'string', default: '4' },
    without: { type: 'string' },
    out: { type: 'string' },
  },
});
const [threads, seconds, rounds] = [options.threads, options.seconds, options.rounds].map(Number);
native.setThreads(threads);
if (options.isa) native.setIsa(options.isa);

const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

function product(form, m, n, k, extra = {}) {
  const [transpose_a, transpose_b] = [form[0] === 't', form[1] === 't'];
  return {
    op: 'matmul',
    inputs: [transpose_a ? [k, m] : [m, k], transpose_b ? [n, k] : [k, n]],
    output: [m, n],
    attributes: { transpose_a, transpose_b, ...extra },
    flops: 2 * m * n * k,
  };
}

const batched = (batch, m, n, k) => ({
  op: 'matmul',
  inputs: [
    [batch, m, k],
    [batch, k, n],
  ],
  output: [batch, m, n],
  attributes: { transpose_a: false, transpose_b: false },
  flops: 2 * batch * m * n * k,
});

/** Ours and the peer's names of one convolution 3×3 with padding 1; PyTorch in both layouts. */
function convolution(direction, batch, channels, rows, size, groups = 1) {
  const [x, w, y] = [[batch, channels, size, size], [rows, channels / groups, 3, 3], [batch, rows, size, size]]; // prettier-ignore
  const attributes = { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups };
  const flops = (18 * sizeOf(y) * channels) / groups;
  const shape = `${batch}x${channels}->${rows}x${size}${groups > 1 ? `g${groups}` : ''}`;
  const of = {
    fwd: { op: 'convolution', inputs: [x, w, [rows]], output: y, attributes },
    bwd_data: {
      op: 'convolution_input_gradient',
      inputs: [y, w],
      output: x,
      attributes: { ...attributes, shape: x },
    },
    bwd_wei: {
      op: 'convolution_weight_gradient',
      inputs: [y, x],
      output: w,
      attributes: { ...attributes, shape: w },
    },
  }[direction];
  return { ...of, flops, peers: [`conv_${direction}_${shape}`, `conv_${direction}_cl_${shape}`] };
}

const CASES = {
  ...Object.fromEntries(
    [
      [256, 256, 256],
      [512, 512, 512],
      [1024, 1024, 1024],
      [2048, 2048, 2048],
      [8, 512, 784],
      [64, 512, 784],
      [512, 512, 2048],
    ].flatMap((sizes) =>
      ['nn', 'nt'].map((form) => [`gemm_${form}_${sizes.join('x')}`, product(form, ...sizes)]),
    ),
  ),
  bmm_64x64x64x32: batched(64, 64, 64, 32),
  bmm_64x64x32x64: batched(64, 64, 32, 64),
  bmm_32x256x256x64: batched(32, 256, 256, 64),
  ...Object.fromEntries(
    [512, 1024, 2048].map((n) => [`gemm_bf16_${n}`, product('nn', n, n, n, { precision: 'bfloat16' })]),
  ),
  ...Object.fromEntries(
    [
      [32, 32, 64, 28],
      [16, 64, 64, 56],
      [64, 1, 32, 28],
      [64, 32, 64, 14],
      [32, 64, 64, 28, 64],
      [32, 64, 64, 28, 8],
    ].flatMap((sizes) =>
      ['fwd', 'bwd_data', 'bwd_wei'].map((direction) => {
        const row = convolution(direction, ...sizes);
        return [row.peers[0], row];
      }),
    ),
  ),
};

function prepare({ op, inputs, output, attributes }) {
  const tensors = [...inputs, output].map((shape) => {
    const storage = native.allocate(sizeOf(shape) * 4);
    const values = Float32Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7919) % 1013) / 1013 - 0.5);
    storage.write(0, new Uint8Array(values.buffer));
    return { storage, offset: 0, dtype: 'float32', shape };
  });
  const run = () => native.execute(op, tensors.slice(0, -1), tensors.slice(-1), attributes);
  return {
    /** The median in milliseconds. */
    measure() {
      run();
      const times = [];
      for (const end = performance.now() + seconds * 1e3; performance.now() < end || times.length < 3;) {
        const start = performance.now();
        run();
        times.push(performance.now() - start);
      }
      return median(times);
    },
    dispose: () => tensors.forEach(({ storage }) => storage.dispose()),
  };
}

const peakNow = () => Math.max(...Array.from({ length: 5 }, () => native.measurePeak('float32')));

const peer = openPeer(
  [options.python, path.join(import.meta.dirname, 'grouped_peer.py'), options.peer, '--worker'],
  { threads, seconds },
);
const { torch } = await peer.ready;
const [rows, peaks] = [[], []];
for (const [name, row] of Object.entries(CASES)) {
  if (positionals[0] && !name.includes(positionals[0])) continue;
  if (options.without && name.includes(options.without)) continue;
  const ours = prepare(row);
  const peers = row.peers ?? [name];
  const [own, others] = [[], peers.map(() => [])];
  peaks.push(peakNow());
  for (let round = 0; round < rounds; round++) {
    own.push(ours.measure());
    for (const [at, other] of peers.entries()) others[at].push(await peer.measure(other));
  }
  ours.dispose();
  const mine = median(own);
  const theirs = others.map(median);
  const rate = row.flops / mine / 1e6;
  rows.push({ name, mine, range: [Math.min(...own), Math.max(...own)], theirs, rate });
  process.stderr.write(
    `${name} ${mine.toFixed(3)} ms, PyTorch ${theirs.map((ms) => ms.toFixed(3)).join(', ')} ms\n`,
  );
}
peer.close();
const peak = median(peaks);

const shown = (ms) => (ms >= 10 ? ms.toFixed(1) : ms >= 1 ? ms.toFixed(2) : ms.toPrecision(3));
const line = (cells) => `| ${cells.join(' | ')} |`;
const text = [
  '# Matrix products and convolutions against PyTorch',
  '',
  `${new Date().toISOString().slice(0, 10)}, ${os.cpus()[0]?.model ?? 'unknown CPU'}, ${os.cpus().length} cores, ${threads} threads, ${native.info().isa}, PyTorch ${torch}.`,
  `Ours and PyTorch in turn, ${rounds} rounds of ${seconds} s each, medians of the rounds' medians. The multiply-add peak of the`,
  `threads together, on registers alone, was ${peak.toFixed(0)} GFLOP/s in the same run. Convolutions count the products of the direct sums, so`,
  "more than 100% is possible where Winograd's are computed; bfloat16 products have about twice the peak. `g8` is a convolution of 8",
  'groups, `g64` of 64 channels a depthwise one. The second figure of PyTorch is channels last. On a shared machine rounds differ; the ratios are the figures.',
  '',
  line(['case', 'Lazuli ms (rounds)', 'GFLOP/s', 'of the peak', 'PyTorch ms', 'against PyTorch, its best']),
  line(['---', '---:', '---:', '---:', '---:', '---:']),
  ...rows.map(({ name, mine, range, theirs, rate }) =>
    line([
      `\`${name}\``,
      `${shown(mine)} (${range.map(shown).join('–')})`,
      rate.toFixed(0),
      `${((100 * rate) / peak).toFixed(0)}%`,
      theirs.map(shown).join(' / '),
      `${(Math.min(...theirs) / mine).toFixed(2)} ×`,
    ]),
  ),
  '',
].join('\n');
if (options.out) {
  fs.mkdirSync(path.dirname(path.resolve(options.out)), { recursive: true });
  fs.writeFileSync(options.out, text);
}
process.stdout.write(text);
native.close();
