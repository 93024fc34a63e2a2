// Tensors from nested lists and back, for `lazuli probe`: what JSON can hold, and the numbers it cannot.
import { LazuliError } from '../errors';
import * as ops from '../ops';
import type { NestedArray } from '../ops/create';
import type { DType } from '../tensor/dtype';
import { shapesEqual } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';

/** A number, or `"NaN"`, `"Infinity"`, `"-Infinity"`; lists of these. */
export type ProbeArray = number | string | readonly ProbeArray[];

/** The dtype that an array tells with it, or null. Throws `usage` for one that layers do not take. */
export function dtypeIn(where: string, value: unknown): DType | null {
  if (typeof value !== 'object' || value === null || !('dtype' in value)) return null;
  const name = String(value.dtype).replace('torch.', '');
  const found = TAKEN.find((dtype) => dtype === name);
  if (found) return found;
  throw new LazuliError('usage', `${where}: an array of ${name} cannot be given`, {
    where,
    expected: TAKEN.join(', '),
    got: name,
  });
}

const TAKEN = ['float32', 'float64', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'] as const;

/** A tensor of nested lists, or of `{shape, data}` with flat or nested data. Throws `usage` that names `where`. */
export function readTensor(where: string, value: unknown, dtype: DType): Tensor {
  try {
    if (typeof value !== 'object' || value === null || !('data' in value))
      return ops.fromArray(numbersOf(value, dtype), dtype);
    if (!('shape' in value)) return ops.fromArray(numbersOf(value.data, dtype), dtype);
    const shape = Array.isArray(value.shape) ? value.shape.map(Number) : [];
    const tensor = ops.fromArray(numbersOf(value.data, dtype), dtype);
    return shapesEqual(tensor.shape, shape) ? tensor : ops.reshape(tensor, shape);
  } catch (error) {
    if (error instanceof LazuliError)
      throw new LazuliError('usage', `${where}: ${error.message}`, { ...error.details, where });
    throw error;
  }
}

const WORD = /^([+-]?)(nan|inf|infinity)$/i;

/** The number that a word stands for, such as `"-inf"`; null for other words. */
export function numberWord(text: string): number | null {
  const [, sign, word = ''] = WORD.exec(text.trim()) ?? [];
  if (word === '') return null;
  return /nan/i.test(word) ? NaN : sign === '-' ? -Infinity : Infinity;
}

function numbersOf(value: unknown, dtype: DType): NestedArray {
  if (typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map((item) => numbersOf(item, dtype));
  const number = typeof value === 'string' ? numberWord(value) : value;
  const isInteger = dtype.startsWith('int') || dtype.startsWith('uint');
  if (typeof number === 'number' && (!isInteger || Number.isSafeInteger(number))) return number;
  const kind = isInteger ? 'whole numbers' : 'numbers';
  throw new LazuliError('usage', `expected ${kind} in lists, got ${JSON.stringify(value) ?? 'nothing'}`);
}

/** True when every number of nested lists is whole, or a boolean. */
export function isWhole(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isWhole);
  if (typeof value === 'object' && value !== null && 'data' in value) return isWhole(value.data);
  return typeof value === 'boolean' || Number.isInteger(value);
}

/** True when nested lists hold booleans. */
export const hasBooleans = (value: unknown): boolean =>
  Array.isArray(value) ? value.some(hasBooleans) : typeof value === 'boolean';

/** How many lists deep: the rank of the tensor. */
export function depthOf(value: unknown): number {
  if (typeof value === 'object' && value !== null && 'shape' in value && Array.isArray(value.shape))
    return value.shape.length;
  return Array.isArray(value) ? 1 + depthOf(value[0]) : 0;
}

/** Nested lists that JSON can write. */
export function listOf(tensor: Tensor): ProbeArray {
  const plain = (value: NestedArray): ProbeArray => {
    if (typeof value === 'object') return value.map(plain);
    const item = Number(value);
    return Number.isFinite(item) ? item : String(item);
  };
  return plain(ops.toArray(tensor));
}
