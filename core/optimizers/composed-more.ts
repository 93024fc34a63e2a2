// More optimizers made of ops: nadam, radam, asgd, rprop. Slower than the fused ones, same numbers.
import { number, numbers } from '../layers/params';
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineOptimizer, type StateSpec } from './declaration';
import {
  betas,
  decoupledWeightDecay,
  eps,
  learningRate,
  like,
  maximize,
  stateOf,
  stepCount,
  weightDecay,
  GPUS,
} from './pieces';
import { assign, average, descend, directionOf, shrink, stepsBefore } from './steps';

/** A number per parameter, float32 as PyTorch keeps it. */
const scalar = (name: string, initial: number): StateSpec => ({
  name,
  shape: [],
  dtype: 'float32',
  initial,
  isTorch: true,
});

interface Moments {
  readonly betas: readonly number[];
  readonly weight_decay: number;
  readonly decoupled_weight_decay: boolean;
  readonly maximize: boolean;
}

/** Applies weight decay and moves both running moments; gives the direction followed. */
function moveMoments(
  {
    params,
    param,
    grad,
    state,
  }: {
    readonly params: Moments;
    readonly param: Tensor;
    readonly grad: Tensor;
    readonly state: Readonly<Record<string, Tensor>>;
  },
  lr: Tensor,
  beta1: Tensor | number,
): Tensor {
  const [, beta2 = 0] = params.betas;
  if (params.decoupled_weight_decay && params.weight_decay !== 0)
    shrink(param, ops.mul(lr, params.weight_decay));
  const pull = params.decoupled_weight_decay ? 0 : params.weight_decay;
  const direction = directionOf(grad, param, { weight_decay: pull, maximize: params.maximize });
  average(stateOf(state, 'exp_avg'), direction, beta1);
  average(stateOf(state, 'exp_avg_sq'), ops.square(direction), beta2);
  return direction;
}

/** Adam with a look ahead. Source: torch.optim.NAdam, Dozat 2016. */
export const nadam = defineOptimizer({
  type: 'nadam',
  torch: 'torch.optim.NAdam',
  torchClass: {
    group: [
      'lr',
      'betas',
      'eps',
      'weight_decay',
      'momentum_decay',
      'decoupled_weight_decay',
      'maximize',
      'foreach',
      'capturable',
      'differentiable',
    ],
    checks: ['lr', 'eps', 'betas', 'weight_decay', 'momentum_decay'],
    older: ['maximize', 'foreach', 'capturable', 'differentiable', 'decoupled_weight_decay'],
    capturable: { what: 'params, mu_products and state_steps', where: GPUS },
  },
  summary: 'Adam that looks one step ahead.',
  params: {
    lr: learningRate(2e-3),
    betas,
    eps,
    weight_decay: weightDecay(0),
    momentum_decay: number({
      min: 0,
      help: 'How fast the momentum grows to its full size.',
      initial: 4e-3,
      torchDefault: 4e-3,
    }),
    decoupled_weight_decay: decoupledWeightDecay,
    maximize,
  },
  state: (_params, shape) => [
    stepCount({ isTorch: true }),
    scalar('mu_product', 1),
    like('exp_avg', shape),
    like('exp_avg_sq', shape),
  ],
  lower({ params, param, grad, state, learningRate: lr, momentum: moved }) {
    ops.noGrad(() => {
      const [first = 0, beta2 = 0] = params.betas;
      const beta1 = moved ?? first;
      const steps = ops.add(stepsBefore(state), 1);
      const direction = moveMoments({ params, param, grad, state }, lr, beta1);
      const momentum = (count: Tensor): Tensor =>
        ops.mul(ops.sub(1, ops.mul(ops.pow(0.96, ops.mul(count, params.momentum_decay)), 0.5)), beta1);
      const [now, next] = [momentum(steps), momentum(ops.add(steps, 1))];
      const total = stateOf(state, 'mu_product');
      assign(total, ops.mul(total, ops.cast(now, 'float32')));
      const product = ops.cast(total, 'float64');
      const correction = ops.cast(ops.sub(1, ops.pow(beta2, steps)), param.dtype);
      const size = ops.add(ops.sqrt(ops.div(stateOf(state, 'exp_avg_sq'), correction)), params.eps);
      const share = ops.div(ops.sub(1, now), ops.sub(1, product));
      const ahead = ops.div(next, ops.sub(1, ops.mul(product, next)));
      descend(param, ops.div(direction, size), ops.mul(lr, share), stateOf(state, 'step'));
      descend(param, ops.div(stateOf(state, 'exp_avg'), size), ops.mul(lr, ahead));
    });
  },
  examples: [
    { title: 'as it comes', params: {} },
    {
      title: 'other options',
      params: { lr: 0.05, betas: [0.7, 0.9], eps: 1e-4, weight_decay: 0.1, momentum_decay: 0.1 },
    },
    {
      title: 'decoupled ascent',
      params: { lr: 0.02, weight_decay: 0.2, decoupled_weight_decay: true, maximize: true },
    },
  ],
});

