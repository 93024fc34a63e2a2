// Writes a zip the way torch's writer does, byte for byte, streaming: a record is never held in memory.
import { assert } from '../../errors';
import { encodeText, FieldWriter } from '../bytes';
import type { ByteSink, StorageSource } from '../weights';
import { crc32 } from './crc32';
import { FLAG_DESCRIPTOR } from './directory';
import { MASKED } from './end-record';

interface WrittenRecord {
  readonly name: Uint8Array;
  readonly flags: number;
  readonly crc: number;
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
  #position = 0;

  /** `directory` is put before every record name; '' writes none. */
  constructor(sink: ByteSink, directory: string, options: ZipOptions = {}) {
    this.#sink = sink;
    this.#options = { alignment: ALIGNMENT, hasChecksums: true, zip64End: 'always', ...options };
    this.#prefix = directory === '' ? '' : `${directory}/`;
  }

  /** CRCs of the non-empty records, in the order they were written. */
  get crcs(): number[] {
    return this.#records.filter((record) => record.size > 0).map((record) => record.crc);
  }

  async writeBytes(name: string, bytes: Uint8Array): Promise<void> {
    const read = (offset: number, length: number): Promise<Uint8Array> =>
      Promise.resolve(bytes.subarray(offset, offset + length));
    await this.writeSource(name, { bytes: bytes.length, read });
  }

  /** Copies a whole storage: a backend's memory as it is, others in steps of 4 MiB. */
  async writeSource(name: string, source: StorageSource): Promise<void> {
    const { memory, bytes } = source;
    await this.#record(name, bytes, async () => {
      const run = memory === undefined ? null : (this.#sink.writeFrom?.(memory, 0, bytes) ?? null);
      if (run === null) return this.#copy(name, bytes, chunksOf(source));
      this.#position += bytes;
      const crc = await run;
      return this.#options.hasChecksums ? crc : 0;
    });
  }

  /** Writes a record of a known size from chunks in order. */
  async writeChunks(
    name: string,
    size: number,
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<void> {
    await this.#record(name, size, () => this.#copy(name, size, chunks));
  }

  /** `body` writes the data and gives its CRC. */
  async #record(name: string, size: number, body: () => Promise<number>): Promise<void> {
    const rawName = encodeText(this.#prefix + name);
    const flags = size === 0 ? UTF8 : UTF8 | FLAG_DESCRIPTOR;
    const offset = this.#position;
    await this.#write(localHeader(rawName, flags, size, offset, this.#options.alignment));
    const crc = await body();
    if (size > 0) {
      const isWide = size >= MASKED || offset >= MASKED;
      const descriptor = new FieldWriter().uint32(0x08074b50).uint32(crc);
      if (isWide) descriptor.uint64(size).uint64(size);
      else descriptor.uint32(size).uint32(size);
      await this.#write(descriptor.take());
    }
    this.#records.push({ name: rawName, flags, crc, size, offset });
  }

  async #copy(
    name: string,
    size: number,
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<number> {
    let crc = 0;
    let written = 0;
    for await (const chunk of chunks) {
      if (this.#options.hasChecksums) crc = crc32(chunk, crc);
      written += chunk.length;
      await this.#write(chunk);
    }
    assert(written === size, `record ${name} has ${String(written)} bytes, not ${String(size)}`);
    return crc;
  }

  /** Writes the central directory; the writer is finished. */
  async finish(): Promise<void> {
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

/** The bytes of a storage in order, in steps of 4 MiB. */
export async function* chunksOf(source: StorageSource): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < source.bytes; at += STEP) yield source.read(at, Math.min(STEP, source.bytes - at));
}

/** Sizes and CRC are zero: they stand in the descriptor and in the central directory. */
function localHeader(
  name: Uint8Array,
  flags: number,
  size: number,
  offset: number,
  alignment: number,
): Uint8Array {
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
