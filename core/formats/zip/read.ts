// Opens a zip by reference: every header is checked at once, an entry's bytes are read when asked for.
import { readUint64, viewOf } from '../bytes';
import { quote, refusal } from '../refuse';
import type { ByteSource, StorageSource } from '../weights';
import { FLAG_DESCRIPTOR, readDirectory, resolveSizes, type ZipEntry } from './directory';
import { LOCAL_SIGNATURE } from './end-record';
import { DeflatedRecord, StoredRecord, type Record } from './records';

/** A checked zip. */
export interface ZipArchive {
  /** In the central directory's order. */
  readonly entries: readonly ZipEntry[];
  has(name: string): boolean;
  /** The bytes of an entry by reference; the same object each time. Throws `file_refused` when it is absent. */
  open(name: string): StorageSource;
  /** The whole of a small entry, its CRC checked. Throws `file_refused` past `limit` bytes. */
  readAll(name: string, limit: number): Promise<Uint8Array>;
  /** False when every CRC is 0, as torch leaves them after `set_crc32_options(False)`: damage then goes unnoticed. */
  readonly hasChecksums: boolean;
  /** How many records have none though others have: torch leaves 0 for storages that were to be written later (`skip_data`). */
  readonly unchecked: number;
  /** Where the file's bytes of a stored entry begin. */
  dataOffset(name: string): number;
}

const LOCAL_SIZE = 30;
const DESCRIPTOR_SIGNATURE = 0x08074b50;
/** A local header with torch's padding, behind the longest descriptor, fits well within. */
const BLOCK = 1024;
const BLOCKS_AHEAD = 16;
const LONGEST_DESCRIPTOR = 24;
const LONGEST_PADDING = 128;
/** Deflate cannot shrink more than this, so a larger claim is a lie. */
const LARGEST_RATIO = 1032;
const FREE_INFLATION = 256 * 1024 * 1024;
const LARGEST_TOTAL_RATIO = 100;

/** Reads and checks all headers of a zip. Throws `file_refused`. Source: PKWARE APPNOTE, RELIABILITY lines 31-33. */
export async function readZip(source: ByteSource): Promise<ZipArchive> {
  const directory = await readDirectory(source);
  checkBudget(source, directory.entries);
  const offsets = await checkLocalHeaders(source, directory.entries, directory.offset);
  const byName = new Map(directory.entries.map((entry) => [entry.name, entry]));
  const records = new Map<string, Record>();
  const filled = directory.entries.filter(({ size }) => size > 0);
  const hasChecksums = filled.length === 0 || filled.some(({ crc }) => crc !== 0);

  const find = (name: string): { entry: ZipEntry; dataOffset: number } => {
    const entry = byName.get(name);
    const dataOffset = offsets.get(name);
    if (entry === undefined || dataOffset === undefined) {
      throw refusal(source.name, `the record ${quote(name)} is missing`, 'zip central directory');
    }
    return { entry, dataOffset };
  };
  const open = (name: string): Record => {
    const known = records.get(name);
    if (known !== undefined) return known;
    const { entry, dataOffset } = find(name);
    const record =
      entry.method === 0
        ? new StoredRecord(source, entry, dataOffset, hasChecksums && !isUnchecked(entry))
        : new DeflatedRecord(source, entry, dataOffset);
    records.set(name, record);
    return record;
  };
  return {
    entries: directory.entries,
    hasChecksums,
    unchecked: hasChecksums ? filled.filter(isUnchecked).length : 0,
    has: (name) => byName.has(name),
    open,
    readAll: async (name, limit) => {
      const { entry } = find(name);
      if (entry.size > limit) {
        throw refusal(source.name, `the record ${quote(name)} is too large`, `zip entry ${quote(name)}`, {
          expected: `at most ${String(limit)} bytes`,
          got: `${String(entry.size)} bytes`,
        });
      }
      return open(name).read(0, entry.size);
    },
    dataOffset: (name) => find(name).dataOffset,
  };
}

const isUnchecked = ({ crc, method, flags }: ZipEntry): boolean =>
  crc === 0 && method === 0 && (flags & FLAG_DESCRIPTOR) !== 0;

