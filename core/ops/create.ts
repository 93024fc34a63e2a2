// Tensors from JavaScript values and back.
import { LazuliError } from '../errors';
import { elementSize, type DType } from '../tensor/dtype';
import { encodeElements, isBigInteger, readElement } from '../tensor/elements';
import { numel, type Shape } from '../tensor/shape';
import type { Device } from '../tensor/storage';
import { Tensor } from '../tensor/tensor';
import { allocate, allocateReal, apply, isTracing } from './dispatch';
import { first } from './functional/dense';
import { attributeError, checkSizes, shapeError } from './infer/checks';

/** Lists of numbers, nested as deep as the tensor has axes. */
export type NestedArray = number | bigint | boolean | readonly NestedArray[];
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** All zeros. */
export function zeros(shape: Shape, dtype: DType = 'float32', device: Device = 'cpu'): Tensor {
  checkSizes('fill', shape);
  if (isTracing()) return full(shape, 0, dtype, device);
  return new Tensor(allocate(device, dtype, shape), { dtype, shape });
}

/** All ones. */
export const ones = (shape: Shape, dtype: DType = 'float32', device: Device = 'cpu'): Tensor =>
  full(shape, 1, dtype, device);

/** Every element `value`. */
export const full = (shape: Shape, value: number, dtype: DType = 'float32', device: Device = 'cpu'): Tensor =>
  first(apply('fill', [], { shape, dtype, value }, device));

/** Every element `value`, like another tensor. */
export const fullLike = (x: Tensor, value: number): Tensor => full(x.shape, value, x.dtype, x.device);
export const fill = full;

/**
 * A tensor of nested lists (their shape is the tensor's) or of a typed array (one axis, or `shape`). Without a dtype: the
 * typed array's own, float32 for lists. Throws PyTorch's error for ragged lists.
 */
export function fromArray(
  values: NestedArray | TypedArray,
  dtype?: DType,
  device: Device = 'cpu',
  shape?: Shape,
): Tensor {
  const isTyped = ArrayBuffer.isView(values);
  const ownShape = isTyped ? [values.length] : shapeOf(values);
  const flat = isTyped ? values : flattened(values);
  const sizes = shape ?? ownShape;
  if (numel(sizes) !== flat.length)
    throw shapeError(`shape '[${sizes.join(', ')}]' is invalid for input of size ${flat.length}`);
  const type = dtype ?? (isTyped ? dtypeOf(values) : 'float32');
  return fromBytes(type, sizes, encodeElements(type, flat, flat.length), device);
}

function dtypeOf(values: TypedArray): DType {
  if (values instanceof Float32Array) return 'float32';
  if (values instanceof Float64Array) return 'float64';
  if (values instanceof Int8Array) return 'int8';
  if (values instanceof Int16Array) return 'int16';
  if (values instanceof Int32Array) return 'int32';
  if (values instanceof Uint8Array) return 'uint8';
  if (values instanceof Uint16Array) return 'uint16';
  if (values instanceof Uint32Array) return 'uint32';
  return values instanceof BigInt64Array ? 'int64' : 'uint64';
}

const isList = (values: NestedArray): values is readonly NestedArray[] => Array.isArray(values);

function shapeOf(values: NestedArray): number[] {
  if (!isList(values)) return [];
  const [head] = values;
  return head === undefined ? [0] : [values.length, ...shapeOf(head)];
}

/** The numbers of nested lists, after checking that all lists of a level are equally long. */
function flattened(values: NestedArray): (number | bigint | boolean)[] {
  const shape = shapeOf(values);
  const flat: (number | bigint | boolean)[] = [];
  const walk = (value: NestedArray, axis: number): void => {
    if (!isList(value)) {
      if (axis !== shape.length)
        throw attributeError(`expected a list of ${shape[axis] ?? 0} at dim ${axis}, got a number`);
      flat.push(value);
      return;
    }
    if (value.length !== shape[axis])
      throw attributeError(
        `expected sequence of length ${shape[axis] ?? 'none'} at dim ${axis} (got ${value.length})`,
      );
    for (const item of value) walk(item, axis + 1);
  };
  walk(values, 0);
  return flat;
}

/** A tensor of dense little-endian bytes, copied. Inside a trace it is a constant of the program. */
export function fromBytes(dtype: DType, shape: Shape, bytes: Uint8Array, device: Device = 'cpu'): Tensor {
  checkSizes('fill', shape);
  const expected = numel(shape) * elementSize(dtype);
  if (bytes.byteLength !== expected)
    throw new LazuliError(
      'shape_mismatch',
      `${dtype} of shape [${shape.join(', ')}] takes ${expected} bytes, got ${bytes.byteLength}`,
      {
        expected: String(expected),
        got: String(bytes.byteLength),
      },
    );
  const storage = allocateReal(device, expected);
  if (device !== 'meta' && expected > 0) storage.write(0, bytes);
  return new Tensor(storage, { dtype, shape });
}

/** The elements in row-major order, of any layout: bigint for 64-bit integers, 0 and 1 for bool. Throws on meta. */
export function toFlat(x: Tensor): number[] | bigint[] {
  const values = elements(x);
  return isBigInteger(x.dtype) ? values.map(BigInt) : values.map(Number);
}

/** The elements in row-major order, all as numbers; 64-bit integers beyond 2⁵³ lose precision. */
export const toNumbers = (x: Tensor): number[] => elements(x).map(Number);

function elements(x: Tensor): (number | bigint)[] {
  const { shape, strides, dtype } = x;
  const count = x.numel();
  if (count === 0) return [];
  const size = elementSize(dtype);
  const reach = shape.reduce((sum, n, axis) => sum + (n - 1) * (strides[axis] ?? 0), 1);
  const bytes = x.storage.read(x.offset * size, reach * size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const index = new Array<number>(shape.length).fill(0);
  const values = new Array<number | bigint>(count);
  let at = 0;
  for (let place = 0; place < count; place++) {
    values[place] = readElement(view, at * size, dtype);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      at += strides[axis] ?? 0;
      index[axis] = next;
      if (next < (shape[axis] ?? 1)) break;
      at -= next * (strides[axis] ?? 0);
      index[axis] = 0;
    }
  }
  return values;
}

/** The elements as nested lists; a scalar as a number. */
export function toArray(x: Tensor): NestedArray {
  const flat = toFlat(x);
  let place = 0;
  const build = (axis: number): NestedArray =>
    axis === x.rank
      ? (flat[place++] ?? 0)
      : Array.from({ length: x.shape[axis] ?? 0 }, () => build(axis + 1));
  return build(0);
}

/** The one element of a tensor as a number. Throws PyTorch's error when there are more or none. */
export function item(x: Tensor): number {
  const [value] = x.numel() === 1 ? toNumbers(x) : [];
  if (value === undefined)
    throw shapeError(`a Tensor with ${x.numel()} elements cannot be converted to Scalar`);
  return value;
}
