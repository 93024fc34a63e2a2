// What every inference function shares: the type of a tensor without its values, and the checks that name what is wrong.
import { LazuliError, TorchError } from '../../errors';
import type { DType } from '../../tensor/dtype';
import { torchSize, type Shape } from '../../tensor/shape';
import type { OpAttributes, OpName } from '../signatures';

/** A tensor as inference sees it. Every `Tensor` is one; so is a bare `{ dtype, shape }`. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}
export type InputTypes = readonly (TensorType | null)[];
export type Infer<N extends OpName> = (inputs: InputTypes, attributes: OpAttributes[N]) => TensorType[];

/** The type names in PyTorch's messages. */
const SCALAR_TYPES: Partial<Record<DType, string>> = {
  float32: 'Float',
  float64: 'Double',
  float16: 'Half',
  bfloat16: 'BFloat16',
  int64: 'Long',
  int32: 'Int',
  int16: 'Short',
  int8: 'Char',
  uint8: 'Byte',
  bool: 'Bool',
};
export const scalarTypeName = (dtype: DType): string => SCALAR_TYPES[dtype] ?? dtype;

/** C++'s names of the element types, in PyTorch's messages about two of them. */
export const CPP_TYPES: Partial<Record<DType, string>> = {
  float32: 'float',
  float64: 'double',
  float16: 'c10::Half',
  bfloat16: 'c10::BFloat16',
  int64: 'long int',
  int32: 'int',
  int16: 'short int',
  int8: 'signed char',
  uint8: 'unsigned char',
  bool: 'bool',
  complex64: 'c10::complex<float>',
  complex128: 'c10::complex<double>',
};

/** `[2, 3]`, as PyTorch prints sizes inside its messages. */
export const list = (sizes: Shape): string => `[${sizes.join(', ')}]`;

export const shapeError = (message: string, expected?: string, got?: string): TorchError =>
  new TorchError('RuntimeError', message, 'shape_mismatch', {
    ...(expected === undefined ? {} : { expected }),
    ...(got === undefined ? {} : { got }),
  });

export const attributeError = (message: string): LazuliError => new LazuliError('parameter_invalid', message);

/** Input `index` of `op`, which the signature demands. */
export function given(op: OpName, inputs: InputTypes, index: number): TensorType {
  const input = inputs[index];
  if (!input) throw new LazuliError('internal', `${op}: input ${index} is missing`);
  return input;
}

/** Size of an axis that the caller has already checked to exist. */
export const size = (shape: Shape, axis: number): number => shape.at(axis) ?? 1;

/** The one float dtype of all given inputs; ops compute in float32 and float64. */
export function floatType(op: OpName, inputs: InputTypes): DType {
  let common: DType | null = null;
  for (const input of inputs) {
    if (!input) continue;
    if (input.dtype !== 'float32' && input.dtype !== 'float64')
      throw new LazuliError(
        'dtype_mismatch',
        `"${op}" not implemented for '${scalarTypeName(input.dtype)}'`,
        {
          expected: 'float32 or float64',
          got: input.dtype,
          hint: 'convert the input with cast',
        },
      );
    if (common !== null && common !== input.dtype)
      throw new LazuliError(
        'dtype_mismatch',
        `${op}: expected scalar type ${scalarTypeName(common)} but found ${scalarTypeName(input.dtype)}`,
        { expected: common, got: input.dtype },
      );
    common = input.dtype;
  }
  if (common === null) throw new LazuliError('internal', `${op}: no float input`);
  return common;
}

/** Checks that a tensor of `op` has the dtype it must have. */
export function checkDType(op: OpName, what: string, input: TensorType, ...allowed: readonly DType[]): void {
  if (!allowed.includes(input.dtype))
    throw new LazuliError(
      'dtype_mismatch',
      `${op}: expected ${what} to be ${allowed.map(scalarTypeName).join(' or ')}, but got ${scalarTypeName(input.dtype)}`,
      { expected: allowed.join(' or '), got: input.dtype },
    );
}

/** Checks that a tensor of `op` has exactly this shape. */
export function checkShape(op: OpName, what: string, input: TensorType, shape: Shape): void {
  const isSame = input.shape.length === shape.length && shape.every((n, axis) => n === input.shape[axis]);
  if (!isSame)
    throw shapeError(
      `${op}: expected ${what} of shape ${torchSize(shape)}, but got ${torchSize(input.shape)}`,
      list(shape),
      list(input.shape),
    );
}

/** PyTorch's check of an optional per-channel vector: `weight should contain 3 elements not 4`. */
export function checkElements(what: string, input: TensorType | null | undefined, count: number): void {
  if (!input) return;
  const elements = input.shape.reduce((product, n) => product * n, 1);
  if (elements !== count)
    throw shapeError(
      `${what} should contain ${count} elements not ${elements}`,
      String(count),
      String(elements),
    );
}

/** Checks sizes given by a caller: whole and not negative. */
export function checkSizes(op: OpName, shape: Shape): void {
  for (const n of shape)
    if (!Number.isSafeInteger(n) || n < 0)
      throw attributeError(`${op}: Dimension size must be non-negative, got ${list(shape)}`);
}

/** An axis counted from the front; throws PyTorch's error when it is outside the rank. */
export function normalizeAxis(axis: number, rank: number): number {
  const least = -Math.max(rank, 1);
  const most = Math.max(rank, 1) - 1;
  if (!Number.isInteger(axis) || axis < least || axis > most)
    throw attributeError(
      `Dimension out of range (expected to be in range of [${least}, ${most}], but got ${axis})`,
    );
  return axis < 0 ? axis - least : axis;
}

/** Distinct axes counted from the front, ascending. */
export function normalizeAxes(axes: readonly number[], rank: number): number[] {
  const found = new Set<number>();
  for (const axis of axes) {
    const normal = normalizeAxis(axis, rank);
    if (found.has(normal)) throw attributeError(`dim ${normal} appears multiple times in the list of dims`);
    found.add(normal);
  }
  return [...found].sort((a, b) => a - b);
}
