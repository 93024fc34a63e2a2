// The singular vectors with which a spectral norm starts, computed in double and in steps. A training step moves them by ops
// (core/layers/parametrize/spectral-norm).
import { encodeElements } from '../tensor/elements';
import type { Tensor } from '../tensor/tensor';
import type { Turned } from '../turns';
import { randomDType } from './init';
import type { Generator } from './random';
import type { Steps } from './steps';
import { numbersOf, valuesOf, writeDense } from './tensor-memory';

/** Multiply-adds between two rests. */
const PIECE = 1 << 16;

export interface SingularVectorOptions {
  readonly axis: number;
  /** Least length a vector is divided by. */
  readonly eps: number;
  readonly iterations: number;
  readonly generator: Generator;
}

/**
 * Draws `right`, then makes `left`, which is drawn already, and `right` the vectors of the largest singular value of `source`, a matrix
 * with a row for each index of `axis`. Source: torch.nn.utils.parametrizations._SpectralNorm.
 */
export function* singularVectorSteps(
  right: Tensor,
  left: Tensor,
  source: Tensor,
  { axis, eps, iterations, generator }: SingularVectorOptions,
): Steps {
  const columns = right.numel();
  if (right.device === 'meta' || source.device === 'meta') return;
  const drawn = yield* generator.numbers(randomDType(right.dtype, 'normal_'), columns, 'normal');
  const matrix = yield* matrixOf(source, axis);
  let [u, v] = [normalized(valuesOf(left), eps), normalized(drawn, eps)];
  for (let time = 0; time < iterations; time++) {
    u = normalized(yield* times(matrix, v, u.length), eps);
    v = normalized(yield* transposedTimes(matrix, u, v.length), eps);
  }
  writeDense(left, encodeElements(left.dtype, u, u.length));
  writeDense(right, encodeElements(right.dtype, v, v.length));
}

function normalized(vector: Float64Array, eps: number): Float64Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => value / Math.max(length, eps));
}

/** The values row by row, `axis` first and the others in their order. */
function* matrixOf(source: Tensor, axis: number): Turned<Float64Array> {
  const { shape } = source;
  const rows = shape[axis] ?? 1;
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const columns = source.numel() / Math.max(rows, 1);
  const matrix = new Float64Array(source.numel());
  let place = 0;
  for (const values of numbersOf(source)) {
    for (const value of values) {
      const outer = Math.floor(place / (inner * rows));
      const row = Math.floor(place / inner) % rows;
      matrix[row * columns + outer * inner + (place % inner)] = value;
      place++;
    }
    yield;
  }
  return matrix;
}

function* times(matrix: Float64Array, vector: Float64Array, rows: number): Turned<Float64Array> {
  const product = new Float64Array(rows);
  const columns = vector.length;
  let work = 0;
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let column = 0; column < columns; column++)
      sum += (matrix[row * columns + column] ?? 0) * (vector[column] ?? 0);
    product[row] = sum;
    if ((work += columns) < PIECE) continue;
    work = 0;
    yield;
  }
  return product;
}

function* transposedTimes(matrix: Float64Array, vector: Float64Array, columns: number): Turned<Float64Array> {
  const product = new Float64Array(columns);
  let work = 0;
  for (const [row, factor] of vector.entries()) {
    for (let column = 0; column < columns; column++)
      product[column] = (product[column] ?? 0) + factor * (matrix[row * columns + column] ?? 0);
    if ((work += columns) < PIECE) continue;
    work = 0;
    yield;
  }
  return product;
}
