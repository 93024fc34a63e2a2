// Columns and shapes as the data form's text, and back.

import { t } from '../text';
/** `3` and `-1` are places, everything else a name; '' for none. */
export const columnText = (column: string | number | null | undefined): string =>
  column === null || column === undefined ? '' : String(column);

export function readColumn(text: string): string | number | null {
  const trimmed = text.trim().replace(/^−/, '-');
  if (trimmed === '') return null;
  return /^-?\d+$/.test(trimmed) ? Number(trimmed) : trimmed;
}

/** Names and numbers between commas; `0-63` is a range of places. null: all but the target. */
export function readColumns(text: string): (string | number)[] | null {
  if (text.trim() === '') return null;
  return text.split(',').flatMap((part) => {
    const [, first, last] = /^\s*(\d+)\s*[-–]\s*(\d+)\s*$/.exec(part) ?? [];
    if (first !== undefined && last !== undefined)
      return Array.from(
        { length: Math.max(0, Number(last) - Number(first) + 1) },
        (_, at) => Number(first) + at,
      );
    return readColumn(part) ?? [];
  });
}

/** `1, 8, 8` or `1×8×8` as sizes; null for a blank. */
export function readShape(text: string): number[] | null {
  if (text.trim() === '') return null;
  return text.split(/[,×x\s]+/).filter(Boolean).map(Number); // prettier-ignore
}

export function shapeFault(text: string): string | null {
  const isFine = readShape(text)?.every((size) => Number.isInteger(size) && size >= 1) ?? true;
  return isFine ? null : t('data.shapeFault');
}
