// Looking at single tensors of the model and changing them: what the parameter browser asks for.
import { LazuliError } from '#core/errors';
import { isBorrowed } from '#core/graph/tensor-options';
import { denseBytes, Generator, isLazy, type LayerModule } from '#core/nn/index';
import {
  BROWSER_LIMITS,
  matrixSize,
  type TensorDetail,
  type TensorFigures,
  type TensorRef,
  type TensorValues,
  type ValueRange,
} from '#core/session/parameters';
import { DTYPES, elementSize, type DType } from '#core/tensor/dtype';
import { encodeElements, readElement } from '#core/tensor/elements';
import { numpyLiteral } from '#core/tensor/numpy-literal';
import type { DenseTensor } from '#core/tensor/storage';
import type { Tensor } from '#core/tensor/tensor';

import { cpuBackend } from '../backend';
import type { LayerSet } from './layer-set';
import { setState } from './states';

const NO_PICTURE = { bins: 0, rows: 0, columns: 0 };
const PICTURE: typeof NO_PICTURE = {
  bins: BROWSER_LIMITS.bins,
  rows: BROWSER_LIMITS.cells,
  columns: BROWSER_LIMITS.cells,
};
/** Values that still make a text one would paste. */
const MOST_COPIED = 100_000;

/** The tensor, or null while it has no values. Throws `usage` for one the model does not have. */
function tensorOf(set: LayerSet, { node, name }: TensorRef): Tensor | null {
  const tensor = set.layer(node)?.tensor(name);
  if (!tensor)
    throw new LazuliError('usage', `the model has no tensor ${name} at node ${node}`, {
      hint: 'it may have gone with an edit; look at the list again',
    });
  return isLazy(tensor) ? null : tensor;
}

function valuedTensor(set: LayerSet, ref: TensorRef): Tensor {
  const tensor = tensorOf(set, ref);
  if (tensor) return tensor;
  throw new LazuliError('uninitialized', `${ref.name} is uninitialized: it has no values yet`, {
    hint: 'feed a sample first',
  });
}

/** The figures of each tensor; null for one that has no values or whose values are no real numbers. */
export async function figuresOf(
  set: LayerSet,
  refs: readonly TensorRef[],
): Promise<readonly (TensorFigures | null)[]> {
  return Promise.all(
    refs.map(async (ref) => (await measure(tensorOf(set, ref), NO_PICTURE))?.figures ?? null),
  );
}

export const detailOf = (set: LayerSet, ref: TensorRef): Promise<TensorDetail | null> =>
  measure(tensorOf(set, ref));

/** Figures, histogram and a small picture; null for what has no values or no real ones. */
export async function measure(tensor: Tensor | null, picture = PICTURE): Promise<TensorDetail | null> {
  if (!tensor || !isReal(tensor)) return null;
  const { dense, release } = onCpu(tensor);
  try {
    const { histogram, grid, ...figures } = await cpuBackend().measure(dense, picture);
    return { figures, histogram, grid };
  } finally {
    release();
  }
}

const isReal = ({ dtype }: Tensor): boolean =>
  DTYPES[dtype].kind !== 'complex' && DTYPES[dtype].kind !== 'opaque';

/** The tensor itself where the CPU holds it row by row, else a copy that is. */
function onCpu(tensor: Tensor): { readonly dense: DenseTensor; readonly release: () => void } {
  if (tensor.device === 'cpu' && tensor.isContiguous()) return { dense: tensor, release: () => undefined };
  const bytes = denseBytes(tensor);
  const storage = cpuBackend().allocate(bytes.byteLength);
  storage.write(0, bytes);
  const { dtype, shape } = tensor;
  return { dense: { storage, dtype, shape, offset: 0 }, release: () => storage.dispose() };
}

/** The values of a rectangle, cut to what the tensor has. */
export function valuesIn(set: LayerSet, ref: TensorRef, range: ValueRange): TensorValues {
  const tensor = valuedTensor(set, ref);
  const { dtype, shape } = tensor;
  const size = matrixSize(shape);
  const row = Math.min(range.row, size.rows);
  const column = Math.min(range.column, size.columns);
  const rows = Math.min(range.rows, size.rows - row);
  const columns = Math.min(range.columns, size.columns - column);
  if (rows * columns > BROWSER_LIMITS.values)
    throw new LazuliError('usage', 'too many values at once', {
      expected: `at most ${BROWSER_LIMITS.values}`,
      got: String(rows * columns),
    });
  const values = new Float64Array(rows * columns);
  const read = readerOf(tensor);
  for (let at = 0; at < rows; at++) read((row + at) * size.columns + column, columns, values, at * columns);
  return { dtype, shape, row, rows, column, columns, values };
}

