// torch.nn.utils.parametrizations: weight norm, spectral norm and orthogonal tensors for any module.
// Rules: docs/spec/parametrizations.md. The layers of a project have theirs from core/layers/parametrize.
import { TorchError } from '../../errors';
import { mapFor, matrixSizes, orthogonalOf } from '../../layers/parametrize/orthogonal';
import { ORTHOGONAL_MAPS, type OrthogonalMap } from '../../layers/parametrize/scheme';
import {
  asMatrix,
  divided,
  FIRST_ITERATIONS,
  normalized,
  powerIterations,
} from '../../layers/parametrize/spectral-norm';
import { composeWeight, normAxis } from '../../layers/parametrize/weight-norm';
import * as ops from '../../ops';
import { torchSize } from '../../tensor/shape';
import { Tensor } from '../../tensor/tensor';
import { normalSteps } from '../inits';
import { Module } from '../module';
import { normExceptSteps } from '../norm-except';
import { orthogonalBaseSteps, reflectorsOf } from '../orthogonal-start';
import { defaultGenerator } from '../random';
import { singularVectorSteps } from '../singular-vectors';
import { runSteps } from '../steps';
import { cloneTensor, newTensor } from '../tensor-memory';
import { registerParametrization, typeBeforeParametrizations } from './register';

class WeightNorm extends Module {
  declare readonly dim: number;
  constructor(dim: number | null) {
    super();
    Object.assign(this, { dim: dim ?? -1 });
  }
  override forward(magnitude: Tensor, direction: Tensor): Tensor {
    return composeWeight(direction, magnitude, normAxis(this.dim, direction.rank));
  }
  rightInverse(weight: Tensor): readonly Tensor[] {
    if ((weight as Tensor | null) === null)
      throw new TorchError(
        'TypeError',
        "norm_except_dim(): argument 'v' (position 1) must be Tensor, not NoneType",
      );
    if (weight.rank === 0 && this.dim >= 0)
      throw new TorchError('IndexError', `Dimension specified as ${this.dim} but tensor has no dimensions`);
    return [normExcept(weight, this.dim), weight];
  }
}

/** torch.norm_except_dim: the norms of a tensor's slices along `dim`; one for all where it is -1. */
export function normExcept(weight: Tensor, dim: number): Tensor {
  const axis = normAxis(dim, weight.rank);
  const shape = axis === null ? [] : weight.shape.map((size, at) => (at === axis ? size : 1));
  const norm = newTensor(shape, weight.dtype, weight.device);
  runSteps(normExceptSteps(norm, weight, axis));
  return norm;
}

/** `dim` is the axis that keeps its norms; null: one norm over all. Loads `weight_g` and `weight_v` of the older weight norm too. */
export function weightNorm<M extends Module>(module: M, name = 'weight', dim: number | null = 0): M {
  registerParametrization(module, name, new WeightNorm(dim), { unsafe: true });
  module.registerLoadStateDictPreHook((_module, { stateDict, prefix }) => {
    const old = [`${prefix}${name}_g`, `${prefix}${name}_v`];
    if (!old.every((key) => stateDict.has(key))) return;
    for (const [index, key] of old.entries()) {
      stateDict.set(`${prefix}parametrizations.${name}.original${index}`, stateDict.get(key));
      stateDict.delete(key);
    }
  });
  return module;
}

export interface SpectralNormOptions {
  /** Default 1. */
  readonly nPowerIterations?: number;
  /** Default 1e-12. */
  readonly eps?: number;
  /** The axis of the outputs; default 1 for transposed convolutions, else 0. */
  readonly dim?: number;
}

class SpectralNorm extends Module {
  declare readonly dim: number;
  declare readonly eps: number;
  declare readonly nPowerIterations: number;
  declare _u: Tensor;
  declare _v: Tensor;

  constructor(weight: Tensor, nPowerIterations: number, dim: number, eps: number) {
    super();
    const { rank } = weight;
    if (dim >= rank || dim < -rank)
      throw new TorchError(
        'IndexError',
        `Dimension out of range (expected to be in range of [-${rank}, ${rank - 1}] but got ${dim})`,
      );
    checkIterations(nPowerIterations);
    const axis = dim < 0 ? dim + rank : dim;
    Object.assign(this, { dim: axis, eps, nPowerIterations });
    if (rank < 2) return;
    const { u, v } = firstVectors(weight, axis, eps, FIRST_ITERATIONS);
    this.registerBuffer('_u', u);
    this.registerBuffer('_v', v);
  }
  override forward(weight: Tensor): Tensor {
    if (weight.rank === 1) return normalized(weight, this.eps);
    const matrix = asMatrix(weight, this.dim);
    const kept = { u: this._u, v: this._v };
    if (!this.training) return divided(weight, matrix, kept);
    const moved = powerIterations(matrix, kept, this.nPowerIterations, this.eps);
    ops.assign(this._u, moved.u);
    ops.assign(this._v, moved.v);
    return divided(weight, matrix, moved);
  }
  rightInverse(value: Tensor): Tensor {
    return value;
  }
}

