// What recurrent layers and attention share: time steps as tensors of their own, dropout, and the axis of the batch.
import { LazuliError } from '../errors';
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import type { LowerCall } from './declaration';
import { boolean, number, type ParamTable } from './params';

/** PyTorch's own default is false; data of a project has its batch first. */
export const batch_first = boolean({
  help: 'Inputs are [N, T, F] instead of [T, N, F].',
  initial: true,
  torchDefault: false,
});

export const dropoutParam = (help: string, torchDefault: number) =>
  number({ min: 0, max: 1, help, initial: torchDefault, torchDefault });

/** The primitive joins no more tensors at once. */
const MOST_JOINED = 64;

/** Any number of tensors joined along `axis`. */
export function joined(tensors: readonly Tensor[], axis: number): Tensor {
  if (tensors.length <= MOST_JOINED) return ops.concatenate(tensors, axis);
  const groups = Array.from({ length: Math.ceil(tensors.length / MOST_JOINED) }, (_, index) =>
    ops.concatenate(tensors.slice(index * MOST_JOINED, (index + 1) * MOST_JOINED), axis),
  );
  return joined(groups, axis);
}

/**
 * `[T, *]` → T tensors `[1, *]`. Halved again and again, so that the gradients of the parts are put together in T·log T
 * instead of T² steps.
 */
export function timeSteps(x: Tensor): readonly Tensor[] {
  const [count = 0] = x.shape;
  if (count <= 1) return [x];
  const half = Math.ceil(count / 2);
  return [...timeSteps(ops.slice(x, 0, { end: half })), ...timeSteps(ops.slice(x, 0, { start: half }))];
}

type Drawing = Pick<LowerCall<ParamTable>, 'isTraining' | 'random'>;

/** Elements set to 0 with probability p while training; each call of one step drops others. */
export function dropped(x: Tensor, p: number, { isTraining, random }: Drawing): Tensor {
  if (!isTraining || p === 0) return x;
  if (!random && x.device === 'meta') return x;
  if (!random) throw new LazuliError('internal', 'a layer with dropout was lowered without a random state');
  return ops.dropout(x, { probability: p, state: random.state, stream: random.nextStream() });
}

/** The step's random state. Throws `internal` when a layer that draws was lowered without one. */
export function randomOf({ random }: Drawing, type: string): NonNullable<Drawing['random']> {
  if (!random) throw new LazuliError('internal', `${type} was lowered for training without a random state`);
  return random;
}

/** Binary digits of a drawn number. */
const DIGITS = 16;

/** Numbers spread evenly over [0, 1), in the shape of `x`, made of coin tosses. */
export const uniformLike = (x: Tensor, random: NonNullable<Drawing['random']>): Tensor =>
  Array.from({ length: DIGITS }, (_, digit) => {
    const options = { probability: 0.5, state: random.state, stream: random.nextStream() };
    // A mask is 0 or 2.
    return ops.mul(ops.dropoutMask(x, options), 2 ** -(digit + 2));
  }).reduce((total, digit) => ops.add(total, digit));

/** A tensor of values made here, of the dtype and device of `like`; without values on meta. */
export const constantLike = (
  like: Tensor,
  shape: readonly number[],
  value: (row: number, column: number) => number,
): Tensor => {
  const [, columns = 1] = shape;
  if (like.device === 'meta') return ops.zeros(shape, like.dtype, 'meta');
  const count = shape.reduce((product, size) => product * size, 1);
  const numbers = Float64Array.from({ length: count }, (_, index) =>
    value(Math.floor(index / columns), index % columns),
  );
  return ops.fromArray(numbers, like.dtype, like.device, shape);
};
