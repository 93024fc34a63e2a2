// Bytes between files and the backend's memory: every length and place arrives whole, checksums are zip's, errors are the system's.
import { mkdtempSync, rmSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { combineCrc32 } from '#core/formats/index';
import { portableCrc32 } from '#core/formats/zip/crc32';
import {
  copyTransfer,
  forgetFile,
  makeFileRoom,
  openCpuBackend,
  plainReadTransfer,
  plainWriteTransfer,
  readTransfer,
  SourceError,
  writeTransfer,
  type CpuStorage,
} from '#native';

const backend = openCpuBackend();
const isShared = process.platform !== 'win32';
let folder = '';
let handle: FileHandle;
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'lazuli-transfer-'));
  handle = await open(path.join(folder, 'file'), 'w+');
});
afterEach(async () => {
  await handle.close();
  rmSync(folder, { recursive: true });
});

const bytesOf = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (at * 167 + 13) & 0xff);

/** `place` as for `allocate`: where in the file the bytes lie. */
function withStorage<T>(length: number, body: (storage: CpuStorage) => Promise<T>, place = 0): Promise<T> {
  const storage = backend.allocate(length, place);
  return body(storage).finally(() => {
    storage.dispose();
  });
}

test.runIf(isShared).each([0, 1, 15, 16, 63, 64, 65, 127, 1000, 4096, 65_537, 1_300_001])(
  'ZIP-12 %i bytes arrive in the file and back, with their CRC-32',
  async (length) => {
    const bytes = bytesOf(length + 7);
    await withStorage(length + 7, async (storage) => {
      storage.write(0, bytes);
      const expected = crc32(bytes.subarray(7));
      expect(await writeTransfer(storage)?.(handle.fd, 3, storage, 7, length)).toBe(expected);
      const written = new Uint8Array(length);
      await handle.read(written, 0, length, 3);
      expect(Buffer.compare(written, bytes.subarray(7))).toBe(0);
    });
    await withStorage(length + 2, async (storage) => {
      expect(await readTransfer(storage)?.(handle.fd, 3, storage, 2, length)).toBe(crc32(bytes.subarray(7)));
      expect(Buffer.compare(storage.read(2, length), bytes.subarray(7))).toBe(0);
      expect(storage.read(0, 2)).toEqual(new Uint8Array(2));
    });
  },
);

test.runIf(isShared).each([
  [0, 524_288],
  [4095, 600_001],
  [4096, 4_194_304],
  [64, 4_194_305],
  [777, 9_000_001],
])('ZIP-12 from byte %i %i bytes go to the disk and come back past the cache', async (position, length) => {
  const bytes = bytesOf(length);
  await handle.write(Buffer.from('before'.repeat(2000)).subarray(0, position), 0, position, 0);
  await withStorage(length, async (storage) => {
    storage.write(0, bytes);
    expect(await writeTransfer(storage)?.(handle.fd, position, storage, 0, length)).toBe(crc32(bytes));
  });
  await handle.sync();
  const readBack = async (storage: CpuStorage): Promise<void> => {
    forgetFile(handle.fd);
    expect(await readTransfer(storage)?.(handle.fd, position, storage, 0, length)).toBe(crc32(bytes));
    expect(Buffer.compare(storage.read(0, length), bytes)).toBe(0);
    const late = readTransfer(storage)?.(handle.fd, position + 1, storage, 0, length);
    await expect(late).rejects.toMatchObject({ code: 'EOF' });
  };
  await withStorage(length, readBack);
  await withStorage(length, readBack, position);
  const { size } = await handle.stat();
  expect(size).toBe(position + length);
  const before = new Uint8Array(position);
  await handle.read(before, 0, position, 0);
  expect(Buffer.from(before).toString()).toBe('before'.repeat(2000).slice(0, position));
});

