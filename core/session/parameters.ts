// What the parameter browser asks of a model: figures, distribution, picture and values of single tensors, as data.
import type { DType } from '../tensor/dtype';
import type { Shape } from '../tensor/shape';

/** One tensor of the model: its node in the flat graph and its name there. */
export interface TensorRef {
  readonly node: string;
  readonly name: string;
}

/** Of the finite values, but for the counts; NaN where there is none to speak of. */
export interface TensorFigures {
  readonly count: number;
  readonly nan: number;
  readonly positive_infinity: number;
  readonly negative_infinity: number;
  readonly zeros: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Unbiased, as torch.std's. */
  readonly std: number;
  /** Euclidean. */
  readonly norm: number;
}

/** A small picture: the tensor as a matrix (first axis by all others), each cell a mean; NaN where a value is not finite. */
export interface TensorGrid {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

export interface TensorDetail {
  readonly figures: TensorFigures;
  /** Finite values by equal steps from min to max. */
  readonly histogram: Float64Array;
  readonly grid: TensorGrid;
}

/** A rectangle of a tensor as a matrix: first axis by all others; a vector is one column. */
export interface ValueRange {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

export interface TensorValues extends ValueRange {
  readonly dtype: DType;
  readonly shape: Shape;
  /** Row by row; integers past 2^53 are rounded. */
  readonly values: Float64Array;
}

/** Most tensors of one call for figures, and values of one call for values. */
export const BROWSER_LIMITS = { tensors: 256, values: 65_536, bins: 64, cells: 128 } as const;

/** Rows and columns of a tensor as the browser shows it: first axis by all others; vectors and scalars are one column. */
export function matrixSize(shape: Shape): { readonly rows: number; readonly columns: number } {
  const [rows = 1, ...rest] = shape;
  return { rows, columns: rest.reduce((product, size) => product * size, 1) };
}
