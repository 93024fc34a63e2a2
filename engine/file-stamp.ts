// What a file on disk looked like when it was read or written last, to notice that something else changed it since.
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';

export interface FileStamp {
  readonly size: number;
  readonly modified: number;
  readonly sha256: string;
}

/** null when there is no such file, or it cannot be read. */
export async function stampOf(file: string): Promise<FileStamp | null> {
  try {
    const { size, mtimeMs } = await stat(file);
    return { size, modified: mtimeMs, sha256: hashOf(await readFile(file)) };
  } catch {
    return null;
  }
}

/** True when the file's content is another than at `stamp`. A touched file with the same content is none; a file that is gone neither. */
export async function hasChanged(file: string, stamp: FileStamp | null): Promise<boolean> {
  const status = await stat(file).catch(() => null);
  if (!status) return false;
  if (stamp && status.size === stamp.size && status.mtimeMs === stamp.modified) return false;
  const now = await stampOf(file);
  return now !== null && now.sha256 !== stamp?.sha256;
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
