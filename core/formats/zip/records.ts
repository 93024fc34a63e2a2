// The bytes of one zip entry, read in pieces, with the CRC checked whenever the whole of it has passed by.
import { Inflate, inflateSync } from 'fflate';

import type { Storage } from '../../tensor/storage';
import { checkRange } from '../bytes';
import { quote, refusal } from '../refuse';
import type { ByteSink, ByteSource, StorageSource } from '../weights';
import { combineCrc32, crc32 } from './crc32';
import type { ZipEntry } from './directory';

export type Record = StorageSource;

/** Entries up to this size are verified whole before a part of them is used, and kept when they had to be inflated. */
const SMALL = 16 * 1024 * 1024;
const STEP = 1024 * 1024;
/** Compressed bytes inflated at once: at most 1032 times as many come out. */
const INFLATE_STEP = 8 * 1024;

const wrongCrc = (source: ByteSource, entry: ZipEntry, got: number): Error =>
  refusal(source.name, `the bytes of ${quote(entry.name)} are damaged`, `zip entry ${quote(entry.name)}`, {
    expected: `CRC ${entry.crc.toString(16).padStart(8, '0')}`,
    got: `CRC ${got.toString(16).padStart(8, '0')}`,
    hint: 'The file changed since it was written: get it again or use an older copy.',
  });

/** An entry stored as is: reads go straight to the file. */
export class StoredRecord implements Record {
  readonly bytes: number;
  readonly place: number;
  readonly #source: ByteSource;
  readonly #entry: ZipEntry;
  readonly #start: number;
  #isVerified: boolean;
  #whole: Promise<void> | null = null;
  #next = 0;
  #crc = 0;

