// Storages that share memory: copies that cost nothing, until one of the two is written, by whoever writes.
import { mkdtempSync, openSync, closeSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { loadNative, openCpuBackend, readTransfer, type CpuStorage } from '#native';

const native = loadNative();
const backend = openCpuBackend();
const MIB = 2 ** 20;

/** A storage of one MiB of `value`; freed with its copies at the end of the test. */
function filled(value: number, bytes = MIB): CpuStorage {
  const storage = held(backend.allocate(bytes));
  storage.write(0, new Uint8Array(bytes).fill(value));
  return storage;
}
function held(storage: CpuStorage): CpuStorage {
  onTestFinished(() => storage.dispose());
  return storage;
}
const first = (storage: CpuStorage): number | undefined => storage.read(storage.bytes - 1, 1)[0];

describe('a copy', () => {
  it('takes no memory until the original is written, and keeps what it held', () => {
    const original = filled(1);
    const before = native.live().bytes;
    const copies = [held(original.copy()), held(original.copy())];
    expect(native.live().bytes).toBe(before);
    expect(original.isShared).toBe(true);
    original.write(MIB - 1, Uint8Array.of(2));
    expect(native.live().bytes).toBe(before + MIB);
    expect(copies.map(first)).toEqual([1, 1]);
    expect(first(original)).toBe(2);
    expect([original.isShared, ...copies.map(({ isShared }) => isShared)]).toEqual([false, true, true]);
  });

  it('that is written leaves the original and other copies as they are', () => {
    const original = filled(1);
    const [one, other] = [held(original.copy()), held(original.copy())];
    one.write(MIB - 1, Uint8Array.of(7));
    expect([original, one, other].map(first)).toEqual([1, 7, 1]);
  });

  it('is all there is once the original is disposed, and is written in place then', () => {
    const original = filled(3);
    const before = native.live().bytes;
    const copy = held(original.copy());
    original.dispose();
    expect(native.live().bytes).toBe(before);
    expect(copy.isShared).toBe(false);
    copy.write(0, Uint8Array.of(4));
    expect(native.live().bytes).toBe(before);
    expect([copy.read(0, 1)[0], first(copy)]).toEqual([4, 3]);
  });

  it('of 0 bytes is one too', () => {
    expect(held(held(backend.allocate(0)).copy()).read(0, 0)).toEqual(new Uint8Array());
  });

  it('past the memory limit is refused when it is written, and both keep their bytes', () => {
    const original = filled(1, 4 * MIB);
    const copy = held(original.copy());
    const { memory_limit: limit } = native.info();
    onTestFinished(() => native.setMemoryLimit(limit));
    native.setMemoryLimit(native.live().bytes + MIB);
    expect(() => original.write(0, Uint8Array.of(9))).toThrow(/not enough memory/);
    expect([original, copy].map((each) => each.read(0, 1)[0])).toEqual([1, 1]);
  });
});

describe('assigning', () => {
  it('gives a storage the bytes of another, at no cost, which stays as it is', () => {
    const [target, source] = [filled(1), filled(2)];
    const before = native.live().bytes;
    target.assign(source);
    expect(native.live().bytes).toBe(before - MIB);
    target.write(0, Uint8Array.of(5));
    expect([first(target), source.read(0, 1)[0]]).toEqual([2, 2]);
  });

  it('to itself changes nothing; another size is refused', () => {
    const target = filled(1);
    target.assign(target);
    expect([first(target), target.isShared]).toEqual([1, false]);
    expect(() => target.assign(filled(1, 8))).toThrow(
      'storage: expected a storage of 1048576 bytes, got one of 8',
    );
  });
});

describe('what writes a storage copies first:', () => {
  const shape = [MIB / 4];
  const tensor = (storage: CpuStorage) => ({ storage, dtype: 'float32' as const, shape, offset: 0 });
  const fill = { shape, dtype: 'float32', value: 0 };

  it('an op, for what it gives and for what it changes in place', () => {
    const original = filled(1);
    const copy = held(original.copy());
    backend.execute('fill', [], [tensor(original)], fill);
    expect([original, copy].map(first)).toEqual([0, 1]);
    const counter = filled(0, 8);
    const counted = held(counter.copy());
    const scalar = { storage: counter, dtype: 'int64' as const, shape: [1], offset: 0 };
    backend.execute('advance', [scalar], [], { amounts: [5] });
    expect([counter, counted].map((each) => each.read(0, 1)[0])).toEqual([5, 0]);
  });

  it('an op on the backend’s thread, also when the copy is taken before it begins', async () => {
    const original = filled(1);
    const done = backend.executeAsync('fill', [], [tensor(original)], fill);
    await done;
    const copy = held(original.copy());
    await backend.executeAsync('fill', [], [tensor(original)], { ...fill, value: 1 });
    expect([...new Float32Array(original.read(0, 4).buffer), first(copy)]).toEqual([1, 0]);
  });

  it('a program, at each run, with its views following the memory', async () => {
    const [original, source] = [filled(0, 8), filled(0, 8)];
    const program = backend.createProgram({
      buffers: [
        { kind: 'external', storage: original, offset: 0, dtype: 'int64', shape: [1] },
        { kind: 'external', storage: source, offset: 0, dtype: 'int64', shape: [1] },
      ],
      instructions: [
        { op: 'advance', inputs: [0], outputs: [], attributes: { amounts: [1] } },
        { op: 'cast', inputs: [0], outputs: [1], attributes: { dtype: 'int64' } },
      ],
      arenaBytes: 0,
    });
    onTestFinished(() => program.dispose());
    const kept: CpuStorage[] = [];
    for (let run = 0; run < 3; run++) {
      kept.push(held(original.copy()));
      await program.run(2);
    }
    const counts = [...kept, original, source].map((each) => each.read(0, 1)[0]);
    expect(counts).toEqual([0, 2, 4, 6, 6]);
    // Read alone, memory stays shared.
    const reader = backend.createProgram({
      buffers: [
        { kind: 'external', storage: original, offset: 0, dtype: 'int64', shape: [1] },
        { kind: 'external', storage: source, offset: 0, dtype: 'int64', shape: [1] },
      ],
      instructions: [{ op: 'cast', inputs: [0], outputs: [1], attributes: { dtype: 'int64' } }],
      arenaBytes: 0,
    });
    onTestFinished(() => reader.dispose());
    const copy = held(original.copy());
    await reader.run(1);
    expect(copy.isShared).toBe(true);
  });

  it('a read from a file', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'lazuli-sharing-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'bytes');
    writeFileSync(file, new Uint8Array(MIB).fill(8));
    const original = filled(1);
    const copy = held(original.copy());
    const transfer = readTransfer(original);
    if (transfer === null) return;
    const descriptor = openSync(file, 'r');
    onTestFinished(() => closeSync(descriptor));
    const half = MIB / 2;
    await Promise.all([
      transfer(descriptor, 0, original, 0, half),
      transfer(descriptor, half, original, half, half),
    ]);
    expect(original.read(0, MIB).every((byte) => byte === 8)).toBe(true);
    expect(copy.read(0, MIB).every((byte) => byte === 1)).toBe(true);
  });
});
