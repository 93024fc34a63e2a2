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
const DIRECTORY = 'zip central directory';
/** Letters of a file's text that a message repeats. */
const LONGEST_KEY = 40;
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
  if (tree.unchecked > 0)
    warnings.push(
      `${String(tree.unchecked)} records have no checksum, as if torch.serialization.skip_data had left them out: damage to them cannot be noticed`,
    );
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
    ...(tree.torchRefusal === null || tree.format === 'torchscript'
      ? {}
      : { torchRefusal: tree.torchRefusal }),
    warnings,
  };
}

/** True when a zip holds what torch reads: a pickle named `data.pkl` in some directory. */
export const isTorchArchive = (archive: ZipArchive): boolean =>
  archive.entries.some(({ name }) => /(^|\/)data\.pkl$/i.test(name));

/** The object tree of an opened torch zip. */
export async function readTorchArchive(source: ByteSource, archive: ZipArchive): Promise<TorchTree> {
  const records = new RecordNames(source, archive);
  await checkVersion(source, archive, records);
  const isBigEndian = await readByteOrder(source, archive, records);
  const bytes = await archive.readAll(records.required('data.pkl'), LARGEST_PICKLE);
  const { value, end, unknownGlobals, torchRefusal } = readPickle(bytes, {
    file: source.name,
    record: 'data.pkl',
  });
  if (end !== bytes.length) {
    throw refusal(source.name, 'data.pkl goes on after its pickle ends', `data.pkl, byte ${String(end)}`, {
      expected: `${String(end)} bytes`,
      got: `${String(bytes.length)} bytes`,
    });
  }
  const find = (key: string, where: string): StorageSource => {
    const name = records.find(`data/${key}`);
    if (name !== undefined) return archive.open(name);
    throw refusal(source.name, `the record ${quote(`data/${key}`)} is missing`, where, {
      ...(key.length > LONGEST_KEY
        ? {}
        : { torch: `PytorchStreamReader failed locating file data/${key}: file not found` }),
      expected: `a record for storage ${quote(key)}`,
      hint: 'The file is incomplete: get it again.',
    });
  };
  return {
    format: records.find('constants.pkl') === undefined ? 'torch' : 'torchscript',
    root: value,
    storages: new StorageTable(source.name, find, { isBigEndian, isResizable: false }),
    unknownGlobals,
    torchRefusal,
    unchecked: archive.unchecked,
    records: await readRecords(source, archive, records),
    pickleBytes: bytes.length,
  };
}

/** The records of a torch archive by their names in its one directory. torch finds them whatever the case of ASCII letters. */
class RecordNames {
  readonly #source: ByteSource;
  readonly #directory: string;
  readonly #names = new Map<string, string>();

  /** torch takes the directory of the first entry for the whole archive. */
  constructor(source: ByteSource, { entries }: ZipArchive) {
    this.#source = source;
    const [first] = entries;
    const slash = first === undefined ? -1 : first.name.indexOf('/');
    if (first === undefined || slash < 0)
      throw refusal(source.name, 'the records are not in a directory', DIRECTORY, {
        torch: `file in archive is not in a subdirectory: ${first?.name ?? ''}`,
        expected: "'archive/data.pkl'",
        got: first === undefined ? 'an empty zip' : quote(first.name),
      });
    this.#directory = first.name.slice(0, slash);
    for (const { name } of entries) this.#add(name);
  }

  find(record: string): string | undefined {
    return this.#names.get(folded(record));
  }

  /** Storages, in the order of the archive. */
  get storageKeys(): string[] {
    return [...this.#names.keys()]
      .filter((name) => name.startsWith('data/'))
      .map((name) => name.slice('data/'.length));
  }

  required(record: string): string {
    const name = this.find(record);
    if (name !== undefined) return name;
    throw refusal(
      this.#source.name,
      `the record ${quote(`${this.#directory}/${record}`)} is missing`,
      DIRECTORY,
      {
        torch: `PytorchStreamReader failed locating file ${record}: file not found`,
        hint: 'torch.save writes all records into one directory with data.pkl in it.',
      },
    );
  }

  #add(name: string): void {
    const prefix = `${this.#directory}/`;
    if (!name.startsWith(prefix))
      throw refusal(this.#source.name, 'the records are in more than one directory', DIRECTORY, {
        torch: `file in archive is not in a subdirectory ${prefix}: ${name}`,
        expected: quote(prefix),
        got: quote(name),
      });
    const record = folded(name.slice(prefix.length));
    if (this.#names.has(record))
      throw refusal(
        this.#source.name,
        `the zip has two entries named ${quote(name)} but for the case`,
        DIRECTORY,
      );
    this.#names.set(record, name);
  }
}

const folded = (name: string): string => name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

async function checkVersion(source: ByteSource, archive: ZipArchive, records: RecordNames): Promise<void> {
  const name = records.find('.data/version') ?? records.find('version');
  if (name === undefined) {
    throw refusal(source.name, "the record 'version' is missing", DIRECTORY, {
      torch: 'Expected hasRecord("version") to be true, but got false.',
      expected: `a version from 1 to ${String(NEWEST_VERSION)}`,
    });
  }
  const text = decodeText(await archive.readAll(name, LARGEST_RECORD)) ?? '';
  const number = /^\s*([+-]?\d+)/.exec(text)?.[1];
  const version = Number(number);
  if (version >= 1 && version <= NEWEST_VERSION) return;
  const limit =
    version > NEWEST_VERSION
      ? `maximum supported version for reading is ${String(NEWEST_VERSION)}`
      : 'minimum supported version for reading is 1';
  throw refusal(source.name, 'the file has an unknown format version', `record ${quote(name)}`, {
    torch:
      number === undefined
        ? `Couldn't parse the version ${text.slice(0, LONGEST_KEY)} as Long Long.`
        : `Attempted to read a PyTorch file with version ${number.slice(0, LONGEST_KEY)}, but the ${limit}.`,
    expected: `1 to ${String(NEWEST_VERSION)}`,
    got: quote(text),
  });
}

/** Which version's records these are. Another alignment than 64 is only what the writer chose: it is no error. */
async function readRecords(
  source: ByteSource,
  archive: ZipArchive,
  records: RecordNames,
): Promise<TorchRecords> {
  const { hasChecksums } = archive;
  const order = orderOf(records.storageKeys);
  const name = records.find('.storage_alignment');
  if (name === undefined) {
    const version = records.find('byteorder') === undefined ? '1.6' : '2.6';
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

function orderOf(keys: readonly string[]): 'number' | 'text' {
  const isAscending = keys.every((key, at) => at === 0 || Number(key) > Number(keys[at - 1]));
  const isByText = keys.every((key, at) => at === 0 || key > (keys[at - 1] ?? ''));
  return isByText && !isAscending ? 'text' : 'number';
}

async function readByteOrder(
  source: ByteSource,
  archive: ZipArchive,
  records: RecordNames,
): Promise<boolean> {
  const name = records.find('byteorder');
  if (name === undefined) return false;
  const text = decodeText(await archive.readAll(name, LARGEST_RECORD)) ?? '';
  if (text !== 'little' && text !== 'big') {
    throw refusal(source.name, 'the file has an unknown byte order', `record ${quote(name)}`, {
      torch: `Unknown endianness type: ${text.slice(0, LONGEST_KEY)}`,
      expected: "'little' or 'big'",
      got: quote(text),
    });
  }
  return text === 'big';
}
