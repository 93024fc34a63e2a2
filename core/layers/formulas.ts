// Formulas that more than one layer or loss is made of.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { range } from './take';

/** log sigmoid(x) = min(x, 0) - log(1 + e^-|x|): finite for every x. */
export const logSigmoid = (x: Tensor): Tensor =>
  ops.sub(ops.minimum(x, 0), ops.log1p(ops.exp(ops.neg(ops.abs(x)))));

/** The numbers of `value` with the gradient of `other`, which has its shape and dtype. */
export const withGradientOf = (other: Tensor, value: Tensor): Tensor =>
  ops.withGradient('with_gradient_of', other, value.detach(), (gradOutput) => gradOutput);

/**
 * (Σ |x|ᵖ)^(1/p) over axes; for p = Infinity the largest, for -Infinity the smallest, for p = 0 the count of what is not 0. The
 * gradient of a norm of 0 is zeros. Source: torch.linalg.vector_norm.
 */
export function vectorNorm(
  x: Tensor,
  p: number,
  axes: readonly number[],
  options: ops.ReduceOptions = {},
): Tensor {
  if (p === 0) return ops.sum(ops.ne(x, 0), axes, options);
  const size = ops.abs(x);
  if (Math.abs(p) === Infinity) return endOf(p > 0 ? ops.amax : ops.amin, x, axes, options);
  if (p === 1) return ops.sum(size, axes, options);
  const isZero = ops.eq(x, 0);
  // Below 2 the power's slope at 0 is not 0: a 1 stands there, and is left out.
  const powers =
    p === 2 ? ops.square(x)
    : p > 2 ? ops.pow(size, p)
    : ops.where(isZero, p > 0 ? 0 : Infinity, ops.pow(ops.where(isZero, 1, size), p)); // prettier-ignore
  const sums = ops.sum(powers, axes, options);
  const isNothing = ops.eq(sums, p > 0 ? 0 : Infinity);
  const safe = ops.where(isNothing, 1, sums);
  return ops.where(isNothing, 0, p === 2 ? ops.sqrt(safe) : ops.pow(safe, 1 / p));
}

/** The largest or smallest size over axes; one that is no number has no gradient. Source: torch's linalg_vector_norm_backward. */
function endOf(end: typeof ops.amax, x: Tensor, axes: readonly number[], options: ops.ReduceOptions): Tensor {
  const isNan = ops.isNan(x);
  const known = end(ops.abs(ops.where(isNan, 0, x)), axes, options);
  const own = end(ops.abs(x.detach()), axes, options);
  return ops.where(ops.isNan(own), own, known);
}

/** The largest along `axis`, whose gradient goes to the first of equals, as torch.max(dim) has it. */
export function firstLargest(x: Tensor, axis: number): Tensor {
  const at = axis < 0 ? axis + x.rank : axis;
  const winner = ops.cast(ops.argmax(x, at, { keepdim: true }), x.dtype);
  const shape = x.shape.map((size, other) => (other === at ? size : 1));
  const places = ops.fromArray(Float64Array.from(range(x.shape[at] ?? 0)), x.dtype, x.device, shape);
  return ops.sum(ops.where(ops.eq(places, winner), x, 0), [at]);
}
