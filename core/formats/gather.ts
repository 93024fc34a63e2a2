// The bytes of a tensor in row-major order, gathered from whatever strides it has, in pieces.
import { assert } from '../errors';
import { InFlight } from '../in-flight';
import { elementSize } from '../tensor/dtype';
import { contiguousStrides, numel, type Shape } from '../tensor/shape';
import type { Storage } from '../tensor/storage';
import type { ByteSink, StorageSource, TensorEntry } from './weights';

const STEP = 4 * 1024 * 1024;
/** A strided view spanning at most this much is read at once, however little of the span it uses. */
const SPAN = 64 * 1024 * 1024;
const DENSE_RATIO = 2;
/** Tensors moved at once: while the parts of one end, those of the next begin. */
export const AT_ONCE = 8;

/** A view of a storage, in elements. */
interface View {
  readonly storage: StorageSource;
  readonly bytes: number;
  readonly shape: Shape;
  readonly stride: readonly number[];
  readonly offset: number;
}

/** The size of a tensor's contiguous bytes; 0 while it is uninitialized. */
export const entryBytes = (entry: TensorEntry): number =>
  entry.shape === null ? 0 : numel(entry.shape) * elementSize(entry.dtype);

/** Where in its file the tensor's first element lies; 0 where it is in none. */
export const placeOf = ({ storage, offset, dtype }: TensorEntry): number =>
  storage?.place === undefined ? 0 : storage.place + offset * elementSize(dtype);

/** A tensor's elements as contiguous little-endian bytes, in chunks; nothing for an uninitialized one. */
export async function* contiguousBytes(entry: TensorEntry): AsyncGenerator<Uint8Array> {
  if (entry.shape === null || entry.storage === null || entryBytes(entry) === 0) return;
  const bytes = elementSize(entry.dtype);
  const { storage, shape, stride, offset } = entry;
  yield* gather({ storage, bytes, offset, ...collapse(shape, stride) });
}

/** All of `contiguousBytes` as one array. */
export async function readContiguous(entry: TensorEntry): Promise<Uint8Array> {
  const result = new Uint8Array(entryBytes(entry));
  let at = 0;
  for await (const chunk of contiguousBytes(entry)) {
    result.set(chunk, at);
    at += chunk.length;
  }
  assert(at === result.length, 'a gathered tensor has the wrong size');
  return result;
}

/**
 * Fills a storage's first bytes with a tensor's elements, without passing through JavaScript; null where `contiguousBytes` is
 * the way: other strides, a transformed storage, other memory.
 */
export function readContiguousInto(entry: TensorEntry, target: Storage): Promise<void> | null {
  const { storage, offset, dtype } = entry;
  return isDense(entry)
    ? (storage?.readInto?.(target, 0, offset * elementSize(dtype), entryBytes(entry)) ?? null)
    : null;
}

/** Writes a tensor's elements in row-major order, straight from a backend's memory or a file where they lie in it so. */
export async function writeContiguous(sink: ByteSink, entry: TensorEntry): Promise<void> {
  await writeAllContiguous(sink, [entry]);
}

/** The same for tensors that follow each other: where the sink can do that, the next are begun while some are under way. */
export async function writeAllContiguous(sink: ByteSink, entries: readonly TensorEntry[]): Promise<void> {
  const running = new InFlight(sink.later === undefined ? 1 : AT_ONCE);
  for (const entry of entries) {
    // The parts of a storage are read one after the other: only so is its checksum compared.
    const isPart = entryBytes(entry) !== entry.storage?.bytes;
    if (isPart) await running.all();
    const run = moveContiguous(sink, entry);
    if (run !== null) await running.add(run);
    else for await (const chunk of contiguousBytes(entry)) await sink.write(chunk);
    if (isPart) await running.all();
  }
  await running.all();
}

function moveContiguous(sink: ByteSink, entry: TensorEntry): Promise<number> | null {
  const { storage, offset, dtype } = entry;
  const start = offset * elementSize(dtype);
  return isDense(entry) && storage !== null ? moveTo(sink, storage, start, entryBytes(entry)) : null;
}

