// Every op has a gradient rule or a reason for having none, and every rule agrees with central differences in float64.
import { describe, expect, test } from 'vitest';

import { DERIVATIVES } from '#core/ops/gradient/derivatives';
import { GRADIENTS } from '#core/ops/gradient';
import * as ops from '#core/ops/index';
import { SCALAR_FUNCTIONS, SIGNATURES, type OpName, type ScalarFunction } from '#core/ops/signatures';
import type { Tensor } from '#core/tensor/tensor';

import { useTestBackend } from '../support/backend';
import { checkGradients } from '../support/gradient-check';

const backend = useTestBackend('native');

/** Numbers between `low` and `high`, no two closer than 1/1000 of that. */
const spread = (shape: readonly number[], low = -2, high = 2): Tensor => {
  const count = shape.reduce((a, b) => a * b, 1);
  const values = Array.from(
    { length: count },
    (_, i) => low + ((high - low) * ((i * 617 + 331) % 1009)) / 1009,
  );
  return ops.fromArray(values, 'float64', 'cpu', shape);
};
const indices = (values: number[]): Tensor => ops.fromArray(values, 'int64');

interface Check {
  readonly body: (...inputs: Tensor[]) => Tensor;
  readonly inputs: () => Tensor[];
}
const check = (body: (...inputs: Tensor[]) => Tensor, ...inputs: (() => Tensor)[]): Check => ({
  body,
  inputs: () => inputs.map((make) => make()),
});
const first = (outputs: readonly Tensor[]): Tensor => {
  const [output] = outputs;
  if (!output) throw new Error('no output');
  return output;
};
const geometry = { stride: [2, 1], padding: [1, 0, 1, 1], dilation: [1, 2], groups: 2 };
const window = { kernel: [2, 3], stride: [2, 1], padding: [1, 0, 1, 1], dilation: [1, 1], ceil_mode: true };
const average = { ...window, count_include_pad: false, divisor_override: null };

/** At least one call of every differentiable op. */
const CHECKS: { readonly [name in OpName]?: readonly Check[] } = {
  strided_copy: [
    check(
      (x) => first(ops.apply('strided_copy', [x], { shape: [2, 3], strides: [4, 2], offset: 1 })),
      () => spread([10]),
    ),
  ],
  strided_scatter: [
    check(
      (x) => first(ops.apply('strided_scatter', [x], { shape: [9], strides: [3, 1], offset: 2 })),
      () => spread([2, 3]),
    ),
  ],
  concatenate: [
    check(
      (a, b) => ops.concatenate([a, b, a], 1),
      () => spread([2, 1]),
      () => spread([2, 3]),
    ),
  ],
  cast: [
    check(
      (x) => ops.cast(ops.cast(x, 'float64'), 'float64'),
      () => spread([3]),
    ),
  ],
  pad: (['constant', 'reflect', 'replicate', 'circular'] as const).map((mode) =>
    check(
      (x) => ops.pad(x, [1, 2, 2, 0], { mode }),
      () => spread([2, 3, 4]),
    ),
  ),
  pad_gradient: (['constant', 'reflect', 'circular'] as const).map((mode) =>
    check(
      (g) => first(ops.apply('pad_gradient', [g], { padding: [1, 2], mode, shape: [2, 4] })),
      () => spread([2, 7]),
    ),
  ),
  elementwise: [
    check(
      (a, b) => ops.mul(ops.gelu(ops.add(a, b)), a),
      () => spread([3, 1, 2]),
      () => spread([4, 1]),
    ),
  ],
  reduce: [
    check(
      (x) => ops.sum(x, [0, 2]),
      () => spread([2, 3, 2]),
    ),
    check(
      (x) => ops.amax(x, [1], { keepdim: true }),
      () => spread([2, 3, 2]),
    ),
    check(
      (x) => ops.amin(x),
      () => spread([2, 3]),
    ),
  ],
  scan: [
    check(
      (x) => ops.cumsum(x, 1),
      () => spread([2, 3, 2]),
    ),
    // Lines without a 0, with one, and with two: the second and the third take other ways.
    check(
      (x, zeros) => ops.cumprod(ops.mul(x, zeros), 0),
      () => spread([4, 3]),
      () =>
        ops.fromArray(
          [
            [1, 1, 0],
            [1, 0, 2],
            [2, 3, 0],
            [1, 2, 1],
          ],
          'float64',
        ),
    ),
    check(
      (x) => first(ops.apply('scan', [x], { kind: 'prod', axis: 1, reverse: true })),
      () => spread([2, 4]),
    ),
    check(
      (x) => ops.prod(x, 0),
      () => spread([5, 2]),
    ),
  ],
  matmul: [true, false].flatMap((transpose_a) =>
    [true, false].flatMap((transpose_b) =>
      [[2], []].map((batch) =>
        check(
          (a, b) => first(ops.apply('matmul', [a, b], { transpose_a, transpose_b })),
          () => spread(transpose_a ? [2, 4, 3] : [2, 3, 4]),
          () => spread([...batch, ...(transpose_b ? [5, 4] : [4, 5])]),
        ),
      ),
    ),
  ),
  linear: [
    check(
      (x, w, b) => ops.linear(x, w, b),
      () => spread([2, 2, 3]),
      () => spread([4, 3]),
      () => spread([4]),
    ),
  ],
  convolution: [
    check(
      (x, w, b) => ops.convolution(x, w, b, geometry),
      () => spread([2, 4, 5, 4]),
      () => spread([2, 2, 3, 2]),
      () => spread([2]),
    ),
  ],
  convolution_input_gradient: [
    check(
      (x, w, b) => ops.convolutionTranspose(x, w, b, { ...geometry, outputPadding: [1, 0] }),
      () => spread([2, 4, 3, 3]),
      () => spread([4, 1, 3, 2]),
      () => spread([2]),
    ),
  ],
  convolution_weight_gradient: [
    check(
      (gy, x) =>
        first(ops.apply('convolution_weight_gradient', [gy, x], { ...geometry, shape: [2, 2, 3, 2] })),
      () => spread([2, 2, 2, 4]),
      () => spread([2, 4, 5, 4]),
    ),
  ],
  max_pool: [
    check(
      (x) => first(ops.apply('max_pool', [x], window)),
      () => spread([1, 2, 5, 4]),
    ),
  ],
  avg_pool: [
    check(
      (x) => first(ops.apply('avg_pool', [x], average)),
      () => spread([1, 2, 5, 4]),
    ),
  ],
  avg_pool_gradient: [
    check(
      (g) => first(ops.apply('avg_pool_gradient', [g], { ...average, shape: [1, 2, 5, 4] })),
      () => spread([1, 2, 3, 4]),
    ),
  ],
  adaptive_avg_pool: [
    check(
      (x) => ops.adaptiveAvgPool(x, [2, 3]),
      () => spread([1, 2, 5, 4]),
    ),
  ],
  adaptive_avg_pool_gradient: [
    check(
      (g) => first(ops.apply('adaptive_avg_pool_gradient', [g], { shape: [1, 2, 5, 4] })),
      () => spread([1, 2, 2, 3]),
    ),
  ],
  batch_norm: [
    check(
      (x, weight, bias) => ops.batchNorm(x, { isTraining: true, weight, bias }),
      () => spread([3, 2, 4]),
      () => spread([2]),
      () => spread([2]),
    ),
  ],
  layer_norm: [
    check(
      (x, weight, bias) => ops.layerNorm(x, [2, 3], { weight, bias }),
      () => spread([2, 2, 3]),
      () => spread([2, 3]),
      () => spread([2, 3]),
    ),
  ],
  group_norm: [
    check(
      (x, weight, bias) => ops.groupNorm(x, 2, { weight, bias }),
      () => spread([2, 4, 3]),
      () => spread([4]),
      () => spread([4]),
    ),
  ],
  self_attention: [false, true].map((isCausal) =>
    check(
      (x) => ops.selfAttention(x, { heads: 2, isCausal }),
      () => spread([2, 3, 12]),
    ),
  ),
  softmax: [
    check(
      (x) => ops.softmax(x, 1),
      () => spread([2, 3, 2]),
    ),
  ],
  log_softmax: [
    check(
      (x) => ops.logSoftmax(x, 0),
      () => spread([4, 3]),
    ),
  ],
  nll: (['mean', 'sum', 'none'] as const).map((reduction) =>
    check(
      (x, target) => ops.nll(ops.logSoftmax(x, 1), target, { reduction, ignoreIndex: 1 }),
      () => spread([4, 3]),
      () => indices([0, 1, 2, 2]),
    ),
  ),
  gather: [
    check(
      (table, index) => ops.gather(table, index),
      () => spread([4, 2]),
      () => indices([3, 0, 3]),
    ),
  ],
  gather_gradient: [null, 3].map((padding) =>
    check(
      (rows, index) =>
        first(ops.apply('gather_gradient', [rows, index], { shape: [4, 2], padding_idx: padding })),
      () => spread([3, 2]),
      () => indices([3, 0, 3]),
    ),
  ),
};

