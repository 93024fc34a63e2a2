// Prints GFLOP/s of matrix products and convolutions and milliseconds of pooling, normalization and softmax, for the
// shapes of the baselines. Not a test: the machine decides the figures.
//
//   node native/build.mjs && node tests/bench/products.mjs [filter] [--threads=2] [--isa=avx2] [--dtype=float64]
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

const native = createRequire(import.meta.url)('../../native/build/Release/lazuli_native.node');
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '2' },
    isa: { type: 'string' },
    dtype: { type: 'string', default: 'float32' },
  },
});
native.setThreads(Number(options.threads));
if (options.isa) native.setIsa(options.isa);

const { dtype } = options;
const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
function tensor(shape, type = dtype) {
  const width = type === 'float32' ? 4 : 8;
  const storage = native.allocate(Math.max(sizeOf(shape), 1) * width);
  if (type !== 'int64') {
    const values = new (width === 4 ? Float32Array : Float64Array)(sizeOf(shape));
    for (let i = 0; i < values.length; i++) values[i] = ((i * 7919) % 1013) / 1013 - 0.5;
    storage.write(0, new Uint8Array(values.buffer));
  }
  return { storage, offset: 0, dtype: type, shape };
}

/** Median and best milliseconds of running an op about as long as 0.3 s. */
function measure(name, flops, op, inputs, outputs, attributes) {
  if (positionals[0] && !name.includes(positionals[0])) return;
  const given = inputs.map((shape) => (shape ? tensor(shape) : null));
  const made = outputs.map((out) => (Array.isArray(out) ? tensor(out) : tensor(out.shape, out.dtype)));
  const times = [];
  const before = process.cpuUsage();
  for (let total = 0; times.length < 5 || (total < 300 && times.length < 2000);) {
    const start = performance.now();
    native.execute(op, given, made, attributes);
    const time = performance.now() - start;
    times.push(time);
    total += time;
  }
  const { user, system } = process.cpuUsage(before);
  for (const { storage } of [...given, ...made].filter(Boolean)) storage.dispose();
  times.sort((a, b) => a - b);
  const [best, median] = [times[0], times[times.length >> 1]];
  const rate = (time) => (flops > 0 ? `${(flops / time / 1e6).toFixed(0).padStart(4)} GFLOP/s` : '');
  // Per second of CPU time: what a core did while it ran, also on a machine that others use.
  const perCore =
    flops > 0 ? `${((flops * times.length) / (user + system) / 1e3).toFixed(0).padStart(4)} per core` : '';
  const columns = [
    `${median.toFixed(3).padStart(9)} ms`,
    rate(median),
    `best ${best.toFixed(3)} ms`,
    rate(best),
    perCore,
  ];
  console.log(`${name.padEnd(52)} ${columns.join('  ')}`);
}

for (const [m, n, k] of [
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
  [2048, 2048, 2048],
  [8, 512, 784],
  [64, 512, 784],
  [512, 512, 2048],
]) {
  for (const [order, a, b] of [
    ['nn', false, false],
    ['nt', false, true],
    ['tn', true, false],
  ])
    measure(
      `matmul ${order} ${m}×${n}×${k}`,
      2 * m * n * k,
      'matmul',
      [a ? [k, m] : [m, k], b ? [n, k] : [k, n]],
      [[m, n]],
      {
        transpose_a: a,
        transpose_b: b,
      },
    );
}
// The training step of a linear layer: forward, input gradient, weight gradient.
for (const batch of [8, 64]) {
  const flops = 2 * batch * 512 * 784;
  measure(
    `linear forward ${batch}: 784→512`,
    flops,
    'linear',
    [[batch, 784], [512, 784], [512]],
    [[batch, 512]],
    {},
  );
  const plain = { transpose_a: false, transpose_b: false };
  measure(
    `linear gx ${batch}: 784→512`,
    flops,
    'matmul',
    [
      [batch, 512],
      [512, 784],
    ],
    [[batch, 784]],
    plain,
  );
  measure(`linear gweight ${batch}: 784→512`, flops, 'matmul', [[batch, 512], [batch, 784]], [[512, 784]], { ...plain, transpose_a: true }); // prettier-ignore
}
measure('matmul attention 64 × 64×64×32', 2 * 64 * 64 * 64 * 32, 'matmul', [[64, 64, 32], [64, 64, 32]], [[64, 64, 64]], { transpose_a: false, transpose_b: true }); // prettier-ignore

