// Adafactor: Adam with the running squares of a matrix kept as one row and one column.
import { number, numbersOrBlanks } from '../layers/params';
import * as ops from '../ops';
import { numel, type Shape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import { defineOptimizer } from './declaration';
import { learningRate, like, maximize, stateOf, stepCount, weightDecay } from './pieces';
import { descend, normOf, shrink, stepsBefore } from './steps';

/** The shape with one axis, counted from the end, of size 1. */
const without = (shape: Shape, fromEnd: number): Shape =>
  shape.map((size, axis) => (axis === shape.length - fromEnd ? 1 : size));

/** The smallest number that 1 can grow by: `torch.finfo(dtype).eps`. */
const resolutionOf = ({ dtype }: Tensor): number => (dtype === 'float64' ? 2 ** -52 : 2 ** -23);

/**
 * p -= α · U / max(1, RMS(U) / d), U = g / √v̂, α = max(eps₂, RMS(p)) · min(lr, 1/√t), with v̂ = r·c / mean(r) for matrices and
 * more axes. Source: torch.optim.Adafactor, https://arxiv.org/abs/1804.04235.
 */
export const adafactor = defineOptimizer({
  type: 'adafactor',
  torch: 'torch.optim.Adafactor',
  torchClass: {
    group: ['lr', 'beta2_decay', 'eps', 'd', 'weight_decay', 'foreach', 'maximize'],
    checks: [
      ['lr', 'Learning rate should be >= 0 but is: {}'],
      ['beta2_decay', 'beta2_decay should be <= 0 but is: {}'],
      ['eps', 'epsilon1 should be >= 0 but is: {}', 'epsilon2 should be >= 0 but is: {}'],
      ['d', 'Clipping threshold d should be >= 1 but is: {}'],
      ['weight_decay', 'weight_decay should be >= 0 but is: {}'],
    ],
    older: ['foreach'],
    floats: ['d', 'weight_decay'],
  },
  summary: 'Adam that remembers a row and a column per matrix instead of two copies of it.',
  params: {
    lr: learningRate(1e-2),
    beta2_decay: number({
      max: 0,
      help: 'Power of the step that the newest square counts with.',
      initial: -0.8,
      torchDefault: -0.8,
    }),
    eps: numbersOrBlanks({
      count: 2,
      min: 0,
      help: 'Least running square (blank: the resolution of the dtype), and least size of a weight.',
      initial: [null, 1e-3],
      torchDefault: [null, 1e-3],
    }),
    d: number({ min: 1, help: 'Largest size of an update before it is cut.', initial: 1, torchDefault: 1 }),
    weight_decay: weightDecay(0),
    maximize,
  },
  state: (_params, shape) => [
    stepCount({ isTorch: true }),
    ...(shape.length > 1
      ? [like('row_var', without(shape, 1)), like('col_var', without(shape, 2))]
      : [like('variance', shape)]),
  ],
  lower({ params, param, grad, state, learningRate: lr }) {
    ops.noGrad(() => {
      const [first, least = 1e-3] = params.eps;
      const eps = first ?? resolutionOf(param);
      const direction = params.maximize ? ops.neg(grad) : grad;
      const steps = ops.add(stepsBefore(state), 1);
      const share = ops.pow(steps, params.beta2_decay);
      const root = Math.sqrt(numel(param.shape));
      const size = ops.maximum(ops.div(normOf(param), root), least ?? 0);
      const alpha = ops.mul(size, ops.minimum(lr, ops.div(1, ops.sqrt(steps))));
      if (params.weight_decay !== 0) shrink(param, ops.mul(lr, params.weight_decay));
      const square = squareEstimate(direction, state, share, eps);
      const update = ops.mul(ops.rsqrt(ops.clamp(square, { min: eps * eps })), direction);
      const excess = ops.maximum(ops.div(normOf(update), root * params.d), 1);
      descend(param, update, ops.div(alpha, excess), stateOf(state, 'step'));
    });
  },
  examples: [
    { title: 'as it comes', params: {} },
    { title: 'a vector', params: { lr: 0.05, weight_decay: 0.1 }, shape: [7] },
    { title: 'three axes', params: { lr: 0.5, beta2_decay: -0.5, d: 1.5 }, shape: [2, 3, 4] },
    { title: 'other options', params: { lr: 0.1, eps: [1e-6, 0.1], weight_decay: 0.2, maximize: true } },
  ],
});

/** Moves the running squares by `share` towards those of `direction`; gives their estimate per element. */
function squareEstimate(
  direction: Tensor,
  state: Readonly<Record<string, Tensor>>,
  share: Tensor,
  eps: number,
): Tensor {
  const towards = (running: Tensor, latest: Tensor): void =>
    descend(running, ops.sub(running, latest), share);
  const squares = ops.square(direction);
  if (direction.rank < 2) {
    const variance = stateOf(state, 'variance');
    towards(variance, squares);
    return ops.clone(variance);
  }
  const [rows, columns] = [stateOf(state, 'row_var'), stateOf(state, 'col_var')];
  towards(rows, ops.mean(squares, [-1], { keepdim: true }));
  towards(columns, ops.mean(squares, [-2], { keepdim: true }));
  const total = ops.clamp(ops.mean(rows, [-2], { keepdim: true }), { min: eps });
  return ops.div(ops.mul(rows, columns), total);
}
