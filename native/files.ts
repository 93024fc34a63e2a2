// Moves bytes of files straight into and out of the CPU backend's memory, off JavaScript's thread, with their CRC-32.
import type { Storage } from '#core/tensor/storage';

import type { NativeAddon } from './contract';
import { CpuStorage } from './cpu-backend';
import { loadNative } from './load';

/** `position` is the file's, `offset` the storage's, both in bytes. Resolves with the CRC-32 of the bytes moved. */
export type Transfer = (
  descriptor: number,
  position: number,
  storage: Storage,
  offset: number,
  length: number,
) => Promise<number>;

/** The transfer for a storage, or null: another backend's memory, or a system where descriptors are not shared. */
export const readTransfer = (storage: Storage): Transfer | null => transferOf(storage, 'readFile');
export const writeTransfer = (storage: Storage): Transfer | null => transferOf(storage, 'writeFile');
/** The same without the checksum, in large pieces: what the disk gives. For measurements; resolve with 0. */
export const plainReadTransfer = (storage: Storage): Transfer | null =>
  transferOf(storage, 'readFilePlainly');
export const plainWriteTransfer = (storage: Storage): Transfer | null =>
  transferOf(storage, 'writeFilePlainly');

/** What copying a file found wrong with the file it reads, `code` as of the system or `EOF`. */
export class SourceError extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/** Copies between open files; resolves with the CRC-32. Rejects with `SourceError` where reading failed. */
export type Copy = NonNullable<NativeAddon['copyFile']>;

/** null where descriptors are not shared. */
export function copyTransfer(): Copy | null {
  const copy = loadNative().copyFile;
  if (copy === undefined) return null;
  return (...places) =>
    copy(...places).catch((error: unknown) => {
      const [, code] = error instanceof Error ? (/^source (\w+)/.exec(error.message) ?? []) : [];
      throw code === undefined ? withSystemCode(error) : new SourceError(code);
    });
}

/**
 * Gives a file blocks for so many bytes, and that size; does nothing where its file system has no such thing. Null where the system has
 * none. Rejects with the system's code where there is no room.
 */
export function makeFileRoom(descriptor: number, bytes: number): Promise<void> | null {
  const made = loadNative().makeFileRoom?.(descriptor, bytes);
  return (
    made?.catch((error: unknown) => {
      throw withSystemCode(error);
    }) ?? null
  );
}

/** Has the system forget what it keeps of a file; false where it cannot be asked to. */
export function forgetFile(descriptor: number): boolean {
  const addon = loadNative();
  addon.forgetFile?.(descriptor);
  return addon.forgetFile !== undefined;
}

function transferOf(
  owner: Storage,
  name: 'readFile' | 'writeFile' | 'readFilePlainly' | 'writeFilePlainly',
): Transfer | null {
  if (!(owner instanceof CpuStorage)) return null;
  const transfer: NativeAddon[typeof name] = loadNative()[name];
  if (transfer === undefined) return null;
  return async (descriptor, position, storage, offset, length) => {
    if (!(storage instanceof CpuStorage)) throw new TypeError('expected memory of the CPU backend');
    try {
      return await transfer(descriptor, position, storage.native, offset, length);
    } catch (error) {
      throw withSystemCode(error);
    }
  };
}

/** The addon's message is the system's code: `code` as on Node's own errors. */
function withSystemCode(error: unknown): unknown {
  if (!(error instanceof Error) || !/^E[A-Z0-9]+$/.test(error.message)) return error;
  return Object.assign(new Error(error.message), { code: error.message });
}
