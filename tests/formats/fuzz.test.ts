// Damaged files of every kind: each reader refuses them with its own error or reads them, in bounded time.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { LazuliError } from '#core/errors';
import { contiguousBytes, memorySource, MemorySink, readWeights } from '#core/formats/index';
import { readZip } from '#core/formats/zip/read';
import { ZipWriter } from '#core/formats/zip/write';

import { bounded, FUZZ_SECONDS, mutations, type Mutation } from '../support/mutations';

const TESTS = join(import.meta.dirname, '..');
const SLOWEST = 5_000;

function seeds(folder: string, endings: RegExp, largest = 12_000): Uint8Array[] {
  const path = join(TESTS, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => endings.test(name) && statSync(join(path, name)).size <= largest)
    .sort()
    .map((name) => new Uint8Array(readFileSync(join(path, name))));
}

/** Reads everything; anything but a refusal that says where is a failure. */
async function survives(bytes: Uint8Array): Promise<void> {
  const start = performance.now();
  try {
    const file = await readWeights(memorySource('fuzz', bytes), {
      openSibling: () => Promise.reject(new LazuliError('file_not_found', 'no sibling')),
    });
    for (const entry of file.entries) for await (const chunk of contiguousBytes(entry)) void chunk;
  } catch (error) {
    if (!(error instanceof LazuliError)) throw error;
    expect(['file_refused', 'file_not_found']).toContain(error.code);
    expect(error.message).not.toMatch(/undefined|NaN|\[object/);
  }
  expect(performance.now() - start).toBeLessThan(SLOWEST);
}

/** Mutates records inside a torch zip whose CRCs and headers are then right again. */
async function repacked(bytes: Uint8Array, change: Mutation): Promise<Uint8Array> {
  const archive = await readZip(memorySource('seed', bytes));
  const sink = new MemorySink();
  const writer = new ZipWriter(sink, '');
  for (const entry of archive.entries) {
    const data = await archive.readAll(entry.name, bytes.length * 100);
    const isChanged = entry.name.endsWith('.pkl') || entry.name.endsWith('.npy');
    await writer.writeBytes(entry.name, isChanged ? change(data) : data);
  }
  await writer.finish();
  return sink.take();
}

describe('readers survive damaged files', () => {
  const kinds: readonly (readonly [string, RegExp])[] = [
    ['torch and npz containers', /\.(pt|npz)$/],
    ['safetensors', /\.safetensors$/],
    ['npy', /\.npy$/],
    ['legacy torch', /legacy.*\.pt$/],
  ];
  it.each(kinds)(
    'TORCH-17 %s',
    async (_, endings) => {
      const pool = [...seeds('golden/formats', endings), ...seeds('fixtures/hostile', endings, 2_000)];
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...pool), mutations, async (seed, change) => {
          await survives(change(seed));
        }),
        bounded,
      );
    },
    FUZZ_SECONDS * 1000 + 20_000,
  );

  it(
    'TORCH-17 pickles and arrays inside intact containers',
    async () => {
      const pool: Uint8Array[] = [];
      for (const seed of seeds('golden/formats', /\.(pt|npz)$/)) {
        if (seed[0] === 0x50) pool.push(seed);
      }
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...pool), mutations, async (seed, change) => {
          await survives(await repacked(seed, change));
        }),
        bounded,
      );
    },
    FUZZ_SECONDS * 1000 + 20_000,
  );

  it('ZIP-8 a zip whose entries inflate to 288 MB in all is refused before any is inflated', async () => {
    const { deflateSync } = await import('fflate');
    const packed = deflateSync(new Uint8Array(900_000), { level: 9 });
    const bytes = manyDeflated(packed, 900_000, 320);
    await expect(readWeights(memorySource('bomb.npz', bytes))).rejects.toThrow('far more than its own size');
  });
});

/** A zip of equal deflated entries, headers agreeing. */
function manyDeflated(packed: Uint8Array, size: number, count: number): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (let index = 0; index < count; index++) {
    const name = Buffer.from(`a${String(index)}.npy`);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(size, 18);
    fields.writeUInt16LE(name.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), fields, tail, name);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, name, packed]);
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return new Uint8Array(Buffer.concat([...parts, central, end]));
}
