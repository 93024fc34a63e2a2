// Finds a zip's end records, classic and zip64, refusing everything two readers could disagree about.
import { readUint64, viewOf } from '../bytes';
import { refusal } from '../refuse';
import type { ByteSource } from '../weights';

/** Where the central directory lies and how many entries it lists. */
export interface EndRecord {
  readonly count: number;
  readonly offset: number;
  readonly size: number;
  /** Where the bytes of the end records begin: the directory must end exactly there. */
  readonly start: number;
}

const CUT_TO_TORCH = 'PytorchStreamReader failed reading zip archive: failed finding central directory';
/** What a zip starts with. */
export const LOCAL_SIGNATURE = 0x04034b50;
const END_SIGNATURE = 0x06054b50;
const END_SIZE = 22;
const END64_SIGNATURE = 0x06064b50;
const END64_SIZE = 56;
const LOCATOR_SIGNATURE = 0x07064b50;
const LOCATOR_SIZE = 20;
const LONGEST_COMMENT = 0xffff;
/** The first version of the format with zip64 and the newest one, ten times. Source: APPNOTE 4.4.3.2. */
const ZIP64_VERSION = 45;
export const NEWEST_VERSION = 63;
/** A 32-bit field whose value stands in a zip64 record. */
export const MASKED = 0xffffffff;

/** Throws `file_refused`. Source: PKWARE APPNOTE 4.3.14 to 4.3.16. */
export async function readEndRecord(source: ByteSource): Promise<EndRecord> {
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
  if (at === undefined) throw await missingEnd(source, stray < 0 ? -1 : source.size - tailLength + stray);
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

async function missingEnd(source: ByteSource, stray: number): Promise<Error> {
  if (stray < 0) {
    const isCut =
      source.size >= END_SIZE && viewOf(await source.read(0, 4)).getUint32(0, true) === LOCAL_SIGNATURE;
    return refusal(source.name, 'the zip has no end record', `byte ${String(source.size)}`, {
      ...(isCut ? { torch: CUT_TO_TORCH } : {}),
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
  const [made, needed] = [record.getUint8(12), record.getUint16(14, true)];
  if (made > NEWEST_VERSION || needed < ZIP64_VERSION || needed > NEWEST_VERSION) {
    throw refusal(source.name, 'the zip64 end record has an impossible version', recordWhere, {
      expected: `${String(ZIP64_VERSION)} to ${String(NEWEST_VERSION)}`,
      got: `made by ${String(made)}, needs ${String(needed)}`,
    });
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
