// A tensor's bytes without running an op: allocation, reading and writing through strides, conversion between dtypes.
import { LazuliError, TorchError } from '../errors';
import { backendOf } from '../ops/dispatch';
import { DTYPES, elementSize, type DType } from '../tensor/dtype';
import { encodeElements, readElement, writeElement } from '../tensor/elements';
import { isFloat8 } from '../tensor/float8';
import { HostStorage } from '../tensor/host-storage';
import { MetaStorage } from '../tensor/meta-storage';
import { contiguousStrides, numel, type Shape } from '../tensor/shape';
import type { Device, Storage } from '../tensor/storage';
import { Tensor } from '../tensor/tensor';
import { runSteps, type Steps } from './steps';

/** What is allocated while a body of `together` runs. */
let owned: Storage[] | null = null;

/** Runs `body`, which may not be async; when it throws, what it allocated with the functions of this file is freed. */
export function together<T>(body: () => T): T {
  const [outer, own]: [Storage[] | null, Storage[]] = [owned, []];
  owned = own;
  try {
    const result = body();
    outer?.push(...own);
    return result;
  } catch (error) {
    for (const storage of own) storage.dispose();
    throw error;
  } finally {
    owned = outer;
  }
}

/**
 * Zero-filled memory on a device; on 'cpu' without an open backend it is JavaScript's. Never recorded by a trace. `place` as for
 * `Backend.allocate`.
 */
export function allocateBytes(device: Device, bytes: number, place = 0): Storage {
  const storage = takeBytes(device, bytes, place);
  owned?.push(storage);
  return storage;
}

function takeBytes(device: Device, bytes: number, place: number): Storage {
  if (device === 'meta') return new MetaStorage(bytes);
  const backend = backendOf(device);
  if (backend) return backend.allocate(bytes, place);
  if (device === 'cpu') return new HostStorage(bytes);
  throw new LazuliError('not_supported', `no backend for device '${device}' is open`);
}

/** A new zero-filled dense tensor; `place` as for `allocateBytes`. */
export const newTensor = (shape: Shape, dtype: DType, device: Device = 'cpu', place = 0): Tensor =>
  new Tensor(allocateBytes(device, numel(shape) * elementSize(dtype), place), { dtype, shape });

/** Calls `visit` with each element's position in the storage (in elements), row-major. */
function eachPosition(tensor: Tensor, visit: (position: number) => void): void {
  const { shape, strides } = tensor;
  const walk = (axis: number, position: number): void => {
    if (axis === shape.length) return visit(position);
    const step = strides[axis] ?? 0;
    for (let index = 0; index < (shape[axis] ?? 0); index++) walk(axis + 1, position + index * step);
  };
  walk(0, tensor.offset);
}

/** First element and number of elements of the part of the storage a tensor touches. */
export function extentOf(tensor: Tensor): { readonly start: number; readonly length: number } {
  if (tensor.numel() === 0) return { start: tensor.offset, length: 0 };
  const last = tensor.shape.reduce((sum, size, axis) => sum + (size - 1) * (tensor.strides[axis] ?? 0), 0);
  return { start: tensor.offset, length: last + 1 };
}

/** Row-major bytes of a tensor however it is strided. */
export function denseBytes(tensor: Tensor): Uint8Array {
  if (tensor.isContiguous()) return tensor.bytes();
  const size = elementSize(tensor.dtype);
  const { start, length } = extentOf(tensor);
  const source = tensor.storage.read(start * size, length * size);
  const result = new Uint8Array(tensor.numel() * size);
  let at = 0;
  eachPosition(tensor, (position) => {
    const from = (position - start) * size;
    result.set(source.subarray(from, from + size), at);
    at += size;
  });
  return result;
}

/** Writes row-major bytes into a tensor however it is strided. */
export function writeDense(tensor: Tensor, bytes: Uint8Array): void {
  const size = elementSize(tensor.dtype);
  if (tensor.isContiguous()) return tensor.storage.write(tensor.offset * size, bytes);
  const { start, length } = extentOf(tensor);
  const target = tensor.storage.read(start * size, length * size);
  let at = 0;
  eachPosition(tensor, (position) => {
    target.set(bytes.subarray(at, at + size), (position - start) * size);
    at += size;
  });
  tensor.storage.write(start * size, target);
}

