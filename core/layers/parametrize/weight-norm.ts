// Weight norm: w = g · v / ‖v‖, learned as g (magnitude) and v (direction). Source: torch.nn.utils.parametrizations.weight_norm.
import * as ops from '../../ops';
import type { PartialShape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import type { Scheme } from './scheme';

/** State-dict names of magnitude and direction below `parametrizations.<weight>`. */
export const MAGNITUDE = 'original0';
export const DIRECTION = 'original1';

/** An axis as PyTorch counts it: from the end when negative, except that -1 means all of them (null). */
export function normAxis(dim: number | null, rank: number): number | null {
  if (dim === null || dim === -1) return null;
  return dim < 0 ? dim + rank : dim;
}

/** The shape of g: size 1 on every axis but the normed one; a scalar for one norm over all. */
const magnitudeShape = (shape: PartialShape, axis: number | null): PartialShape =>
  axis === null ? [] : shape.map((size, at) => (at === axis ? size : 1));

/** w = g · v / ‖v‖ with the norm over every axis but `axis`. */
export function composeWeight(direction: Tensor, magnitude: Tensor, axis: number | null): Tensor {
  const axes = direction.shape.map((_, at) => at).filter((at) => at !== axis);
  const norm = ops.sqrt(ops.sum(ops.square(direction), axes, { keepdim: axis !== null }));
  return ops.mul(direction, ops.div(magnitude, norm));
}

export const weightNorm: Scheme<'weight_norm'> = {
  className: '_WeightNorm',
  main: DIRECTION,
  // A scalar has no axis to normalize.
  fits: ({ dim }, { length }) => length > 0 && (dim === null || (dim >= -length && dim < length)),
  parts({ dim }, { shape, initializer }, names) {
    const axis = normAxis(dim, shape.length);
    return [
      {
        name: MAGNITUDE,
        kind: 'parameter',
        shape: magnitudeShape(shape, axis),
        initializer: { kind: 'norm_except', of: names(DIRECTION), axis },
      },
      { name: DIRECTION, kind: 'parameter', shape, initializer },
    ];
  },
  compose({ dim }, part) {
    const direction = part(DIRECTION);
    return composeWeight(direction, part(MAGNITUDE), normAxis(dim, direction.rank));
  },
  oldNames: { [MAGNITUDE]: '_g', [DIRECTION]: '_v' },
};
