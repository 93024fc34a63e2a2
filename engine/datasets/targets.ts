// What the network should answer: cells or numbers as class indices (with names) or as plain numbers, in native memory.
import { LazuliError } from '#core/errors';
import { printable } from '#core/formats/refuse';
import type { DType } from '#core/tensor/dtype';
import type { Tensor } from '#core/tensor/tensor';

import { allocateTable, bytesOf } from './table';
import { parseNumber } from './csv';

export interface Targets {
  /** int64 `[samples]` for classes, float `[samples, width]` for numbers. */
  readonly tensor: Tensor;
  readonly classes: readonly string[];
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
  return { tensor, classes: names };
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

/** Cells → a column of floats. */
export function numberTargets(cells: readonly string[], dtype: DType, file: string): Targets {
  const values = cells.map((cell, row) => {
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
  const tensor = allocateTable(dtype, [cells.length, 1]);
  tensor.storage.write(
    0,
    bytesOf(dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values)),
  );
  return { tensor, classes: [] };
}
