// Storages: bytes in and out, bounds, dispose, the memory limit, and the CPU backend's errors.
import { afterEach, describe, expect, it } from 'vitest';

import { LazuliError } from '#core/errors';
import { HostStorage } from '#core/tensor/host-storage';
import { loadNative, openCpuBackend } from '#native';

const native = loadNative();
const backend = openCpuBackend();
const limit = native.info().memory_limit;
afterEach(() => native.setMemoryLimit(limit));

function failure(body: () => unknown): LazuliError {
  try {
    body();
  } catch (error) {
    if (error instanceof LazuliError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a storage', () => {
  it.each([0, 1, 63, 64, 65, 4096, 65535, 65536, 2 ** 21, 2 ** 21 + 4097])(
    'of %i bytes starts at 0 and keeps what is written',
    (bytes) => {
      const storage = backend.allocate(bytes);
      expect(storage.bytes).toBe(bytes);
      expect(storage.read(0, bytes).every((byte) => byte === 0)).toBe(true);
      const pattern = Uint8Array.from({ length: bytes }, (_, index) => (index * 31) % 251);
      storage.write(0, pattern);
      expect(Buffer.compare(storage.read(0, bytes), pattern)).toBe(0);
      const middle = Math.floor(bytes / 2);
      expect(Buffer.compare(storage.read(middle, bytes - middle), pattern.slice(middle))).toBe(0);
      storage.dispose();
    },
  );

  it('writes a subarray alone', () => {
    const storage = backend.allocate(4);
    storage.write(1, Uint8Array.of(9, 1, 2, 9).subarray(1, 3));
    expect([...storage.read(0, 4)]).toEqual([0, 1, 2, 0]);
    storage.dispose();
  });

  it('refuses ranges outside it', () => {
    const storage = backend.allocate(8);
    for (const [offset, length] of [
      [0, 9],
      [8, 1],
      [9, 0],
      [-1, 1],
      [0.5, 1],
      [2 ** 53, 0],
      [NaN, 0],
    ] as const)
      expect(failure(() => storage.read(offset, length))).toMatchObject({ code: 'native_failed' });
    expect(failure(() => storage.write(6, new Uint8Array(3))).message).toBe(
      'storage: expected a range within its 8 bytes, got 3 bytes from byte 6',
    );
    storage.dispose();
  });

  it('is used no more after dispose, which may be called twice', () => {
    const storage = backend.allocate(8);
    expect(storage.isDisposed).toBe(false);
    storage.dispose();
    storage.dispose();
    expect(storage.isDisposed).toBe(true);
    expect(storage.bytes).toBe(8);
    expect(() => storage.read(0, 1)).toThrow('storage: used after dispose()');
    expect(() => storage.write(0, new Uint8Array(1))).toThrow('storage: used after dispose()');
  });

  it('is counted', () => {
    const before = native.live();
    const storages = [backend.allocate(100), backend.allocate(2 ** 20)];
    expect(native.live().storages).toBe(before.storages + 2);
    expect(native.live().bytes).toBe(before.bytes + 128 + 2 ** 20);
    for (const storage of storages) storage.dispose();
    expect(native.live()).toEqual(before);
  });
});

describe('the memory limit', () => {
  it('is at most 0.8 of the machine’s memory to begin with', () => {
    expect(limit).toBeGreaterThan(2 ** 28);
    expect(limit).toBeLessThanOrEqual(process.constrainedMemory?.() || Number.MAX_SAFE_INTEGER);
  });

  it('refuses before anything is taken, naming need and limit', () => {
    native.setMemoryLimit(10 * 2 ** 20);
    const storage = backend.allocate(6 * 2 ** 20);
    const error = failure(() => backend.allocate(5 * 2 ** 20));
    expect(error.code).toBe('out_of_memory');
    expect(error.message).toBe(
      'not enough memory: 5.0 MiB (5242880 bytes) needed, 6.0 MiB in use, limit 10.0 MiB (10485760 bytes)',
    );
    expect(
      failure(() => backend.createProgram({ buffers: [], instructions: [], arenaBytes: 5 * 2 ** 20 })).code,
    ).toBe('out_of_memory');
    storage.dispose();
    backend.allocate(10 * 2 ** 20).dispose();
  });

  it('refuses sizes no machine has', () => {
    for (const bytes of [2 ** 45, 2 ** 50, 2 ** 53])
      expect(failure(() => backend.allocate(bytes)).code).toBe('out_of_memory');
    expect(failure(() => backend.allocate(-1)).code).toBe('native_failed');
  });

  it('holds for the scratch memory of kernels too', () => {
    native.setMemoryLimit(2.5 * 2 ** 20);
    const [x, y] = [backend.allocate(2 ** 20), backend.allocate(2 ** 20)];
    const shape = [2 ** 17, 2];
    const tensor = { storage: x, dtype: 'float32' as const, shape, offset: 0 };
    const sums = { storage: y, dtype: 'float32' as const, shape: [2 ** 17], offset: 0 };
    const error = failure(() =>
      backend.execute('reduce', [tensor], [sums], { kind: 'sum', axes: [1], keepdim: false }),
    );
    expect(error.code).toBe('out_of_memory');
    expect(error.message).toMatch(/^reduce: not enough memory/);
    x.dispose();
    y.dispose();
  });
});

describe('the CPU backend', () => {
  it('refuses another backend’s storage', () => {
    const foreign = { storage: new HostStorage(4), dtype: 'float32' as const, shape: [1], offset: 0 };
    expect(
      failure(() => backend.execute('fill', [], [foreign], { shape: [1], dtype: 'float32', value: 1 })),
    ).toMatchObject({
      code: 'internal',
      details: { got: 'HostStorage on cpu' },
    });
  });

  it('runs an op with offsets in elements, at once and on its own thread', async () => {
    const storage = backend.allocate(32);
    const part = (offset: number) => ({ storage, dtype: 'float32' as const, shape: [2], offset });
    const attributes = { shape: [2], dtype: 'float32', value: 3 };
    backend.execute('fill', [], [part(1)], attributes);
    await backend.executeAsync('fill', [], [part(5)], { ...attributes, value: 4 });
    expect([...new Float32Array(storage.read(0, 32).buffer)]).toEqual([0, 3, 3, 0, 0, 4, 4, 0]);
    await expect(backend.executeAsync('fill', [], [part(5)], {})).rejects.toMatchObject({
      code: 'native_failed',
    });
    const pending = backend.executeAsync('fill', [], [part(0)], attributes);
    storage.dispose();
    await pending;
  });

  it('says what it can do', () => {
    const info = native.info();
    expect(info.available).toContain(info.isa);
    expect(info.available.some((isa) => isa === 'portable' || isa === 'neon')).toBe(true);
    expect(info.threads).toBeGreaterThanOrEqual(1);
    expect(info.cores).toBeGreaterThanOrEqual(1);
    expect(info.compiler).toMatch(/gcc|clang/i);
  });
});