/** Writes bytes of a storage without passing through JavaScript; resolves with their CRC-32. Null where that cannot be. */
export const moveTo = (
  sink: ByteSink,
  source: StorageSource,
  offset: number,
  length: number,
): Promise<number> | null =>
  (source.memory === undefined
    ? source.copyTo?.(sink, offset, length)
    : sink.writeFrom?.(source.memory, offset, length)) ?? null;

function isDense({ shape, stride }: TensorEntry): boolean {
  if (shape === null || numel(shape) === 0) return false;
  const dense = collapse(shape, stride);
  return dense.shape.length === 0 || (dense.shape.length === 1 && dense.stride[0] === 1);
}

/** Drops axes of size 1 and joins neighbours that follow each other without a gap. */
function collapse(shape: Shape, stride: readonly number[]): { shape: number[]; stride: number[] } {
  const sizes: number[] = [];
  const steps: number[] = [];
  for (const [axis, size] of shape.entries()) {
    if (size === 1) continue;
    const step = stride[axis] ?? 0;
    const last = sizes.length - 1;
    if (last >= 0 && steps[last] === step * size) {
      sizes[last] = (sizes[last] ?? 1) * size;
      steps[last] = step;
    } else {
      sizes.push(size);
      steps.push(step);
    }
  }
  return { shape: sizes, stride: steps };
}

async function* gather(view: View): AsyncGenerator<Uint8Array> {
  const { storage, bytes, shape, stride, offset } = view;
  const count = numel(shape);
  const isContiguous = shape.length === 0 || (shape.length === 1 && stride[0] === 1);
  if (isContiguous) {
    for (let at = 0; at < count * bytes; at += STEP) {
      yield storage.read(offset * bytes + at, Math.min(STEP, count * bytes - at));
    }
    return;
  }
  const span = shape.reduce((sum, size, axis) => sum + (size - 1) * (stride[axis] ?? 0), 1) * bytes;
  if (span <= Math.max(SPAN, count * bytes * DENSE_RATIO)) {
    yield* gatherLoaded(await storage.read(offset * bytes, span), view);
    return;
  }
  const [size = 1, ...innerShape] = shape;
  const [step = 0, ...innerStride] = stride;
  // One row at a time; a row of single elements is split so that each part spans little.
  const rows = innerShape.length === 0 ? Math.max(1, Math.floor(SPAN / (step * bytes))) : 1;
  for (let row = 0; row < size; row += rows) {
    const taken = Math.min(rows, size - row);
    yield* gather({
      ...view,
      ...collapse([taken, ...innerShape], [step, ...innerStride]),
      offset: offset + row * step,
    });
  }
}

function* gatherLoaded(source: Uint8Array, { bytes, shape, stride }: View): Generator<Uint8Array> {
  const strides = contiguousStrides(shape);
  const count = numel(shape);
  const perChunk = Math.max(1, Math.floor(STEP / bytes));
  const inner = shape.at(-1) ?? 1;
  const innerStep = stride.at(-1) ?? 0;
  for (let first = 0; first < count; first += perChunk) {
    const length = Math.min(perChunk, count - first);
    const chunk = new Uint8Array(length * bytes);
    let at = 0;
    let index = first;
    while (index < first + length) {
      const along = index % inner;
      let from = along * innerStep;
      for (let axis = 0; axis < shape.length - 1; axis++) {
        const step = strides[axis] ?? 1;
        from += (Math.floor(index / step) % (shape[axis] ?? 1)) * (stride[axis] ?? 0);
      }
      const run = Math.min(inner - along, first + length - index);
      copyRun(source, from, innerStep, chunk, at, run, bytes);
      at += run * bytes;
      index += run;
    }
    yield chunk;
  }
}

function copyRun(
  source: Uint8Array,
  from: number,
  step: number,
  target: Uint8Array,
  start: number,
  count: number,
  bytes: number,
): void {
  if (step === 1) {
    target.set(source.subarray(from * bytes, (from + count) * bytes), start);
    return;
  }
  let at = start;
  for (let index = 0; index < count; index++) {
    const origin = (from + index * step) * bytes;
    for (let byte = 0; byte < bytes; byte++) target[at++] = source[origin + byte] ?? 0;
  }
}
