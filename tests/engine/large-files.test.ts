// Files past 4 GiB, sparse so that they cost no disk: listed at once, their tensors read from where they lie.
import { open } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';

import { combineCrc32, readContiguous, writeTorch } from '#core/formats/index';
import type { ByteSink, TensorEntry } from '#core/formats/weights';
import { portableCrc32 } from '#core/formats/zip/crc32';
import { MetaStorage } from '#core/tensor/meta-storage';
import { inspectFile, withWeights } from '#engine/inspect';
import { temporaryFolder } from './support';

const MEBIBYTE = 1024 * 1024;
const TENSOR = 100 * MEBIBYTE;
const COUNT = 103;

/** The CRC of many zeros, from that of one MiB. */
function zeros(length: number): number {
  const one = portableCrc32(new Uint8Array(MEBIBYTE), 0);
  let crc = 0;
  for (let at = 0; at < length; at += MEBIBYTE) crc = combineCrc32(crc, one, MEBIBYTE);
  return crc;
}

test('TORCH-15 ZIP-4 a checkpoint of 10 GiB is listed in under a second and read where it is asked for', async () => {
  const file = path.join(temporaryFolder(), 'large.pt');
  const handle = await open(file, 'w');
  let position = 0;
  const crc = zeros(TENSOR);
  const sink: ByteSink = {
    async write(bytes) {
      await handle.write(bytes, 0, bytes.byteLength, position);
      position += bytes.byteLength;
    },
    // What is not written is a hole: zeros.
    writeFrom(_storage, _offset, length) {
      position += length;
      return Promise.resolve(crc);
    },
  };
  const zero = new MetaStorage(TENSOR);
  const common = { kind: 'tensor', storageKey: '', requiresGrad: false, offset: 0, stride: [1] } as const;
  const entries = Array.from({ length: COUNT }, (_, index): TensorEntry => ({
    ...common,
    name: `t${String(index)}`,
    dtype: 'float32',
    shape: [TENSOR / 4],
    storage: { bytes: TENSOR, memory: zero, read: () => Promise.reject(new Error('not read')) },
  }));
  const last = Uint8Array.of(1, 2, 3);
  entries.push({
    ...common,
    name: 'last',
    dtype: 'uint8',
    shape: [3],
    storage: { bytes: 3, read: async (offset, length) => last.subarray(offset, offset + length) },
  });
  await writeTorch(sink, { entries }, { directory: 'large' });
  await handle.close();
  expect(position).toBeGreaterThan(10 * 1024 * MEBIBYTE);

  const start = performance.now();
  const listed = await inspectFile(file);
  expect(performance.now() - start).toBeLessThan(1000);
  expect(listed.entries).toHaveLength(COUNT + 1);
  expect(listed.entries[0]?.sha256).toBeNull();
  expect(listed.warnings).toEqual([expect.stringContaining('--hash') as string]);
  await withWeights(file, async (weights) => {
    const entry = weights.entries.at(-1);
    expect(entry && (await readContiguous(entry))).toEqual(last);
  });
});
