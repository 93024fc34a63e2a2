// Stochastic gradient descent, plain or with momentum.
import { boolean, number } from '../layers/params';
import * as ops from '../ops';
import { sgdStep } from '../ops';
import { defineOptimizer, type MovingCall } from './declaration';
import { learningRate, like, maximize, stateOf, stepCount, weightDecay } from './pieces';
import { assign, descend, directionOf } from './steps';

/** p -= lr · (momentum of (g + weight_decay · p)). Source: torch.optim.SGD. */
export const sgd = defineOptimizer({
  type: 'sgd',
  torch: 'torch.optim.SGD',
  torchClass: {
    group: [
      'lr',
      'momentum',
      'dampening',
      'weight_decay',
      'nesterov',
      'maximize',
      'foreach',
      'differentiable',
      'fused',
    ],
    checks: ['lr', 'momentum', 'weight_decay'],
    older: ['nesterov', 'maximize', 'foreach', 'differentiable', ['fused', false]],
    takesNan: true,
    addsState: true,
  },
  summary: 'Steps along the gradient; with momentum, along its running sum.',
  params: {
    lr: learningRate(1e-3),
    momentum: number({
      min: 0,
      help: 'Share of the last step that is kept; 0.9 is usual.',
      initial: 0,
      torchDefault: 0,
    }),
    dampening: number({
      help: 'Share of the gradient left out of the momentum.',
      initial: 0,
      torchDefault: 0,
    }),
    weight_decay: weightDecay(0),
    nesterov: boolean({ help: 'Looks one step ahead.', initial: false, torchDefault: false }),
    maximize,
  },
  check: ({ nesterov, momentum, dampening }) =>
    nesterov && (momentum <= 0 || dampening !== 0)
      ? [
          {
            where: 'nesterov',
            message: 'Nesterov momentum requires a momentum and zero dampening',
            expected: 'momentum above 0, dampening 0',
            got: `momentum ${momentum}, dampening ${dampening}`,
          },
        ]
      : [],
  state: ({ momentum }, shape) => [
    stepCount({ isTorch: false }),
    ...(momentum === 0 ? [] : [like('momentum_buffer', shape)]),
  ],
  lower({ params, param, grad, state, learningRate: lr, momentum: moved }) {
    if (moved) return lowerMoving({ params, param, grad, state, lr, momentum: moved });
    const { momentum, dampening, weight_decay, nesterov, maximize: isAscent } = params;
    const momentumBuffer = state['momentum_buffer'] ?? null;
    sgdStep(
      { parameter: param, gradient: grad, momentumBuffer, step: stateOf(state, 'step'), lr },
      { momentum, dampening, weight_decay, nesterov, maximize: isAscent },
    );
  },
  examples: [
    { title: 'plain', params: { lr: 0.1 } },
    { title: 'momentum and weight decay', params: { lr: 0.05, momentum: 0.9, weight_decay: 0.01 } },
    { title: 'nesterov', params: { lr: 0.05, momentum: 0.8, nesterov: true, weight_decay: 0.1 } },
    { title: 'dampened ascent', params: { lr: 0.02, momentum: 0.7, dampening: 0.3, maximize: true } },
  ],
});

/** The same step with a momentum that a schedule moves, made of ops. */
function lowerMoving({
  params,
  param,
  grad,
  state,
  lr,
  momentum,
}: MovingCall<{ dampening: number; weight_decay: number; nesterov: boolean; maximize: boolean }>): void {
  ops.noGrad(() => {
    const direction = directionOf(grad, param, params);
    const [buffer, step] = [stateOf(state, 'momentum_buffer'), stateOf(state, 'step')];
    const isFirst = ops.cast(ops.eq(step, 0), param.dtype);
    const kept = ops.add(ops.mul(buffer, momentum), ops.mul(direction, 1 - params.dampening));
    assign(buffer, ops.where(isFirst, direction, kept));
    const followed = params.nesterov ? ops.add(direction, ops.mul(buffer, momentum)) : ops.clone(buffer);
    descend(param, followed, lr, step);
  });
}
