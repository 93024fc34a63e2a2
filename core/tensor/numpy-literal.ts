// A tensor as a Python expression over numpy: `np.array([[1., 0.5]], dtype=np.float32)`, each number in its fewest digits.
import { DTYPES, type DType } from './dtype';
import { numel, type Shape } from './shape';

/** numpy's name for what holds the values exactly; it has no bfloat16, whose values are all float32's. */
function numpyName(dtype: DType): string {
  if (dtype === 'bool') return 'np.bool_';
  return DTYPES[dtype].numpy === null ? 'np.float32' : `np.${dtype}`;
}

/** The fewest significant digits that give the very value back in the dtype. */
function shortest(value: number, dtype: DType): string {
  if (dtype === 'float64') return String(value);
  for (let digits = 1; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === Math.fround(value)) return String(text);
  }
  return String(Number(value.toPrecision(9)));
}

function literal(value: number, dtype: DType): string {
  if (dtype === 'bool') return value === 0 ? 'False' : 'True';
  if (DTYPES[dtype].kind !== 'float') return String(value);
  if (Number.isNaN(value)) return 'np.nan';
  if (!Number.isFinite(value)) return value > 0 ? 'np.inf' : '-np.inf';
  const text = Object.is(value, -0) ? '-0' : shortest(value, dtype);
  return /[.e]/.test(text) ? text : `${text}.`;
}

/** `values` in row-major order. A tensor with a size of 0 becomes `np.zeros((0, 3), dtype=...)`. */
export function numpyLiteral(values: Float64Array, shape: Shape, dtype: DType): string {
  const name = numpyName(dtype);
  if (numel(shape) === 0)
    return `np.zeros((${shape.join(', ')}${shape.length === 1 ? ',' : ''}), dtype=${name})`;
  const nested = (axis: number, from: number): string => {
    const size = shape[axis];
    if (size === undefined) return literal(values[from] ?? NaN, dtype);
    const step = numel(shape.slice(axis + 1));
    const parts = Array.from({ length: size }, (_, index) => nested(axis + 1, from + index * step));
    const isInner = axis === shape.length - 1;
    return `[${parts.join(isInner ? ', ' : `,\n${' '.repeat(axis + 10)}`)}]`;
  };
  return `np.array(${nested(0, 0)}, dtype=${name})`;
}
