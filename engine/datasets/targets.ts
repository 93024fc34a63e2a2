// What the network should answer: cells or numbers as class indices (with names) or as plain numbers, in native memory.
import { LazuliError } from '#core/errors';
import { printable } from '#core/formats/refuse';
import { DTYPES, type DType } from '#core/tensor/dtype';
import { formatShape, numel } from '#core/tensor/shape';
import { Tensor } from '#core/tensor/tensor';

import { allocateTable, bytesOf, readRows } from './table';
import { parseNumber } from './csv';

export interface Targets {
  /** Classes: int64 `[samples]`, or whole numbers `[samples, ...]`. Numbers: `[samples, width]` of any dtype. */
  readonly tensor: Tensor;
  readonly kind: 'class' | 'number';
  readonly classes: readonly string[];
}

/** How cells or an array are to be read. */
export interface TargetReading {
  readonly kind: 'class' | 'number';
  /** Fixed names of classes, or null: those found. */
  readonly classes: readonly string[] | null;
}

/** Cells row by row, `width` in each. */
export function cellTargets(
  cells: readonly string[],
  { kind, classes, width }: TargetReading & { readonly width: number },
  dtype: DType,
  file: string,
): Targets {
  if (kind === 'number') return numberTargets(cells, dtype, file, width);
  if (width === 1) return classTargets(cells, classes, file);
  throw new LazuliError('data_invalid', `${file}: a class is told by one column, not by ${width}`, {
    where: file,
    expected: 'one column',
    got: `${width} columns`,
    hint: 'say that the target is numbers',
  });
}

/** An array as targets. Classes of one per sample are numbered anew and the array is freed; those of more (pixels, steps) are whole numbers as they are. */
export function arrayTargets(
  tensor: Tensor,
  { kind, classes }: TargetReading,
  file: string,
  dtype: DType,
): Targets {
  const [samples = 0, ...each] = tensor.shape;
  const width = numel(each);
  if (kind === 'number') {
    const shape = each.length > 1 ? tensor.shape : [samples, width];
    return { tensor: new Tensor(tensor.storage, { dtype: tensor.dtype, shape }), kind, classes: [] };
  }
  if (width === 1) {
    const cells = readRows(tensor, 0, samples).map(String);
    tensor.storage.dispose();
    return cellTargets(cells, { kind, classes, width }, dtype, file);
  }
  if (!['int', 'uint'].includes(DTYPES[tensor.dtype].kind))
    throw new LazuliError('data_invalid', `${file}: a target has the shape ${formatShape(each)}`, {
      where: file,
      expected: 'one class per sample, or whole numbers for several',
      got: `${tensor.dtype} ${formatShape(tensor.shape)}`,
    });
  return { tensor, kind, classes: classes ?? numbered(tensor, file) };
}

/** Rows looked at at once. */
const ROWS = 4096;

/** `0` to the largest class of an array. */
function numbered(tensor: Tensor, file: string): readonly string[] {
  const [samples = 0] = tensor.shape;
  let largest = 0;
  for (let from = 0; from < samples; from += ROWS)
    for (const value of readRows(tensor, from, Math.min(ROWS, samples - from))) {
      if (value >= MAX_CLASSES)
        throw new LazuliError('data_invalid', `${file}: a target has the class ${value}`, {
          where: file,
          expected: `class numbers below ${MAX_CLASSES}`,
          got: String(value),
        });
      largest = Math.max(largest, value);
    }
  return Array.from({ length: largest + 1 }, (_, at) => String(at));
}

/** Numbers with gaps up to here are taken as class indices; beyond it they are names. */
const MAX_CLASSES = 100_000;

/** Cells → int64 indices. `classes` fixes the names; without them integers count from 0 and text is numbered as found. */
export function classTargets(
  cells: readonly string[],
  classes: readonly string[] | null,
  file: string,
): Targets {
  const names = classes ?? namesOf(cells);
  const index = new Map(names.map((name, at) => [name, at]));
  const values = new BigInt64Array(cells.length);
  cells.forEach((cell, row) => {
    const at = index.get(cell) ?? indexOf(cell, names.length);
    if (at === null)
      throw new LazuliError(
        'data_invalid',
        `${file}: sample ${row + 1} has the class ${cell === '' ? 'nothing' : `'${printable(cell.slice(0, 60))}'`}`,
        {
          where: `${file}, sample ${row + 1}`,
          expected: `one of ${names.slice(0, 20).map(printable).join(', ')}${names.length > 20 ? ' ...' : ''}`,
          got: cell === '' ? 'nothing' : printable(cell.slice(0, 60)),
        },
      );
    values[row] = BigInt(at);
  });
  const tensor = allocateTable('int64', [cells.length]);
  tensor.storage.write(0, bytesOf(values));
  return { tensor, kind: 'class', classes: names };
}

const asIndex = (cell: string): number | null => {
  const value = parseNumber(cell);
  return value !== null && Number.isInteger(value) && value >= 0 && value < MAX_CLASSES ? value : null;
};

const indexOf = (cell: string, count: number): number | null => {
  const at = asIndex(cell);
  return at !== null && at < count ? at : null;
};

/** `0` .. `largest` when every cell is a small whole number, else the texts in the order found. */
function namesOf(cells: readonly string[]): string[] {
  const found = new Set(cells);
  const numbers = [...found].map(asIndex);
  if (numbers.every((value) => value !== null)) {
    const largest = numbers.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
    return Array.from({ length: largest + 1 }, (_, at) => String(at));
  }
  found.delete('');
  return [...found];
}

/** Cells → rows of `width` floats. */
export function numberTargets(cells: readonly string[], dtype: DType, file: string, width = 1): Targets {
  const values = cells.map((cell, at) => {
    const row = Math.floor(at / width);
    const value = parseNumber(cell);
    if (value === null)
      throw new LazuliError('data_invalid', `${file}: the target of sample ${row + 1} is not a number`, {
        where: `${file}, sample ${row + 1}`,
        expected: 'a number',
        got: cell === '' ? 'nothing' : printable(cell.slice(0, 60)),
        hint: 'text targets are classes: set the target kind to class',
      });
    return value;
  });
  const tensor = allocateTable(dtype, [cells.length / width, width]);
  tensor.storage.write(
    0,
    bytesOf(dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values)),
  );
  return { tensor, kind: 'number', classes: [] };
}