/** Adam that starts as plain momentum until its variance is known. Source: torch.optim.RAdam, arXiv:1908.03265. */
export const radam = defineOptimizer({
  type: 'radam',
  torch: 'torch.optim.RAdam',
  torchClass: {
    group: [
      'lr',
      'betas',
      'eps',
      'weight_decay',
      'maximize',
      'foreach',
      'capturable',
      'decoupled_weight_decay',
      'differentiable',
    ],
    checks: ['lr', 'eps', 'betas', 'weight_decay'],
    older: ['foreach', 'maximize', 'differentiable', 'decoupled_weight_decay', 'capturable'],
    capturable: { what: 'params and state_steps', where: GPUS },
  },
  summary: 'Adam with its own warm-up: plain momentum until the size of gradients is known.',
  params: {
    lr: learningRate(1e-3),
    betas,
    eps,
    weight_decay: weightDecay(0),
    decoupled_weight_decay: decoupledWeightDecay,
    maximize,
  },
  state: (_params, shape) => [
    stepCount({ isTorch: true }),
    like('exp_avg', shape),
    like('exp_avg_sq', shape),
  ],
  lower({ params, param, grad, state, learningRate: lr, momentum: moved }) {
    ops.noGrad(() => {
      const [first = 0, beta2 = 0] = params.betas;
      const beta1 = moved ?? first;
      const steps = ops.add(stepsBefore(state), 1);
      moveMoments({ params, param, grad, state }, lr, beta1);
      const power = ops.pow(beta2, steps);
      const [one, second] = [ops.sub(1, ops.pow(beta1, steps)), ops.sub(1, power)];
      const longest = 2 / (1 - beta2) - 1;
      const length = ops.sub(longest, ops.div(ops.mul(ops.mul(steps, 2), power), second));
      const isKnown = ops.gt(length, 5);
      const known = ops.where(isKnown, length, 5);
      const grown = ops.mul(ops.mul(ops.sub(known, 4), ops.sub(known, 2)), longest);
      const rectified = ops.sqrt(ops.div(grown, ops.mul(known, (longest - 4) * (longest - 2))));
      const rate = ops.div(lr, one);
      const mean = stateOf(state, 'exp_avg');
      const size = ops.add(ops.sqrt(stateOf(state, 'exp_avg_sq')), params.eps);
      const scale = ops.cast(ops.mul(ops.sqrt(second), rectified), param.dtype);
      const adapted = ops.mul(ops.div(mean, size), scale);
      const condition = ops.cast(isKnown, param.dtype);
      descend(param, ops.where(condition, adapted, mean), rate, stateOf(state, 'step'));
    });
  },
  examples: [
    { title: 'as it comes', params: { lr: 0.01 } },
    { title: 'other options', params: { lr: 0.05, betas: [0.7, 0.9], eps: 1e-4, weight_decay: 0.1 } },
    {
      title: 'decoupled ascent',
      params: { lr: 0.02, weight_decay: 0.2, decoupled_weight_decay: true, maximize: true },
    },
  ],
});

