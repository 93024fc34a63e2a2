// Picking positions along an axis by a fixed list: what resizing, unfolding and uneven pooling are made of.
import { LazuliError } from '../errors';
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';

/** Places of an axis that are listed one by one: 16 Mi, whose lists take some 500 MB. */
const MOST_PLACES = 2 ** 24;

/** The numbers 0 to `count` - 1. Throws `parameter_invalid` where the list would fill the memory. */
export function range(count: number): number[] {
  if (count <= MOST_PLACES) return Array.from({ length: count }, (_, index) => index);
  throw new LazuliError('parameter_invalid', `an axis of ${count} places is longer than can be listed`, {
    expected: `at most ${MOST_PLACES} places`,
    got: String(count),
  });
}

/** `x` with position `positions[i]` of `axis` at place i; its gradient adds up where a position stands several times. */
export function takeAlong(x: Tensor, axis: number, positions: readonly number[]): Tensor {
  const at = axis < 0 ? axis + x.rank : axis;
  if (positions.length === x.shape[at] && positions.every((position, place) => position === place)) return x;
  const index = ops.fromArray(BigInt64Array.from(positions.map(BigInt)), 'int64', x.device);
  if (at === 0) return ops.gather(x, index);
  const others = range(x.rank).filter((other) => other !== at);
  const rows = ops.gather(ops.permute(x, [at, ...others]), index);
  const back = range(x.rank).map((other) => (other === at ? 0 : others.indexOf(other) + 1));
  return ops.permute(rows, back);
}

/** Numbers that multiply the places of `axis` of a tensor of `like`'s rank. */
export const weightsAlong = (like: Tensor, axis: number, weights: readonly number[]): Tensor => {
  const at = axis < 0 ? axis + like.rank : axis;
  const shape = range(like.rank).map((other) => (other === at ? weights.length : 1));
  return ops.fromArray(Float64Array.from(weights), like.dtype, like.device, shape);
};
