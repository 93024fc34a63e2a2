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
  expect(memory.total).toBe(memory.parameters + memory.buffers + memory.optimizer_state + memory.arena);
});

test('its bytes are those a run holds, but for the data, the order of samples and the log', async () => {
  const { native } = cpuBackend();
  const expected = preflight(template('digits'), { input: [64, 1, 8, 8] }).memory;
  const session = await openExample('digits', { batchSize: 64, epochs: 1, validationSplit: 0, metrics: [] });
  await session.feedSample();
  const data = native.live().bytes - expected.parameters - expected.buffers;
  const run = await session.train();
  const held = native.live().bytes - data;
  await run.finished;
  // One program for whole batches, one for the rest of 1797 samples: the second is smaller.
  expect(held).toBeGreaterThan(expected.total);
  expect(held).toBeLessThan(expected.total * 1.6);
});

test('what the run would refuse, the preflight refuses', () => {
  const project = template('digits');
  expect(() => preflight(project, { input: [64, 1] })).toThrow(/conv1/);
});
