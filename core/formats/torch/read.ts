// Opens what `torch.save` wrote in a zip, and TorchScript archives: tensors by reference, everything else as data.
import { decodeText } from '../bytes';
import { readPickle } from '../pickle/read';
import { quote, refusal } from '../refuse';
import type { ByteSink, ByteSource, StorageSource, WeightFile } from '../weights';
import { readZip, type ZipArchive } from '../zip/read';
import { flatten } from './flatten';
import { isLegacyTorch, readLegacyTree } from './legacy';
import { isWritableTree } from './renumber';
import { StorageTable } from './storages';
import { TensorBuilder } from './tensors';
import { writeTorchTree, type TorchWriteOptions } from './write';
import { CURRENT_RECORDS, type TorchRecords, type TorchTree } from './tree';

const LARGEST_PICKLE = 256 * 1024 * 1024;
const LARGEST_RECORD = 1024;
const NEWEST_VERSION = 10;
/** The padding field's length has sixteen bits. */
const LARGEST_ALIGNMENT = 32_768;

/**
 * Lists a torch file (zip, legacy stacked pickles, or the tensors of a TorchScript archive) without reading tensor
 * bytes. Throws `file_refused`. Source: spec/torch-semantics.md sections 9 to 12.
 */
export async function readTorch(source: ByteSource): Promise<WeightFile> {
  return listTree(source, await readTorchTree(source));
}

/** The object tree of a torch file, for callers that write it again. Throws `file_refused`. */
export async function readTorchTree(source: ByteSource): Promise<TorchTree> {
  if (await isLegacyTorch(source)) return readLegacyTree(source);
  return readTorchArchive(source, await readZip(source));
}

/** The weight file a tree lists as. */
export function listTree(source: ByteSource, tree: TorchTree): WeightFile {
  const tensors = new TensorBuilder(source.name, source.size, tree.storages);
  const flat = flatten(source.name, tree.root, tensors, tree.pickleBytes);
  const warnings = [...flat.warnings];
  if (tree.format === 'torchscript') {
    warnings.unshift(
      'refused: the TorchScript program in this file, none of it is run (torch.load refuses the whole file with weights_only=True); ' +
        'its tensors are listed and load as plain data',
    );
  }
  if (!tree.records.hasChecksums)
    warnings.push('the file has no checksums (it was saved without CRC-32): damage to it cannot be noticed');
  const hasVersions = Object.keys(flat.versions).length > 0;
  return {
    format: tree.format,
    entries: flat.entries,
    values: flat.values,
    metadata: flat.metadata,
    ...(hasVersions ? { stateDictMetadata: flat.versions } : {}),
    ...(isWritableTree(tree)
      ? {
          writeObject: (sink: ByteSink, choice: TorchWriteOptions) => writeTorchTree(sink, tree, choice),
        }
      : {}),
    globals: tree.format === 'torchscript' ? [] : tree.unknownGlobals,
    warnings,
  };
}

/** True when a zip holds what torch reads: a pickle named `data.pkl` in some directory. */
export const isTorchArchive = (archive: ZipArchive): boolean =>
  archive.entries.some((entry) => entry.name === 'data.pkl' || entry.name.endsWith('/data.pkl'));

/** The object tree of an opened torch zip. */
export async function readTorchArchive(source: ByteSource, archive: ZipArchive): Promise<TorchTree> {
  const directory = archiveDirectory(source, archive);
  checkCase(source, archive);
  const pickleName = `${directory}/data.pkl`;
  await checkVersion(source, archive, directory);
  const isBigEndian = await readByteOrder(source, archive, directory);
  const bytes = await archive.readAll(pickleName, LARGEST_PICKLE);
  const { value, end, unknownGlobals } = readPickle(bytes, { file: source.name, record: 'data.pkl' });
  if (end !== bytes.length) {
    throw refusal(source.name, 'data.pkl goes on after its pickle ends', `data.pkl, byte ${String(end)}`, {
      expected: `${String(end)} bytes`,
      got: `${String(bytes.length)} bytes`,
    });
  }
  const find = (key: string, where: string): StorageSource => {
    const name = `${directory}/data/${key}`;
    if (archive.has(name)) return archive.open(name);
    throw refusal(source.name, `the record ${quote(`data/${key}`)} is missing`, where, {
      expected: `a record for storage ${quote(key)}`,
      hint: 'The file is incomplete: get it again.',
    });
  };
  return {
    format: archive.has(`${directory}/constants.pkl`) ? 'torchscript' : 'torch',
    root: value,
    storages: new StorageTable(source.name, find, isBigEndian),
    unknownGlobals,
    records: await readRecords(source, archive, directory),
    pickleBytes: bytes.length,
  };
}

