// The training step before it runs: its listings, and memory that is what the run then takes; nothing is allocated for it.
import { expect, test } from 'vitest';

import { refuseTooLarge } from '#core/session/training-memory';
import { showBytes } from '#core/units';
import { cpuBackend, devices } from '#engine/backend';
import { preflight } from '#engine/training/preflight';

import { openExample, template, temporaryFolder } from './support';

test('a preflight takes no native memory and lists the step before and after optimization', async () => {
  const { native } = cpuBackend();
  const before = native.live();
  const {
    after,
    before: traced,
    instructions,
    memory,
  } = await preflight(template('digits'), { input: [64, 1, 8, 8] });
  expect(native.live()).toEqual(before);
  expect(instructions.after).toBeLessThan(instructions.before);
  expect(traced).toContain('fc1.weight');
  expect(after).toMatch(/adam_step\(fc1\.weight, %\d+, fc1\.weight\.exp_avg/);
  expect(memory.arena).toBeGreaterThanOrEqual(memory.least_arena);
  expect([memory.data, memory.other_arenas]).toEqual([0, 0]);
});

test.each([
  { batchSize: 64, epochs: 2, validationSplit: 0, metrics: [], threads: 1 },
  { batchSize: 64, epochs: 2, validationSplit: 0, metrics: [], threads: 2 },
  { batchSize: 100, epochs: 2, validationSplit: 0.2, metrics: ['accuracy'], threads: 2 },
  { batchSize: 256, epochs: 2, accumulate: 2, earlyStopping: { patience: 1 }, threads: 2 },
])('its bytes are within 2%% of the most a run holds at once: %o', async (settings) => {
  const { native } = cpuBackend();
  const before = native.live().bytes;
  const session = await openExample('digits', settings);
  const { total, ...parts } = (await session.preflight()).memory;
  expect(parts.data).toBeGreaterThan(0);
  expect(parts.scratch).toBeGreaterThan(0);
  native.resetMemoryPeak();
  const run = await session.train();
  await run.finished;
  const most = native.memoryPeak() - before;
  expect(most / total).toBeGreaterThan(0.98);
  expect(most / total).toBeLessThan(1.02);
});

test('a run that keeps its best weights needs that much more', async () => {
  const { native } = cpuBackend();
  const before = native.live().bytes;
  const session = await openExample('digits', { epochs: 2, metrics: [], threads: 2 });
  const { total, parameters, buffers } = (await session.preflight({ keepsBest: true })).memory;
  expect(total - (await session.preflight()).memory.total).toBe(parameters + buffers);
  native.resetMemoryPeak();
  const run = await session.train({ kept: `${temporaryFolder()}/best.pt` });
  await run.finished;
  const most = native.memoryPeak() - before;
  expect(most / total).toBeGreaterThan(0.98);
  expect(most / total).toBeLessThan(1.02);
});

test('a run that needs more than the limit is refused with both', async () => {
  const session = await openExample('digits', { batchSize: 64 });
  const need = await session.trainingNeed();
  const { total } = need.memory;
  expect(need.limit).toBe(cpuBackend().native.info().memory_limit);
  expect(() => refuseTooLarge({ ...need, limit: total })).not.toThrow();
  expect(() => refuseTooLarge({ ...need, limit: total - 1 })).toThrow(
    `batches of 64 needs ${showBytes(total)} (${total} bytes) of memory, the limit is`,
  );
});

test('what the run would refuse, the preflight refuses', async () => {
  const project = template('digits');
  await expect(preflight(project, { input: [64, 1] })).rejects.toThrow(/conv1/);
});

test('each device of the machine is named with what a run would take there, or why it cannot be', async () => {
  const session = await openExample('digits', { batchSize: 64 });
  const need = await session.trainingNeed();
  const needs = await session.trainingNeeds();
  expect(needs.map(({ device, name }) => [device, name])).toEqual(
    devices().map(({ id, name }) => [id, name]),
  );
  expect(needs[0]).toEqual({ device: 'cpu', name: 'CPU', need, problem: null });
  for (const { isAvailable, id, detail } of devices().filter(({ isAvailable }) => !isAvailable)) {
    expect(isAvailable).toBe(false);
    expect(needs.find(({ device }) => device === id)).toMatchObject({ need: null, problem: detail });
  }
  expect(session.project.training.device).toBe('cpu');
});

test('what no device could run is refused as a run would be', async () => {
  const session = await openExample('digits', { optimizer: { name: 'adam', params: { lr: -1 } } } as never);
  await expect(session.trainingNeeds()).rejects.toThrow(/lr/);
});
