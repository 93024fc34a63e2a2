// A run whose memory was asked for before takes over the programs that were compiled for the answer, and learns the same.
import { beforeEach, expect, test, vi } from 'vitest';

import type { Project } from '#core/document/project';
import { plan } from '#core/program/plan';
import type { ModelSession } from '#engine/session';

import { openExample } from './support';

vi.mock(import('#core/program/plan'), async (original) => {
  const actual = await original();
  return { ...actual, plan: vi.fn(actual.plan) };
});
const planned = vi.mocked(plan);
beforeEach(() => {
  planned.mockClear();
});

type Training = Partial<Project['training']>;

async function trained(session: ModelSession) {
  const run = await session.train();
  await run.finished;
  const epochs = run.snapshot().events.filter(({ event }) => event === 'epoch');
  return {
    epochs: epochs.map(({ loss, metrics }) => [loss, metrics]),
    state: Buffer.from(await session.exportState()),
  };
}

const DIGITS: Training = {
  batchSize: 256,
  accumulate: 2,
  validationSplit: 0.2,
  clipping: { max_norm: 1 },
  scheduler: { type: 'one_cycle_lr', params: { max_lr: 0.01 } },
};

test.each<[string, string, Training]>([
  ['accumulated, clipped steps with a schedule, a rest and a validation part', 'digits', DIGITS],
  ['standardized columns', 'iris', {}],
  ['several inputs and outputs', 'pairs', {}],
])('%s', async (_name, example, settings) => {
  const training = { epochs: 1, ...settings };
  const alone = await trained(await openExample(example, training));
  const compiled = planned.mock.calls.length;
  expect(compiled).toBeGreaterThan(0);
  planned.mockClear();
  const session = await openExample(example, training);
  await session.trainingNeed();
  expect(planned).toHaveBeenCalledTimes(compiled);
  const { epochs, state } = await trained(session);
  expect(epochs).toEqual(alone.epochs);
  expect(state.equals(alone.state)).toBe(true);
  expect(planned).toHaveBeenCalledTimes(compiled);
});

test('other settings than those asked about are compiled', async () => {
  const session = await openExample('iris', { epochs: 1, batchSize: 50 });
  await session.trainingNeed();
  const { project } = session;
  await session.update({ ...project, training: { ...project.training, batchSize: 49 } });
  planned.mockClear();
  await trained(session);
  expect(planned).toHaveBeenCalled();
});
