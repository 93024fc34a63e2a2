// What goes wrong with files, in words: the system's codes as typed errors that name the file.
import { LazuliError } from '#core/errors';
import { refusal } from '#core/formats/index';
import { SourceError } from '#native';

export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** What the system's error codes mean to the reader. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'the system does not permit it',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than allowed',
  ENOENT: 'the folder does not exist',
  ENOTDIR: 'part of the path is not a folder',
  EISDIR: 'it is a folder',
  EIO: 'the disk reports an error',
  ELOOP: 'the symbolic links run in a circle',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many files are open',
};

const reasonOf = (error: unknown): string =>
  REASONS[codeOf(error)] ?? (error instanceof Error ? error.message : String(error));

/** Calls `body`; what the system refuses becomes `write_failed`. What is wrong with a file that is copied stays its reader's. */
export async function wrapWrite<T>(file: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof LazuliError || error instanceof SourceError) throw error;
    throw new LazuliError('write_failed', `${file} could not be written: ${reasonOf(error)}`, {
      where: file,
      got: codeOf(error) || reasonOf(error),
      hint: 'nothing was changed: a file of that name is as it was; choose another place or make room',
    });
  }
}

/** Calls `body`; what the system refuses becomes `file_not_found` or `read_failed`. */
export async function wrapRead<T>(file: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof LazuliError) throw error;
    const isMissing = codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
    if (isMissing) throw new LazuliError('file_not_found', `${file} does not exist`, { where: file });
    throw new LazuliError('read_failed', `${file} could not be read: ${reasonOf(error)}`, {
      where: file,
      got: codeOf(error) || reasonOf(error),
    });
  }
}

/** A file that is shorter than it was, or than it says. */
export const endsTooEarly = (file: string, offset: number, length: number, got: string): LazuliError =>
  refusal(file, 'the file ends too early', `byte ${offset}`, {
    expected: `${length} bytes from ${offset}`,
    got,
    hint: 'the file is truncated or changed while it was read',
  });
