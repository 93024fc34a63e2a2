// Spectral norm: a weight divided by its largest singular value, which two vectors estimate and follow by power iterations
// while training. Source: torch.nn.utils.parametrizations.spectral_norm, arXiv:1802.05957.
import * as ops from '../../ops';
import type { PartialShape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import type { Of, Scheme } from './scheme';

const ORIGINAL = 'original';
/** Left and right singular vector. */
const [LEFT, RIGHT] = ['0._u', '0._v'];
/** Power iterations with which the vectors start; PyTorch's check of a new parametrization then adds those of one step. */
export const FIRST_ITERATIONS = 15;

const axisOf = (dim: number | null, rank: number): number =>
  (dim ?? 0) < 0 ? (dim ?? 0) + rank : (dim ?? 0);

/** The weight as a matrix of one row for each index of `axis`. */
export function asMatrix(weight: Tensor, axis: number): Tensor {
  const order = [axis, ...weight.shape.map((_, at) => at).filter((at) => at !== axis)];
  return ops.flatten(axis === 0 ? weight : ops.permute(weight, order), 1);
}

/** x / max(‖x‖, eps): torch.nn.functional.normalize of a vector. */
export const normalized = (x: Tensor, eps: number): Tensor =>
  ops.div(x, ops.maximum(ops.sqrt(ops.sum(ops.square(x))), eps));

export interface SingularVectors {
  readonly u: Tensor;
  readonly v: Tensor;
}

/** Both vectors after some power iterations, in new memory and without a gradient. */
export const powerIterations = (
  matrix: Tensor,
  { u, v }: SingularVectors,
  times: number,
  eps: number,
): SingularVectors =>
  ops.noGrad(() => {
    let [left, right] = [u, v];
    for (let time = 0; time < times; time++) {
      left = normalized(ops.matmul(matrix, right), eps);
      right = normalized(ops.matmul(left, matrix), eps);
    }
    return { u: left, v: right };
  });

/** weight / (uᵀ · matrix · v); the vectors count as constants. */
export const divided = (weight: Tensor, matrix: Tensor, { u, v }: SingularVectors): Tensor =>
  ops.div(weight, ops.sum(ops.mul(u.detach(), ops.matmul(matrix, v.detach()))));

const rest = (shape: PartialShape, axis: number): number | null =>
  shape.reduce<number | null>(
    (count, size, at) => (at === axis || count === null ? count : size === null ? null : count * size),
    1,
  );

export const spectralNorm: Scheme<'spectral_norm'> = {
  className: '_SpectralNorm',
  main: ORIGINAL,
  fits: ({ dim, n_power_iterations }, { length }) =>
    length > 0 && (dim === null || (dim >= -length && dim < length)) && n_power_iterations > 0,
  parts({ dim, n_power_iterations, eps }: Of<'spectral_norm'>, { shape, initializer }, names) {
    const original = { name: ORIGINAL, kind: 'parameter', shape, initializer } as const;
    // The norm of a vector needs no estimate.
    if (shape.length < 2) return [original];
    const axis = axisOf(dim, shape.length);
    return [
      original,
      {
        name: LEFT,
        kind: 'buffer',
        shape: [shape[axis] ?? null],
        initializer: { kind: 'normal', mean: 0, std: 1 },
      },
      {
        name: RIGHT,
        kind: 'buffer',
        shape: [rest(shape, axis)],
        initializer: {
          kind: 'singular_vector',
          of: names(ORIGINAL),
          other: names(LEFT),
          axis,
          eps,
          iterations: FIRST_ITERATIONS + n_power_iterations,
        },
      },
    ];
  },
  compose({ dim, n_power_iterations, eps }, part, isTraining) {
    const weight = part(ORIGINAL);
    if (weight.rank < 2) return normalized(weight, eps);
    const matrix = asMatrix(weight, axisOf(dim, weight.rank));
    const kept = { u: part(LEFT), v: part(RIGHT) };
    if (!isTraining) return divided(weight, matrix, kept);
    const moved = powerIterations(matrix, kept, n_power_iterations, eps);
    ops.assign(kept.u, moved.u);
    ops.assign(kept.v, moved.v);
    return divided(weight, matrix, moved);
  },
  oldNames: { [ORIGINAL]: '_orig', [LEFT]: '_u', [RIGHT]: '_v' },
};
