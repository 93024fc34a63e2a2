// Finds and parses a zip's end records and central directory, refusing everything two readers could disagree about.
import { decodeText, readUint64, viewOf } from '../bytes';
import { printable, quote, refusal } from '../refuse';
import type { ByteSource } from '../weights';

/** One entry as the central directory states it. */
export interface ZipEntry {
  readonly name: string;
  readonly rawName: Uint8Array;
  readonly method: 0 | 8;
  readonly flags: number;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly headerOffset: number;
}

/** Where the central directory lies and how many entries it lists. */
interface EndRecord {
  readonly count: number;
  readonly offset: number;
  readonly size: number;
  /** Where the bytes of the end records begin: the directory must end exactly there. */
  readonly start: number;
}

const END_SIGNATURE = 0x06054b50;
const END_SIZE = 22;
const END64_SIGNATURE = 0x06064b50;
const END64_SIZE = 56;
const LOCATOR_SIGNATURE = 0x07064b50;
const LOCATOR_SIZE = 20;
const CENTRAL_SIGNATURE = 0x02014b50;
const CENTRAL_SIZE = 46;
const LONGEST_COMMENT = 0xffff;
const LARGEST_DIRECTORY = 256 * 1024 * 1024;
export const MASKED = 0xffffffff;
/** Bit 0 encrypted, 5 patch data, 6 strong encryption, 13 masked headers. Source: APPNOTE 4.4.4. */
const REFUSED_FLAGS = 0x2061;
export const FLAG_DESCRIPTOR = 0x0008;
const FLAG_UTF8 = 0x0800;

/** Reads the list of entries. Throws `file_refused`. Source: PKWARE APPNOTE 4.3, RELIABILITY line 31. */
export async function readDirectory(
  source: ByteSource,
): Promise<{ readonly entries: readonly ZipEntry[]; readonly offset: number }> {
  const end = await readEndRecord(source);
  const where = `central directory at byte ${String(end.offset)}`;
  if (end.offset + end.size !== end.start) {
    throw refusal(source.name, 'the zip central directory does not end where the end record begins', where, {
      expected: `byte ${String(end.start)}`,
      got: `byte ${String(end.offset + end.size)}`,
    });
  }
  if (end.size > LARGEST_DIRECTORY) {
    throw refusal(source.name, 'the zip central directory is too large', where, {
      expected: `at most ${String(LARGEST_DIRECTORY)} bytes`,
      got: `${String(end.size)} bytes`,
    });
  }
  if (end.count * CENTRAL_SIZE > end.size) {
    throw refusal(source.name, 'the zip central directory is too small for its entry count', where, {
      expected: `at least ${String(end.count * CENTRAL_SIZE)} bytes for ${String(end.count)} entries`,
      got: `${String(end.size)} bytes`,
    });
  }
  const bytes = await source.read(end.offset, end.size);
  return { entries: parseEntries(source.name, bytes, end), offset: end.offset };
}

async function readEndRecord(source: ByteSource): Promise<EndRecord> {
  const tailLength = Math.min(source.size, END_SIZE + LONGEST_COMMENT);
  const tail = await source.read(source.size - tailLength, tailLength);
  const view = viewOf(tail);
  const candidates: number[] = [];
  let stray = -1;
  for (let at = tailLength - END_SIZE; at >= 0; at--) {
    if (view.getUint32(at, true) !== END_SIGNATURE) continue;
    if (at + END_SIZE + view.getUint16(at + 20, true) === tailLength) candidates.push(at);
    else if (stray < 0) stray = at;
  }
  const [at] = candidates;
  if (at === undefined) throw missingEnd(source, stray < 0 ? -1 : source.size - tailLength + stray);
  const offset = source.size - tailLength + at;
  const where = `end record at byte ${String(offset)}`;
  if (candidates.length > 1) {
    throw refusal(source.name, 'the zip has more than one end record', where, {
      hint: 'Two programs would see different contents. Write the file again with one tool.',
    });
  }
  if (at !== tailLength - END_SIZE) {
    throw refusal(source.name, 'the zip has a comment or bytes after its end record', where, {
      expected: 'the end record as the last 22 bytes',
      got: `${String(tailLength - END_SIZE - at)} bytes after it`,
    });
  }
  if (view.getUint16(at + 4, true) !== 0 || view.getUint16(at + 6, true) !== 0) {
    throw refusal(source.name, 'the zip is split over several disks', where);
  }
  const classic = {
    onDisk: view.getUint16(at + 8, true),
    count: view.getUint16(at + 10, true),
    size: view.getUint32(at + 12, true),
    offset: view.getUint32(at + 16, true),
  };
  if (classic.onDisk !== classic.count) {
    throw refusal(source.name, 'the zip end record has two different entry counts', where, {
      expected: String(classic.count),
      got: String(classic.onDisk),
    });
  }
  const wide = await readEnd64(source, offset);
  if (wide === null) {
    if (classic.count === 0xffff || classic.size === MASKED || classic.offset === MASKED) {
      throw refusal(source.name, 'the zip64 end record is missing', where);
    }
    return { ...classic, start: offset };
  }
  const agrees =
    (classic.count === 0xffff || classic.count === wide.count) &&
    (classic.size === MASKED || classic.size === wide.size) &&
    (classic.offset === MASKED || classic.offset === wide.offset);
  if (!agrees) {
    throw refusal(source.name, 'the zip64 end record disagrees with the end record', where, {
      expected: `${String(wide.count)} entries, ${String(wide.size)} bytes at ${String(wide.offset)}`,
      got: `${String(classic.count)} entries, ${String(classic.size)} bytes at ${String(classic.offset)}`,
    });
  }
  return wide;
}