/** True when the elements fill their extent without gaps or overlap, in any order of axes. */
export function isDense(tensor: Tensor): boolean {
  const axes = tensor.shape.map((size, axis) => ({ size, stride: tensor.strides[axis] ?? 0 }));
  let step = 1;
  for (const { size, stride } of axes.filter((axis) => axis.size !== 1).sort((a, b) => a.stride - b.stride)) {
    if (stride !== step) return false;
    step *= size;
  }
  return true;
}

/** True when the elements are the whole storage, in its order. */
export const fillsStorage = (tensor: Tensor): boolean =>
  tensor.offset === 0 &&
  tensor.isContiguous() &&
  tensor.numel() * elementSize(tensor.dtype) === tensor.storage.bytes;

/** A copy in new memory; strides are kept when the elements lie dense. */
export function cloneTensor(source: Tensor, device: Device = source.device): Tensor {
  const keepsStrides = isDense(source) && source.numel() > 0;
  const { dtype, shape } = source;
  const strides = keepsStrides ? source.strides : contiguousStrides(shape);
  const storage = allocateBytes(device, numel(shape) * elementSize(dtype));
  const copy = new Tensor(storage, { dtype, shape, strides });
  if (device !== 'meta' && source.device !== 'meta') copyValues(copy, source);
  return copy;
}

/** The dtype of a complex number's two halves. */
const COMPONENTS: Partial<Record<DType, DType>> = {
  complex32: 'float16',
  complex64: 'float32',
  complex128: 'float64',
};

/**
 * Dense bytes of one dtype as another's: floats → int truncate, anything → bool is ≠ 0, complex → real drops the imaginary
 * part, real → complex has none. float4 and bits refuse.
 */
export function convertBytes(bytes: Uint8Array, from: DType, to: DType): Uint8Array {
  if (from === to) return bytes;
  const [parts, wanted] = [COMPONENTS[from], COMPONENTS[to]];
  if (parts !== undefined && wanted !== undefined) return convertBytes(bytes, parts, wanted);
  if (parts !== undefined && to === 'bool') return eitherPart(convertBytes(bytes, parts, to));
  if (parts !== undefined) return convertBytes(everySecond(bytes, elementSize(parts)), parts, to);
  if (wanted !== undefined) return withGaps(convertBytes(bytes, from, wanted), elementSize(wanted));
  const [sourceSize, targetSize] = [elementSize(from), elementSize(to)];
  const count = bytes.byteLength / sourceSize;
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const result = new Uint8Array(count * targetSize);
  const target = new DataView(result.buffer);
  for (let index = 0; index < count; index++)
    writeElement(target, index * targetSize, to, readElement(source, index * sourceSize, from));
  return result;
}

/** Elements 0, 2, 4 ... of `size` bytes each. */
function everySecond(bytes: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(bytes.byteLength / 2);
  for (let at = 0; at < result.byteLength; at += size) result.set(bytes.subarray(2 * at, 2 * at + size), at);
  return result;
}

/** For each pair of bytes whether one of them is set: a complex number that is not 0. */
function eitherPart(flags: Uint8Array): Uint8Array {
  return Uint8Array.from(
    { length: flags.length / 2 },
    (_, at) => (flags[2 * at] ?? 0) | (flags[2 * at + 1] ?? 0),
  );
}

/** The elements with a zero of their size after each. */
function withGaps(bytes: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(bytes.byteLength * 2);
  for (let at = 0; at < bytes.byteLength; at += size) result.set(bytes.subarray(at, at + size), 2 * at);
  return result;
}

/** Bytes written at a time. */
const PIECE = 1024 * 1024;

/** False for those that are only stored: float4 and bits. */
export const isConvertible = (dtype: DType): boolean => DTYPES[dtype].kind !== 'opaque' || isFloat8(dtype);

