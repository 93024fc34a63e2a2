// The bytes of a data file as a stream, unpacked when it is gzip, with errors that name the file.
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

import { LazuliError } from '#core/errors';

import { openFile } from '../files';

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
  const raw = createReadStream(file, { highWaterMark: 256 * 1024 });
  if (!isGzip) return { isGzip, size: source.size, stream: raw };
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  raw.on('error', (error) => gunzip.destroy(error));
  raw.pipe(gunzip);
  return { isGzip, size: source.size, stream: Readable.from(unpacked(gunzip, file)) };
}

async function* unpacked(gunzip: Readable, file: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } catch (error) {
    throw new LazuliError(
      'file_refused',
      `${file} is not a whole gzip file: ${error instanceof Error ? error.message : String(error)}`,
      {
        where: file,
        expected: 'complete gzip data',
        hint: 'the file is damaged or was cut off: get it again',
      },
    );
  }
}
