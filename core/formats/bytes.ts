// Small tools over bytes: sources and sinks in memory, little-endian fields, UTF-8 that keeps lone surrogates.
import { refusal } from './refuse';
import type { ByteSink, ByteSource, StorageSource } from './weights';

/** A file that is already in memory. `name` is what error messages call it. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read: (offset, length) =>
      checkRange(name, bytes.length, offset, length).then(() => bytes.subarray(offset, offset + length)),
  };
}

/** Throws `file_refused` unless `length` bytes from `offset` lie inside `size`. */
export async function checkRange(name: string, size: number, offset: number, length: number): Promise<void> {
  const valid = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!valid || length > size - offset) {
    throw refusal(name, 'a part of the file lies past its end', `byte ${String(offset)}`, {
      expected: `at most ${String(size)} bytes`,
      got: `${String(length)} bytes from ${String(offset)}`,
      hint: 'The file is damaged or was cut short: get it again.',
    });
  }
}

/** A part of a storage as a storage of its own. */
export function partOf(source: StorageSource, start: number, bytes: number, name: string): StorageSource {
  const isInside = (offset: number, length: number): boolean => offset >= 0 && length <= bytes - offset;
  return {
    bytes,
    ...(source.place === undefined ? {} : { place: source.place + start }),
    read: async (offset, length) => {
      await checkRange(name, bytes, offset, length);
      return source.read(start + offset, length);
    },
    readInto: (storage, at, offset, length) =>
      (isInside(offset, length) && source.readInto?.(storage, at, start + offset, length)) || null,
    copyTo: (sink, offset, length) =>
      (isInside(offset, length) && source.copyTo?.(sink, start + offset, length)) || null,
  };
}

/** A range of a file as a storage of its own. */
export const rangeOf = (source: ByteSource, start: number, bytes: number): StorageSource =>
  partOf(wholeOf(source), start, bytes, source.name);

/** All of a file as one storage. */
export const wholeOf = (source: ByteSource): StorageSource => ({
  bytes: source.size,
  place: 0,
  read: (offset, length) => source.read(offset, length),
  readInto: (storage, at, offset, length) =>
    source.readInto?.(storage, at, offset, length)?.then(() => undefined) ?? null,
  copyTo: (sink, offset, length) => source.copyTo?.(sink, offset, length) ?? null,
});

/** A sink that keeps what is written; `take` returns it as one array. */
export class MemorySink implements ByteSink {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  write(bytes: Uint8Array): Promise<void> {
    this.#chunks.push(bytes.slice());
    this.#length += bytes.length;
    return Promise.resolve();
  }

  take(): Uint8Array {
    return concatenate(this.#chunks, this.#length);
  }
}

/** One array holding all chunks in order. */
export function concatenate(chunks: readonly Uint8Array[], length?: number): Uint8Array {
  const result = new Uint8Array(length ?? chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    result.set(chunk, at);
    at += chunk.length;
  }
  return result;
}

/** A `DataView` over exactly these bytes. */
export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** An unsigned 64-bit little-endian integer, or null when a double cannot hold it. */
export function readUint64(view: DataView, at: number): number | null {
  const high = view.getUint32(at + 4, true);
  return high >= 0x20_0000 ? null : high * 0x1_0000_0000 + view.getUint32(at, true);
}

/** Builds little-endian records field by field. */
export class FieldWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  uint8(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  uint16(value: number): this {
    return this.uint8(value & 0xff).uint8((value >>> 8) & 0xff);
  }

  uint32(value: number): this {
    return this.uint16(value & 0xffff).uint16((value >>> 16) & 0xffff);
  }

  uint64(value: number): this {
    return this.uint32(value % 0x1_0000_0000).uint32(Math.floor(value / 0x1_0000_0000));
  }

  bytes(values: Uint8Array): this {
    this.#reserve(values.length);
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
    return this;
  }

  fill(value: number, count: number): this {
    this.#reserve(count);
    this.#bytes.fill(value, this.#length, this.#length + count);
    this.#length += count;
    return this;
  }

  text(value: string): this {
    return this.bytes(encodeText(value));
  }

  take(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LONE_SURROGATE = /\p{Cs}/u;

/** UTF-8, lone surrogates as three bytes each (Python's `surrogatepass`). */
export function encodeText(text: string): Uint8Array {
  if (!LONE_SURROGATE.test(text)) return encoder.encode(text);
  const parts = Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    return isSurrogate
      ? Uint8Array.of(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
      : encoder.encode(character);
  });
  return concatenate(parts);
}

/** Strict UTF-8, or null when the bytes are not valid. */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return null;
  }
}

/** UTF-8 that may hold surrogates as three bytes each (Python's `surrogatepass`), or null when invalid. */
export function decodeSurrogateText(bytes: Uint8Array): string | null {
  const strict = decodeText(bytes);
  if (strict !== null) return strict;
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at + 2 < bytes.length; at++) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3);
    if (first !== 0xed || second < 0xa0 || second > 0xbf || third < 0x80 || third > 0xbf) continue;
    const before = decodeText(bytes.subarray(start, at));
    if (before === null) return null;
    parts.push(before, String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f)));
    start = at + 3;
    at += 2;
  }
  const rest = start === 0 ? null : decodeText(bytes.subarray(start));
  return rest === null ? null : parts.join('') + rest;
}
