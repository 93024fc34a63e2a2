// Picking positions along an axis by a fixed list: what resizing, unfolding and uneven pooling are made of.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';

/** The numbers 0 to `count` - 1. */
export const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

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
