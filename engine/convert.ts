// From one weight format to another, by extension; and which extension means which format.
import path from 'node:path';

import { LazuliError } from '#core/errors';
import { writeWeights, type WriteFormat } from '#core/formats/index';
import type { StateDictContent, WeightFile } from '#core/formats/weights';

import { writeFileAtomically } from './files';
import { withWeights } from './inspect';
import { writeShards } from './shards';

const FORMATS: Readonly<Record<string, WriteFormat>> = {
  '.pt': 'torch',
  '.pth': 'torch',
  '.bin': 'torch',
  '.ckpt': 'torch',
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

/**
 * The archive's folder inside a torch file: what stands between the last separator and the last dot of the path, as torch.save
 * has it. A path that is not ASCII gives `archive` (torch then writes to a stream), and so does what is no good name of an entry.
 */
export function archiveName(file: string): string {
  const [name = ''] = /[^/\\]*$/.exec(file) ?? [];
  const stem = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : name;
  const isGood = /^[\x20-\x7e]+$/.test(file) && !/^(\.{0,2}|[A-Za-z]:.*)$/.test(stem);
  return isGood ? stem : 'archive';
}

export interface SaveOptions {
  /**
   * Uninitialized entries: `keep` writes them as PyTorch does, which only .pt can hold and `torch.load` refuses by default;
   * `skip` leaves them out. Default `keep`.
   */
  readonly uninitialized?: 'keep' | 'skip';
}

export interface ConvertOptions extends SaveOptions {
  /** Most bytes of tensors in a shard: the target is then a set of .safetensors files and their index. */
  readonly shardBytes?: number;
}

/**
 * Writes a state dict atomically in the format of the file's extension; returns what could not be kept, and what others
 * may refuse to open.
 */
export async function writeWeightsFile(
  file: string,
  content: StateDictContent,
  options: SaveOptions & { readonly textMetadata?: Readonly<Record<string, string>> } = {},
): Promise<readonly string[]> {
  const { uninitialized = 'keep', textMetadata = {} } = options;
  const format = formatOfWeights(file);
  const entries =
    uninitialized === 'skip' ? content.entries.filter(({ shape }) => shape !== null) : content.entries;
  let warnings: readonly string[] = [];
  await writeFileAtomically(file, async (sink) => {
    const choice = { directory: archiveName(file), textMetadata };
    warnings = await writeWeights(format, sink, { ...content, entries }, choice);
  });
  return [...warnings, ...aboutUninitialized(content, format, uninitialized)];
}

/** What the choice about uninitialized entries means for the written file. */
function aboutUninitialized(
  { entries }: Pick<StateDictContent, 'entries'>,
  format: WriteFormat,
  choice: 'keep' | 'skip',
): readonly string[] {
  const waiting = entries.filter(({ shape }) => shape === null).map(({ name }) => name);
  if (waiting.length === 0) return [];
  if (choice === 'skip') return [`left out, uninitialized: ${namesOf(waiting)}`];
  return format === 'torch' ? [refusedByTorch(waiting)] : [];
}

const refusedByTorch = (waiting: readonly string[]): string =>
  `${waiting.length} entries are uninitialized (${namesOf(waiting)}): torch.load refuses the whole file by default. Save only what is ` +
  'initialized (Save weights asks; --initialized-only), or load it under torch.serialization.safe_globals with UninitializedParameter and UninitializedBuffer';

const MOST_NAMES = 10;
const namesOf = (names: readonly string[]): string =>
  `${names.slice(0, MOST_NAMES).join(', ')}${names.length > MOST_NAMES ? ' ...' : ''}`;

export interface Conversion {
  readonly entries: number;
  readonly warnings: readonly string[];
  /** The written files: one, or the index and its shards. */
  readonly files: readonly string[];
}

/**
 * Writes what is in `from` to `to`. Between torch files the whole object is kept, to the same bytes; other formats hold
 * tensors only, and what else there was is named in the warnings.
 */
export async function convertWeights(
  from: string,
  to: string,
  options: ConvertOptions = {},
): Promise<Conversion> {
  const { uninitialized = 'keep', shardBytes } = options;
  const isSharded = shardBytes !== undefined || /\.safetensors\.index\.json$/i.test(to);
  const format = isSharded ? 'safetensors' : formatOfWeights(to);
  return withWeights(from, async (weights) => {
    const { entries, writeObject } = weights;
    const kept = uninitialized === 'skip' ? entries.filter(({ shape }) => shape !== null) : entries;
    const done = (files: readonly string[], warnings: readonly string[]): Conversion => ({
      entries: kept.length,
      files,
      warnings: [...weights.warnings, ...warnings],
    });
    if (format === 'torch' && writeObject !== undefined) {
      const choice = { directory: archiveName(to), uninitialized };
      await writeFileAtomically(to, (sink) => writeObject(sink, choice));
      return done([to], aboutUninitialized(weights, format, uninitialized));
    }
    const content = { entries, ...versionsOf(weights) };
    const textMetadata = textsOf(weights);
    if (isSharded) {
      const { files, warnings } = await writeShards(to, { entries: kept }, { shardBytes, textMetadata });
      return done(files, [
        ...warnings,
        ...aboutUninitialized(weights, format, uninitialized),
        ...lost(weights),
      ]);
    }
    const warnings = await writeWeightsFile(to, content, { uninitialized, textMetadata });
    return done([to], [...warnings, ...lost(weights)]);
  });
}

const versionsOf = ({ stateDictMetadata }: WeightFile): Pick<StateDictContent, 'metadata'> =>
  stateDictMetadata === undefined ? {} : { metadata: stateDictMetadata };

/** safetensors metadata, which another safetensors file keeps. */
const textsOf = ({ format, metadata }: WeightFile): Readonly<Record<string, string>> =>
  format === 'safetensors'
    ? Object.fromEntries(
        Object.entries(metadata).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
      )
    : {};

function lost({ values }: WeightFile): readonly string[] {
  const names = Object.keys(values);
  return names.length > 0 ? [`values beside the tensors are not kept: ${namesOf(names)}`] : [];
}