/** Sets every element to `value`. */
export function fillTensor(tensor: Tensor, value: number): void {
  runSteps(fillSteps(tensor, value));
}

/** The same in steps. */
export function* fillSteps(tensor: Tensor, value: number): Steps {
  tensor.noteChange();
  if (tensor.device === 'meta' || tensor.storage.isDisposed) return;
  const one = new Float64Array([value]);
  const pattern = convertBytes(new Uint8Array(one.buffer), 'float64', tensor.dtype);
  const bytes = tensor.numel() * pattern.byteLength;
  if (!tensor.isContiguous()) return writeDense(tensor, repeated(pattern, bytes));
  const piece = repeated(pattern, Math.min(PIECE, bytes));
  for (let at = 0; at < bytes; at += PIECE) {
    const start = tensor.offset * pattern.byteLength + at;
    if (tensor.storage.isDisposed) return;
    tensor.storage.write(start, piece.subarray(0, Math.min(PIECE, bytes - at)));
    yield;
  }
}

/** `length` bytes of nothing but `pattern`. */
function repeated(pattern: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  if (length === 0 || pattern.every((byte) => byte === 0)) return bytes;
  bytes.set(pattern);
  for (let done = pattern.byteLength; done < length; done *= 2) bytes.copyWithin(done, 0, done);
  return bytes;
}

/** A tensor's elements as numbers, row-major; for tests, printing and small decisions. */
export function valuesOf(tensor: Tensor): Float64Array {
  const bytes = convertBytes(denseBytes(tensor), tensor.dtype, 'float64');
  return new Float64Array(bytes.slice().buffer);
}

/** Elements taken as numbers at a time. */
const NUMBERS = 16 * 1024;

/** The same in pieces, row-major; a strided tensor's come at once. */
export function* numbersOf(tensor: Tensor): Generator<Float64Array, void> {
  if (!tensor.isContiguous()) {
    yield valuesOf(tensor);
    return;
  }
  const [size, count] = [elementSize(tensor.dtype), tensor.numel()];
  for (let at = 0; at < count; at += NUMBERS) {
    const bytes = tensor.storage.read((tensor.offset + at) * size, Math.min(NUMBERS, count - at) * size);
    yield new Float64Array(convertBytes(bytes, tensor.dtype, 'float64').slice().buffer);
  }
}

/** Sets a tensor's elements, row-major, in steps; a strided tensor's at once. */
export function* writeNumbers(tensor: Tensor, values: Float64Array): Steps {
  if (!tensor.isContiguous()) return writeDense(tensor, encodeElements(tensor.dtype, values, values.length));
  const size = elementSize(tensor.dtype);
  for (let at = 0; at < values.length; at += NUMBERS) {
    const piece = values.subarray(at, at + NUMBERS);
    tensor.storage.write((tensor.offset + at) * size, encodeElements(tensor.dtype, piece, piece.length));
    yield;
  }
}

/**
 * Copies equal-shaped `source` into `target`, converting the dtype. Where both are whole storages alike it costs nothing.
 * NotImplementedError for dtypes that convert to nothing.
 */
export function copyInto(target: Tensor, source: Tensor): void {
  copyValues(target, source);
  target.noteChange();
}

function copyValues(target: Tensor, source: Tensor): void {
  const stored = [source.dtype, target.dtype].find((dtype) => !isConvertible(dtype));
  if (stored !== undefined && source.dtype !== target.dtype) {
    const kernel = [source.dtype, target.dtype].includes('float32') ? 'copy_kernel' : 'copy_';
    throw new TorchError(
      'NotImplementedError',
      `"${kernel}" not implemented for '${stored.replace(/^./, (first) => first.toUpperCase())}'`,
      'dtype_mismatch',
    );
  }
  if (target.device === 'meta') return;
  const isAlike = target.dtype === source.dtype && target.device === source.device;
  if (isAlike && fillsStorage(target) && fillsStorage(source)) return target.storage.assign(source.storage);
  writeDense(target, convertBytes(denseBytes(source), source.dtype, target.dtype));
}
