// What a run may be asked for works on a GPU: every optimizer, each way to clip, cycled momentum, every metric; with the values of the CPU.
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Project } from '#core/document/project';
import { findLoss } from '#core/losses/index';
import { fits, METRICS } from '#core/metrics/index';
import { OPTIMIZERS } from '#core/optimizers/index';
import { gpuBackend } from '#engine/backend';

import { openExample } from '../engine/support';
import { DEVICES } from './devices';

beforeAll(() => {
  process.env['LAZULI_SOFTWARE_GPU'] = '1';
  process.env['LAZULI_GPU'] = DEVICES[0]?.name;
});
afterAll(() => {
  const live = gpuBackend().native.live();
  delete process.env['LAZULI_SOFTWARE_GPU'];
  delete process.env['LAZULI_GPU'];
  expect(live).toMatchObject({ storages: 0, programs: 0 });
});

type Training = Partial<Project['training']>;

/** Loss and metrics of each epoch of a run on a device: of a model whose tensors are matrices, which is all that muon takes. */
async function measured(training: Training, device: 'cpu' | 'gpu') {
  const session = await openExample('iris');
  const { project } = session;
  const nodes = project.graph.nodes.map((node) =>
    node.layer === 'linear' ? { ...node, params: { ...node.params, bias: false } } : node,
  );
  await session.update({
    ...project,
    graph: { ...project.graph, nodes },
    training: { ...project.training, epochs: 2, ...training, device },
  });
  const run = await session.train();
  const { error } = await run.finished;
  if (error) throw error;
  return run
    .snapshot()
    .events.flatMap((event) => (event.event === 'epoch' ? [{ loss: event.loss, ...event.metrics }] : []));
}

async function compareRuns(training: Training): Promise<void> {
  const expected = await measured(training, 'cpu');
  const got = await measured(training, 'gpu');
  expect(got).toHaveLength(2);
  expected.forEach((epoch, at) =>
    Object.entries(epoch).forEach(([name, value]) => {
      const actual = (got[at] as Readonly<Record<string, number>>)[name] ?? Number.NaN;
      expect(Math.abs(actual - value), `${name} ${actual}, on the CPU ${value}`).toBeLessThan(
        1e-3 * Math.max(Math.abs(value), 1e-3),
      );
    }),
  );
}

/** Whole batches and short steps, where its own options lead far away and every rounding with them. */
const CALM: Training = { batchSize: 150, optimizer: { type: 'lbfgs', params: { lr: 0.05, max_iter: 4 } } };

test.each(OPTIMIZERS.map(({ type }) => type))('optimizer %s', (type) =>
  compareRuns(type === 'lbfgs' ? CALM : { optimizer: { type, params: {} } }),
);

test.each(['sgd', 'adamw', 'nadam', 'rmsprop', 'muon'])('%s with a momentum that a schedule moves', (type) =>
  compareRuns({
    optimizer: { type, params: type === 'adamw' || type === 'nadam' ? {} : { momentum: 0.9 } },
    scheduler: { type: 'one_cycle_lr', params: { max_lr: 0.01 } },
  }),
);

test.each([
  { max_norm: 0.5 },
  { max_norm: 0.5, norm_type: '1' },
  { max_norm: 0.1, norm_type: 'inf', clip_value: 0.05 },
])('gradients clipped by %o', (clipping) => compareRuns({ clipping }));

test('all metrics of classes', () => {
  const loss = findLoss('cross_entropy');
  const metrics = METRICS.filter((metric) => loss && fits(metric, loss, 'class')).map(({ type }) => type);
  expect(metrics.length).toBeGreaterThan(10);
  return compareRuns({ metrics });
});
