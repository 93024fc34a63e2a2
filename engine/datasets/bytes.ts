// The bytes of a data file as a stream, unpacked when it is gzip, with errors that name the file.
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

import { LazuliError } from '#core/errors';
import { refusal } from '#core/formats/refuse';

import { openFile } from '../files';

const PIECE = 256 * 1024;
/** What a gzip file may unpack to: so much anyway, and so many times its size. */
const FREE_INFLATION = 16 * 1024 * 1024;
const LARGEST_RATIO = 100;

export interface DataBytes {
  readonly isGzip: boolean;
  /** Bytes on disk. */
  readonly size: number;
  /** Unpacked bytes in order. Ends with `file_refused` where gzip data is damaged or cut off. */
  readonly stream: Readable;
}

/** Throws `file_not_found` or `read_failed` before anything is read. */
export async function openBytes(file: string): Promise<DataBytes> {
  const source = await openFile(file);
  let isGzip: boolean;
  try {
    const magic = await source.read(0, Math.min(2, source.size));
    isGzip = magic[0] === 0x1f && magic[1] === 0x8b;
  } finally {
    await source.close();
  }
  const raw = createReadStream(file, { highWaterMark: PIECE });
  if (!isGzip) return { isGzip, size: source.size, stream: raw };
  const gunzip = createGunzip({ chunkSize: PIECE });
  raw.on('error', (error) => gunzip.destroy(error));
  raw.pipe(gunzip);
  return { isGzip, size: source.size, stream: Readable.from(unpacked(gunzip, file, source.size)) };
}

/** The text of a data file in pieces. Ends with `file_refused` where it is not UTF-8; throws as `openBytes` does. */
export async function openText(file: string): Promise<Readable> {
  const { stream } = await openBytes(file);
  return Readable.from(decoded(stream, file));
}

async function* decoded(stream: Readable, file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let line = 1;
  const decode = (bytes?: Buffer): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw refusal(file, 'it is not UTF-8 text', `line ${line} or soon after`, {
        expected: 'UTF-8',
        hint: 'save it as UTF-8, or choose the right file',
      });
    }
  };
  for await (const chunk of stream) {
    const text = decode(chunk as Buffer);
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) line++;
    // An empty piece would end the stream.
    if (text !== '') yield text;
  }
  const rest = decode();
  if (rest !== '') yield rest;
}

async function* unpacked(gunzip: Readable, file: string, size: number): AsyncGenerator<Buffer> {
  const most = Math.max(FREE_INFLATION, size * LARGEST_RATIO);
  let done = 0;
  try {
    for await (const chunk of gunzip) {
      done += (chunk as Buffer).length;
      if (done > most)
        throw refusal(file, 'it unpacks to far more than its own size', `byte ${done} of the unpacked data`, {
          expected: `at most ${most} bytes`,
          got: `more, from a file of ${size}`,
          hint: 'this is what a decompression bomb looks like; an honest file can be given unpacked',
        });
      yield chunk as Buffer;
    }
  } catch (error) {
    if (error instanceof LazuliError) throw error;
    throw refusal(file, 'it is not a whole gzip file', `byte ${done} of the unpacked data`, {
      expected: 'complete gzip data',
      got: error instanceof Error ? error.message : String(error),
      hint: 'the file is damaged or was cut off: get it again',
    });
  }
}