function checkBudget(source: ByteSource, entries: readonly ZipEntry[]): void {
  let inflated = 0;
  for (const entry of entries) {
    if (entry.method === 0) continue;
    inflated += entry.size;
    if (entry.size > entry.compressedSize * LARGEST_RATIO) {
      throw refusal(
        source.name,
        `zip entry ${quote(entry.name)} claims an impossible size`,
        'zip central directory',
        {
          expected: `at most ${String(entry.compressedSize * LARGEST_RATIO)} bytes from ${String(entry.compressedSize)}`,
          got: `${String(entry.size)} bytes`,
        },
      );
    }
  }
  const limit = Math.max(FREE_INFLATION, source.size * LARGEST_TOTAL_RATIO);
  if (inflated > limit) {
    throw refusal(source.name, 'the zip inflates to far more than its own size', 'zip central directory', {
      expected: `at most ${String(limit)} bytes`,
      got: `${String(inflated)} bytes from a file of ${String(source.size)}`,
      hint: 'This is what a zip bomb looks like. An honest file can be saved again without compression.',
    });
  }
}

/** Local headers must equal the central ones and tile the file from its first byte to the directory. */
async function checkLocalHeaders(
  source: ByteSource,
  entries: readonly ZipEntry[],
  directoryOffset: number,
): Promise<ReadonlyMap<string, number>> {
  const ordered = [...entries].sort((a, b) => a.headerOffset - b.headerOffset);
  const read = blockReader(source, ordered);
  const offsets = new Map<string, number>();
  let at = 0;
  for (const [index, entry] of ordered.entries()) {
    const where = `local header of ${quote(entry.name)} at byte ${String(entry.headerOffset)}`;
    if (entry.headerOffset !== at) throw misplaced(source, entry.headerOffset, at, where);
    const dataOffset = await checkLocalHeader(source, read, entry, where);
    offsets.set(entry.name, dataOffset);
    const dataEnd = dataOffset + entry.compressedSize;
    const next = ordered[index + 1]?.headerOffset ?? directoryOffset;
    if (dataEnd > next) {
      throw refusal(source.name, 'zip entries overlap', where, {
        expected: `its data to end by byte ${String(next)}`,
        got: `byte ${String(dataEnd)}`,
      });
    }
    if ((entry.flags & FLAG_DESCRIPTOR) === 0) at = dataEnd;
    else {
      const length = next - dataEnd;
      const bytes = [12, 16, 20, 24].includes(length) ? await read(dataEnd, length) : null;
      if (bytes === null || !descriptorMatches(bytes, entry)) {
        throw refusal(source.name, 'a zip data descriptor does not match its entry', where, {
          expected: `the CRC and sizes of ${quote(entry.name)} at byte ${String(dataEnd)}`,
          got: `${String(length)} other bytes`,
        });
      }
      at = next;
    }
  }
  if (at !== directoryOffset) throw misplaced(source, directoryOffset, at, `byte ${String(at)}`);
  return offsets;
}

function misplaced(source: ByteSource, got: number, expected: number, where: string): Error {
  const what =
    expected === 0
      ? 'bytes precede the zip'
      : got < expected
        ? 'zip entries overlap'
        : 'the zip hides bytes between its entries';
  return refusal(source.name, what, where, {
    expected: `byte ${String(expected)}`,
    got: `byte ${String(got)}`,
  });
}