export function checkIterations(count: number): void {
  if (count <= 0)
    throw new TorchError(
      'ValueError',
      `Expected n_power_iterations to be positive, but got n_power_iterations=${count}`,
    );
}

/** Left and right vector, drawn in this order, after some power iterations. */
export function firstVectors(
  weight: Tensor,
  axis: number,
  eps: number,
  iterations: number,
): { readonly u: Tensor; readonly v: Tensor } {
  const rows = weight.shape[axis] ?? 1;
  const [u, v] = [rows, weight.numel() / Math.max(rows, 1)].map((size) =>
    newTensor([size], weight.dtype, weight.device),
  ) as [Tensor, Tensor];
  const generator = defaultGenerator;
  runSteps(normalSteps(u, 0, 1, generator));
  runSteps(singularVectorSteps(v, u, weight, { axis, eps, iterations, generator }));
  return { u, v };
}

/** The axis of a module's outputs in its weight. */
export const outputAxis = (module: Module): number =>
  /^(Lazy)?ConvTranspose[123]d$/.test(typeBeforeParametrizations(module).name) ? 1 : 0;

function tensorNamed(module: Module, name: string): Tensor {
  const weight: unknown = Reflect.get(module, name, module);
  if (weight instanceof Tensor) return weight;
  throw new TorchError(
    'ValueError',
    `Module '${String(module)}' has no parameter or buffer with name '${name}'`,
  );
}

/** Divides a tensor by its largest singular value, which two vectors follow while training. */
export function spectralNorm<M extends Module>(
  module: M,
  name = 'weight',
  { nPowerIterations = 1, eps = 1e-12, dim }: SpectralNormOptions = {},
): M {
  const weight = tensorNamed(module, name);
  const made = new SpectralNorm(weight, nPowerIterations, dim ?? outputAxis(module), eps);
  return registerParametrization(module, name, made);
}

export interface OrthogonalOptions {
  /** Default: matrix_exp for square matrices, else householder. */
  readonly orthogonalMap?: string | null;
  /** Move from a base matrix. Default true. */
  readonly useTrivialization?: boolean;
}

class Orthogonal extends Module {
  declare readonly shape: readonly number[];
  declare readonly orthogonalMap: OrthogonalMap;
  declare base: Tensor | null;

  constructor(weight: Tensor, orthogonalMap: OrthogonalMap, useTrivialization: boolean) {
    super();
    Object.assign(this, { shape: weight.shape, orthogonalMap });
    if (useTrivialization) this.registerBuffer('base', null);
  }
  override forward(x: Tensor): Tensor {
    return orthogonalOf(x, this.orthogonalMap, Reflect.has(this, 'base') ? this.base : null, {
      isTruncated: true,
    });
  }
  rightInverse(given: Tensor): Tensor {
    if (torchSize(given.shape) !== torchSize(this.shape))
      throw new TorchError(
        'ValueError',
        `Expected a matrix or batch of matrices of shape ${torchSize(this.shape)}. Got a tensor of shape ${torchSize(given.shape)}.`,
      );
    const hasBase = Reflect.has(this, 'base');
    if (!hasBase && this.orthogonalMap !== 'householder')
      throw new TorchError(
        'NotImplementedError',
        'It is not possible to assign to the matrix exponential or the Cayley parametrizations when use_trivialization=False.',
      );
    const original = cloneTensor(given.detach());
    if (!hasBase) {
      runSteps(reflectorsOf({ kind: 'reflectors', start: null, map: 'householder' }, original));
      return original;
    }
    const size = Math.max(...matrixSizes(given.shape));
    const base = newTensor([...given.shape.slice(0, -2), size, size], given.dtype, given.device);
    runSteps(orthogonalBaseSteps(base, original, defaultGenerator));
    this.base = base;
    return original;
  }
}

const isOrthogonalMap = (name: string): name is OrthogonalMap =>
  (ORTHOGONAL_MAPS as readonly string[]).includes(name);

/** Keeps the columns of matrices orthonormal, or the rows where there are fewer. */
export function orthogonal<M extends Module>(
  module: M,
  name = 'weight',
  { orthogonalMap = null, useTrivialization = true }: OrthogonalOptions = {},
): M {
  const weight = tensorNamed(module, name);
  if (weight.rank < 2)
    throw new TorchError(
      'ValueError',
      `Expected a matrix or batch of matrices. Got a tensor of ${weight.rank} dimensions.`,
    );
  const map = orthogonalMap ?? mapFor(null, matrixSizes(weight.shape));
  if (!isOrthogonalMap(map))
    throw new TorchError(
      'ValueError',
      `orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: ${map}`,
    );
  return registerParametrization(module, name, new Orthogonal(weight, map, useTrivialization), {
    unsafe: true,
  });
}

for (const made of [WeightNorm, SpectralNorm, Orthogonal])
  Object.defineProperty(made, 'name', { value: `_${made.name}` });
