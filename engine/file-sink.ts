// Bytes in order into an open file: small ones gathered first, a backend's memory and other files' bytes written without passing through JavaScript.
import type { FileHandle } from 'node:fs/promises';

import { combineCrc32, crc32 } from '#core/formats/index';
import type { ByteSink } from '#core/formats/weights';
import type { Storage } from '#core/tensor/storage';

import { wrapWrite } from './file-errors';
import { copyRun, makeRoom, writeRun } from './transfers';

const GATHERED = 1024 * 1024;
/** Room is made for files from here on. */
const LARGE = 4 * 1024 * 1024;
/** A multiple of every disk's own block. */
const BLOCK = 4096;
/** Small pieces held back at most. */
const HELD = 4 * 1024 * 1024;

interface Piece {
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** Throws `write_failed`, naming the file. What was written lies on the disk only after `finish` and an fsync. */
export class FileSink implements ByteSink {
  readonly #handle: FileHandle;
  readonly #file: string;
  readonly #gathered = new Uint8Array(GATHERED);
  readonly #moving = new Set<Promise<unknown>>();
  #filled = 0;
  #position = 0;
  #hasRoom = false;
  /** What is no whole block of the disk goes through the system's cache, and for that a file system stops all other writes to the file. */
  #held: Piece[] = [];
  #heldBytes = 0;

  constructor(handle: FileHandle, file: string) {
    this.#handle = handle;
    this.#file = file;
  }

  /** Several threads may then write the file at once, which file systems allow only where its blocks are there. */
  async expect(bytes: number): Promise<void> {
    const made = bytes < LARGE ? null : makeRoom(this.#handle.fd, bytes);
    if (made === null) return;
    this.#hasRoom = true;
    await wrapWrite(this.#file, () => made);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#filled + bytes.byteLength > GATHERED) await this.#flush();
    if (bytes.byteLength >= GATHERED) return this.#writeAll(bytes);
    this.#gathered.set(bytes, this.#filled);
    this.#filled += bytes.byteLength;
  }

  writeFrom(storage: Storage, offset: number, length: number): Promise<number> | null {
    const position = this.#position + this.#filled;
    const head = this.#hasRoom ? (BLOCK - (position % BLOCK)) % BLOCK : 0;
    const tail = this.#hasRoom ? (position + length) % BLOCK : 0;
    const whole = length - head - tail;
    const fd = this.#handle.fd;
    const run =
      whole < 0
        ? null
        : writeRun(fd, { storage, offset: offset + head, position: position + head, length: whole });
    if (run === null) return null;
    const [first, last] = [storage.read(offset, head), storage.read(offset + length - tail, tail)];
    const done = this.#skip(length, run);
    this.#put(position, first);
    this.#put(position + length - tail, last);
    return done.then((crc) => combineCrc32(combineCrc32(crc32(first, 0), crc, whole), crc32(last, 0), tail));
  }

  writeFromFile(descriptor: number, position: number, length: number): Promise<number> | null {
    const target = { descriptor: this.#handle.fd, position: this.#position + this.#filled };
    const run = copyRun({ descriptor, position }, target, length);
    return run && this.#skip(length, run);
  }

  later(length: number): (bytes: Uint8Array) => Promise<void> {
    this.#sendGathered();
    const position = this.#position;
    this.#position += length;
    return async (bytes) => this.#put(position, bytes);
  }

  /** What is written by a run lies behind what is gathered. */
  #skip(length: number, run: Promise<number>): Promise<number> {
    this.#sendGathered();
    this.#position += length;
    return this.#follow(wrapWrite(this.#file, () => run));
  }

  /** Writes what is still gathered and waits for everything; the number of bytes written in all. */
  async finish(): Promise<number> {
    await this.#flush();
    await Promise.all(this.#moving);
    this.#sendHeld();
    await Promise.all(this.#moving);
    if (this.#hasRoom) await wrapWrite(this.#file, () => this.#handle.truncate(this.#position));
    return this.#position;
  }

  /** Resolves when nothing is written any more, after a failure too. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#moving);
  }

  /** Keeps what is under way, and what failed, for `finish`. */
  #follow<T>(work: Promise<T>): Promise<T> {
    this.#moving.add(work);
    void work.then(
      () => this.#moving.delete(work),
      () => undefined,
    );
    return work;
  }

  /** Writes what is gathered while others go on gathering. */
  #sendGathered(): void {
    const bytes = this.#gathered.slice(0, this.#filled);
    const position = this.#position;
    this.#position += this.#filled;
    this.#filled = 0;
    this.#put(position, bytes);
  }

  /** Writes a small piece, now or with others when enough are there. */
  #put(position: number, bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return;
    this.#held.push({ position, bytes });
    this.#heldBytes += bytes.byteLength;
    if (!this.#hasRoom || this.#heldBytes > HELD) this.#sendHeld();
  }

  #sendHeld(): void {
    for (const { position, bytes } of joined(this.#held)) void this.#follow(this.#writeAt(position, bytes));
    this.#held = [];
    this.#heldBytes = 0;
  }

  async #flush(): Promise<void> {
    const length = this.#filled;
    this.#filled = 0;
    if (length > 0) await this.#writeAll(this.#gathered.subarray(0, length));
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    const position = this.#position;
    this.#position += bytes.byteLength;
    await this.#writeAt(position, bytes);
  }

  async #writeAt(position: number, bytes: Uint8Array): Promise<void> {
    let done = 0;
    while (done < bytes.byteLength) {
      const { bytesWritten } = await wrapWrite(this.#file, () =>
        this.#handle.write(bytes, done, bytes.byteLength - done, position + done),
      );
      done += bytesWritten;
    }
  }
}

/** Pieces in their order, those that follow each other as one. */
function joined(pieces: readonly Piece[]): Piece[] {
  const runs: { position: number; end: number; parts: Uint8Array[] }[] = [];
  for (const { position, bytes } of pieces.toSorted((a, b) => a.position - b.position)) {
    const last = runs.at(-1);
    if (last?.end === position) {
      last.parts.push(bytes);
      last.end += bytes.byteLength;
    } else runs.push({ position, end: position + bytes.byteLength, parts: [bytes] });
  }
  return runs.map(({ position, parts }) => ({ position, bytes: Buffer.concat(parts) }));
}
