// Writes a zip the way torch's writer does, byte for byte, streaming: a record is never held in memory.
import { assert } from '../../errors';
import { InFlight } from '../../in-flight';
import type { Storage } from '../../tensor/storage';
import { encodeText, FieldWriter } from '../bytes';
import { AT_ONCE, moveTo } from '../gather';
import type { ByteSink, StorageSource } from '../weights';
import { combineCrc32, crc32 } from './crc32';
import { FLAG_DESCRIPTOR } from './directory';
import { MASKED } from './end-record';

interface WrittenRecord {
  readonly name: Uint8Array;
  readonly flags: number;
  /** Known once the data was written. */
  crc: number;
  readonly size: number;
  readonly offset: number;
}

/** Where data starts, unless the writer is told otherwise (`torch.utils.serialization.config.save.storage_alignment`). */
const ALIGNMENT = 64;
const UTF8 = 0x0800;
const STEP = 4 * 1024 * 1024;
const PAD = 0x5a;

export interface ZipOptions {
  /** Data starts at multiples of this many bytes. Default 64. */
  readonly alignment?: number;
  /** Without, every CRC is written as 0, as torch does after `set_crc32_options(False)`. Default true. */
  readonly hasChecksums?: boolean;
  /** torch always ends with zip64 records; other readers know an empty archive by its short end. Default `always`. */
  readonly zip64End?: 'always' | 'needed';
}

/**
 * Streams stored records: sizes and CRC follow each record in a data descriptor, data starts at multiples of 64
 * bytes, and the zip64 end records are always there. Source: spec/torch-semantics.md section 9.
 */
export class ZipWriter {
  readonly #sink: ByteSink;
  readonly #prefix: string;
  readonly #options: Required<ZipOptions>;
  readonly #records: WrittenRecord[] = [];
  readonly #moves = new InFlight(AT_ONCE);
  #position = 0;

  /** `directory` is put before every record name; '' writes none. */
  constructor(sink: ByteSink, directory: string, options: ZipOptions = {}) {
    this.#sink = sink;
    this.#options = { alignment: ALIGNMENT, hasChecksums: true, zip64End: 'always', ...options };
    this.#prefix = directory === '' ? '' : `${directory}/`;
  }

  /** CRCs of the non-empty records, in the order they were written, when their data was. */
  async crcs(): Promise<number[]> {
    await this.#moves.all();
    return this.#records.filter((record) => record.size > 0).map((record) => record.crc);
  }

  async writeBytes(name: string, bytes: Uint8Array): Promise<void> {
    await this.writeRecord(name, bytes.length, (sink) => sink.write(bytes));
  }

