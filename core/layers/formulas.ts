// Formulas that more than one layer or loss is made of.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';

/** log sigmoid(x) = min(x, 0) - log(1 + e^-|x|): finite for every x. */
export const logSigmoid = (x: Tensor): Tensor =>
  ops.sub(ops.minimum(x, 0), ops.log1p(ops.exp(ops.neg(ops.abs(x)))));

/** The numbers of `value` with the gradient of `other`, which differs from it by rounding only. */
export const withGradientOf = (other: Tensor, value: Tensor): Tensor =>
  ops.add(ops.sub(value, other).detach(), other);
