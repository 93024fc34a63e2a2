// Files on disk for the engine: random reads without mapping, and saves that either happen whole or leave the old file alone.
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, open, readlink, realpath, stat, unlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

import { LazuliError } from '#core/errors';
import { refusal } from '#core/formats/index';
import type { ByteSink, ByteSource } from '#core/formats/weights';

import './checksum';
import { codeOf, endsTooEarly, wrapRead, wrapWrite } from './file-errors';
import { FileSink } from './file-sink';
import { replaceFile } from './replace';
import { readRun } from './transfers';

/** A file opened for random reads. Reads copy: the file may change or shrink under it and only an error follows. */
export interface OpenFile extends ByteSource {
  /** Modification time in ms, to notice a change. */
  readonly modified: number;
  close(): Promise<void>;
}

/** Throws `file_not_found` or `read_failed`, naming the file. */
export async function openFile(file: string): Promise<OpenFile> {
  const handle = await wrapRead(file, () => open(file, 'r'));
  try {
    const status = await handle.stat();
    if (!status.isFile())
      throw new LazuliError('read_failed', `${file} is not a file`, {
        where: file,
        expected: 'a regular file',
        got: status.isDirectory() ? 'a folder' : 'a device or pipe',
      });
    return {
      name: file,
      size: status.size,
      modified: status.mtimeMs,
      read: (offset, length) => readExactly(handle, file, offset, length),
      readInto: (storage, at, offset, length) => {
        const run = readRun(handle.fd, { storage, offset: at, position: offset, length });
        return run && namingEnd(file, offset, length, run);
      },
      copyTo: (sink, offset, length) => {
        const run = sink.writeFromFile?.(handle.fd, offset, length) ?? null;
        return run && namingEnd(file, offset, length, run);
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Opens, passes to `body`, closes. */
export async function withFile<T>(file: string, body: (source: OpenFile) => Promise<T>): Promise<T> {
  const source = await openFile(file);
  try {
    return await body(source);
  } finally {
    await source.close();
  }
}

async function readExactly(
  handle: FileHandle,
  file: string,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await wrapRead(file, () => handle.read(bytes, done, length - done, offset + done));
    if (bytesRead === 0) throw endsTooEarly(file, offset, length, String(done));
    done += bytesRead;
  }
  return bytes;
}

/** The CRC of a run, or the error for it. */
async function namingEnd(
  file: string,
  offset: number,
  length: number,
  run: Promise<number>,
): Promise<number> {
  return wrapRead(file, async () => {
    try {
      return await run;
    } catch (error) {
      throw codeOf(error) === 'EOF' ? endsTooEarly(file, offset, length, 'the end of the file') : error;
    }
  });
}

/** A whole text file of at most `limit` bytes. Refuses what is not UTF-8. */
export function readText(file: string, limit = 64 * 1024 * 1024): Promise<string> {
  return withFile(file, async (source) => {
    if (source.size > limit)
      throw refusal(file, 'it is too large to be read as text', `byte ${limit}`, {
        expected: `at most ${limit} bytes`,
        got: String(source.size),
      });
    const bytes = await source.read(0, source.size);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      throw refusal(file, 'it is not UTF-8 text', `byte ${validLength(bytes)}`, { expected: 'UTF-8 text' });
    }
  });
}

/** How many bytes stand before the first that UTF-8 cannot have there: halved until it is found. */
function validLength(bytes: Uint8Array): number {
  let [least, most] = [0, bytes.length];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    try {
      // A sequence that is only cut is no error while streaming.
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      least = middle;
    } catch {
      most = middle - 1;
    }
  }
  return least;
}

/**
 * Writes a file whole or not at all: a temporary file in the same folder, fsync, size check, rename, fsync of the folder.
 * Keeps the old file's mode and writes through symbolic links; a hard link to the old file keeps the old content.
 * Throws `write_failed`; the old file is then untouched and the temporary one gone. A failed fsync is a failed save.
 */
export async function writeFileAtomically(
  file: string,
  body: (sink: ByteSink) => Promise<void>,
): Promise<number> {
  const target = await wrapWrite(file, () => followLinks(file));
  const folder = path.dirname(target);
  const temporary = path.join(folder, `.${path.basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  const mode = await modeOf(target);
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
  const handle = await wrapWrite(file, () => open(temporary, flags, mode ?? 0o666));
  let isOpen = true;
  try {
    const sink = new FileSink(handle, file);
    let written: number;
    try {
      await body(sink);
      written = await sink.finish();
    } finally {
      await sink.settled();
    }
    await wrapWrite(file, async () => {
      if (mode !== null) await handle.chmod(mode);
      await handle.sync();
      const { size } = await handle.stat();
      if (size !== written) throw new Error(`${size} bytes arrived of ${written}`);
      isOpen = false;
      await handle.close();
      await replaceFile(temporary, target);
    });
    return written;
  } catch (error) {
    if (isOpen) await handle.close().catch(() => undefined);
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

export const writeTextAtomically = (file: string, text: string): Promise<number> =>
  writeFileAtomically(file, (sink) => sink.write(new TextEncoder().encode(text)));

/** Finds out now whether a file can be written later, before hours of work. Throws `write_failed`; changes nothing. */
export async function checkWritable(file: string): Promise<void> {
  await wrapWrite(file, async () => {
    const target = await followLinks(file);
    const existing = await stat(target).catch(() => null);
    if (existing?.isDirectory() === true)
      throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
    await access(path.dirname(target), constants.W_OK | constants.X_OK);
  });
}

/** The file a path stands for, links resolved also where the last one points to nothing yet. */
async function followLinks(file: string): Promise<string> {
  let current = path.resolve(file);
  for (let depth = 0; depth < 40; depth++) {
    try {
      return await realpath(current);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    const next = await readlink(current).catch(() => null);
    if (next === null) return path.join(await realpath(path.dirname(current)), path.basename(current));
    current = path.resolve(path.dirname(current), next);
  }
  throw Object.assign(new Error('too many symbolic links'), { code: 'ELOOP' });
}

async function modeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).mode & 0o7777;
  } catch {
    return null;
  }
}
