// Gradients of matrix products, convolutions and pools.
import { numel } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { zeros } from '../create';
import { apply } from '../dispatch';
import { contiguous, first, reshape } from '../functional/dense';
import { cast } from '../functional/elementwise';
import { sum, sumTo } from '../functional/reductions';
import { transpose } from '../functional/views';
import type { Rounded } from '../signatures';
import { inputAt } from './movement';
import type { GradientRule } from './rule';

/** A product that rounds as the one whose gradient it is. */
type Product = (a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean) => Tensor;

const productOf =
  ({ precision = null, rounds = null }: Rounded): Product =>
  (a, b, transposeA, transposeB) => {
    const rounding = (precision ?? rounds) ? { precision, rounds } : {};
    const attributes = { transpose_a: transposeA, transpose_b: transposeB, ...rounding };
    return first(apply('matmul', [contiguous(a), contiguous(b)], attributes));
  };

/** With A = op(a) `[.., m, k]` and B = op(b) `[.., k, n]`: dA = dY·Bᵀ and dB = Aᵀ·dY, each transposed back. */
export const matmul: GradientRule<'matmul'> = ({ inputs, attributes }, gy, needs) => {
  const a = inputAt(inputs, 0);
  const b = inputAt(inputs, 1);
  const call = {
    a,
    b,
    gy,
    ta: attributes.transpose_a,
    tb: attributes.transpose_b,
    product: productOf(attributes),
  };
  return [needs[0] ? gradientOfLeft(call) : null, needs[1] ? gradientOfRight(call) : null];
};

interface ProductGradient {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly gy: Tensor;
  readonly ta: boolean;
  readonly tb: boolean;
  readonly product: Product;
}

function gradientOfLeft({ a, b, gy, ta, tb, product }: ProductGradient): Tensor {
  if (!ta) return product(gy, b, false, !tb);
  // dAᵀ = B·dYᵀ needs B first, so a `b` shared by the whole batch is applied to the batch as one matrix.
  if (b.rank === a.rank) return product(b, gy, tb, true);
  const rows = product(gy, b, false, !tb);
  return contiguous(transpose(rows, -1, -2));
}

function gradientOfRight({ a, b, gy, ta, tb, product }: ProductGradient): Tensor {
  const isShared = b.rank < a.rank;
  if (isShared && !ta) {
    const [left, right] = [flatRows(a), flatRows(gy)];
    return tb ? product(right, left, true, false) : product(left, right, true, false);
  }
  const each = tb ? product(gy, a, true, ta) : product(a, gy, !ta, false);
  return isShared ? sumTo(each, b.shape) : each;
}

const flatRows = (x: Tensor): Tensor => reshape(x, [-1, x.shape.at(-1) ?? 1]);

export const linear: GradientRule<'linear'> = ({ inputs, attributes }, gy, needs) => {
  const product = productOf(attributes);
  const x = inputAt(inputs, 0);
  const weight = inputAt(inputs, 1);
  const rows = numel(x.shape.slice(0, -1));
  const flat = reshape(gy, [rows, weight.shape[0] ?? 1]);
  const rounded = (): Tensor => (attributes.rounds ? cast(cast(flat, attributes.rounds), flat.dtype) : flat);
  const gradientOfInput = (): Tensor => reshape(product(flat, weight, false, false), x.shape);
  return [
    needs[0] ? gradientOfInput() : null,
    needs[1] ? product(flat, reshape(x, [rows, weight.shape[1] ?? 1]), true, false) : null,
    needs[2] ? sum(rounded(), [0]) : null,
  ];
};

/** Sum over all axes but the channels: the gradient of a bias. */
const perChannel = (gy: Tensor): Tensor =>
  sum(
    gy,
    gy.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis])),
  );

export const convolution: GradientRule<'convolution'> = ({ inputs, attributes }, gy, needs) => {
  const x = inputAt(inputs, 0);
  const weight = inputAt(inputs, 1);
  const { stride, padding, dilation, groups } = attributes;
  const geometry = { stride, padding, dilation, groups };
  return [
    needs[0]
      ? x.numel() === 0
        ? zeros(x.shape, x.dtype, x.device)
        : first(apply('convolution_input_gradient', [gy, weight, null], { ...geometry, shape: x.shape }))
      : null,
    needs[1]
      ? weight.numel() === 0
        ? zeros(weight.shape, weight.dtype, weight.device)
        : first(apply('convolution_weight_gradient', [gy, x], { ...geometry, shape: weight.shape }))
      : null,
    needs[2] ? perChannel(gy) : null,
  ];
};

/** The transposed convolution: its gradient with respect to its input is a convolution. */
export const convolutionInputGradient: GradientRule<'convolution_input_gradient'> = (
  { inputs, attributes },
  gy,
  needs,
) => {
  const x = inputAt(inputs, 0);
  const weight = inputAt(inputs, 1);
  const { stride, padding, dilation, groups } = attributes;
  const geometry = { stride, padding, dilation, groups };
  return [
    needs[0] ? first(apply('convolution', [gy, weight, null], geometry)) : null,
    needs[1]
      ? first(apply('convolution_weight_gradient', [x, gy], { ...geometry, shape: weight.shape }))
      : null,
    needs[2] ? perChannel(gy) : null,
  ];
};

export const convolutionWeightGradient: GradientRule<'convolution_weight_gradient'> = (
  { inputs, attributes },
  gy,
  needs,
) => {
  const output = inputAt(inputs, 0);
  const x = inputAt(inputs, 1);
  const { stride, padding, dilation, groups } = attributes;
  const geometry = { stride, padding, dilation, groups };
  return [
    needs[0] ? first(apply('convolution', [x, gy, null], geometry)) : null,
    needs[1]
      ? first(apply('convolution_input_gradient', [output, gy, null], { ...geometry, shape: x.shape }))
      : null,
  ];
};

export const maxPool: GradientRule<'max_pool'> = ({ inputs, outputs }, gy) =>
  apply('max_pool_gradient', [gy, inputAt(outputs, 1)], { shape: inputAt(inputs, 0).shape });

export const avgPool: GradientRule<'avg_pool'> = ({ inputs, attributes }, gy) =>
  apply('avg_pool_gradient', [gy], { ...attributes, shape: inputAt(inputs, 0).shape });

export const avgPoolGradient: GradientRule<'avg_pool_gradient'> = ({ attributes }, gy) => {
  const { kernel, stride, padding, dilation, ceil_mode, count_include_pad, divisor_override } = attributes;
  const average = { kernel, stride, padding, dilation, ceil_mode, count_include_pad, divisor_override };
  return apply('avg_pool', [gy], average);
};

export const adaptiveAvgPool: GradientRule<'adaptive_avg_pool'> = ({ inputs }, gy) =>
  apply('adaptive_avg_pool_gradient', [gy], { shape: inputAt(inputs, 0).shape });

export const adaptiveAvgPoolGradient: GradientRule<'adaptive_avg_pool_gradient'> = ({ inputs }, gy) =>
  apply('adaptive_avg_pool', [gy], { output_size: inputAt(inputs, 0).shape.slice(2) });