test.runIf(isShared)('a file that ends too early, a closed one and a range outside are errors', async () => {
  await handle.write(new Uint8Array(100));
  await withStorage(200, async (storage) => {
    const read = readTransfer(storage);
    await expect(read?.(handle.fd, 0, storage, 0, 101)).rejects.toMatchObject({ code: 'EOF' });
    await expect(read?.(9999, 0, storage, 0, 1)).rejects.toMatchObject({ code: 'EBADF' });
    await expect(read?.(handle.fd, 0, storage, 100, 101)).rejects.toThrow('file: length');
    await expect(read?.(handle.fd, -1, storage, 0, 1)).rejects.toThrow('file: position');
    const readOnly = await open(path.join(folder, 'file'), 'r');
    const writing = writeTransfer(storage)?.(readOnly.fd, 0, storage, 0, 10);
    await expect(writing).rejects.toMatchObject({ code: 'EBADF' });
    await readOnly.close();
  });
});

test.runIf(isShared)(
  'a storage disposed and a file closed in the meantime do not matter to a transfer',
  async () => {
    await handle.write(bytesOf(5_000_000));
    const storage = backend.allocate(5_000_000);
    const other = await open(path.join(folder, 'file'), 'r');
    const reading = readTransfer(storage)?.(other.fd, 0, storage, 0, 5_000_000);
    await other.close();
    storage.dispose();
    expect(await reading).toBe(crc32(bytesOf(5_000_000)));
  },
);

test.runIf(isShared).each([0, 1, 4096, 524_288, 1_300_001])(
  'ZIP-12 %i bytes of one file arrive in another, with their CRC-32',
  async (length) => {
    const bytes = bytesOf(length + 5);
    await handle.write(bytes, 0, length + 5, 0);
    const target = await open(path.join(folder, 'target'), 'w+');
    expect(await copyTransfer()?.(handle.fd, 5, target.fd, 3, length)).toBe(crc32(bytes.subarray(5)));
    const copied = new Uint8Array(length);
    await target.read(copied, 0, length, 3);
    expect(Buffer.compare(copied, bytes.subarray(5))).toBe(0);
    await target.close();
  },
);

test.runIf(process.platform === 'linux')(
  'a file has room before it is written, or says that there is none',
  async () => {
    await makeFileRoom(handle.fd, 3_000_000);
    const { size, blocks } = await handle.stat();
    expect(size).toBe(3_000_000);
    expect(blocks * 512).toBeGreaterThanOrEqual(3_000_000);
    const code = expect.stringMatching(/^(EFBIG|ENOSPC)$/) as string;
    await expect(makeFileRoom(handle.fd, 2 ** 52)).rejects.toMatchObject({ code });
  },
);

test.runIf(isShared)('copying says which of the two files failed', async () => {
  await handle.write(new Uint8Array(100));
  const readOnly = await open(path.join(folder, 'file'), 'r');
  const target = await open(path.join(folder, 'target'), 'w');
  const short = copyTransfer()?.(handle.fd, 0, target.fd, 0, 101);
  await expect(short).rejects.toThrow(SourceError);
  await expect(short).rejects.toMatchObject({ code: 'EOF' });
  const refused = copyTransfer()?.(handle.fd, 0, readOnly.fd, 0, 10);
  await expect(refused).rejects.not.toThrow(SourceError);
  await expect(refused).rejects.toMatchObject({ code: 'EBADF' });
  await target.close();
  await readOnly.close();
});

test.runIf(isShared)('what the bench measures the disk with moves the same bytes', async () => {
  const bytes = bytesOf(70_000);
  await withStorage(70_000, async (storage) => {
    storage.write(0, bytes);
    await plainWriteTransfer(storage)?.(handle.fd, 0, storage, 0, 70_000);
  });
  await withStorage(70_000, async (storage) => {
    await plainReadTransfer(storage)?.(handle.fd, 0, storage, 0, 70_000);
    expect(Buffer.compare(storage.read(0, 70_000), bytes)).toBe(0);
  });
});

test('ZIP-12 checksums of parts join to that of the whole', () => {
  const bytes = bytesOf(10_000);
  for (const at of [0, 1, 7, 4096, 9_999, 10_000]) {
    const [first, second] = [bytes.subarray(0, at), bytes.subarray(at)];
    const joined = combineCrc32(portableCrc32(first, 0), portableCrc32(second, 0), second.length);
    expect(joined).toBe(portableCrc32(bytes, 0));
  }
});