for (const [batch, channels, rows, size, kernel, stride, padding, groups = 1] of [
  [32, 32, 64, 28, 3, 1, 1],
  [16, 64, 64, 56, 3, 1, 1],
  [64, 1, 32, 28, 3, 1, 1],
  [16, 64, 256, 28, 1, 1, 0],
  [32, 256, 256, 7, 3, 1, 1],
  [16, 64, 128, 56, 3, 2, 1],
  [16, 64, 64, 56, 3, 1, 1, 64],
]) {
  const out = Math.floor((size + 2 * padding - kernel) / stride) + 1;
  const [x, weight] = [[batch, channels, size, size], [rows, channels / groups, kernel, kernel]]; // prettier-ignore
  const y = [batch, rows, out, out];
  const attributes = { stride: [stride, stride], padding: Array(4).fill(padding), dilation: [1, 1], groups };
  const name = `convolution ${channels}→${rows} @${size} k${kernel} s${stride} g${groups} batch ${batch}`;
  const flops = (2 * sizeOf(y) * channels * kernel * kernel) / groups;
  measure(`${name}: forward`, flops, 'convolution', [x, weight], [y], attributes);
  measure(`${name}: gx`, flops, 'convolution_input_gradient', [y, weight], [x], { ...attributes, shape: x });
  measure(`${name}: gweight`, flops, 'convolution_weight_gradient', [y, x], [weight], {
    ...attributes,
    shape: weight,
  });
}

const image = [32, 64, 28, 28];
const half = [32, 64, 14, 14];
const window = { kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0], dilation: [1, 1], ceil_mode: false };
const average = { ...window, count_include_pad: true, divisor_override: null };
measure('max_pool 2×2 of 32×64×28²', 0, 'max_pool', [image], [half, { shape: half, dtype: 'int64' }], window);
measure('avg_pool 2×2 of 32×64×28²', 0, 'avg_pool', [image], [half], average);
measure('avg_pool_gradient 2×2 of 32×64×28²', 0, 'avg_pool_gradient', [half], [image], {
  ...average,
  shape: image,
});
measure('adaptive_avg_pool to 1 of 32×64×28²', 0, 'adaptive_avg_pool', [image], [[32, 64, 1, 1]], {
  output_size: [1, 1],
});
measure('batch_norm 32×64×28²', 0, 'batch_norm', [image, [64], [64]], [image, [64], [64]], {
  eps: 1e-5,
  momentum: 0.1,
});
measure(
  'batch_norm_gradient 32×64×28²',
  0,
  'batch_norm_gradient',
  [image, image, [64], [64], [64]],
  [image, [64], [64]],
  {},
);
measure('layer_norm 2048×256', 0, 'layer_norm', [[2048, 256], [256], [256]], [[2048, 256], [2048], [2048]], {
  size: 256,
  eps: 1e-5,
});
measure('layer_norm_gradient 2048×256', 0, 'layer_norm_gradient', [[2048, 256], [2048, 256], [256], [2048], [2048]], [[2048, 256], [256], [256]], { size: 256 }); // prettier-ignore
measure('softmax 2048×64', 0, 'softmax', [[2048, 64]], [[2048, 64]], { axis: 1 });
measure('softmax 64×512×512', 0, 'softmax', [[64, 512, 512]], [[64, 512, 512]], { axis: 2 });
measure('log_softmax 64×1000', 0, 'log_softmax', [[64, 1000]], [[64, 1000]], { axis: 1 });
native.close();