test('every differentiable op is checked, and only those', () => {
  const differentiable = Object.keys(SIGNATURES).filter(
    (op) => !('notDifferentiable' in GRADIENTS[op as OpName]),
  );
  expect(Object.keys(CHECKS).sort()).toEqual(differentiable.sort());
});

test('every op without a rule says why', () => {
  for (const rule of Object.values(GRADIENTS))
    if ('notDifferentiable' in rule) expect(rule.notDifferentiable.length).toBeGreaterThan(10);
});

const cases = Object.entries(CHECKS).flatMap(([op, checks]) =>
  checks.map((one, index) => [`${op} ${index}`, one] as const),
);
test.each(cases)('%s', (_name, { body, inputs }) => {
  const before = backend.live();
  ops.scope(() => checkGradients(body, inputs()));
  expect(backend.live()).toBe(before);
});

describe('scalar functions', () => {
  const positive: readonly ScalarFunction[] = ['log', 'log1p', 'sqrt', 'rsqrt', 'reciprocal', 'pow'];
  test.each(Object.keys(DERIVATIVES) as ScalarFunction[])('%s', (name) => {
    const arity = SCALAR_FUNCTIONS[name];
    const step: readonly [ScalarFunction, ...number[]] = [
      name,
      ...Array.from({ length: arity }, (_, i) => i),
    ];
    ops.scope(() =>
      checkGradients(
        (...inputs) => ops.elementwise([step], [], inputs),
        Array.from({ length: arity }, (_, i) => {
          const shape = i === 0 ? [3, 4] : [4];
          return positive.includes(name) ? spread(shape, 0.3, 2.2) : spread(shape, -2.13 + i / 7, 2.11);
        }),
      ),
    );
  });
});

test('a formula too long for one gradient op is differentiated step by step', () => {
  ops.scope(() =>
    checkGradients(
      (...inputs) => {
        // Eight inputs: with the output's gradient they are nine, one more than an op takes.
        const steps = inputs
          .slice(1)
          .map((_, i) => ['mul', i === 0 ? 0 : inputs.length + i - 1, i + 1] as const);
        return ops.elementwise([...steps, ['tanh', inputs.length + steps.length - 1]], [], inputs);
      },
      Array.from({ length: 8 }, (_, i) => spread([2, 2], 0.5 + i / 10, 1.5)),
    ),
  );
});