function missingEnd(source: ByteSource, stray: number): Error {
  if (stray < 0) {
    return refusal(source.name, 'the zip has no end record', `byte ${String(source.size)}`, {
      expected: 'an end of central directory record',
      got: 'the end of the file',
      hint: 'The file was cut short (an interrupted download or save): get it again.',
    });
  }
  return refusal(
    source.name,
    'the zip has bytes after its end record',
    `end record at byte ${String(stray)}`,
    {
      expected: `the file to end at byte ${String(stray + END_SIZE)}`,
      got: `${String(source.size)} bytes`,
    },
  );
}

async function readEnd64(source: ByteSource, endOffset: number): Promise<EndRecord | null> {
  const locatorOffset = endOffset - LOCATOR_SIZE;
  if (locatorOffset < 0) return null;
  const locator = viewOf(await source.read(locatorOffset, LOCATOR_SIZE));
  if (locator.getUint32(0, true) !== LOCATOR_SIGNATURE) return null;
  const where = `zip64 locator at byte ${String(locatorOffset)}`;
  const start = locatorOffset - END64_SIZE;
  const stated = readUint64(locator, 8);
  if (start < 0 || stated !== start || locator.getUint32(4, true) !== 0 || locator.getUint32(16, true) > 1) {
    throw refusal(source.name, 'the zip64 locator does not point at the record before it', where, {
      expected: `byte ${String(start)}`,
      got: stated === null ? 'an offset above 2^53' : `byte ${String(stated)}`,
    });
  }
  const record = viewOf(await source.read(start, END64_SIZE));
  const recordWhere = `zip64 end record at byte ${String(start)}`;
  if (record.getUint32(0, true) !== END64_SIGNATURE || readUint64(record, 4) !== END64_SIZE - 12) {
    throw refusal(source.name, 'the zip64 end record is malformed', recordWhere);
  }
  const onDisk = readUint64(record, 24);
  const count = readUint64(record, 32);
  const size = readUint64(record, 40);
  const offset = readUint64(record, 48);
  const disks = record.getUint32(16, true) + record.getUint32(20, true);
  if (count === null || size === null || offset === null || onDisk !== count || disks !== 0) {
    throw refusal(source.name, 'the zip64 end record has impossible values', recordWhere);
  }
  return { count, size, offset, start };
}

function parseEntries(file: string, bytes: Uint8Array, end: EndRecord): ZipEntry[] {
  const view = viewOf(bytes);
  const entries: ZipEntry[] = [];
  const seen = new Set<string>();
  let at = 0;
  for (let index = 0; index < end.count; index++) {
    const where = `central directory entry ${String(index)} at byte ${String(end.offset + at)}`;
    if (bytes.length - at < CENTRAL_SIZE || view.getUint32(at, true) !== CENTRAL_SIGNATURE) {
      throw refusal(file, 'the zip central directory is malformed', where, {
        expected: `${String(end.count)} entries`,
        got: `${String(index)} readable entries`,
      });
    }
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const length = CENTRAL_SIZE + nameLength + extraLength + view.getUint16(at + 32, true);
    if (bytes.length - at < length) throw refusal(file, 'a zip entry runs past the central directory', where);
    const entry = parseEntry(file, bytes.subarray(at, at + length), nameLength, extraLength, where);
    if (seen.has(entry.name)) {
      throw refusal(file, `the zip has two entries named ${quote(entry.name)}`, where, {
        hint: 'Two programs would read different contents. Write the file again with one tool.',
      });
    }
    seen.add(entry.name);
    entries.push(entry);
    at += length;
  }
  if (at !== bytes.length) {
    throw refusal(
      file,
      'the zip central directory has more bytes than its entries',
      `byte ${String(end.offset + at)}`,
    );
  }
  return entries;
}