type ValueReader = (from: number, count: number, into: Float64Array, at: number) => void;

/** Reads runs of elements in row-major order as numbers. */
function readerOf(tensor: Tensor): ValueReader {
  const { dtype } = tensor;
  const bytes = elementSize(dtype);
  const whole = tensor.isContiguous() ? null : denseBytes(tensor);
  return (from, count, into, at) => {
    const part = whole
      ? whole.subarray(from * bytes, (from + count) * bytes)
      : tensor.storage.read((tensor.offset + from) * bytes, count * bytes);
    const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
    for (let index = 0; index < count; index++)
      into[at + index] = Number(readElement(view, index * bytes, dtype));
  };
}

/** `np.array([[1., 2.]], dtype=np.float32)`: what pastes into Python. Throws `usage` for more than 100,000 values. */
export function numpyText(set: LayerSet, ref: TensorRef): string {
  const tensor = valuedTensor(set, ref);
  const count = tensor.numel();
  if (count > MOST_COPIED)
    throw new LazuliError('usage', `${ref.name} has too many values to copy as text`, {
      expected: `at most ${MOST_COPIED}`,
      got: String(count),
      hint: 'save the weights as .npz and use numpy.load',
    });
  const values = new Float64Array(count);
  readerOf(tensor)(0, count, values, 0);
  return numpyLiteral(values, tensor.shape, tensor.dtype);
}

/** Sets one value, counted in row-major order. */
export function writeValue(set: LayerSet, ref: TensorRef, index: number, value: number): void {
  const tensor = valuedTensor(set, ref);
  if (index >= tensor.numel())
    throw new LazuliError('usage', `${ref.name} has no value ${index}`, {
      expected: `0 to ${tensor.numel() - 1}`,
      got: String(index),
    });
  const { dtype, storage, offset } = tensor;
  const isWhole = ['int', 'uint', 'bool'].includes(DTYPES[dtype].kind);
  if (isWhole && !Number.isSafeInteger(value))
    throw new LazuliError('usage', `${ref.name} holds whole numbers (${dtype})`, { got: String(value) });
  storage.write(
    (offset + positionOf(tensor, index)) * elementSize(dtype),
    encodeElements(dtype, [isWide(dtype) ? BigInt(value) : value], 1),
  );
}

const isWide = (dtype: DType): boolean => dtype === 'int64' || dtype === 'uint64';

/** Elements from the tensor's first to that of row-major index `index`. */
function positionOf({ shape, strides }: Tensor, index: number): number {
  let rest = index;
  let position = 0;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] ?? 1;
    position += (rest % size) * (strides[axis] ?? 0);
    rest = Math.floor(rest / size);
  }
  return position;
}

/**
 * Draws the first values of these tensors anew, from a stream of `seed`; both parts of a normalized weight go together. Throws
 * `usage` for one that is tied to another, or has no values.
 */
export function drawAnew(set: LayerSet, refs: readonly TensorRef[], seed: number): void {
  const generator = new Generator(seed);
  generator.pending = set.queue;
  const byLayer = new Map<LayerModule, Set<string>>();
  for (const ref of refs) {
    valuedTensor(set, ref);
    const layer = set.layer(ref.node);
    if (!layer) continue;
    if (isBorrowed(layer, ref.name))
      throw new LazuliError('usage', `${ref.name} is tied to another parameter`, {
        hint: 'initialize the one it is tied to',
      });
    byLayer.set(layer, (byLayer.get(layer) ?? new Set()).add(ref.name));
  }
  for (const [layer, names] of byLayer) redraw(layer, names, generator);
}

function redraw(layer: LayerModule, names: ReadonlySet<string>, generator: Generator): void {
  const all = layer.tensorSpecs();
  const weights = new Set(all.filter(({ name }) => names.has(name)).map(({ partOf }) => partOf?.tensor));
  const specs = all.filter(
    ({ name, partOf }) => names.has(name) || (partOf !== undefined && weights.has(partOf.tensor)),
  );
  const usual = layer.generator;
  layer.generator = generator;
  layer.initializeTensors(specs);
  layer.generator = usual;
  for (const { name } of specs) setState(layer, name, 'materialized');
}
