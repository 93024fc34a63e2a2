// What orthogonal weights start from, computed in double and in steps: the base of a trivialization, and the reflectors of a QR
// decomposition. Source: torch.nn.utils.parametrizations._Orthogonal.right_inverse.
import { mapFor, matrixSizes } from '../layers/parametrize/orthogonal';
import { encodeElements } from '../tensor/elements';
import type { DType } from '../tensor/dtype';
import type { Tensor } from '../tensor/tensor';
import type { Turned } from '../turns';
import { randomDType } from './init';
import type { Initializer } from './initializer';
import { dot, orthonormalize } from './orthogonal';
import type { Generator } from './random';
import type { Steps } from './steps';
import { valuesOf, writeDense, writeNumbers } from './tensor-memory';

/** The distance from 1 to the next number: torch.finfo(dtype).eps. */
const epsilonOf = (dtype: DType): number => (dtype === 'float64' ? 2 ** -52 : 2 ** -23);

interface Matrix {
  /** Tall: the columns, each as long as the larger of the two sizes. */
  readonly columns: Float64Array[];
  /** Puts columns back where they came from. */
  readonly write: (columns: readonly Float64Array[]) => void;
}

/** The matrices of a batch, transposed where they are wide, over `values`. */
function matricesOf({ shape }: Tensor, values: Float64Array): Matrix[] {
  const [rows, columns] = matrixSizes(shape);
  const size = rows * columns;
  const isWide = rows < columns;
  const [long, short] = isWide ? [columns, rows] : [rows, columns];
  const [step, stride] = isWide ? [columns, 1] : [1, columns];
  const place = (at: number, column: number, row: number): number => at * size + column * step + row * stride;
  return Array.from({ length: size === 0 ? 0 : values.length / size }, (_, at) => ({
    columns: Array.from({ length: short }, (_column, column) =>
      Float64Array.from({ length: long }, (_row, row) => values[place(at, column, row)] ?? 0),
    ),
    write(given) {
      for (const [column, numbers] of given.entries())
        for (const [row, value] of numbers.entries()) values[place(at, column, row)] = value;
    },
  }));
}

/**
 * `base` `[.., m, m]` becomes the Q of `original` (or `original` itself where it is square and orthogonal), completed with drawn columns
 * where it is not square; `original` becomes minus the identity, for which every map gives the identity.
 */
export function* orthogonalBaseSteps(base: Tensor, original: Tensor, generator: Generator): Steps {
  if (base.device === 'meta' || original.device === 'meta') return;
  const values = valuesOf(original);
  const [long] = matrixSizes(base.shape);
  const short = Math.min(...matrixSizes(original.shape));
  const matrices = matricesOf(original, values);
  const missing = long - short;
  const drawn = yield* generator.numbers(
    randomDType(original.dtype, 'normal_'),
    matrices.length * long * missing,
    'normal',
  );
  const bases = new Float64Array(base.numel());
  for (const [at, { columns }] of matrices.entries()) {
    const added = Array.from({ length: missing }, (_, column) =>
      Float64Array.from({ length: long }, (_row, row) => drawn[(at * long + row) * missing + column] ?? 0),
    );
    const all = [...columns, ...added];
    if (missing > 0 || !(yield* isOrthogonal(all, epsilonOf(original.dtype)))) yield* orthonormalize(all);
    for (const [column, vector] of all.entries())
      for (const [row, value] of vector.entries()) bases[(at * long + row) * long + column] = value;
    yield;
  }
  yield* writeNumbers(base, bases);
  const [rows, columns] = matrixSizes(original.shape);
  const identity = values.map((_, at) => {
    const inside = at % (rows * columns);
    return Math.floor(inside / columns) === inside % columns ? -1 : 0;
  });
  writeDense(original, encodeElements(original.dtype, identity, identity.length));
}

/** torch.allclose(QᵀQ, I, atol=10·n·eps). */
function* isOrthogonal(columns: readonly Float64Array[], epsilon: number): Turned<boolean> {
  const atol = 10 * columns.length * epsilon;
  for (const [i, a] of columns.entries())
    for (const b of columns.slice(i)) {
      const wanted = a === b ? 1 : 0;
      if (!(Math.abs((yield* dot(a, b)) - wanted) <= atol + 1e-5 * wanted)) return false;
    }
  return true;
}

/**
 * The matrix in the place of its own QR decomposition: Householder's vectors below the diagonal, on it the signs with which Q is that of
 * the matrix, R above it. Source: LAPACK's geqrf.
 */
function* reflectorSteps(tensor: Tensor): Steps {
  if (tensor.device === 'meta') return;
  const values = valuesOf(tensor);
  for (const { columns, write } of matricesOf(tensor, values)) {
    for (const [index, column] of columns.entries()) {
      const sign = reflect(column, index);
      for (const later of columns.slice(index + 1)) applyReflector(column, index, later);
      column[index] = sign;
      yield;
    }
    write(columns);
  }
  yield* writeNumbers(tensor, values);
}

/** The reflectors that an initializer makes of the values there are; nothing for other initializers. */
export function* reflectorsOf(initializer: Initializer, tensor: Tensor): Steps {
  if (initializer.kind !== 'reflectors') return;
  if (mapFor(initializer.map, matrixSizes(tensor.shape)) === 'householder') yield* reflectorSteps(tensor);
}

/** Makes the part of a column from `at` on its reflector, 1 at `at` understood; returns the sign to keep there. */
function reflect(column: Float64Array, at: number): number {
  const head = column[at] ?? 0;
  let below = 0;
  for (let row = at + 1; row < column.length; row++) below += (column[row] ?? 0) ** 2;
  // LAPACK reflects nothing here; the map, which always reflects, turns the sign.
  if (below === 0) return -Math.sign(head);
  const length = -Math.sign(head || 1) * Math.sqrt(head * head + below);
  for (let row = at + 1; row < column.length; row++) column[row] = (column[row] ?? 0) / (head - length);
  return Math.sign(length);
}

/** x - τ v (vᵀx), where v is 1 at `at` and `column` below it, τ = 2 / ‖v‖². */
function applyReflector(column: Float64Array, at: number, x: Float64Array): void {
  let [norm, along] = [1, x[at] ?? 0];
  for (let row = at + 1; row < x.length; row++) {
    const v = column[row] ?? 0;
    norm += v * v;
    along += v * (x[row] ?? 0);
  }
  if (norm === 1) return;
  const step = (2 / norm) * along;
  x[at] = (x[at] ?? 0) - step;
  for (let row = at + 1; row < x.length; row++) x[row] = (x[row] ?? 0) - step * (column[row] ?? 0);
}
