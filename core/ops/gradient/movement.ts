// Gradients of the ops that move elements, of reductions and of gathering.
import type { Tensor } from '../../tensor/tensor';
import { fromArray } from '../create';
import { apply } from '../dispatch';
import { first, reshape } from '../functional/dense';
import { cast as convert, fused, mul } from '../functional/elementwise';
import { sum } from '../functional/reductions';
import { expand, slice } from '../functional/views';
import type { GradientRule } from './rule';

/** The input at `index`; its op's signature demands it. */
export const inputAt = (inputs: readonly (Tensor | null)[], index: number): Tensor =>
  first(inputs.slice(index).flatMap((x) => x ?? []));

export const stridedCopy: GradientRule<'strided_copy'> = (
  { inputs, attributes: { strides, offset } },
  gy,
) => {
  const { shape } = inputAt(inputs, 0);
  return apply('strided_scatter', [gy], { shape, strides, offset });
};

export const stridedScatter: GradientRule<'strided_scatter'> = (
  { inputs, attributes: { strides, offset } },
  gy,
) => {
  const { shape } = inputAt(inputs, 0);
  return apply('strided_copy', [gy], { shape, strides, offset });
};

export const concatenate: GradientRule<'concatenate'> = ({ inputs, attributes: { axis } }, gy, needs) => {
  let start = 0;
  return inputs.map((input, index) => {
    const end = start + (input?.shape[axis] ?? 0);
    const part = needs[index] ? slice(gy, axis, { start, end }) : null;
    start = end;
    return part;
  });
};

export const cast: GradientRule<'cast'> = ({ inputs }, gy) => [convert(gy, inputAt(inputs, 0).dtype)];

export const pad: GradientRule<'pad'> = ({ inputs, attributes: { padding, mode } }, gy) =>
  apply('pad_gradient', [gy], { padding, mode, shape: inputAt(inputs, 0).shape });

export const padGradient: GradientRule<'pad_gradient'> = ({ attributes: { padding, mode } }, gy) =>
  apply('pad', [gy], { padding, mode, value: 0 });

export const reduce: GradientRule<'reduce'> = ({ inputs, outputs, attributes: { kind, axes } }, gy) => {
  const x = inputAt(inputs, 0);
  const kept = x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const spread = reshape(gy, kept);
  if (kind === 'sum') return [expand(spread, x.shape)];
  const extreme = reshape(first(outputs), kept);
  const ties = sum(
    fused([x, extreme], (f, ...terms) => f.step('eq', ...terms)),
    axes,
    { keepdim: true },
  );
  // Equal winners share the gradient equally, as torch.amax.
  return [
    fused([x, extreme, spread, ties], (f, element, winner, gradient, count) =>
      f.step('mul', f.step('div', gradient, count), f.step('eq', element, winner)),
    ),
  ];
};

/**
 * Of products: each place gives every product behind it what the product is made of without it. Before the first 0 that is the product
 * divided by the place; at the first 0 it is the product with 1 in its stead; behind it nothing. Source: torch.cumprod.
 */
export const scan: GradientRule<'scan'> = ({ inputs, outputs, attributes: { kind, axis, reverse } }, gy) => {
  const back = (x: Tensor): Tensor => first(apply('scan', [x], { kind: 'sum', axis, reverse: !reverse }));
  if (kind === 'sum') return [back(gy)];
  const x = inputAt(inputs, 0);
  const ahead = (what: string, of: Tensor): Tensor =>
    first(apply('scan', [of], { kind: what, axis, reverse }));
  const isZero = fused([x, 0], (f, ...terms) => f.step('eq', ...terms));
  const zeros = ahead('sum', isZero);
  const isFirst = fused([isZero, zeros], (f, zero, count) =>
    f.step('mul', zero, f.step('eq', count, f.constant(1))),
  );
  const without = ahead(
    'prod',
    fused([isFirst, x], (f, held, value) => f.step('where', held, f.constant(1), value)),
  );
  const behindFirst = fused([zeros, gy, without], (f, count, gradient, product) =>
    f.step('where', f.step('eq', count, f.constant(1)), f.step('mul', gradient, product), f.constant(0)),
  );
  const before = back(mul(gy, first(outputs)));
  return [
    fused([zeros, before, x, isFirst, back(behindFirst)], (f, count, sum, value, held, atFirst) =>
      f.step(
        'where',
        f.step('eq', count, f.constant(0)),
        f.step('div', sum, value),
        f.step('where', held, atFirst, f.constant(0)),
      ),
    ),
  ];
};

export const gather: GradientRule<'gather'> = ({ inputs }, gy) => {
  const index = inputAt(inputs, 1);
  const { shape } = inputAt(inputs, 0);
  return [first(apply('gather_gradient', [gy, index], { shape, padding_idx: null })), null];
};

/** Each row of the table is a sum over its indices; the padding's row stays 0. */
export const gatherGradient: GradientRule<'gather_gradient'> = (
  { inputs, attributes: { shape, padding_idx: padding } },
  gy,
) => {
  const [rows = 0] = shape;
  const ones = shape.slice(1).map(() => 1);
  const kept = Float64Array.from({ length: rows }, (_, row) => (row === padding ? 0 : 1));
  const counted = padding === null ? gy : mul(gy, fromArray(kept, gy.dtype, gy.device, [rows, ...ones]));
  return [first(apply('gather', [counted, inputAt(inputs, 1)], {})), null];
};
