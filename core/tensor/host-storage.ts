// Storage in JavaScript's own memory: holds parameters where no native backend exists (the window, unit tests).
import { LazuliError } from '../errors';
import type { Storage } from './storage';

export class HostStorage implements Storage {
  readonly device = 'cpu';
  #data: Uint8Array | null;
  readonly bytes: number;

  /** Zero-filled memory of `bytes`, or a block that takes over `data`. */
  constructor(data: number | Uint8Array) {
    this.#data = typeof data === 'number' ? new Uint8Array(data) : data;
    this.bytes = this.#data.byteLength;
  }
  get isDisposed(): boolean {
    return this.#data === null;
  }
  read(offset: number, length: number): Uint8Array {
    return this.#range(offset, length).slice();
  }
  write(offset: number, bytes: Uint8Array): void {
    this.#range(offset, bytes.byteLength).set(bytes);
  }
  copy(): HostStorage {
    return new HostStorage(this.#range(0, this.bytes).slice());
  }
  assign(source: Storage): void {
    if (source instanceof HostStorage) this.#range(0, this.bytes).set(source.#range(0, this.bytes));
    else this.write(0, source.read(0, this.bytes));
  }
  dispose(): void {
    this.#data = null;
  }

  #range(offset: number, length: number): Uint8Array {
    if (this.#data === null) throw new LazuliError('internal', 'storage used after dispose()');
    if (offset < 0 || length < 0 || offset + length > this.bytes)
      throw new LazuliError(
        'internal',
        `bytes ${offset}..${offset + length} are outside a storage of ${this.bytes}`,
      );
    return this.#data.subarray(offset, offset + length);
  }
}
