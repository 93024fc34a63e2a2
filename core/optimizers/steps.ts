// What optimizers made of ops are built from: changes in place, and the direction to follow.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { stateOf } from './pieces';

/** target -= rate · direction, in place; `step`, when given, counts it. */
export function descend(
  target: Tensor,
  direction: Tensor,
  rate: Tensor | number,
  step: Tensor | null = null,
): void {
  ops.sgdStep(
    {
      parameter: target,
      gradient: direction,
      step: step ?? ops.zeros([], 'float32', target.device),
      lr: typeof rate === 'number' ? ops.fromArray(rate, 'float64', target.device) : rate,
    },
    { momentum: 0, dampening: 0, weight_decay: 0, nesterov: false, maximize: false },
  );
}

/** target = value, in place and to the last bit: down to 0, then up. */
export function assign(target: Tensor, value: Tensor): void {
  const latest = ops.neg(ops.cast(value, target.dtype));
  descend(target, ops.clone(target), 1);
  descend(target, latest, 1);
}

/** running = kept · running + (1 - kept) · latest, in place. */
export const average = (running: Tensor, latest: Tensor, kept: ops.Operand): void =>
  descend(running, ops.sub(running, latest), typeof kept === 'number' ? 1 - kept : ops.sub(1, kept));

/** target -= rate · target, in place: weight decay apart from the gradient. */
export const shrink = (target: Tensor, rate: Tensor): void => descend(target, ops.clone(target), rate);

/** Root of the sum of squares, as a float64 scalar. */
export const normOf = (x: Tensor): Tensor => ops.cast(ops.sqrt(ops.sum(ops.square(x))), 'float64');

interface Common {
  readonly weight_decay: number;
  readonly maximize: boolean;
}

/** The gradient to follow: turned round for ascent, pulled by the weights. */
export function directionOf(grad: Tensor, param: Tensor, options: Common): Tensor {
  const turned = options.maximize ? ops.neg(grad) : grad;
  return options.weight_decay === 0 ? turned : ops.add(turned, ops.mul(param, options.weight_decay));
}

/** Steps taken before this one, as a float64 scalar. */
export const stepsBefore = (state: Readonly<Record<string, Tensor>>): Tensor =>
  ops.cast(stateOf(state, 'step'), 'float64');