function parseEntry(
  file: string,
  bytes: Uint8Array,
  nameLength: number,
  extraLength: number,
  where: string,
): ZipEntry {
  const view = viewOf(bytes);
  const flags = view.getUint16(8, true);
  const method = view.getUint16(10, true);
  const rawName = bytes.subarray(CENTRAL_SIZE, CENTRAL_SIZE + nameLength);
  const name = decodeName(file, rawName, flags, where);
  checkName(file, name, where);
  if ((flags & REFUSED_FLAGS) !== 0) {
    throw refusal(file, `zip entry ${quote(name)} is encrypted or patched`, where, {
      expected: 'plain entries',
      got: `flags 0x${flags.toString(16)}`,
    });
  }
  if (method !== 0 && method !== 8) {
    throw refusal(file, `zip entry ${quote(name)} uses compression method ${String(method)}`, where, {
      expected: 'method 0 (stored) or 8 (deflate)',
      got: String(method),
    });
  }
  const sizes = resolveSizes(
    file,
    bytes.subarray(CENTRAL_SIZE + nameLength, CENTRAL_SIZE + nameLength + extraLength),
    [view.getUint32(24, true), view.getUint32(20, true), view.getUint32(42, true)],
    where,
  );
  const [size = 0, compressedSize = 0, headerOffset = 0] = sizes;
  if (view.getUint16(34, true) !== 0) throw refusal(file, 'the zip is split over several disks', where);
  if (method === 0 && size !== compressedSize) {
    throw refusal(file, `zip entry ${quote(name)} is stored but has two sizes`, where, {
      expected: `${String(compressedSize)} bytes`,
      got: `${String(size)} bytes`,
    });
  }
  return { name, rawName, method, flags, crc: view.getUint32(16, true), compressedSize, size, headerOffset };
}

function decodeName(file: string, bytes: Uint8Array, flags: number, where: string): string {
  const text = decodeText(bytes);
  if (text !== null) return text;
  if ((flags & FLAG_UTF8) !== 0) throw refusal(file, 'a zip entry name is not valid UTF-8', where);
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

function checkName(file: string, name: string, where: string): void {
  const parts = name.split('/');
  const escapes =
    name.startsWith('/') || parts.includes('..') || parts.includes('.') || /^[A-Za-z]:/.test(name);
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  const isOdd = name === '' || name.includes('\\') || /[\u0000-\u001f\u007f]/.test(name);
  if (escapes || isOdd) {
    throw refusal(file, `a zip entry has the unsafe name '${printable(name.slice(0, 80))}'`, where, {
      hint: 'Entry names are never used as paths here, but no honest program writes such a name.',
    });
  }
}

/**
 * The sizes and offset of a header whose 32-bit fields may say "see the zip64 extra field" (0xFFFFFFFF), in the
 * order the extra field stores them. Refuses malformed, repeated or too short extra fields. Source: APPNOTE 4.5.3.
 */
export function resolveSizes(
  file: string,
  extra: Uint8Array,
  fields: readonly number[],
  where: string,
): readonly number[] {
  const view = viewOf(extra);
  let zip64: Uint8Array | null = null;
  for (let at = 0; at < extra.length;) {
    const length = extra.length - at >= 4 ? view.getUint16(at + 2, true) : -1;
    if (length < 0 || length > extra.length - at - 4) {
      throw refusal(file, 'a zip extra field is malformed', where);
    }
    if (view.getUint16(at, true) === 0x0001) {
      if (zip64 !== null) throw refusal(file, 'a zip entry has two zip64 fields', where);
      zip64 = extra.subarray(at + 4, at + 4 + length);
    }
    at += 4 + length;
  }
  let used = 0;
  return fields.map((field) => {
    if (field !== MASKED) return field;
    const value = zip64 !== null && zip64.length >= used + 8 ? readUint64(viewOf(zip64), used) : null;
    used += 8;
    if (value === null) throw refusal(file, 'a zip entry lacks a usable zip64 size', where);
    return value;
  });
}
