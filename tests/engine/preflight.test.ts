// The training step before it runs: its listings, and memory that is what the run then takes; nothing is allocated for it.
import { expect, test } from 'vitest';

import { cpuBackend } from '#engine/backend';
import { preflight } from '#engine/training/preflight';

import { openExample, template } from './support';

test('a preflight takes no native memory and lists the step before and after optimization', () => {
  const { native } = cpuBackend();
  const before = native.live();
  const {
    after,
    before: traced,
    instructions,
    memory,
  } = preflight(template('digits'), { input: [64, 1, 8, 8] });
  expect(native.live()).toEqual(before);
  expect(instructions.after).toBeLessThan(instructions.before);
  expect(traced).toContain('fc1.weight');
  expect(after).toMatch(/adam_step\(fc1\.weight, %\d+, fc1\.weight\.exp_avg/);
  expect(memory.arena).toBeGreaterThanOrEqual(memory.least_arena);
  expect([memory.data, memory.other_arenas]).toEqual([0, 0]);
});

test.each([
  { batchSize: 64, epochs: 1, validationSplit: 0, metrics: [] },
  { batchSize: 100, epochs: 1, validationSplit: 0.2, metrics: ['accuracy'] },
  { batchSize: 256, epochs: 1, accumulate: 2, earlyStopping: { patience: 1 } },
])('its bytes are within 2%% of those a run holds, but for the scratch of kernels: %o', async (settings) => {
  const { native } = cpuBackend();
  const before = native.live().bytes;
  const session = await openExample('digits', settings);
  const { total, ...parts } = (await session.preflight()).memory;
  expect(parts.data).toBeGreaterThan(0);
  const run = await session.train();
  const held = native.live().bytes - before;
  await run.finished;
  expect(held / total).toBeGreaterThan(0.98);
  expect(held / total).toBeLessThan(1.02);
});

test('what the run would refuse, the preflight refuses', () => {
  const project = template('digits');
  expect(() => preflight(project, { input: [64, 1] })).toThrow(/conv1/);
});
