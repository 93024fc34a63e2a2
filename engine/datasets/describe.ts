// Looks at a data file nobody described yet and suggests how to read it; the user may change every part.
import { access } from 'node:fs/promises';
import path from 'node:path';

import type { DataSource } from '#core/document/project';
import { LazuliError } from '#core/errors';

import { openText } from './bytes';
import { parseNumber, readCsv } from './csv';
import { resolveFile } from './dataset';

const EXTENSIONS: readonly (readonly [RegExp, DataSource['format']])[] = [
  [/\.npz$/i, 'npz'],
  [/\.npy$/i, 'npy'],
  [/(idx\d|ubyte)(\.gz)?$/i, 'idx'],
  [/\.(csv|tsv|tab|data)(\.gz)?$/i, 'csv'],
  [/\.(txt|text|md)(\.gz)?$/i, 'text'],
];

/** The format a file's name says; what is called a text may hold a table. Throws `data_invalid` for a name that says none. */
export function formatOf(file: string): DataSource['format'] {
  const found = EXTENSIONS.find(([pattern]) => pattern.test(file));
  if (found) return found[1];
  throw new LazuliError('data_invalid', `${file}: no kind of data file is called like this`, {
    where: file,
    expected: '.csv, .tsv, .txt (or .gz of them), .npy, .npz, or an IDX file (…-idx3-ubyte, or .gz)',
    got: path.extname(file) || 'no extension',
  });
}

/** Lines of a text that are looked at. */
const LOOKED_AT = 20;

/** A text whose first lines all have as many separated cells, two or more, is a table. */
async function isTable(file: string): Promise<boolean> {
  let start = '';
  for await (const piece of await openText(file)) {
    start += piece as string;
    if (start.split('\n').length > LOOKED_AT) break;
  }
  const lines = start
    .split('\n')
    .slice(0, LOOKED_AT)
    .filter((line) => line.trim() !== '');
  if (lines.length < 2) return false;
  return [',', '\t', ';'].some((sign) => {
    const [first = 0, ...others] = lines.map((line) => line.split(sign).length);
    return first > 1 && others.every((cells) => cells === first);
  });
}

/** The format of a file that is there. */
async function formatIn(file: string, folder: string | null): Promise<DataSource['format']> {
  const format = formatOf(file);
  return format === 'text' && (await isTable(resolveFile(file, folder))) ? 'csv' : format;
}

/** A suggested description: for a table the last column is the target, a class when it holds text or few whole numbers. */
export async function describeData(
  file: string,
  folder: string | null,
  signal?: AbortSignal,
): Promise<DataSource> {
  const format = await formatIn(file, folder);
  const base = { file, format, normalization: { kind: 'none' } } as const;
  const absolute = resolveFile(file, folder);
  if (format === 'idx')
    return {
      ...base,
      targetFile: await besides(file, folder),
      targetKind: 'class',
      normalization: { kind: 'scale', offset: 0, scale: 255 },
    };
  if (format === 'text') return { ...base, targetKind: 'class' };
  if (format === 'npy') return { ...base, targetFile: null, targetKind: 'class' };
  if (format === 'npz') return { ...base, target: null, targetKind: 'class' };
  const content = await readCsv(absolute, { header: null, target: -1 }, signal);
  const cells = new Set(content.targets.slice(0, 10_000));
  const isClass =
    [...cells].every((cell) => parseNumber(cell) === null) ||
    (cells.size <= 100 && [...cells].every((cell) => Number.isInteger(parseNumber(cell))));
  const hasHeader = content.columns.some((column, at) => column !== String(at));
  return {
    ...base,
    header: hasHeader,
    target: hasHeader ? (content.columns.at(-1) ?? -1) : -1,
    targetKind: isClass ? 'class' : 'number',
    normalization: { kind: 'standardize' },
  };
}

/** The labels beside an IDX images file: `train-labels-idx1-ubyte` for `train-images-idx3-ubyte`; null when absent. */
export async function besides(images: string, folder: string | null): Promise<string | null> {
  const labels = images.replace(/images(.)idx3/, 'labels$1idx1');
  if (labels === images) return null;
  try {
    await access(resolveFile(labels, folder));
    return labels;
  } catch {
    return null;
  }
}

/**
 * Data named on the spot: another file, read as the project's own data is (columns, shape, normalization) where that is of
 * the same format, else as it looks; or the project's own file with another target. `target` is a column or array name, or
 * the file of the targets.
 */
export async function dataFromFile(
  file: string | null,
  base: DataSource | null,
  target: string | null,
): Promise<DataSource | null> {
  const described = file === null ? base : await describeLike(file, base);
  if (target === null || described === null) return described;
  if (described.format === 'csv' || described.format === 'npz')
    return { ...described, target: /^-?\d+$/.test(target) ? Number(target) : target };
  return { ...described, targetFile: path.resolve(target) };
}

async function describeLike(file: string, base: DataSource | null): Promise<DataSource> {
  const format = await formatIn(file, null);
  if (base?.format !== format) return describeData(file, null);
  if (format === 'text') return { ...base, file };
  // Whether another file has a header is its own affair.
  if (format === 'csv') return { ...base, file, header: null };
  return format === 'npz' ? { ...base, file } : { ...base, file, targetFile: await besides(file, null) };
}
