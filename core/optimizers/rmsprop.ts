// RMSprop: steps divided by the running root mean square of the gradient.
import { boolean, number } from '../layers/params';
import * as ops from '../ops';
import { rmspropStep } from '../ops';
import { defineOptimizer, type MovingCall } from './declaration';
import { eps, learningRate, like, maximize, stateOf, stepCount, weightDecay, GPUS } from './pieces';
import { assign, average, descend, directionOf } from './steps';

/** p -= lr · g / (√v + eps). Source: torch.optim.RMSprop. */
export const rmsprop = defineOptimizer({
  type: 'rmsprop',
  torch: 'torch.optim.RMSprop',
  torchClass: {
    group: [
      'lr',
      'momentum',
      'alpha',
      'eps',
      'centered',
      'weight_decay',
      'capturable',
      'foreach',
      'maximize',
      'differentiable',
    ],
    checks: ['lr', 'eps', 'momentum', 'weight_decay', 'alpha'],
    older: ['momentum', 'centered', 'foreach', 'maximize', 'differentiable', 'capturable'],
    capturable: { what: 'params and state_steps', where: GPUS },
  },
  summary: 'Divides each step by the running size of the gradient; used with recurrent nets.',
  params: {
    lr: learningRate(1e-2),
    alpha: number({
      min: 0,
      help: 'How much of the running square is kept at each step.',
      initial: 0.99,
      torchDefault: 0.99,
    }),
    eps,
    weight_decay: weightDecay(0),
    momentum: number({
      min: 0,
      help: 'Share of the last step that is kept.',
      initial: 0,
      torchDefault: 0,
    }),
    centered: boolean({
      help: 'Takes the running mean off: divides by the deviation.',
      initial: false,
      torchDefault: false,
    }),
    maximize,
  },
  state: ({ momentum, centered }, shape) => [
    stepCount({ isTorch: true }),
    like('square_avg', shape),
    ...(momentum > 0 ? [like('momentum_buffer', shape)] : []),
    ...(centered ? [like('grad_avg', shape)] : []),
  ],
  lower({ params, param, grad, state, learningRate: lr, momentum: moved }) {
    if (moved) return lowerMoving({ params, param, grad, state, lr, momentum: moved });
    const { alpha, weight_decay, momentum, maximize: isAscent } = params;
    rmspropStep(
      {
        parameter: param,
        gradient: grad,
        squareAvg: stateOf(state, 'square_avg'),
        gradAvg: state['grad_avg'] ?? null,
        momentumBuffer: state['momentum_buffer'] ?? null,
        step: stateOf(state, 'step'),
        lr,
      },
      { alpha, eps: params.eps, weight_decay, momentum, maximize: isAscent },
    );
  },
  examples: [
    { title: 'as it comes', params: {} },
    { title: 'momentum and weight decay', params: { lr: 0.01, momentum: 0.9, weight_decay: 0.1 } },
    { title: 'centered', params: { lr: 0.02, alpha: 0.9, centered: true, momentum: 0.5 } },
    { title: 'ascent', params: { maximize: true, eps: 1e-3 } },
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
}: MovingCall<{ alpha: number; eps: number; weight_decay: number; maximize: boolean }>): void {
  ops.noGrad(() => {
    const direction = directionOf(grad, param, params);
    const [squares, buffer] = [stateOf(state, 'square_avg'), stateOf(state, 'momentum_buffer')];
    const mean = state['grad_avg'] ?? null;
    average(squares, ops.square(direction), params.alpha);
    if (mean) average(mean, direction, params.alpha);
    const variance = mean ? ops.sub(squares, ops.square(mean)) : squares;
    const scaled = ops.div(direction, ops.add(ops.sqrt(variance), params.eps));
    assign(buffer, ops.add(ops.mul(buffer, momentum), scaled));
    descend(param, ops.clone(buffer), lr, stateOf(state, 'step'));
  });
}
