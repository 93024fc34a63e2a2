// Parses a zip's central directory, refusing everything two readers could disagree about.
import { decodeText, readUint64, viewOf } from '../bytes';
import { printable, quote, refusal } from '../refuse';
import type { ByteSource } from '../weights';
import { MASKED, NEWEST_VERSION, readEndRecord, type EndRecord } from './end-record';

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
  /** DOS time and date, as one number. */
  readonly time: number;
  /** The version of the format that is needed to read it, ten times. */
  readonly needed: number;
}

const CENTRAL_SIGNATURE = 0x02014b50;
const CENTRAL_SIZE = 46;
const LARGEST_DIRECTORY = 256 * 1024 * 1024;
/** Bit 0 encrypted, 5 patch data, 6 strong encryption, 13 masked headers. Source: APPNOTE 4.4.4. */
const REFUSED_FLAGS = 0x2061;
/** Bits without a meaning, or only with methods that are refused. */
const RESERVED_FLAGS = 0xd790;
/** Whether the data is thought to be text. Source: APPNOTE 4.4.14. */
const INTERNAL_TEXT = 0x0001;
const ZIP64 = 0x0001;
/** A name in UTF-8 beside the entry's own. Source: APPNOTE 4.6.9. */
const UNICODE_PATH = 0x7075;
const MADE_BY_UNIX = 3;
/** Types of files in the mode that Unix programs keep: none, folder, regular. Source: stat(2). */
const PLAIN_TYPES = [0, 0o040000, 0o100000];
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
  if ((flags & RESERVED_FLAGS) !== 0 || (view.getUint16(36, true) & ~INTERNAL_TEXT) !== 0) {
    throw refusal(file, `zip entry ${quote(name)} has reserved bits set`, where, {
      expected: 'flags and internal attributes with a meaning',
      got: `flags 0x${flags.toString(16)}, attributes 0x${view.getUint16(36, true).toString(16)}`,
    });
  }
  if (method !== 0 && method !== 8) {
    throw refusal(file, `zip entry ${quote(name)} uses compression method ${String(method)}`, where, {
      expected: 'method 0 (stored) or 8 (deflate)',
      got: String(method),
    });
  }
  checkKind(file, view, name, where);
  const extra = bytes.subarray(CENTRAL_SIZE + nameLength, CENTRAL_SIZE + nameLength + extraLength);
  const sizes = resolveSizes(
    file,
    extra,
    [view.getUint32(24, true), view.getUint32(20, true), view.getUint32(42, true)],
    where,
    'exact',
  );
  const [size = 0, compressedSize = 0, headerOffset = 0] = sizes;
  if (view.getUint16(34, true) !== 0) throw refusal(file, 'the zip is split over several disks', where);
  if (method === 0 && size !== compressedSize) {
    throw refusal(file, `zip entry ${quote(name)} is stored but has two sizes`, where, {
      expected: `${String(compressedSize)} bytes`,
      got: `${String(size)} bytes`,
    });
  }
  const crc = view.getUint32(16, true);
  if ((size === 0 && crc !== 0) || (method === 8 && compressedSize < 2))
    throw refusal(file, `zip entry ${quote(name)} is emptier than it says`, where, {
      expected: 'CRC 0 of no data, and at least 2 bytes of a deflate stream',
      got: `CRC ${crc.toString(16)}, ${String(compressedSize)} bytes for ${String(size)}`,
    });
  if (name.endsWith('/') && size > 0)
    throw refusal(file, `zip entry ${quote(name)} is a folder with data`, where, {
      got: `${String(size)} bytes`,
    });
  const other = extraFields(file, extra, where)
    .find(([id]) => id === UNICODE_PATH)?.[1]
    .subarray(5);
  if (other !== undefined && decodeText(other) !== name)
    throw refusal(file, `zip entry ${quote(name)} has another name beside its own`, where, {
      got: quote(decodeText(other) ?? 'no UTF-8'),
    });
  const time = view.getUint32(12, true);
  const needed = view.getUint16(6, true);
  return { name, rawName, method, flags, crc, compressedSize, size, headerOffset, time, needed };
}

function checkKind(file: string, view: DataView, name: string, where: string): void {
  const newest = Math.max(view.getUint8(4), view.getUint8(6));
  if (newest > NEWEST_VERSION)
    throw refusal(file, `zip entry ${quote(name)} needs a newer zip program`, where, {
      expected: `version ${String(NEWEST_VERSION / 10)} or less`,
      got: String(newest / 10),
    });
  const type = view.getUint8(5) === MADE_BY_UNIX ? view.getUint16(40, true) & 0o170000 : 0;
  if (!PLAIN_TYPES.includes(type))
    throw refusal(file, `zip entry ${quote(name)} is a link or device`, where, {
      expected: 'a plain file',
      got: `mode 0o${type.toString(8)}`,
    });
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
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const isOdd = name === '' || name.includes('\\') || /[\u0000-\u001f\u007f]/.test(name);
  if (escapes || isOdd) {
    throw refusal(file, `a zip entry has the unsafe name '${printable(name.slice(0, 80))}'`, where, {
      hint: 'Entry names are never used as paths here, but no honest program writes such a name.',
    });
  }
}

/**
 * The sizes and offset of a header whose 32-bit fields may say "see the zip64 extra field" (0xFFFFFFFF), in the
 * order the extra field stores them. Refuses malformed, repeated or too short extra fields, and with `exact` longer ones (torch's
 * local headers have one beside sizes of 0). Source: APPNOTE 4.5.3.
 */
export function resolveSizes(
  file: string,
  extra: Uint8Array,
  fields: readonly number[],
  where: string,
  length: 'exact' | 'enough',
): readonly number[] {
  const [zip64, second] = extraFields(file, extra, where)
    .filter(([id]) => id === ZIP64)
    .map(([, data]) => data);
  if (second !== undefined) throw refusal(file, 'a zip entry has two zip64 fields', where);
  let used = 0;
  const sizes = fields.map((field) => {
    if (field !== MASKED) return field;
    const value = zip64 !== undefined && zip64.length >= used + 8 ? readUint64(viewOf(zip64), used) : null;
    used += 8;
    if (value === null) throw refusal(file, 'a zip entry lacks a usable zip64 size', where);
    return value;
  });
  if (length === 'exact' && zip64 !== undefined && zip64.length !== used)
    throw refusal(file, 'a zip entry has zip64 sizes it does not refer to', where, {
      expected: `${String(used)} bytes`,
      got: `${String(zip64.length)} bytes`,
    });
  return sizes;
}

/** The fields of an extra block: id and data. */
function extraFields(file: string, extra: Uint8Array, where: string): (readonly [number, Uint8Array])[] {
  const view = viewOf(extra);
  const fields: (readonly [number, Uint8Array])[] = [];
  for (let at = 0; at < extra.length;) {
    const length = extra.length - at >= 4 ? view.getUint16(at + 2, true) : -1;
    if (length < 0 || length > extra.length - at - 4)
      throw refusal(file, 'a zip extra field is malformed', where);
    fields.push([view.getUint16(at, true), extra.subarray(at + 4, at + 4 + length)]);
    at += 4 + length;
  }
  return fields;
}
