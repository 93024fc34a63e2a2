// Optimizers made of elementwise ops and plain descent steps: adagrad, adadelta, adamax. Slower than the fused ones, same numbers.
import { number, numbers } from '../layers/params';
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineOptimizer } from './declaration';
import {
  eps,
  learningRate,
  like,
  maximize,
  stateOf,
  stepCount,
  weightDecay,
  GPUS,
  GPUS_BUT_XLA,
} from './pieces';
import { average, descend, directionOf, stepsBefore } from './steps';

/** p -= lr / (1 + (step - 1) · lr_decay) · g / (√Σg² + eps). Source: torch.optim.Adagrad. */
export const adagrad = defineOptimizer({
  type: 'adagrad',
  torch: 'torch.optim.Adagrad',
  torchClass: {
    group: [
      'lr',
      'lr_decay',
      'eps',
      'weight_decay',
      'initial_accumulator_value',
      'foreach',
      'maximize',
      'differentiable',
      'fused',
    ],
    checks: ['lr', 'lr_decay', 'weight_decay', 'initial_accumulator_value', 'eps'],
    older: ['foreach', 'maximize', 'differentiable', 'fused'],
    startsWith: { callable: 'is_complex' },
  },
  summary: 'Divides each step by the size of all gradients so far; for rare features.',
  params: {
    lr: learningRate(1e-2),
    lr_decay: number({ min: 0, help: 'How fast steps shrink.', initial: 0, torchDefault: 0 }),
    weight_decay: weightDecay(0),
    initial_accumulator_value: number({
      min: 0,
      help: 'What the sum of squares starts as.',
      initial: 0,
      torchDefault: 0,
    }),
    eps: number({
      min: 0,
      help: 'Keeps a division by nearly 0 finite.',
      initial: 1e-10,
      torchDefault: 1e-10,
    }),
    maximize,
  },
  state: ({ initial_accumulator_value: initial }, shape) => [
    stepCount({ isTorch: true }),
    { ...like('sum', shape), initial },
  ],
  lower({ params, param, grad, state, learningRate: lr }) {
    ops.noGrad(() => {
      const direction = directionOf(grad, param, params);
      const total = stateOf(state, 'sum');
      descend(total, ops.neg(ops.square(direction)), 1);
      const rate = ops.div(lr, ops.add(ops.mul(stepsBefore(state), params.lr_decay), 1));
      const scaled = ops.div(direction, ops.add(ops.sqrt(total), params.eps));
      descend(param, scaled, rate, stateOf(state, 'step'));
    });
  },
  examples: [
    { title: 'as it comes', params: {} },
    { title: 'decay and a start', params: { lr: 0.1, lr_decay: 0.05, initial_accumulator_value: 0.5 } },
    { title: 'ascent', params: { weight_decay: 0.1, maximize: true, eps: 1e-6 } },
  ],
});

/** p -= lr · √(Δ² + eps) / √(g² + eps) · g with running means of both squares. Source: torch.optim.Adadelta. */
export const adadelta = defineOptimizer({
  type: 'adadelta',
  torch: 'torch.optim.Adadelta',
  torchClass: {
    group: ['lr', 'rho', 'eps', 'weight_decay', 'maximize', 'capturable', 'foreach', 'differentiable'],
    checks: ['lr', 'rho', 'eps', 'weight_decay'],
    older: ['foreach', 'maximize', 'differentiable', 'capturable'],
    floats: ['lr'],
    capturable: { what: 'params and state_steps', where: GPUS_BUT_XLA },
  },
  summary: 'Finds the size of its steps from the steps before.',
  params: {
    lr: learningRate(1),
    rho: number({
      min: 0,
      max: 1,
      help: 'How much of the running squares is kept at each step.',
      initial: 0.9,
      torchDefault: 0.9,
    }),
    eps: number({ min: 0, help: 'Keeps a division by nearly 0 finite.', initial: 1e-6, torchDefault: 1e-6 }),
    weight_decay: weightDecay(0),
    maximize,
  },
  state: (_params, shape) => [
    stepCount({ isTorch: true }),
    like('square_avg', shape),
    like('acc_delta', shape),
  ],
  lower({ params, param, grad, state, learningRate: lr }) {
    ops.noGrad(() => {
      const direction = directionOf(grad, param, params);
      const [squares, deltas] = [stateOf(state, 'square_avg'), stateOf(state, 'acc_delta')];
      average(squares, ops.square(direction), params.rho);
      const size = (running: Tensor): Tensor => ops.sqrt(ops.add(running, params.eps));
      const delta = ops.mul(ops.div(size(deltas), size(squares)), direction);
      average(deltas, ops.square(delta), params.rho);
      descend(param, delta, lr, stateOf(state, 'step'));
    });
  },
  examples: [
    { title: 'as it comes', params: {} },
    { title: 'other options', params: { lr: 0.5, rho: 0.7, eps: 1e-3, weight_decay: 0.1 } },
    { title: 'ascent', params: { maximize: true } },
  ],
});

/** p -= lr / (1 - β₁ᵗ) · m / u, with u the decaying maximum of |g|. Source: torch.optim.Adamax, arXiv:1412.6980. */
export const adamax = defineOptimizer({
  type: 'adamax',
  torch: 'torch.optim.Adamax',
  torchClass: {
    group: ['lr', 'betas', 'eps', 'weight_decay', 'foreach', 'maximize', 'differentiable', 'capturable'],
    checks: ['lr', 'eps', 'betas', 'weight_decay'],
    older: ['foreach', 'maximize', 'differentiable', 'capturable'],
    capturable: { what: 'params and state_steps', where: GPUS },
  },
  summary: 'Adam by the largest gradient instead of the mean square.',
  params: {
    lr: learningRate(2e-3),
    betas: numbers({
      count: 2,
      min: 0,
      max: 1 - Number.EPSILON / 2,
      help: 'How much of the running mean and of the largest gradient is kept at each step.',
      initial: [0.9, 0.999],
      torchDefault: [0.9, 0.999],
    }),
    eps,
    weight_decay: weightDecay(0),
    maximize,
  },
  state: (_params, shape) => [stepCount({ isTorch: true }), like('exp_avg', shape), like('exp_inf', shape)],
  lower({ params, param, grad, state, learningRate: lr, momentum: moved }) {
    ops.noGrad(() => {
      const [first = 0, beta2 = 0] = params.betas;
      const beta1 = moved ?? first;
      const direction = directionOf(grad, param, params);
      const [mean, largest] = [stateOf(state, 'exp_avg'), stateOf(state, 'exp_inf')];
      average(mean, direction, beta1);
      const next = ops.maximum(ops.mul(largest, beta2), ops.add(ops.abs(direction), params.eps));
      descend(largest, ops.sub(largest, next), 1);
      const steps = ops.add(stepsBefore(state), 1);
      const correction = ops.sub(1, ops.pow(beta1, steps));
      descend(param, ops.div(mean, largest), ops.div(lr, correction), stateOf(state, 'step'));
    });
  },
  examples: [
    { title: 'as it comes', params: {} },
    { title: 'other options', params: { lr: 0.1, betas: [0.6, 0.9], eps: 1e-3, weight_decay: 0.1 } },
    { title: 'ascent', params: { maximize: true } },
  ],
});
