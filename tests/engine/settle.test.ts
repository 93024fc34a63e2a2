// First values of large tensors: drawn a few milliseconds at a time, the same numbers as at once, all or nothing.
import { expect, onTestFinished, test } from 'vitest';

import type { GraphNode, Project } from '#core/document/project';
import { memorySource, readTorch } from '#core/formats/index';
import { stateDictContent } from '#core/nn/index';
import { Model } from '#engine/model/model';
import { chain, node } from '../graph/graphs';
import { openSession, template } from './support';

const wide = (tensors: NonNullable<GraphNode['tensors']> = {}): Project => ({
  ...template('digits'),
  data: null,
  graph: chain(node('a', 'linear', { in_features: 600, out_features: 600 }), {
    ...node('b', 'linear', { out_features: 1000 }),
    tensors,
  }),
});
const normal = { weight: { initializer: { kind: 'normal' } } };

test('MATERIALIZE-8 drawing a million values lets others have the thread, and gives the same values as at once', async () => {
  const project = wide(normal);
  const session = await openSession(project, null);
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const { model } = await session.feedSample({ shapes: { input: [2, 600] }, seed: 3 });
  isOver = true;
  expect(turns).toBeGreaterThan(10);
  expect(model.totals.uninitialized).toBe(0);

  const atOnce = new Model(project);
  onTestFinished(() => atOnce.dispose());
  atOnce.feed({ input: [2, 600] }, 3);
  const expected: Uint8Array[] = [];
  for (const { storage } of stateDictContent(atOnce.module.stateDict()).entries)
    if (storage) expected.push(await storage.read(0, storage.bytes));
  const saved = await readTorch(memorySource('state', await session.exportState()));
  for (const [at, { storage }] of saved.entries.entries())
    expect(
      Buffer.from((await storage?.read(0, storage.bytes)) ?? []).equals(Buffer.from(expected[at] ?? [])),
    ).toBe(true);
});

test('MATERIALIZE-8 a restored revision draws nothing, and has the values it had', async () => {
  const session = await openSession(wide(), null);
  const { model } = await session.feedSample({ shapes: { input: [2, 600] } });
  const before = await session.exportState();
  await session.backToUninitialized();
  await session.restore(model.revision);
  expect(Buffer.from(await session.exportState()).equals(Buffer.from(before))).toBe(true);
});
