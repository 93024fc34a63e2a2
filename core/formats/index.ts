// Weight files by content: reads whatever format a file is in, writes the one asked for.
import { LazuliError } from '../errors';
import { isNumpyArray, readNumpy, readNumpyArchive } from './numpy-read';
import { writeNumpy, writeNumpyArchive } from './numpy-write';
import { recognize } from './kinds';
import { quote, refusal } from './refuse';
import { looksLikeSafetensors, readSafetensors, readSafetensorsIndex } from './safetensors-read';
import { writeSafetensors } from './safetensors-write';
import { isLegacyTorch } from './torch/legacy';
import { isTorchArchive, listTree, readTorch, readTorchArchive } from './torch/read';
import { writeTorch, type TorchWriteOptions } from './torch/write';
import type { ByteSink, ByteSource, StateDictContent, WeightFile } from './weights';
import { readZip } from './zip/read';

export { MemorySink, memorySource } from './bytes';
export { contiguousBytes, entryBytes, readContiguous, readContiguousInto } from './gather';
export { refusal } from './refuse';
export { combineCrc32, crc32, useCrc32, type Crc32 } from './zip/crc32';
export { convertFloats, type FloatType } from './half';
export { readNumpy, readNumpyArchive } from './numpy-read';
export { writeNumpy, writeNumpyArchive } from './numpy-write';
export { readSafetensors, readSafetensorsIndex } from './safetensors-read';
export { writeSafetensors } from './safetensors-write';
export { readTorch, readTorchTree } from './torch/read';
export { writeTorch, writeTorchTree, writeTorchValue, type TorchWriteOptions } from './torch/write';
export { TorchFloat, TorchStateDict, TorchTensorValue, TorchTuple, type TorchValue } from './torch/build';

export interface ReadOptions {
  /** Opens a file beside this one by its name, for sharded safetensors. Without it an index is refused. */
  readonly openSibling?: (name: string) => Promise<ByteSource>;
}

const SNIFFED = 512;

/** Lists a weight file, its format told from its bytes. Throws `file_refused`, saying what it looks like. */
export async function readWeights(source: ByteSource, options: ReadOptions = {}): Promise<WeightFile> {
  const start = await source.read(0, Math.min(SNIFFED, source.size));
  if (startsWith(start, [0x50, 0x4b])) return readArchive(source);
  if (await isLegacyTorch(source)) return readTorch(source);
  if (isNumpyArray(start)) return readNumpy(source);
  if (looksLikeSafetensors(start)) return readSafetensors(source);
  if (start[0] === 0x7b && options.openSibling !== undefined)
    return readSafetensorsIndex(source, options.openSibling);
  const kind = recognize(start, source);
  // What cannot be named is most likely a damaged safetensors file: its reader says where.
  if (kind === null && /\.safetensors$/i.test(source.name)) return readSafetensors(source);
  throw refusal(
    source.name,
    kind === null ? 'the file is of no known kind' : `this is ${kind.what}`,
    'byte 0',
    {
      expected: 'a .pt, .pth, .bin, .safetensors, .npy or .npz file',
      ...(kind?.torch === undefined ? {} : { torch: kind.torch }),
      got: kind?.what ?? `bytes ${hexadecimal(start.subarray(0, 8))}`,
      hint: kind?.hint ?? 'Check that this is the file you meant.',
    },
  );
}

async function readArchive(source: ByteSource): Promise<WeightFile> {
  const archive = await readZip(source);
  if (isTorchArchive(archive)) return listTree(source, await readTorchArchive(source, archive));
  if (archive.entries.length === 0) {
    throw refusal(source.name, 'the zip is empty', 'zip central directory', {
      expected: 'tensors',
      got: '0 entries',
    });
  }
  const isArrays = archive.entries.every((entry) => entry.name.endsWith('.npy'));
  if (isArrays) return readNumpyArchive(source, archive);
  const [first] = archive.entries;
  throw refusal(source.name, 'this is a zip of another kind', 'zip central directory', {
    expected: 'data.pkl in a directory (PyTorch) or only .npy entries (NumPy)',
    got: `${String(archive.entries.length)} entries, the first ${quote(first?.name ?? '')}`,
    hint: 'Unpack it and open the weight file inside.',
  });
}

export interface WriteOptions extends TorchWriteOptions {
  /** safetensors `__metadata__`. */
  readonly textMetadata?: Readonly<Record<string, string>>;
}

export type WriteFormat = 'torch' | 'safetensors' | 'npy' | 'npz';

/**
 * Writes a state dict in one of the formats. Returns what could not be kept (uninitialized entries, sharing, bfloat16
 * in NumPy files). Throws `not_supported` for content the format cannot hold at all.
 */
export async function writeWeights(
  format: WriteFormat,
  sink: ByteSink,
  content: StateDictContent,
  options: WriteOptions = {},
): Promise<readonly string[]> {
  switch (format) {
    case 'torch':
      await writeTorch(sink, content, options);
      return [];
    case 'safetensors':
      return writeSafetensors(sink, content, options.textMetadata);
    case 'npz':
      return writeNumpyArchive(sink, content);
    case 'npy': {
      const [entry, ...rest] = content.entries;
      if (entry === undefined || rest.length > 0) {
        throw new LazuliError('not_supported', 'an .npy file holds exactly one array', {
          expected: '1 tensor',
          got: `${String(content.entries.length)} tensors`,
          hint: 'Write an .npz file instead.',
        });
      }
      return writeNumpy(sink, entry);
    }
  }
}

const startsWith = (bytes: Uint8Array, prefix: readonly number[]): boolean =>
  prefix.every((byte, index) => bytes[index] === byte);

const hexadecimal = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
