// Long runs of bytes between an open file and a backend's memory or another file: in parts on several threads, checksums joined again.
import { combineCrc32 } from '#core/formats/index';
import type { Storage } from '#core/tensor/storage';
import { copyTransfer, makeFileRoom, readTransfer, writeTransfer, type Transfer } from '#native';

/** Small enough to keep both threads busy with one tensor, large enough for the disk. */
const PART = 4 * 1024 * 1024;
/** What is left of a run goes with the part before it up to here: shorter parts go through the system's cache. */
const LEAST = 512 * 1024;
/** Shorter runs are as fast through JavaScript. */
const SHORTEST = 64 * 1024;

/** A run of bytes: `position` in the file, `offset` in the storage. */
export interface Run {
  readonly storage: Storage;
  readonly offset: number;
  readonly position: number;
  readonly length: number;
}

/** Fills the run from the file; resolves with its CRC-32. Null where it has to go through JavaScript. */
export const readRun = (descriptor: number, run: Run): Promise<number> | null =>
  run.length < SHORTEST ? null : move(descriptor, run, readTransfer(run.storage));

/** Writes the run to the file; resolves with its CRC-32. Null where it has to go through JavaScript. */
export const writeRun = (descriptor: number, run: Run): Promise<number> | null =>
  run.length < SHORTEST ? null : move(descriptor, run, writeTransfer(run.storage));

/** Makes room for a new file of so many bytes; null where the system cannot be asked to. Rejects with the system's error. */
export const makeRoom = (descriptor: number, bytes: number): Promise<void> | null =>
  makeFileRoom(descriptor, bytes);

/** A place in an open file. */
export interface Place {
  readonly descriptor: number;
  readonly position: number;
}

/** Copies between open files; resolves with the CRC-32. Null where it has to go through JavaScript. */
export function copyRun(from: Place, to: Place, length: number): Promise<number> | null {
  const copy = length < SHORTEST ? null : copyTransfer();
  return (
    copy &&
    moveParts(to.position, length, (at, size) =>
      copy(from.descriptor, from.position + at, to.descriptor, to.position + at, size),
    )
  );
}

const move = (
  descriptor: number,
  { storage, offset, position, length }: Run,
  transfer: Transfer | null,
): Promise<number> | null =>
  transfer &&
  moveParts(position, length, (at, size) => transfer(descriptor, position + at, storage, offset + at, size));

/** Parts end at multiples of their size in the file: what is no whole block of the disk takes a way of its own. */
async function moveParts(
  position: number,
  length: number,
  movePart: (at: number, size: number) => Promise<number>,
): Promise<number> {
  const parts: { readonly length: number; readonly crc: Promise<number> }[] = [];
  let at = 0;
  while (at < length) {
    const toBoundary = PART - ((position + at) % PART);
    const size = length - at - toBoundary < LEAST ? length - at : toBoundary;
    parts.push({ length: size, crc: movePart(at, size) });
    at += size;
  }
  // Every part has ended when this returns, so that nothing moves behind the caller's back.
  await Promise.allSettled(parts.map(({ crc }) => crc));
  let whole = 0;
  for (const part of parts) whole = combineCrc32(whole, await part.crc, part.length);
  return whole;
}
