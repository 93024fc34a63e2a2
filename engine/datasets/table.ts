// Rows in native memory: what readers fill chunk by chunk and programs gather batches from.
import { LazuliError } from '#core/errors';
import { elementSize, type DType } from '#core/tensor/dtype';
import { numel, type Shape } from '#core/tensor/shape';
import { Tensor } from '#core/tensor/tensor';
import { backendOf } from '#core/ops/dispatch';

/** A zero-filled `[samples, ...shape]` in native memory; throws `out_of_memory` past the budget. */
export function allocateTable(dtype: DType, shape: Shape): Tensor {
  const backend = backendOf('cpu');
  if (!backend) throw new LazuliError('internal', 'a table was asked for before a backend was opened');
  return new Tensor(backend.allocate(numel(shape) * elementSize(dtype)), { dtype, shape });
}

export type NumberArray =
  Float32Array | Float64Array | BigInt64Array | Int32Array | Int16Array | Int8Array | Uint8Array;

/** The typed array of an element type that programs can read; null for the others. */
const VIEWS = {
  float32: Float32Array,
  float64: Float64Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const satisfies Partial<Record<DType, unknown>>;

export type TableDType = keyof typeof VIEWS;
export const isTableDType = (dtype: DType): dtype is TableDType => Object.hasOwn(VIEWS, dtype);

/** Little-endian bytes as numbers, without a copy where the alignment allows it. */
export function viewAs(dtype: TableDType, bytes: Uint8Array): NumberArray {
  const aligned = bytes.byteOffset % elementSize(dtype) === 0 ? bytes : bytes.slice();
  return new VIEWS[dtype](
    aligned.buffer as ArrayBuffer,
    aligned.byteOffset,
    aligned.byteLength / elementSize(dtype),
  );
}

export const bytesOf = (values: NumberArray): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** Rows `from` .. `from + count` of a table as numbers. */
export function readRows(table: Tensor, from: number, count: number): number[] {
  const dtype = table.dtype;
  if (!isTableDType(dtype)) throw new LazuliError('internal', `a table of ${dtype}`);
  const row = numel(table.shape.slice(1)) * elementSize(dtype);
  const bytes = table.storage.read(from * row, count * row);
  return Array.from(viewAs(dtype, bytes), Number);
}
