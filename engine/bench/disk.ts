// What a disk gives at best: the same bytes moved plainly by native threads, through the system's cache and past it. For `lazuli bench`.
import { constants, createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

import { LazuliError } from '#core/errors';
import type { Storage } from '#core/tensor/storage';
import { forgetFile, makeFileRoom, plainReadTransfer, plainWriteTransfer, type Transfer } from '#native';

import { cpuBackend } from '../backend';

const PART = 4 * 1024 * 1024;

/** A way to move the same bytes without format or checksum. */
export interface PlainMode {
  readonly name: string;
  readonly flags: number;
  /** The file has its blocks before they are written, so that several threads may. */
  readonly hasRoom?: boolean;
  /** Into memory that the system has to find and clear, as that of a model that is loaded. */
  readonly isFresh?: boolean;
  readonly isElse?: boolean;
}

const DIRECT = Number(constants.O_DIRECT ?? 0);
const BUFFERED: PlainMode = { name: 'buffered', flags: 0 };
/** Measured only where the file system refuses the others. */
const ELSE_BUFFERED: PlainMode = { ...BUFFERED, isElse: true };
/** The best of these is what the disk gives; of those into fresh memory, what it gives to somebody who has none yet. */
export const MODES = {
  write: [
    { name: 'direct', flags: DIRECT, hasRoom: true },
    { name: 'direct_growing', flags: DIRECT },
    ELSE_BUFFERED,
  ],
  readCold: [
    { name: 'direct', flags: DIRECT },
    { name: 'direct_fresh', flags: DIRECT, isFresh: true },
    ELSE_BUFFERED,
  ],
  readWarm: [BUFFERED, { name: 'buffered_fresh', flags: 0, isFresh: true }],
} satisfies Record<string, readonly PlainMode[]>;

/** A file system without direct access is measured through the system's cache alone. */
export function refusedDirectly(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'EINVAL') return null;
  throw error;
}

const { O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } = constants;

/** All bytes from memory into a new file and an fsync: what a save cannot do without. */
export async function writePlainly(
  file: string,
  { flags, hasRoom = false }: PlainMode,
  storages: readonly Storage[],
): Promise<() => Promise<void>> {
  const handle = await open(file, O_WRONLY | O_CREAT | O_TRUNC | flags);
  return async () => {
    try {
      const bytes = storages.reduce((sum, storage) => sum + storage.bytes, 0);
      if (hasRoom) await makeFileRoom(handle.fd, bytes);
      await movePlainly(handle, storages, plainWriteTransfer);
      await handle.sync();
    } finally {
      await handle.close();
    }
  };
}

/** All bytes of a file into memory as large as `storages`: these, or fresh memory. */
export async function readPlainly(
  file: string,
  { flags, isFresh = false }: PlainMode,
  storages: readonly Storage[],
): Promise<() => Promise<void>> {
  const handle = await open(file, O_RDONLY | flags);
  return async () => {
    const fresh = isFresh ? storages.map(({ bytes }) => cpuBackend().allocate(bytes)) : [];
    try {
      await movePlainly(handle, isFresh ? fresh : storages, plainReadTransfer);
    } finally {
      for (const storage of fresh) storage.dispose();
      await handle.close();
    }
  };
}

async function movePlainly(
  handle: FileHandle,
  storages: readonly Storage[],
  transferOf: (storage: Storage) => Transfer | null,
): Promise<void> {
  let position = 0;
  const starts = storages.map(({ bytes }) => (position += bytes) - bytes);
  const moves = storages.flatMap((storage, index) =>
    Array.from({ length: Math.ceil(storage.bytes / PART) }, (_, part) => {
      const at = part * PART;
      const transfer = transferOf(storage);
      if (transfer === null)
        throw new LazuliError('not_supported', 'files are not measured on this system', {
          where: process.platform,
        });
      return transfer(handle.fd, (starts[index] ?? 0) + at, storage, at, Math.min(PART, storage.bytes - at));
    }),
  );
  await Promise.allSettled(moves);
  await Promise.all(moves);
}

/** What the system keeps of a file is given up: the next read is the disk's. */
export async function forget(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    forgetFile(handle.fd);
  } finally {
    await handle.close();
  }
}

/** The whole file once through the system's cache. */
export async function remember(file: string): Promise<void> {
  const stream = createReadStream(file, { highWaterMark: PART });
  for await (const chunk of stream) void chunk;
}