/** Shrinking steps, and beside the weights their mean. Source: torch.optim.ASGD, Polyak and Juditsky 1992. */
export const asgd = defineOptimizer({
  type: 'asgd',
  torch: 'torch.optim.ASGD',
  torchClass: {
    group: [
      'lr',
      'lambd',
      'alpha',
      't0',
      'weight_decay',
      'foreach',
      'maximize',
      'differentiable',
      'capturable',
    ],
    checks: ['lr', 'weight_decay'],
    older: ['foreach', 'maximize', 'differentiable', 'capturable'],
    floats: ['t0'],
    capturable: { what: 'params, mus, etas, and state_steps', where: GPUS },
  },
  summary: 'Plain steps that shrink, with the mean of the weights kept beside them.',
  params: {
    lr: learningRate(1e-2),
    lambd: number({ min: 0, help: 'How fast weights and steps shrink.', initial: 1e-4, torchDefault: 1e-4 }),
    alpha: number({ min: 0, help: 'Power by which steps shrink.', initial: 0.75, torchDefault: 0.75 }),
    t0: number({ help: 'Step at which the mean begins.', initial: 1e6, torchDefault: 1e6 }),
    weight_decay: weightDecay(0),
    maximize,
  },
  state: ({ lr }, shape) => [
    stepCount({ isTorch: true }),
    scalar('eta', lr),
    scalar('mu', 1),
    like('ax', shape),
  ],
  lower({ params, param, grad, state, learningRate: lr }) {
    ops.noGrad(() => {
      const [eta, mu, mean] = [stateOf(state, 'eta'), stateOf(state, 'mu'), stateOf(state, 'ax')];
      const direction = directionOf(grad, param, params);
      const steps = ops.add(stepsBefore(state), 1);
      const rate = ops.cast(eta, 'float64');
      const moved = ops.add(ops.mul(param, params.lambd), direction);
      descend(param, moved, rate, stateOf(state, 'step'));
      descend(mean, ops.sub(mean, param), ops.cast(mu, 'float64'));
      const shrunk = ops.add(ops.mul(ops.mul(lr, params.lambd), steps), 1);
      assign(eta, ops.div(lr, ops.pow(shrunk, params.alpha)));
      assign(mu, ops.reciprocal(ops.maximum(ops.sub(steps, params.t0), 1)));
    });
  },
  examples: [
    { title: 'as it comes', params: {} },
    { title: 'other options', params: { lr: 0.1, lambd: 0.05, alpha: 0.6, t0: 5, weight_decay: 0.1 } },
    { title: 'ascent', params: { maximize: true, t0: 0 } },
  ],
});

/** Every element has a step of its own, which the signs of its gradients grow and shrink. Source: torch.optim.Rprop. */
export const rprop = defineOptimizer({
  type: 'rprop',
  torch: 'torch.optim.Rprop',
  torchClass: {
    group: ['lr', 'etas', 'step_sizes', 'foreach', 'maximize', 'differentiable', 'capturable'],
    checks: ['lr'],
    older: ['foreach', 'maximize', 'differentiable', 'capturable'],
    capturable: { what: 'params and state_steps', where: GPUS },
  },
  summary: 'Follows the signs of gradients; for whole data sets at a time.',
  params: {
    lr: learningRate(1e-2),
    etas: numbers({
      count: 2,
      min: 0,
      help: 'Factors for a step whose gradient turned, and for one that went on.',
      initial: [0.5, 1.2],
      torchDefault: [0.5, 1.2],
    }),
    step_sizes: numbers({
      count: 2,
      min: 0,
      help: 'Smallest and largest step.',
      initial: [1e-6, 50],
      torchDefault: [1e-6, 50],
    }),
    maximize,
  },
  check: ({ etas: [shrink = 0, grow = 0] }) =>
    shrink > 0 && shrink < 1 && grow > 1
      ? []
      : [
          {
            where: 'etas',
            message: `Invalid eta values: ${shrink}, ${grow}`,
            expected: 'one between 0 and 1, and one above 1',
            got: `${shrink}, ${grow}`,
          },
        ],
  state: ({ lr }, shape) => [
    stepCount({ isTorch: true }),
    like('prev', shape),
    { ...like('step_size', shape), initial: lr },
  ],
  lower({ params, param, grad, state }) {
    ops.noGrad(() => {
      const [shrink = 0.5, grow = 1.2] = params.etas;
      const [min = 1e-6, max = 50] = params.step_sizes;
      const [previous, sizes] = [stateOf(state, 'prev'), stateOf(state, 'step_size')];
      const direction = params.maximize ? ops.neg(grad) : grad;
      const agreement = ops.mul(direction, previous);
      const factor = ops.where(ops.gt(agreement, 0), grow, ops.where(ops.lt(agreement, 0), shrink, 1));
      const followed = ops.where(ops.lt(agreement, 0), ops.mul(direction, 0), direction);
      assign(sizes, ops.clamp(ops.mul(sizes, ops.cast(factor, sizes.dtype)), { min, max }));
      descend(param, ops.mul(ops.sign(followed), sizes), 1, stateOf(state, 'step'));
      assign(previous, followed);
    });
  },
  examples: [
    { title: 'as it comes', params: {} },
    { title: 'other options', params: { lr: 0.1, etas: [0.3, 1.5], step_sizes: [0.01, 0.4] } },
    { title: 'ascent', params: { maximize: true } },
  ],
});
