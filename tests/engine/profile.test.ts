// What each node costs in a training step: the times add up to the step, operations and memory to what shapes say.
import { expect, test } from 'vitest';

import { NO_PROFILE, profileOf, type StepProfile } from '#core/session/profile';
import type { ModelSession } from '#engine/session';
import { openExample } from './support';

const measured = async (session: ModelSession): Promise<StepProfile> => {
  const profile = await session.profile();
  if (!profile) throw new Error('nothing was measured');
  return profile;
};

const idOf = (session: ModelSession, name: string): string =>
  session.info().nodes.find((each) => each.name === name)?.id ?? '';

test('times of nodes and of the rest add up to the step; the model stays as it was', async () => {
  const session = await openExample('digits');
  await session.feedSample();
  const before = await session.exportState();
  const { revision } = session.info();
  const profile = await measured(session);
  const { seconds, nodes, parts, batch } = profile;
  const own = Object.values(nodes).flatMap(({ forward, backward }) => [forward.seconds, backward.seconds]);
  const all = [...own, ...Object.values(parts)].reduce((sum, each) => sum + each, 0);
  expect(all).toBeCloseTo(seconds, 9);
  expect(batch).toBe(session.project.training.batchSize);
  expect(parts.update).toBeGreaterThan(0);
  expect(parts.loss).toBeGreaterThan(0);
  expect(parts.data).toBeGreaterThan(0);
  // What no node and no part of the step owns is next to nothing.
  expect(parts.other / seconds).toBeLessThan(0.1);

  const fc1 = nodes[idOf(session, 'fc1')] ?? NO_PROFILE;
  const [inputs, outputs] = [512, 64];
  expect(fc1.forward.flops).toBe(2 * batch * inputs * outputs);
  // The gradients of its input and of its weight are products of the same size; the bias adds up rows.
  expect(fc1.backward.flops / fc1.forward.flops).toBeGreaterThan(2);
  expect(fc1.backward.flops / fc1.forward.flops).toBeLessThan(2.1);
  expect(fc1.forward.bytes).toBeGreaterThanOrEqual(batch * outputs * 4);
  expect(fc1.kept).toBe(fc1.forward.bytes);
  expect(await session.exportState()).toEqual(before);
  expect(session.info().revision).toBe(revision);
});

test('what is fused into another node is said to be done there', async () => {
  const session = await openExample('digits');
  await session.feedSample();
  const { nodes } = await measured(session);
  const fused = session.info().nodes.filter(({ id }) => (nodes[id]?.inside.length ?? 0) > 0);
  expect(fused.map(({ layer }) => layer)).toContain('relu');
  const [first] = fused;
  const inside = nodes[first?.id ?? '']?.inside[0];
  expect(session.info().nodes.find(({ id }) => id === inside)?.layer).toMatch(/linear|conv/);
});

test('a run that goes on is measured while somebody asks, and not otherwise', async () => {
  const session = await openExample('digits', { epochs: 200 });
  const run = await session.train();
  try {
    let live = await session.profile();
    while (!live) {
      await new Promise((resolve) => setImmediate(resolve));
      live = await session.profile();
    }
    expect(live.isLive).toBe(true);
    expect(live.nodes[idOf(session, 'conv1')]?.backward.seconds).toBeGreaterThan(0);
  } finally {
    await run.stop();
    await run.finished;
  }
});

test('before a sample it says what to do', async () => {
  const session = await openExample('digits');
  await expect(session.profile()).rejects.toMatchObject({ code: 'uninitialized' });
});

test('a block has the sum of what lies inside', () => {
  const work = { seconds: 1, flops: 2, bytes: 3 };
  const each = { ...NO_PROFILE, forward: work, kept: 3 };
  const nodes = { 'n1/0/a': each, 'n1/1/a': each, n10: each };
  expect(profileOf({ nodes }, 'n1')).toMatchObject({ forward: { seconds: 2, flops: 4, bytes: 6 }, kept: 6 });
  expect(profileOf({ nodes }, 'n10')?.kept).toBe(3);
  expect(profileOf({ nodes }, 'n2')).toBeNull();
});