  /** `isChecked` is false for archives without checksums. */
  constructor(source: ByteSource, entry: ZipEntry, start: number, isChecked: boolean) {
    this.bytes = entry.size;
    this.#source = source;
    this.#entry = entry;
    this.#start = this.place = start;
    this.#isVerified = !isChecked;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    await checkRange(this.#source.name, this.bytes, offset, length);
    const isPart = length < this.bytes;
    if (!this.#isVerified && isPart && this.bytes <= SMALL) await (this.#whole ??= this.#verify());
    const data = await this.#source.read(this.#start + offset, length);
    const known = this.#next - offset;
    if (offset === 0) this.#follow(offset, length, crc32(data, 0));
    else if (known >= 0 && known < length)
      this.#follow(this.#next, length - known, crc32(data.subarray(known), 0));
    return data;
  }

  readInto(storage: Storage, at: number, offset: number, length: number): Promise<void> | null {
    if (!this.#canMove(offset, length)) return null;
    const run = this.#source.readInto?.(storage, at, this.#start + offset, length);
    return run?.then((crc) => void this.#follow(offset, length, crc)) ?? null;
  }

  copyTo(sink: ByteSink, offset: number, length: number): Promise<number> | null {
    if (!this.#canMove(offset, length)) return null;
    const run = this.#source.copyTo?.(sink, this.#start + offset, length);
    return run?.then((crc) => this.#follow(offset, length, crc)) ?? null;
  }

  /** A part of a small record is only used after the whole is checked: `read` sees to that. */
  #canMove(offset: number, length: number): boolean {
    const isPart = length < this.bytes;
    const isUnchecked = !this.#isVerified && isPart && this.bytes <= SMALL;
    return !isUnchecked && length <= this.bytes - offset;
  }

  /** Reading in order from the start checks the CRC without reading anything twice. Returns the run's CRC. */
  #follow(offset: number, length: number, crc: number): number {
    if (this.#isVerified) return crc;
    if (offset === 0) {
      this.#next = 0;
      this.#crc = 0;
    }
    if (offset !== this.#next) return crc;
    this.#crc = combineCrc32(this.#crc, crc, length);
    this.#next += length;
    if (this.#next !== this.bytes) return crc;
    if (this.#crc !== this.#entry.crc) throw wrongCrc(this.#source, this.#entry, this.#crc);
    this.#isVerified = true;
    return crc;
  }

  async #verify(): Promise<void> {
    let crc = 0;
    for (let at = 0; at < this.bytes; at += STEP) {
      crc = crc32(await this.#source.read(this.#start + at, Math.min(STEP, this.bytes - at)), crc);
    }
    if (crc !== this.#entry.crc) throw wrongCrc(this.#source, this.#entry, crc);
    this.#isVerified = true;
  }
}

/** A deflated entry: inflated as far as asked, from the start again when asked to go back. */
export class DeflatedRecord implements Record {
  readonly bytes: number;
  readonly #source: ByteSource;
  readonly #entry: ZipEntry;
  readonly #start: number;
  #small: Promise<Uint8Array> | null = null;
  #cursor: InflateCursor | null = null;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(source: ByteSource, entry: ZipEntry, start: number) {
    this.bytes = entry.size;
    this.#source = source;
    this.#entry = entry;
    this.#start = start;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    await checkRange(this.#source.name, this.bytes, offset, length);
    if (this.bytes <= SMALL) {
      const whole = await (this.#small ??= this.#inflateWhole());
      return whole.subarray(offset, offset + length);
    }
    const result = this.#queue.then(async () => {
      if (this.#cursor === null || this.#cursor.position > offset) this.#cursor = this.#newCursor();
      return this.#cursor.take(offset, length);
    });
    this.#queue = result.catch(() => {
      this.#cursor = null;
    });
    return result;
  }

  async #inflateWhole(): Promise<Uint8Array> {
    const whole = await this.#newCursor().take(0, this.bytes);
    // A stream that is already complete without its last byte has bytes hidden behind it.
    const length = this.#entry.compressedSize - 1;
    if (length >= 0 && isDeflateStream(await this.#source.read(this.#start, length))) {
      const name = quote(this.#entry.name);
      throw refusal(this.#source.name, `${name} has bytes after its deflate stream`, `zip entry ${name}`);
    }
    return whole;
  }

  #newCursor(): InflateCursor {
    return new InflateCursor(this.#source, this.#entry, this.#start);
  }
}

function isDeflateStream(bytes: Uint8Array): boolean {
  try {
    inflateSync(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Inflates forward only; holds one step's output at most. */
class InflateCursor {
  position = 0;
  readonly #source: ByteSource;
  readonly #entry: ZipEntry;
  readonly #start: number;
  readonly #inflate: Inflate;
  #consumed = 0;
  #produced = 0;
  #crc = 0;
  #pending: Uint8Array[] = [];

  constructor(source: ByteSource, entry: ZipEntry, start: number) {
    this.#source = source;
    this.#entry = entry;
    this.#start = start;
    this.#inflate = new Inflate((chunk) => {
      this.#produced += chunk.length;
      this.#crc = crc32(chunk, this.#crc);
      if (chunk.length > 0) this.#pending.push(chunk);
    });
  }

  async take(offset: number, length: number): Promise<Uint8Array> {
    const result = new Uint8Array(length);
    let filled = 0;
    while (filled < length || (this.position === this.#entry.size && !this.#isDone())) {
      const [chunk] = this.#pending;
      if (chunk === undefined) {
        await this.#advance();
        continue;
      }
      const skipped = Math.min(Math.max(offset - this.position, 0), chunk.length);
      const used = Math.min(chunk.length - skipped, length - filled);
      result.set(chunk.subarray(skipped, skipped + used), filled);
      filled += used;
      this.position += skipped + used;
      if (skipped + used === chunk.length) this.#pending.shift();
      else this.#pending[0] = chunk.subarray(skipped + used);
    }
    return result;
  }

  #isDone(): boolean {
    return this.#consumed === this.#entry.compressedSize;
  }

  async #advance(): Promise<void> {
    const left = this.#entry.compressedSize - this.#consumed;
    if (left === 0) throw this.#wrongLength();
    const length = Math.min(INFLATE_STEP, left);
    const data = await this.#source.read(this.#start + this.#consumed, length);
    this.#consumed += length;
    try {
      this.#inflate.push(data, length === left);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw refusal(
        this.#source.name,
        `the deflated bytes of ${quote(this.#entry.name)} are damaged`,
        this.#where(),
        {
          expected: 'a deflate stream',
          got: reason,
        },
      );
    }
    if (this.#produced > this.#entry.size) throw this.#wrongLength();
    if (length !== left) return;
    if (this.#produced !== this.#entry.size) throw this.#wrongLength();
    if (this.#crc !== this.#entry.crc) throw wrongCrc(this.#source, this.#entry, this.#crc);
  }

  #wrongLength(): Error {
    return refusal(
      this.#source.name,
      `${quote(this.#entry.name)} does not inflate to its stated size`,
      this.#where(),
      { expected: `${String(this.#entry.size)} bytes`, got: `${String(this.#produced)} bytes or more` },
    );
  }

  #where(): string {
    return `zip entry ${quote(this.#entry.name)} at byte ${String(this.#start)}`;
  }
}
