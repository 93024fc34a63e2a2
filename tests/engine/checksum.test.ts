// Checksums of weight files are taken by Node's own routine once the engine is there.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as zlib from 'node:zlib';
import { expect, test, vi } from 'vitest';

import { crc32, portableCrc32 } from '#core/formats/zip/crc32';
import { withWeights } from '#engine/inspect';

vi.mock('node:zlib', async (original) => {
  const actual = await original<typeof zlib>();
  return { ...actual, crc32: vi.fn(actual.crc32) };
});

const file = path.resolve(import.meta.dirname, '../golden/formats/linear.pt');

test('ZIP-9 the host’s routine is used when there is one, and agrees with the portable one', async () => {
  const bytes = new Uint8Array(readFileSync(file));
  for (const previous of [0, 1, 0xffffffff])
    expect(crc32(bytes, previous)).toBe(portableCrc32(bytes, previous));
  const calls = vi.mocked(zlib.crc32).mock.calls.length;
  expect(calls).toBe(3);
  await withWeights(file, async ({ entries }) => entries[0]?.storage?.read(0, entries[0].storage.bytes));
  expect(vi.mocked(zlib.crc32).mock.calls.length).toBeGreaterThan(calls);
});
