// From one weight format to another, by extension; and which extension means which format.
import path from 'node:path';

import { LazuliError } from '#core/errors';
import { writeWeights, type WriteFormat } from '#core/formats/index';
import type { PlainValue, StateDictContent } from '#core/formats/weights';

import { writeFileAtomically } from './files';
import { withWeights } from './inspect';

const FORMATS: Readonly<Record<string, WriteFormat>> = {
  '.pt': 'torch',
  '.pth': 'torch',
  '.bin': 'torch',
  '.safetensors': 'safetensors',
  '.npz': 'npz',
  '.npy': 'npy',
};

/** The format a file to be written has by its extension. Throws `usage` for an unknown one. */
export function formatOfWeights(file: string): WriteFormat {
  const format = FORMATS[path.extname(file).toLowerCase()];
  if (format) return format;
  throw new LazuliError('usage', `${file}: no weight format has this extension`, {
    where: file,
    expected: Object.keys(FORMATS).join(', '),
    got: path.extname(file) || 'no extension',
  });
}

/** The archive's folder inside a torch file: the file's name, as torch.save does. */
export const archiveName = (file: string): string => path.basename(file, path.extname(file)) || 'archive';

export interface SaveOptions {
  /**
   * Uninitialized entries: `keep` writes them as PyTorch does, which only .pt can hold and `torch.load` refuses by default;
   * `skip` leaves them out. Default `keep`.
   */
  readonly uninitialized?: 'keep' | 'skip';
}

/**
 * Writes a state dict atomically in the format of the file's extension; returns what could not be kept, and what others
 * may refuse to open.
 */
export async function writeWeightsFile(
  file: string,
  content: StateDictContent,
  { uninitialized = 'keep' }: SaveOptions = {},
): Promise<readonly string[]> {
  const format = formatOfWeights(file);
  const waiting = content.entries.filter(({ shape }) => shape === null).map(({ name }) => name);
  const entries =
    uninitialized === 'skip' ? content.entries.filter(({ shape }) => shape !== null) : content.entries;
  let warnings: readonly string[] = [];
  await writeFileAtomically(file, async (sink) => {
    warnings = await writeWeights(format, sink, { ...content, entries }, { directory: archiveName(file) });
  });
  if (waiting.length === 0) return warnings;
  if (uninitialized === 'skip') return [...warnings, `left out, uninitialized: ${namesOf(waiting)}`];
  return format === 'torch' ? [...warnings, refusedByTorch(waiting)] : warnings;
}

const refusedByTorch = (waiting: readonly string[]): string =>
  `${waiting.length} entries are uninitialized (${namesOf(waiting)}): torch.load refuses the whole file by default. Save only what is ` +
  'initialized (--initialized-only), or load it under torch.serialization.safe_globals with UninitializedParameter and UninitializedBuffer';

const MOST_NAMES = 10;
const namesOf = (names: readonly string[]): string =>
  `${names.slice(0, MOST_NAMES).join(', ')}${names.length > MOST_NAMES ? ' ...' : ''}`;

/** Copies every tensor of `from` into `to`; plain values beside them are only named in the warnings. */
export async function convertWeights(
  from: string,
  to: string,
  options: SaveOptions = {},
): Promise<{ readonly entries: number; readonly warnings: readonly string[] }> {
  formatOfWeights(to);
  return withWeights(from, async (weights) => {
    const { entries } = weights;
    const metadata = weights.format === 'torch' ? { metadata: versionsOf(weights.metadata) } : {};
    const written = await writeWeightsFile(to, { entries, ...metadata }, options);
    const lost = Object.keys(weights.values);
    const dropped = lost.length > 0 ? [`values beside the tensors are not kept: ${namesOf(lost)}`] : [];
    const kept = options.uninitialized === 'skip' ? entries.filter(({ shape }) => shape !== null) : entries;
    return { entries: kept.length, warnings: [...weights.warnings, ...written, ...dropped] };
  });
}

/** `_metadata` as the writers take it, from the texts the readers list it as. */
function versionsOf(
  metadata: Readonly<Record<string, PlainValue>>,
): Record<string, { readonly version: number }> {
  return Object.fromEntries(
    Object.entries(metadata).flatMap(([prefix, value]) => {
      const version = Number(value);
      return Number.isInteger(version) ? [[prefix, { version }] as const] : [];
    }),
  );
}
