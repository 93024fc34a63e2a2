// Muon: momentum whose matrix is made nearly orthogonal before each step.
import { boolean, choice, integer, number, numbers } from '../layers/params';
import * as ops from '../ops';
import { torchSize, type Shape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import { defineOptimizer } from './declaration';
import { learningRate, like, stateOf, weightDecay } from './pieces';
import { average, descend, normOf, shrink } from './steps';

/** Rounded to bfloat16, where PyTorch keeps the iteration. */
const rounded = (x: Tensor): Tensor => ops.cast(ops.cast(x, 'bfloat16'), 'float32');

/**
 * factor · x + y, rounded to bfloat16 after a single rounding to float32: what torch.addmm's kernel does with its `beta`. Another
 * rounding between them turns one number in 10,000, and the step with it. On a GPU, without float64, there are two.
 */
function addRounded(x: Tensor, factor: number, y: Tensor): Tensor {
  if (x.device === 'gpu') return rounded(ops.add(ops.mul(x, factor), y));
  const sum = ops.add(ops.mul(ops.cast(x, 'float64'), Math.fround(factor)), ops.cast(y, 'float64'));
  return rounded(ops.cast(sum, 'float32'));
}

/** The nearly orthogonal matrix in the direction of `[m, n]`, by Newton and Schulz's iteration of fifth order. */
function orthogonal(
  direction: Tensor,
  { ns_coefficients, ns_steps, eps }: { ns_coefficients: readonly number[]; ns_steps: number; eps: number },
): Tensor {
  const [a = 0, b = 0, c = 0] = ns_coefficients;
  const [rows = 0, columns = 0] = direction.shape;
  const isTall = rows > columns;
  const turned = (x: Tensor): Tensor => ops.contiguous(ops.transpose(x, 0, 1));
  let x = rounded(isTall ? turned(direction) : direction);
  const norm = rounded(ops.clamp(rounded(ops.cast(normOf(x), 'float32')), { min: eps }));
  x = rounded(ops.div(x, norm));
  for (let step = 0; step < ns_steps; step++) {
    const gram = rounded(ops.matmul(x, turned(x)));
    const update = addRounded(gram, b, ops.mul(ops.matmul(gram, gram), c));
    x = addRounded(x, a, ops.matmul(update, x));
  }
  return isTall ? turned(x) : x;
}

/** start + weight · (end − start), rounded as torch.lerp is; a weight that a schedule moves is near 1. */
function between(start: Tensor, end: Tensor, weight: Tensor | number): Tensor {
  const isNearStart = typeof weight === 'number' && weight < 0.5;
  const result = ops.clone(isNearStart ? start : end);
  const rest =
    typeof weight === 'number'
      ? 1 - (start.dtype === 'float64' ? weight : Math.fround(weight))
      : ops.sub(1, weight);
  descend(result, ops.sub(end, start), isNearStart ? -weight : rest);
  return result;
}

const LONGER_SIDE_SHARE = 0.2;

/** What the learning rate is multiplied by for a matrix of this shape. */
const rateFactor = (name: 'original' | 'match_rms_adamw', [rows = 1, columns = 1]: Shape): number =>
  name === 'original'
    ? Math.sqrt(Math.max(1, rows / columns))
    : LONGER_SIDE_SHARE * Math.sqrt(Math.max(rows, columns));

/** Source: torch.optim.Muon, https://kellerjordan.github.io/posts/muon/. */
export const muon = defineOptimizer({
  type: 'muon',
  torch: 'torch.optim.Muon',
  torchClass: {
    group: [
      'lr',
      'weight_decay',
      'momentum',
      'nesterov',
      'ns_coefficients',
      'eps',
      'ns_steps',
      'adjust_lr_fn',
    ],
    checks: [
      ['lr', 'Learning rate should be >= 0 but is: {}'],
      ['momentum', 'momentum should be >= 0 but is: {}'],
      ['weight_decay', 'weight decay should be >= 0 but is: {}'],
      ['adjust_lr_fn', 'Adjust learning rate function {} is not supported'],
    ],
    older: [],
    none: { adjust_lr_fn: 'original' },
    addsState: true,
  },
  summary: 'Momentum made orthogonal, for the matrices of hidden layers; takes no biases.',
  params: {
    lr: learningRate(1e-3),
    weight_decay: weightDecay(0.1),
    momentum: number({
      min: 0,
      help: 'Share of the running gradient that is kept.',
      initial: 0.95,
      torchDefault: 0.95,
    }),
    nesterov: boolean({ help: 'Looks one step ahead.', initial: true, torchDefault: true }),
    ns_coefficients: numbers({
      count: 3,
      help: 'Coefficients of the Newton-Schulz polynomial.',
      initial: [3.4445, -4.775, 2.0315],
      torchDefault: [3.4445, -4.775, 2.0315],
    }),
    eps: number({ min: 0, help: 'Least norm that is divided by.', initial: 1e-7, torchDefault: 1e-7 }),
    ns_steps: integer({
      min: 0,
      max: 99,
      help: 'Newton-Schulz iterations per step.',
      initial: 5,
      torchDefault: 5,
    }),
    adjust_lr_fn: choice({
      options: ['original', 'match_rms_adamw'],
      help: 'How the learning rate follows the shape: by its proportions, or so that steps are as large as AdamW’s.',
      initial: 'original',
      torchDefault: 'original',
    }),
  },
  refuse: (shape) =>
    shape.length === 2
      ? null
      : `Muon only supports 2D parameters whereas we found a parameter with size: ${torchSize(shape)}`,
  state: (_params, shape) => [like('momentum_buffer', shape)],
  lower({ params, param, grad, state, learningRate: lr, momentum: moved }) {
    ops.noGrad(() => {
      const { nesterov, weight_decay } = params;
      const momentum = moved ?? params.momentum;
      const running = stateOf(state, 'momentum_buffer');
      average(running, grad, momentum);
      const ahead = nesterov ? between(grad, running, momentum) : running;
      const update = orthogonal(ahead, params);
      if (weight_decay !== 0) shrink(param, ops.mul(lr, weight_decay));
      const rate = ops.mul(lr, rateFactor(params.adjust_lr_fn, param.shape));
      descend(param, ops.cast(update, param.dtype), rate);
    });
  },
  examples: [
    { title: 'as it comes', params: { lr: 0.02 } },
    {
      title: 'a tall matrix',
      params: { lr: 0.05, momentum: 0.8, nesterov: false, weight_decay: 0 },
      shape: [6, 2],
    },
    {
      title: 'other options',
      params: { ns_steps: 3, ns_coefficients: [2, -1.5, 0.5], eps: 1e-5, adjust_lr_fn: 'match_rms_adamw' },
    },
    {
      title: 'coefficients that bfloat16 cannot hold',
      params: { lr: 0.02, ns_coefficients: [4.0848, -6.8946, 2.927] },
      shape: [8, 8],
    },
    { title: 'little momentum', params: { lr: 0.02, momentum: 0.3 } },
  ],
});
