// Bytes in order into an open file: small ones gathered first, a backend's memory and other files' bytes written without passing through JavaScript.
import type { FileHandle } from 'node:fs/promises';

import type { ByteSink } from '#core/formats/weights';
import type { Storage } from '#core/tensor/storage';

import { wrapWrite } from './file-errors';
import { copyRun, writeRun } from './transfers';

const GATHERED = 1024 * 1024;

/** Throws `write_failed`, naming the file. What was written lies on the disk only after `finish` and an fsync. */
export class FileSink implements ByteSink {
  readonly #handle: FileHandle;
  readonly #file: string;
  readonly #gathered = new Uint8Array(GATHERED);
  #filled = 0;
  #position = 0;

  constructor(handle: FileHandle, file: string) {
    this.#handle = handle;
    this.#file = file;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#filled + bytes.byteLength > GATHERED) await this.#flush();
    if (bytes.byteLength >= GATHERED) return this.#writeAll(bytes);
    this.#gathered.set(bytes, this.#filled);
    this.#filled += bytes.byteLength;
  }

  writeFrom(storage: Storage, offset: number, length: number): Promise<number> | null {
    const position = this.#position + this.#filled;
    return this.#skip(length, writeRun(this.#handle.fd, { storage, offset, position, length }));
  }

  writeFromFile(descriptor: number, position: number, length: number): Promise<number> | null {
    const target = { descriptor: this.#handle.fd, position: this.#position + this.#filled };
    return this.#skip(length, copyRun({ descriptor, position }, target, length));
  }

  /** What is written by a run lies behind what is gathered. */
  #skip(length: number, run: Promise<number> | null): Promise<number> | null {
    if (run === null) return null;
    const position = this.#position + this.#filled;
    const gathered = this.#flush();
    this.#position = position + length;
    return wrapWrite(this.#file, async () => {
      const [crc] = await Promise.allSettled([run, gathered]);
      await gathered;
      if (crc.status === 'rejected') throw crc.reason;
      return crc.value;
    });
  }

  /** Writes what is still gathered; the number of bytes written in all. */
  async finish(): Promise<number> {
    await this.#flush();
    return this.#position;
  }

  async #flush(): Promise<void> {
    const length = this.#filled;
    this.#filled = 0;
    if (length > 0) await this.#writeAll(this.#gathered.subarray(0, length));
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    const start = this.#position;
    this.#position += bytes.byteLength;
    let done = 0;
    while (done < bytes.byteLength) {
      const { bytesWritten } = await wrapWrite(this.#file, () =>
        this.#handle.write(bytes, done, bytes.byteLength - done, start + done),
      );
      done += bytesWritten;
    }
  }
}
