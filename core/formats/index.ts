// Weight files by content: reads whatever format a file is in, writes the one asked for.
import { LazuliError } from '../errors';
import { decodeText } from './bytes';
import { isNumpyArray, readNumpy, readNumpyArchive } from './numpy-read';
import { writeNumpy, writeNumpyArchive } from './numpy-write';
import { quote, refusal } from './refuse';
import { looksLikeSafetensors, readSafetensors, readSafetensorsIndex } from './safetensors-read';
import { writeSafetensors } from './safetensors-write';
import { isLegacyTorch } from './torch/legacy';
import { isTorchArchive, listTree, readTorch, readTorchArchive } from './torch/read';
import { writeTorch, type TorchWriteOptions } from './torch/write';
import type { ByteSink, ByteSource, StateDictContent, WeightFile } from './weights';
import { readZip } from './zip/read';

export { MemorySink, memorySource } from './bytes';
export { contiguousBytes, entryBytes, readContiguous } from './gather';
export { refusal } from './refuse';
export { combineCrc32, useCrc32, type Crc32 } from './zip/crc32';
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
  const kind = recognize(start, source.size);
  // What cannot be named is most likely a damaged safetensors file: its reader says where.
  if (kind === null && /\.safetensors$/i.test(source.name)) return readSafetensors(source);
  throw refusal(
    source.name,
    kind === null ? 'the file is of no known kind' : `this is ${kind.what}`,
    'byte 0',
    {
      expected: 'a .pt, .pth, .bin, .safetensors, .npy or .npz file',
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

interface Kind {
  readonly what: string;
  readonly hint: string;
}

const UNPACK = 'Unpack it and open the weight file inside.';
const MAGICS: readonly (readonly [readonly number[], Kind])[] = [
  [[0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], { what: 'a 7z archive', hint: UNPACK }],
  [[0x1f, 0x8b], { what: 'a gzip file', hint: UNPACK }],
  [[0x42, 0x5a, 0x68], { what: 'a bzip2 file', hint: UNPACK }],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], { what: 'an xz file', hint: UNPACK }],
  [[0x28, 0xb5, 0x2f, 0xfd], { what: 'a zstd file', hint: UNPACK }],
  [[0x52, 0x61, 0x72, 0x21], { what: 'a RAR archive', hint: UNPACK }],
  [[0x89, 0x48, 0x44, 0x46], { what: 'an HDF5 file (Keras)', hint: 'Convert it with Keras first.' }],
  [[0x47, 0x47, 0x55, 0x46], { what: 'a GGUF file', hint: 'Quantized llama.cpp weights cannot be opened.' }],
  [[0x89, 0x50, 0x4e, 0x47], { what: 'a PNG image', hint: 'Choose the weight file.' }],
  [[0xff, 0xd8, 0xff], { what: 'a JPEG image', hint: 'Choose the weight file.' }],
  [[0x25, 0x50, 0x44, 0x46], { what: 'a PDF document', hint: 'Choose the weight file.' }],
  [[0x7f, 0x45, 0x4c, 0x46], { what: 'a program (ELF)', hint: 'Choose the weight file.' }],
  [[0x4d, 0x5a], { what: 'a program (Windows)', hint: 'Choose the weight file.' }],
  [
    [0x80],
    {
      what: 'a bare Python pickle, not a torch file',
      hint: 'Load it where it was made and save it with torch.save. Nothing of it was run.',
    },
  ],
];

function recognize(start: Uint8Array, size: number): Kind | null {
  if (size === 0)
    return { what: 'an empty file', hint: 'The save or download did not happen: get the file again.' };
  if (start.every((byte) => byte === 0))
    return { what: 'a file of zeros', hint: 'The disk lost it: get the file again.' };
  const magic = MAGICS.find(([prefix]) => startsWith(start, prefix));
  if (magic !== undefined) return magic[1];
  if (decodeText(start.subarray(257, 262)) === 'ustar') {
    return {
      what: 'a tar archive (torch before 0.2, or any other)',
      hint: 'Save it again with a current PyTorch, or unpack it.',
    };
  }
  return recognizeText(start);
}

function recognizeText(start: Uint8Array): Kind | null {
  const text = decodeText(start.subarray(0, 64))?.trimStart() ?? '';
  if (/^(<!doctype|<html|<head|<\?xml)/i.test(text)) {
    return {
      what: 'an HTML page',
      hint: 'The download gave a web page (a login or an error) instead of the file.',
    };
  }
  if (text.startsWith('version https://git-lfs')) {
    return { what: 'a git-lfs pointer', hint: "Run 'git lfs pull' to get the real file." };
  }
  if (text.startsWith('{') || text.startsWith('['))
    return { what: 'a JSON text', hint: 'Choose the weight file itself.' };
  if (text.startsWith('#!')) return { what: 'a script', hint: 'Choose the weight file.' };
  return null;
}
