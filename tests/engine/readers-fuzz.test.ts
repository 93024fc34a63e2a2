// The readers of the engine that the formats' and data sets' fuzz tests do not reach: shard indices, checkpoints to go on from, probe cases, backups.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { findTemplate } from '#core/document/templates';
import { LazuliError } from '#core/errors';
import { memorySource, MemorySink } from '#core/formats/index';
import { readZip } from '#core/formats/zip/read';
import { ZipWriter } from '#core/formats/zip/write';
import { BackupStore } from '#engine/backups';
import { withWeights } from '#engine/inspect';
import { probeItems } from '#engine/probe';
import { withCheckpoint } from '#engine/training/checkpoint';

import { bounded, FUZZ_SECONDS, mutations, type Mutation } from '../support/mutations';
import { temporaryFolder } from './support';

const GOLDEN = path.join(import.meta.dirname, '..', 'golden');
const slow = FUZZ_SECONDS * 1000 + 20_000;
/** Four readers share what one has elsewhere. */
const short = { ...bounded, interruptAfterTimeLimit: (FUZZ_SECONDS * 1000) / 2 };

/** Anything but an error of ours that can be shown is a failure. */
async function survives(read: () => unknown): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof LazuliError)) throw error;
    expect(JSON.stringify(error.toData())).not.toMatch(/undefined|\[object|\bNaN\b/);
  }
}

test(
  'SAFE-5 SAFE-6 damaged indices of shards open nothing but what lies beside them',
  async () => {
    const folder = temporaryFolder();
    const shard = readFileSync(path.join(GOLDEN, 'formats', 'plain.safetensors'));
    writeFileSync(path.join(folder, 'a.safetensors'), shard);
    const index = Buffer.from(
      JSON.stringify({ metadata: { total_size: 8 }, weight_map: { w: 'a.safetensors' } }),
    );
    const file = path.join(folder, 'm.safetensors.index.json');
    writeFileSync(file, index);
    expect(await withWeights(file, ({ entries }) => Promise.resolve(entries.length))).toBe(1);
    await fc.assert(
      fc.asyncProperty(mutations, async (change) => {
        writeFileSync(file, change(index));
        await survives(() => withWeights(file, ({ entries }) => Promise.resolve(entries)));
      }),
      short,
    );
  },
  slow,
);

/** A zip with another data.pkl, its checksums right. */
async function repacked(bytes: Uint8Array, change: Mutation): Promise<Uint8Array> {
  const archive = await readZip(memorySource('seed', bytes));
  const sink = new MemorySink();
  const writer = new ZipWriter(sink, '');
  for (const { name } of archive.entries) {
    const data = await archive.readAll(name, bytes.length);
    await writer.writeBytes(name, name.endsWith('data.pkl') ? change(data) : data);
  }
  await writer.finish();
  return sink.take();
}

test(
  'TORCH-17 damaged checkpoints to go on from',
  async () => {
    const seed = new Uint8Array(readFileSync(path.join(GOLDEN, 'training-adam.pt')));
    const file = path.join(temporaryFolder(), 'c.pt');
    writeFileSync(file, seed);
    expect(await withCheckpoint(file, ({ place }) => Promise.resolve(place.seed))).toBeGreaterThanOrEqual(0);
    await fc.assert(
      fc.asyncProperty(mutations, fc.boolean(), async (change, isInside) => {
        writeFileSync(file, isInside ? await repacked(seed, change) : change(seed));
        await survives(() => withCheckpoint(file, ({ totals }) => Promise.resolve(totals)));
      }),
      short,
    );
  },
  slow,
);

test(
  'damaged probe cases are refused or run',
  async () => {
    const seed = Buffer.from(
      JSON.stringify({
        layer: 'Linear',
        params: { in_features: 2, out_features: 1 },
        training: true,
        dtype: 'float32',
        weights: { weight: [[1, 2]], bias: [0.5] },
        inputs: [[[1, 2]]],
        grad_outputs: [[[1]]],
      }),
    );
    const file = path.join(temporaryFolder(), 'case.json');
    writeFileSync(file, seed);
    expect((await probeItems(file)).map((item) => item.run().outputs.length)).toEqual([1]);
    await fc.assert(
      fc.asyncProperty(mutations, async (change) => {
        writeFileSync(file, change(seed));
        await survives(async () => {
          for (const item of await probeItems(file)) item.run();
        });
      }),
      short,
    );
  },
  slow,
);

test(
  'damaged backups are set aside, never restored as something else',
  async () => {
    const folder = path.join(temporaryFolder(), 'backups');
    const project = findTemplate('iris')?.project;
    if (project === undefined) throw new Error('the template iris is gone');
    await (await BackupStore.open(folder)).backup().write(project, { file: null, folder: null });
    const [name = ''] = readdirSync(folder).filter((each) => !each.includes('values'));
    const file = path.join(folder, name);
    const seed = readFileSync(file);
    await fc.assert(
      fc.asyncProperty(mutations, async (change) => {
        writeFileSync(file, change(seed));
        await survives(async () => {
          for (const found of await (await BackupStore.open(folder)).list())
            expect(found.project).toEqual(project);
        });
      }),
      short,
    );
  },
  slow,
);
