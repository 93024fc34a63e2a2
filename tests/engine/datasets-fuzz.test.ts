// Damaged data files of every kind are refused with a place or read, nothing stays in memory; generated tables come back as written.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { DataSource } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { MemorySink, writeNumpy, writeNumpyArchive } from '#core/formats/index';
import type { TensorEntry } from '#core/formats/weights';
import { cpuBackend } from '#engine/backend';
import { openDataset } from '#engine/datasets/dataset';
import { readRows } from '#engine/datasets/table';

import { bounded, FUZZ_SECONDS, mutations } from '../support/mutations';
import { temporaryFolder } from './support';

const plain = { targetKind: 'class', normalization: { kind: 'none' } } as const;
const CSV: DataSource = { ...plain, file: 'd.csv', format: 'csv', target: -1 };

const numbers: TensorEntry = {
  name: 'x',
  kind: 'tensor',
  dtype: 'float32',
  shape: [3, 4],
  stride: [4, 1],
  offset: 0,
  storageKey: '',
  requiresGrad: false,
  storage: {
    bytes: 48,
    read: async (offset, length) => new Uint8Array(48).subarray(offset, offset + length),
  },
};

async function written(write: (sink: MemorySink) => Promise<unknown>): Promise<Uint8Array> {
  const sink = new MemorySink();
  await write(sink);
  return sink.take();
}

const text = 'x,y,kind\n1,2.5,a\n-3e2,.5,"b ""c"""\n4,5,ü\n';
const SEEDS: readonly (readonly [string, DataSource, () => Uint8Array | Promise<Uint8Array>])[] = [
  ['csv', CSV, () => Buffer.from(text)],
  ['csv.gz', { ...CSV, file: 'd.csv.gz' }, () => gzipSync(text)],
  [
    'idx',
    { ...plain, file: 'd-idx3-ubyte', format: 'idx', targetFile: null },
    () => Uint8Array.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8]),
  ],
  [
    'npy',
    { ...plain, file: 'd.npy', format: 'npy', targetFile: null },
    () => written((sink) => writeNumpy(sink, numbers)),
  ],
  [
    'npz',
    { ...plain, file: 'd.npz', format: 'npz', target: null },
    () => written((sink) => writeNumpyArchive(sink, { entries: [numbers] })),
  ],
];

test.each(SEEDS)(
  'a damaged %s is refused with its place or read',
  async (_kind, source, seed) => {
    const folder = temporaryFolder();
    const bytes = await seed();
    const before = cpuBackend().native.live();
    const attempt = async (change: (bytes: Uint8Array) => Uint8Array): Promise<void> => {
      writeFileSync(path.join(folder, source.file), change(bytes));
      try {
        const dataset = await openDataset(source, { folder, dtype: 'float32', needsTarget: false });
        dataset.dispose();
      } catch (error) {
        if (!(error instanceof LazuliError)) throw error;
        expect(['file_refused', 'data_invalid', 'read_failed', 'out_of_memory']).toContain(error.code);
        expect(JSON.stringify(error.toData())).not.toMatch(/undefined|NaN|\[object/);
        expect(error.details.where).toContain(source.file);
      }
      expect(cpuBackend().native.live()).toEqual(before);
    };
    let last = Promise.resolve();
    await fc.assert(
      fc.asyncProperty(mutations, (change) => (last = attempt(change))),
      bounded,
    );
    // The time may have ended in the middle of the last one.
    await last;
  },
  FUZZ_SECONDS * 1000 + 20_000,
);

test('CSV tables come back as they were written, whatever is quoted', async () => {
  const folder = temporaryFolder();
  const cell = fc.oneof(
    fc.integer().map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  );
  const label = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
    .filter((name) => name.trim() === name);
  const table = fc.array(fc.tuple(cell, cell, label), { minLength: 2, maxLength: 12 });
  const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;
  await fc.assert(
    fc.asyncProperty(table, fc.boolean(), async (rows, quotesAll) => {
      const lines = rows.map(([a, b, name]) => [quotesAll ? quoted(a) : a, b, quoted(name)].join(','));
      writeFileSync(path.join(folder, 'd.csv'), `${lines.join('\n')}\n`);
      const source = { ...CSV, header: false };
      const dataset = await openDataset(source, { folder, dtype: 'float64' });
      try {
        const values = rows.flatMap(([a, b]) => [Number(a), Number(b)]);
        expect(readRows(dataset.inputs, 0, dataset.samples)).toEqual(values);
        const { classes = [], tensor } = dataset.targets ?? {};
        const names = tensor ? readRows(tensor, 0, dataset.samples).map((at) => classes?.[at]) : [];
        expect(names).toEqual(rows.map(([, , name]) => name));
      } finally {
        dataset.dispose();
      }
    }),
    { numRuns: 40 },
  );
});
