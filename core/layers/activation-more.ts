// The rarer activations on each element alone: pieces of straight lines, shrinkages, and more smooth curves.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { factor } from './activation';
import { activation } from './elementwise';
import { logSigmoid, withGradientOf } from './formulas';
import { number } from './params';
import { mismatch } from './shapes';

/** x between two bounds, which have no slope themselves, as in PyTorch. */
const bounded = (x: Tensor, low: number, high: number): Tensor =>
  ops.where(ops.le(x, low), low, ops.where(ops.ge(x, high), high, x));

export const relu6 = activation({
  type: 'relu6',
  torch: 'torch.nn.ReLU6',
  summary: 'Limits each value to 0 to 6.',
  keywords: ['mobile', 'clip'],
  params: {},
  formula: (x) => bounded(x, 0, 6),
});

export const hardtanh = activation({
  type: 'hardtanh',
  torch: 'torch.nn.Hardtanh',
  summary: 'Limits each value to a range.',
  keywords: ['clamp', 'clip'],
  params: { min_val: factor('Smallest value.', -1), max_val: factor('Largest value.', 1) },
  variant: { min_val: -0.3, max_val: 1.6 },
  check: ({ min_val, max_val }) =>
    min_val < max_val ? [] : [mismatch('max_val', `more than min_val, ${min_val}`, max_val)],
  formula: (x, { min_val, max_val }) => bounded(x, min_val, max_val),
});

export const hardsigmoid = activation({
  type: 'hardsigmoid',
  torch: 'torch.nn.Hardsigmoid',
  summary: 'A sigmoid of three straight lines.',
  keywords: ['mobile'],
  params: {},
  formula(x) {
    const value = ops.div(ops.add(bounded(x, -3, 3), 3), 6);
    // PyTorch's gradient is the float32 nearest to 1/6, in float64 too, and 0 where there is no number.
    const isBetween = ops.mul(ops.gt(x, -3), ops.lt(x, 3));
    return withGradientOf(ops.where(isBetween, ops.mul(x, Math.fround(1 / 6)), 0), value);
  },
});

export const hardswish = activation({
  type: 'hardswish',
  torch: 'torch.nn.Hardswish',
  summary: 'Weighs each value by its hard sigmoid.',
  keywords: ['mobile', 'hard swish'],
  params: {},
  formula: (x) =>
    ops.fused([x], (f, input) => {
      const value = input ?? f.input(0);
      const [low, isCurved] = [f.step('le', value, f.constant(-3)), f.step('lt', value, f.constant(3))];
      // Between the bends only: an infinite value times a slope of 0 is no number. What is none counts as beyond them.
      const near = f.step('where', low, f.constant(0), f.step('where', isCurved, value, f.constant(0)));
      const curve = f.step('mul', near, f.step('add', near, f.constant(3)));
      const line = f.step('mul', value, f.constant(6));
      const nothing = f.step('mul', value, f.constant(0));
      const bent = f.step('where', low, nothing, f.step('where', isCurved, curve, line));
      return f.step('div', bent, f.constant(6));
    }),
});

export const threshold = activation({
  type: 'threshold',
  torch: 'torch.nn.Threshold',
  summary: 'Keeps what is above a threshold, replaces the rest.',
  params: {
    threshold: number({ help: 'Values up to this are replaced.', initial: 0 }),
    value: number({ help: 'What they are replaced with.', initial: 0, mayBeInfinite: true }),
  },
  required: { threshold: 0.25, value: -1.5 },
  formula: (x, { threshold: limit, value }) => ops.where(ops.le(x, limit), value, x),
});

export const softshrink = activation({
  type: 'softshrink',
  torch: 'torch.nn.Softshrink',
  summary: 'Moves each value towards 0 by an amount, and what is nearer to 0 itself.',
  params: { lambd: number({ min: 0, help: 'The amount.', initial: 0.5, torchDefault: 0.5 }) },
  variant: { lambd: 1.2 },
  formula: (x, { lambd }) =>
    ops.where(
      ops.gt(x, lambd),
      ops.sub(x, lambd),
      ops.where(
        ops.lt(x, -lambd),
        ops.add(x, lambd),
        // What is no number keeps its gradient.
        ops.where(ops.le(ops.abs(x), lambd), ops.mul(x, 0), x),
      ),
    ),
});

export const hardshrink = activation({
  type: 'hardshrink',
  torch: 'torch.nn.Hardshrink',
  summary: 'Replaces what is near 0 by 0.',
  params: { lambd: factor('Distance from 0 up to which values are replaced.', 0.5) },
  variant: { lambd: 1.2 },
  formula: (x, { lambd }) => ops.where(ops.le(ops.abs(x), lambd), 0, x),
});

export const tanhshrink = activation({
  type: 'tanhshrink',
  torch: 'torch.nn.Tanhshrink',
  summary: 'Each value less its hyperbolic tangent.',
  params: {},
  formula: (x) => ops.sub(x, ops.tanh(x)),
});

export const selu = activation({
  type: 'selu',
  torch: 'torch.nn.SELU',
  summary: 'A scaled elu that keeps mean and variance through layers; goes with alpha_dropout.',
  keywords: ['self-normalizing'],
  params: {},
  // Source: https://arxiv.org/abs/1706.02515, with PyTorch's digits.
  formula: (x) => ops.mul(ops.elu(x, 1.6732632423543772), 1.0507009873554805),
});

export const celu = activation({
  type: 'celu',
  torch: 'torch.nn.CELU',
  summary: 'An elu whose slope is continuous for every alpha.',
  params: { alpha: factor('Value that what is negative approaches, negated.', 1) },
  variant: { alpha: 0.6 },
  check: ({ alpha }) => (alpha === 0 ? [mismatch('alpha', 'not 0', alpha)] : []),
  formula(x, { alpha }) {
    const value = ops.elu(x, alpha, 1 / alpha);
    // PyTorch's gradient divides by alpha rounded to float32, in float64 too.
    if (x.dtype !== 'float64' || Math.fround(alpha) === alpha) return value;
    return withGradientOf(ops.elu(x, alpha, 1 / Math.fround(alpha)), value);
  },
});

export const softplus = activation({
  type: 'softplus',
  torch: 'torch.nn.Softplus',
  summary: 'A smooth relu: log(1 + eˣ).',
  params: {
    beta: factor('Sharpness of the bend.', 1),
    threshold: factor('Beyond this, beta · x is taken as straight.', 20),
  },
  variant: { beta: 2.5, threshold: 3 },
  formula: (x, { beta, threshold: limit }) => ops.softplus(x, beta, limit),
});

export const softsign = activation({
  type: 'softsign',
  torch: 'torch.nn.Softsign',
  summary: 'Squeezes each value between -1 and 1: x / (1 + |x|).',
  params: {},
  formula: (x) => ops.div(x, ops.add(ops.abs(x), 1)),
});

export const mish = activation({
  type: 'mish',
  torch: 'torch.nn.Mish',
  summary: 'Weighs each value smoothly: x · tanh(softplus(x)).',
  params: {},
  formula: (x) => ops.mul(x, ops.tanh(ops.softplus(x))),
});

export const logSigmoidLayer = activation({
  type: 'log_sigmoid',
  torch: 'torch.nn.LogSigmoid',
  summary: 'The logarithm of sigmoid.',
  params: {},
  formula: logSigmoid,
});
