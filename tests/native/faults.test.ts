// Exceptions of C++ that nobody expects: at every entry, on every thread, on the way back, and in every allocation in turn.
// RELIABILITY 20 and 21: JavaScript gets an error, nothing leaks, and the process goes on.
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, describe, expect, it, onTestFinished } from 'vitest';

import {
  loadNative,
  openCpuBackend,
  readTransfer,
  writeTransfer,
  type CpuProgram,
  type CpuStorage,
} from '#native';

import { entriesOf, exportedEntries, KINDS, quietEntries, TOLD } from './entries';

const native = loadNative();
const backend = openCpuBackend();
const PLACES = ['allocate', 'kernel', 'thread', 'entry', 'delivery'] as const;

afterEach(() => {
  for (const place of PLACES) native.injectFault(place, 'none');
});

const held = (storage: CpuStorage): CpuStorage => {
  onTestFinished(() => storage.dispose());
  return storage;
};

/** A program that counts its steps in the storage. */
function counting(counter: CpuStorage): CpuProgram {
  return backend.createProgram({
    buffers: [
      { kind: 'external', storage: counter, offset: 0, dtype: 'int64', shape: [1] },
      { kind: 'arena', offset: 0, dtype: 'float32', shape: [64, 64] },
    ],
    instructions: [
      { op: 'advance', inputs: [0], outputs: [], attributes: { amounts: [1] } },
      { op: 'fill', inputs: [], outputs: [1], attributes: { shape: [64, 64], dtype: 'float32', value: 1 } },
    ],
    arenaBytes: 64 * 64 * 4,
  });
}

describe('an exception at an entry', () => {
  const storage = native.allocate(8);
  const program = native.createProgram({ buffers: [], instructions: [], arenaBytes: 0 });
  const entries = [...exportedEntries(native), ...entriesOf(storage), ...entriesOf(program)];

  it('is thrown by every one there is', () => {
    const names = entries.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['execute', 'close', 'NativeStorage.bytes', 'NativeProgram.run']),
    );
    expect(quietEntries(entries)).toEqual([]);
    expect(native.injectFault('entry', 'none')).toBe(false);
  });

  it('leaves everything as it was', () => {
    storage.dispose();
    program.dispose();
    expect(native.live()).toMatchObject({ storages: 0, programs: 0 });
    expect(native.info().cores).toBeGreaterThan(0);
  });
});

describe.each(KINDS)('%s on a thread or on the way back', (kind) => {
  const jobs: Readonly<Record<string, () => Promise<unknown>>> = {
    'a run': async () => {
      const counter = held(backend.allocate(8));
      const program = counting(counter);
      onTestFinished(() => program.dispose());
      return program.run(3);
    },
    'a run with progress': async () => {
      const counter = held(backend.allocate(8));
      const program = counting(counter);
      onTestFinished(() => program.dispose());
      return program.run(1e7, { onProgress: () => undefined });
    },
    'an op': () => {
      const storage = held(backend.allocate(8));
      const output = { storage, offset: 0, dtype: 'float32' as const, shape: [2] };
      return backend.executeAsync('fill', [], [output], { shape: [2], dtype: 'float32', value: 1 });
    },
    'a read from a file': () => transferred('read'),
    'a write to a file': () => transferred('write'),
  };

  it.each(
    Object.keys(jobs).flatMap((job) =>
      (['thread', 'delivery'] as const).map((place) => [job, place] as const),
    ),
  )('rejects %s (%s)', async (job, place) => {
    native.injectFault(place, kind);
    const { code, message } = TOLD[kind];
    await expect(jobs[job]?.()).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
    expect(native.injectFault(place, 'none')).toBe(false);
  });
});

async function transferred(way: 'read' | 'write'): Promise<unknown> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lazuli-faults-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'bytes');
  writeFileSync(file, new Uint8Array(4096));
  const storage = held(backend.allocate(4096));
  const transfer = way === 'read' ? readTransfer(storage) : writeTransfer(storage);
  if (transfer === null) throw new Error('no transfers on this system');
  const descriptor = openSync(file, 'r+');
  onTestFinished(() => closeSync(descriptor));
  return transfer(descriptor, 0, storage, 0, 4096);
}