  /**
   * Copies a whole storage: a backend's memory or a file's bytes as they are, others in steps of 4 MiB. Where the sink can do that, the
   * next record is begun while this one is under way.
   */
  async writeSource(name: string, source: StorageSource): Promise<void> {
    const record = await this.#begin(name, source.bytes);
    const run = source.bytes > 0 ? moveTo(this.#sink, source, 0, source.bytes) : null;
    if (run === null) {
      const sink = new RecordSink(this.#sink);
      for await (const chunk of chunksOf(source)) await sink.write(chunk);
      return this.#end(record, sink);
    }
    this.#position += source.bytes;
    const fill = this.#sink.later?.(descriptorOf(record).length) ?? ((bytes) => this.#sink.write(bytes));
    this.#position += descriptorOf(record).length;
    const work = run.then((crc) => {
      this.#setCrc(record, crc);
      return fill(descriptorOf(record));
    });
    await (this.#sink.later === undefined ? work : this.#moves.add(work));
  }

  /** Writes a record of a known size: `body` writes its data, in order, to the sink it is given. */
  async writeRecord(name: string, size: number, body: (sink: ByteSink) => Promise<void>): Promise<void> {
    const record = await this.#begin(name, size);
    const sink = new RecordSink(this.#sink);
    await body(sink);
    assert(sink.length === size, `record ${name} has ${String(sink.length)} bytes, not ${String(size)}`);
    await this.#end(record, sink);
  }

  async #begin(name: string, size: number): Promise<WrittenRecord> {
    const record: WrittenRecord = {
      name: encodeText(this.#prefix + name),
      flags: size === 0 ? UTF8 : UTF8 | FLAG_DESCRIPTOR,
      crc: 0,
      size,
      offset: this.#position,
    };
    this.#records.push(record);
    await this.#write(localHeader(record, this.#options.alignment));
    return record;
  }

  async #end(record: WrittenRecord, { crc }: { readonly crc: number }): Promise<void> {
    this.#position += record.size;
    this.#setCrc(record, crc);
    if (record.size > 0) await this.#write(descriptorOf(record));
  }

  #setCrc(record: WrittenRecord, crc: number): void {
    if (this.#options.hasChecksums) record.crc = crc;
  }

  /** Writes the central directory; the writer is finished. */
  async finish(): Promise<void> {
    await this.#moves.all();
    const start = this.#position;
    for (const record of this.#records) await this.#write(centralEntry(record));
    const count = this.#records.length;
    const size = this.#position - start;
    const end = this.#position;
    const isNeeded = count >= 0xffff || size >= MASKED || start >= MASKED;
    const records = new FieldWriter();
    if (isNeeded || this.#options.zip64End === 'always') {
      records
        .uint32(0x06064b50)
        .uint64(44)
        .uint16(0x031e)
        .uint16(45)
        .uint32(0)
        .uint32(0)
        .uint64(count)
        .uint64(count)
        .uint64(size)
        .uint64(start)
        .uint32(0x07064b50)
        .uint32(0)
        .uint64(end)
        .uint32(1);
    }
    records
      .uint32(0x06054b50)
      .uint32(0)
      .uint16(Math.min(count, 0xffff))
      .uint16(Math.min(count, 0xffff))
      .uint32(Math.min(size, MASKED))
      .uint32(Math.min(start, MASKED))
      .uint16(0);
    await this.#write(records.take());
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#position += bytes.length;
    await this.#sink.write(bytes);
  }
}

/** The data of one record on its way to the archive's sink: counted, with its CRC. */
class RecordSink implements ByteSink {
  crc = 0;
  length = 0;
  readonly #sink: ByteSink;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.crc = crc32(bytes, this.crc);
    this.length += bytes.length;
    await this.#sink.write(bytes);
  }

  writeFrom(storage: Storage, offset: number, length: number): Promise<number> | null {
    return this.#follow(this.#sink.writeFrom?.(storage, offset, length), length);
  }

  writeFromFile(descriptor: number, position: number, length: number): Promise<number> | null {
    return this.#follow(this.#sink.writeFromFile?.(descriptor, position, length), length);
  }

  #follow(run: Promise<number> | null | undefined, length: number): Promise<number> | null {
    if (!run) return null;
    return run.then((crc) => {
      this.crc = combineCrc32(this.crc, crc, length);
      this.length += length;
      return crc;
    });
  }
}

/** The bytes of a storage in order, in steps of 4 MiB. */
export async function* chunksOf(source: StorageSource): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < source.bytes; at += STEP) yield source.read(at, Math.min(STEP, source.bytes - at));
}

function descriptorOf({ crc, size, offset }: WrittenRecord): Uint8Array {
  const isWide = size >= MASKED || offset >= MASKED;
  const descriptor = new FieldWriter().uint32(0x08074b50).uint32(crc);
  if (isWide) descriptor.uint64(size).uint64(size);
  else descriptor.uint32(size).uint32(size);
  return descriptor.take();
}

/** Sizes and CRC are zero: they stand in the descriptor and in the central directory. */
function localHeader({ name, flags, size, offset }: WrittenRecord, alignment: number): Uint8Array {
  // torch's local field has 0 for the compressed size, which it learns only while writing.
  const zip64 = zip64Field(size, 0, offset);
  const unpadded = 30 + name.length + zip64.length + 4;
  const padding = (alignment - ((offset + unpadded) % alignment)) % alignment;
  return new FieldWriter()
    .uint32(0x04034b50)
    .uint16(0)
    .uint16(flags)
    .fill(0, 18)
    .uint16(name.length)
    .uint16(zip64.length + 4 + padding)
    .bytes(name)
    .bytes(zip64)
    .text('FB')
    .uint16(padding)
    .fill(PAD, padding)
    .take();
}

function zip64Field(size: number, compressedSize: number, offset: number): Uint8Array {
  const fields = new FieldWriter();
  if (size >= MASKED) fields.uint64(size).uint64(compressedSize);
  if (offset >= MASKED) fields.uint64(offset);
  if (fields.length === 0) return new Uint8Array(0);
  return new FieldWriter().uint16(1).uint16(fields.length).bytes(fields.take()).take();
}

function centralEntry(record: WrittenRecord): Uint8Array {
  const zip64 = zip64Field(record.size, record.size, record.offset);
  return new FieldWriter()
    .uint32(0x02014b50)
    .uint32(0)
    .uint16(record.flags)
    .uint16(0)
    .uint32(0)
    .uint32(record.crc)
    .uint32(Math.min(record.size, MASKED))
    .uint32(Math.min(record.size, MASKED))
    .uint16(record.name.length)
    .uint16(zip64.length)
    .fill(0, 10)
    .uint32(Math.min(record.offset, MASKED))
    .bytes(record.name)
    .bytes(zip64)
    .take();
}
