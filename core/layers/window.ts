// Arithmetic of sliding windows, shared by convolutions and poolings, and what any layer over n spatial axes needs.
import { formatShape } from '../tensor/shape';
import type { EdgeShape, LayerProblem } from './declaration';
import { listed, rankProblem, type Size } from './shapes';

/** Number of spatial axes of a layer family. */
export type SpatialRank = 1 | 2 | 3;

/** `[value, value, ...]`, one per spatial axis. */
export const each = (rank: SpatialRank, value: number): readonly number[] =>
  new Array<number>(rank).fill(value);

/** The first `rank` of the given values: the examples of a family, written once for 3-D. */
export const take = (rank: SpatialRank, ...values: readonly number[]): readonly number[] =>
  values.slice(0, rank);

/** One window per output position along one axis. */
export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly before: number;
  readonly after: number;
  readonly dilation: number;
}

/** Output size of a convolution: floor((size + padding - dilation·(kernel - 1) - 1) / stride) + 1. May be below 1. */
export const windowCount = (size: Size, { kernel, stride, before, after, dilation }: Window): Size =>
  size === null ? null : Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1;

/** Output size of a pooling: with `ceil_mode` the last window may hang over the end, but must start inside it or the left padding. */
export function pooledCount(size: Size, window: Window, isCeil: boolean): Size {
  if (size === null) return null;
  if (!isCeil) return windowCount(size, window);
  const { kernel, stride, before, after, dilation } = window;
  const count = Math.ceil((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
  return (count - 1) * stride >= size + before ? count - 1 : count;
}

/** Spatial sizes of `[N, C, *spatial]` or `[C, *spatial]`. */
export const spatialOf = (rank: SpatialRank, shape: readonly Size[]): readonly Size[] =>
  shape.slice(shape.length - rank);

/** The axis of the channels in a batched or unbatched input. */
export const channelAxis = (rank: SpatialRank): number => -rank - 1;

/** PyTorch's own words for an input that is neither `[N, C, *spatial]` nor `[C, *spatial]`, or null. */
export function spatialRankProblem(name: string, rank: SpatialRank, shape: EdgeShape): LayerProblem | null {
  const problem = rankProblem('input', shape, [rank + 1, rank + 2]);
  if (problem === null || shape === null) return null;
  return {
    ...problem,
    message:
      `Expected ${rank + 1}D (unbatched) or ${rank + 2}D (batched) input to ${name}, ` +
      `but got input of size: ${listed(shape)}`,
    hint: `feed [batch, channels, ${['length', 'height, width', 'depth, height, width'][rank - 1]}]; an unflatten before it makes such a shape`,
  };
}

/** The input is smaller than the kernel: an output size below 1. */
export const tooSmall = (name: string, input: readonly Size[], output: readonly Size[]): LayerProblem => ({
  where: 'input',
  message: `${name}: an input of ${formatShape(input)} leaves an output of ${formatShape(output)}; every size must be at least 1`,
  expected: 'an input at least as large as the kernel',
  got: formatShape(input),
  hint: 'make the kernel smaller, add padding, or remove a pooling before it',
});

/** `param` must be a multiple of groups; the words are PyTorch's. */
export const divisible = (param: string, value: number, groups: number): readonly LayerProblem[] =>
  value % groups === 0
    ? []
    : [
        {
          where: param,
          message: `${param} must be divisible by groups`,
          expected: `a multiple of ${groups}`,
          got: String(value),
        },
      ];