async function checkLocalHeader(
  source: ByteSource,
  read: (offset: number, length: number) => Promise<Uint8Array>,
  entry: ZipEntry,
  where: string,
): Promise<number> {
  const fixed = viewOf(await read(entry.headerOffset, LOCAL_SIZE));
  if (fixed.getUint32(0, true) !== LOCAL_SIGNATURE) {
    throw refusal(source.name, 'a zip entry does not start with a local header', where);
  }
  const nameLength = fixed.getUint16(26, true);
  const extraLength = fixed.getUint16(28, true);
  const length = LOCAL_SIZE + nameLength + extraLength;
  const bytes = await read(entry.headerOffset, length);
  const name = bytes.subarray(LOCAL_SIZE, LOCAL_SIZE + nameLength);
  const differs = (field: string): Error =>
    refusal(source.name, `a zip entry's local and central ${field} differ`, where, {
      hint: 'Two programs would read different contents. Write the file again with one tool.',
    });
  if (!sameBytes(name, entry.rawName)) throw differs('names');
  if (fixed.getUint16(6, true) !== entry.flags) throw differs('flags');
  // Programs that learn the size only while writing raise the central one.
  if (fixed.getUint16(4, true) > entry.needed) throw differs('versions');
  if (fixed.getUint32(10, true) !== entry.time) throw differs('times');
  if (fixed.getUint16(8, true) !== entry.method) throw differs('compression methods');
  const [size, compressedSize] = resolveSizes(
    source.name,
    bytes.subarray(LOCAL_SIZE + nameLength),
    [fixed.getUint32(22, true), fixed.getUint32(18, true)],
    where,
    'enough',
  );
  const crc = fixed.getUint32(14, true);
  const isDeferred = (entry.flags & FLAG_DESCRIPTOR) !== 0 && size === 0 && compressedSize === 0 && crc === 0;
  if (!isDeferred && (size !== entry.size || compressedSize !== entry.compressedSize)) throw differs('sizes');
  if (!isDeferred && crc !== entry.crc) throw differs('CRCs');
  return entry.headerOffset + length;
}

function descriptorMatches(bytes: Uint8Array, entry: ZipEntry): boolean {
  const view = viewOf(bytes);
  const isSigned = bytes.length === 16 || bytes.length === 24;
  const isWide = bytes.length >= 20;
  const start = isSigned ? 4 : 0;
  if (isSigned && view.getUint32(0, true) !== DESCRIPTOR_SIGNATURE) return false;
  const compressedSize = isWide ? readUint64(view, start + 4) : view.getUint32(start + 4, true);
  const size = isWide ? readUint64(view, start + 12) : view.getUint32(start + 8, true);
  return (
    view.getUint32(start, true) === entry.crc &&
    compressedSize === entry.compressedSize &&
    size === entry.size
  );
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

/**
 * Small reads near the given headers, served from blocks that are read ahead: a descriptor and the header after it cost one read of
 * the file, and the disk is asked for several at once. Call in the order of the file.
 */
function blockReader(
  source: ByteSource,
  headers: readonly ZipEntry[],
): (offset: number, length: number) => Promise<Uint8Array> {
  const starts = blockStarts(headers);
  const ahead: { readonly start: number; readonly bytes: Promise<Uint8Array> }[] = [];
  let start = 0;
  let block = new Uint8Array(0);
  const isInside = (offset: number, length: number): boolean =>
    offset >= start && offset + length <= start + block.length;
  const readBlock = (from: number, least = 0): Promise<Uint8Array> => {
    const bytes = source.read(from, Math.max(least, Math.min(BLOCK, source.size - from)));
    // Whoever asks for the block hears of its failure.
    bytes.catch(() => undefined);
    return bytes;
  };
  return async (offset, length) => {
    while (!isInside(offset, length)) {
      while (ahead.length < BLOCKS_AHEAD) {
        const from = starts.shift();
        if (from === undefined) break;
        ahead.push({ start: from, bytes: readBlock(from) });
      }
      const next = ahead[0] !== undefined && ahead[0].start <= offset ? ahead.shift() : undefined;
      start = next?.start ?? offset;
      block = new Uint8Array(await (next?.bytes ?? readBlock(offset, length)));
    }
    return block.subarray(offset - start, offset - start + length);
  };
}

/** Where blocks begin that hold every header together with the descriptor before it, few where they lie close together. */
function blockStarts(headers: readonly ZipEntry[]): number[] {
  const starts: number[] = [];
  for (const { headerOffset, rawName } of headers) {
    const end = headerOffset + LOCAL_SIZE + rawName.length + LONGEST_PADDING;
    if (end > (starts.at(-1) ?? -BLOCK) + BLOCK) starts.push(Math.max(0, headerOffset - LONGEST_DESCRIPTOR));
  }
  return starts;
}
