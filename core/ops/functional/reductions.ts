// Sums, means, extremes and variances over axes.
import { numel, type Shape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { apply, noGrad } from '../dispatch';
import { normalizeAxes, normalizeAxis } from '../infer/checks';
import { contiguous, first, reshape, withGradient } from './dense';
import { div, mul, square, sub } from './elementwise';

export interface ReduceOptions {
  /** Keeps the reduced axes with size 1. Default false. */
  readonly keepdim?: boolean;
}

function reduce(
  kind: 'sum' | 'max' | 'min',
  x: Tensor,
  axes: readonly number[] | null,
  options: ReduceOptions,
): Tensor {
  const normal = axes === null ? x.shape.map((_, axis) => axis) : normalizeAxes(axes, x.rank);
  if (x.rank === 0 || normal.length === 0) return contiguous(x);
  return first(apply('reduce', [contiguous(x)], { kind, axes: normal, keepdim: options.keepdim ?? false }));
}

/** Sum over `axes` (null: all). An empty list of axes leaves `x` as it is. */
export const sum = (x: Tensor, axes: readonly number[] | null = null, options: ReduceOptions = {}): Tensor =>
  reduce('sum', x, axes, options);

/** Largest element; at ties the gradient is shared equally, as `torch.amax`. */
export const amax = (x: Tensor, axes: readonly number[] | null = null, options: ReduceOptions = {}): Tensor =>
  reduce('max', x, axes, options);

/** Smallest element; at ties the gradient is shared equally, as `torch.amin`. */
export const amin = (x: Tensor, axes: readonly number[] | null = null, options: ReduceOptions = {}): Tensor =>
  reduce('min', x, axes, options);

/** Elements that fall into one cell of a reduction. */
const countOf = (shape: Shape, axes: readonly number[] | null): number =>
  axes === null
    ? numel(shape)
    : normalizeAxes(axes, shape.length).reduce((n, axis) => n * (shape[axis] ?? 1), 1);

/** Arithmetic mean over `axes` (null: all). */
export const mean = (x: Tensor, axes: readonly number[] | null = null, options: ReduceOptions = {}): Tensor =>
  div(sum(x, axes, options), countOf(x.shape, axes));

export interface VarianceOptions extends ReduceOptions {
  /** Degrees of freedom taken off the divisor: 1 (the default, as torch.var) or 0. */
  readonly correction?: number;
}

/** Variance over `axes` (null: all): Σ(x − mean)² / max(0, n − correction). */
export function variance(
  x: Tensor,
  axes: readonly number[] | null = null,
  options: VarianceOptions = {},
): Tensor {
  const deviation = noGrad(() => sub(x, mean(x, axes, { keepdim: true })));
  const divisor = countOf(x.shape, axes) - (options.correction ?? 1);
  const value = noGrad(() => div(sum(square(deviation), axes, options), Math.max(0, divisor)));
  const reduced = axes === null ? x.shape.map((_, axis) => axis) : normalizeAxes(axes, x.rank);
  const kept = x.shape.map((size, axis) => (reduced.includes(axis) ? 1 : size));
  // Source: torch's var_backward, which takes the divisor as it is.
  return withGradient('variance', x, value, (gradOutput) =>
    mul(mul(deviation, 2 / divisor), reshape(gradOutput, kept)),
  );
}

/** int64 positions of the largest element along `axis` (null: in the flattened tensor). No gradient. */
export function argmax(x: Tensor, axis: number | null = null, options: ReduceOptions = {}): Tensor {
  const source = axis === null || x.rank === 0 ? reshape(x, [-1]) : contiguous(x);
  const along = axis === null || x.rank === 0 ? 0 : normalizeAxis(axis, x.rank);
  return first(apply('argmax', [source], { axis: along, keepdim: options.keepdim ?? false }));
}

/** Sums a tensor of a broadcast shape back to `shape`: the gradient of broadcasting. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  const extra = x.rank - shape.length;
  const axes = x.shape.flatMap((n, axis) =>
    axis < extra || (n !== 1 && shape[axis - extra] === 1) ? [axis] : [],
  );
  return axes.length === 0 ? reshape(x, shape) : reshape(sum(x, axes), shape);
}