/** torch finds records whatever the case of their names: two that differ in nothing else are one to it. */
function checkCase(source: ByteSource, archive: ZipArchive): void {
  const seen = new Set<string>();
  for (const { name } of archive.entries) {
    const folded = name.toLowerCase();
    if (seen.has(folded))
      throw refusal(
        source.name,
        `the zip has two entries named ${quote(name)} but for the case`,
        'zip central directory',
      );
    seen.add(folded);
  }
}

/** torch takes the directory of the first entry for the whole archive. */
function archiveDirectory(source: ByteSource, archive: ZipArchive): string {
  const [first] = archive.entries;
  const slash = first === undefined ? -1 : first.name.indexOf('/');
  const directory = first === undefined || slash < 0 ? null : first.name.slice(0, slash);
  if (directory === null) {
    throw refusal(source.name, 'the records are not in a directory', 'zip central directory', {
      expected: "'archive/data.pkl'",
      got: first === undefined ? 'an empty zip' : quote(first.name),
    });
  }
  if (!archive.has(`${directory}/data.pkl`)) {
    throw refusal(
      source.name,
      `the record ${quote(`${directory}/data.pkl`)} is missing`,
      'zip central directory',
      {
        hint: 'torch.save writes all records into one directory with data.pkl in it.',
      },
    );
  }
  return directory;
}

async function checkVersion(source: ByteSource, archive: ZipArchive, directory: string): Promise<void> {
  const name = [`${directory}/version`, `${directory}/.data/version`].find((candidate) =>
    archive.has(candidate),
  );
  if (name === undefined) {
    throw refusal(source.name, "the record 'version' is missing", 'zip central directory', {
      expected: `a version from 1 to ${String(NEWEST_VERSION)}`,
    });
  }
  const text = decodeText(await archive.readAll(name, LARGEST_RECORD)) ?? '';
  const version = /^\d{1,9}\s*$/.test(text) ? Number(text) : 0;
  if (version < 1 || version > NEWEST_VERSION) {
    throw refusal(source.name, 'the file has an unknown format version', `record ${quote(name)}`, {
      expected: `1 to ${String(NEWEST_VERSION)}`,
      got: quote(text),
    });
  }
}

/** Which version's records these are. Another alignment than 64 is only what the writer chose: it is no error. */
async function readRecords(
  source: ByteSource,
  archive: ZipArchive,
  directory: string,
): Promise<TorchRecords> {
  const { hasChecksums } = archive;
  const order = orderOf(archive, `${directory}/data/`);
  const name = `${directory}/.storage_alignment`;
  if (!archive.has(name)) {
    const version = archive.has(`${directory}/byteorder`) ? '2.6' : '1.6';
    return { version, alignment: CURRENT_RECORDS.alignment, hasChecksums, order };
  }
  const text = decodeText(await archive.readAll(name, LARGEST_RECORD)) ?? '';
  const alignment = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (alignment >= 1 && alignment <= LARGEST_ALIGNMENT)
    return { version: '2.14', alignment, hasChecksums, order };
  throw refusal(source.name, 'the file has an impossible storage alignment', `record ${quote(name)}`, {
    expected: `1 to ${String(LARGEST_ALIGNMENT)}`,
    got: quote(text),
  });
}

function orderOf({ entries }: ZipArchive, prefix: string): 'number' | 'text' {
  const keys = entries
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name }) => name.slice(prefix.length));
  const isAscending = keys.every((key, at) => at === 0 || Number(key) > Number(keys[at - 1]));
  const isByText = keys.every((key, at) => at === 0 || key > (keys[at - 1] ?? ''));
  return isByText && !isAscending ? 'text' : 'number';
}

async function readByteOrder(source: ByteSource, archive: ZipArchive, directory: string): Promise<boolean> {
  const name = `${directory}/byteorder`;
  if (!archive.has(name)) return false;
  const text = decodeText(await archive.readAll(name, LARGEST_RECORD)) ?? '';
  if (text !== 'little' && text !== 'big') {
    throw refusal(source.name, 'the file has an unknown byte order', `record ${quote(name)}`, {
      expected: "'little' or 'big'",
      got: quote(text),
    });
  }
  return text === 'big';
}
