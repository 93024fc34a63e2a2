// Plain arrays of numbers for the reference kernels: reading and writing dense tensors, and walking indices.
import { elementSize } from '#core/tensor/dtype';
import { readElement, writeElement } from '#core/tensor/elements';
import { contiguousStrides, numel, type Shape } from '#core/tensor/shape';
import type { DenseTensor } from '#core/tensor/storage';

/** The elements of a dense tensor as numbers. */
export function read({ storage, offset, dtype, shape }: DenseTensor): number[] {
  const size = elementSize(dtype);
  const bytes = storage.read(offset * size, numel(shape) * size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: numel(shape) }, (_, index) => Number(readElement(view, index * size, dtype)));
}

export function write({ storage, offset, dtype, shape }: DenseTensor, values: readonly number[]): void {
  const size = elementSize(dtype);
  if (values.length !== numel(shape))
    throw new Error(`${values.length} values for shape [${shape.join(', ')}]`);
  const bytes = new Uint8Array(values.length * size);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => writeElement(view, index * size, dtype, value));
  storage.write(offset * size, bytes);
}

/** Every index of a shape, in row-major order. */
export function* indices(shape: Shape): Generator<number[]> {
  const count = numel(shape);
  const strides = contiguousStrides(shape);
  for (let place = 0; place < count; place++)
    yield shape.map((n, axis) => Math.floor(place / (strides[axis] ?? 1)) % n);
}

/** Position of an index in a dense tensor. */
export const place = (index: readonly number[], shape: Shape): number =>
  index.reduce((at, n, axis) => at * (shape[axis] ?? 1) + n, 0);

export const zerosOf = (shape: Shape): number[] => new Array<number>(numel(shape)).fill(0);
export const at = (values: readonly number[], index: number): number => values[index] ?? NaN;
export function accumulate(values: number[], index: number, value: number): void {
  values[index] = at(values, index) + value;
}
