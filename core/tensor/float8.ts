// The numbers of eight bits: decoded by table, encoded to the nearest with ties to the even pattern. Sources: arXiv:2209.05433
// (e4m3fn, e5m2), arXiv:2206.02915 (fnuz), OCP Microscaling formats 1.0 (e8m0); what does not fit becomes what PyTorch makes of it.
import type { DType } from './dtype';

interface Format {
  readonly mantissaBits: number;
  readonly bias: number;
  /** Patterns, sign bit aside: the largest finite number, what lies beyond it, infinity, and NaN. */
  readonly most: number;
  readonly beyond: number;
  readonly infinity: number;
  readonly nan: number;
  /** fnuz: one zero, one NaN where the negative zero would be. e8m0: no sign at all. */
  readonly sign: 'usual' | 'no negative zero' | 'none';
}

const FORMATS = {
  // e4m3fn saturates.
  float8_e4m3fn: { mantissaBits: 3, bias: 7, most: 0x7e, beyond: 0x7e, infinity: 0x7e, nan: 0x7f, sign: 'usual' },
  float8_e5m2: { mantissaBits: 2, bias: 15, most: 0x7b, beyond: 0x7c, infinity: 0x7c, nan: 0x7f, sign: 'usual' },
  float8_e4m3fnuz: { mantissaBits: 3, bias: 8, most: 0x7f, beyond: 0x80, infinity: 0x80, nan: 0x80, sign: 'no negative zero' },
  float8_e5m2fnuz: { mantissaBits: 2, bias: 16, most: 0x7f, beyond: 0x80, infinity: 0x80, nan: 0x80, sign: 'no negative zero' },
  float8_e8m0fnu: { mantissaBits: 0, bias: 127, most: 0xfe, beyond: 0xff, infinity: 0xff, nan: 0xff, sign: 'none' },
} as const satisfies Partial<Record<DType, Format>>; // prettier-ignore

export type Float8 = keyof typeof FORMATS;

export const isFloat8 = (dtype: DType): dtype is Float8 => Object.hasOwn(FORMATS, dtype);

/** A finite number's size from its pattern without sign. */
function sizeOf(pattern: number, { mantissaBits, bias, sign }: Format): number {
  const fraction = pattern & (2 ** mantissaBits - 1);
  const exponent = pattern >> mantissaBits;
  if (exponent === 0 && sign !== 'none') return fraction * 2 ** (1 - bias - mantissaBits);
  return (2 ** mantissaBits + fraction) * 2 ** (exponent - bias - mantissaBits);
}

function decoded(pattern: number, format: Format): number {
  if (format.sign === 'none') return pattern === format.nan ? NaN : sizeOf(pattern, format);
  if (format.sign === 'no negative zero' && pattern === format.nan) return NaN;
  const size = pattern & 0x7f;
  if (size > format.most) return size === format.infinity ? (pattern > 0x7f ? -Infinity : Infinity) : NaN;
  return pattern > 0x7f ? -sizeOf(size, format) : sizeOf(size, format);
}

const tables = new Map<Float8, Float64Array>();

/** The 256 numbers of a format. */
function tableOf(dtype: Float8): Float64Array {
  const known = tables.get(dtype);
  if (known) return known;
  const table = Float64Array.from({ length: 256 }, (_, pattern) => decoded(pattern, FORMATS[dtype]));
  tables.set(dtype, table);
  return table;
}

export const fromFloat8Bits = (pattern: number, dtype: Float8): number => tableOf(dtype)[pattern] ?? NaN;

/** The pattern nearest to `value`, which is first rounded to float32 as PyTorch does. */
export function toFloat8Bits(value: number, dtype: Float8): number {
  const format: Format = FORMATS[dtype];
  const number = Math.fround(value);
  const isNegative = (number < 0 || Object.is(number, -0)) && format.sign !== 'none';
  const withSign = (pattern: number): number => {
    if (!isNegative || pattern === 0x80) return pattern;
    return pattern === 0 && format.sign === 'no negative zero' ? 0 : pattern | 0x80;
  };
  if (Number.isNaN(number)) return format.nan;
  if (!Number.isFinite(number)) return withSign(format.infinity);
  return withSign(nearest(Math.abs(number), tableOf(dtype), format));
}

function nearest(size: number, table: Float64Array, { most, beyond, sign }: Format): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((table[middle] ?? 0) <= size) low = middle;
    else high = middle - 1;
  }
  const below = table[low] ?? 0;
  // Past the largest the next number would be as far again as the one before it.
  const above = low === most ? 2 * below - (table[low - 1] ?? 0) : (table[low + 1] ?? 0);
  const next = low === most ? beyond : low + 1;
  if (size < below) return low;
  const middle = (below + above) / 2;
  if (size === middle) return sign !== 'none' && low % 2 === 0 ? low : next;
  return size > middle ? next : low;
}
