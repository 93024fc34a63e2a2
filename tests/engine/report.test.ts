// The report of a model: the numbers of its layers add up to its totals; unknown ones are said to be unknown; memory held during a run.
import { expect, test } from 'vitest';

import { NO_PROFILE } from '#core/session/profile';
import { layerReports, memoryMarkdown, reportCsv, reportMarkdown } from '#core/session/report';
import { fitsOn } from '#core/session/training-memory';
import { openExample } from './support';

test('each layer has its output, parameters and work, and they add up', async () => {
  const session = await openExample('digits');
  const waiting = session.info();
  expect(reportMarkdown(waiting)).toContain('| fc1 | linear | ? | ? | ? | ? |');
  expect(reportCsv(waiting)).toContain('fc1,linear,?,,,\n');
  expect(reportMarkdown(waiting)).toMatch(
    /\| \*\*total\*\* \| {2}\| {2}\| \*\*\?\*\* \| \*\*\?\*\* \| \*\*\?\*\* \|\n$/,
  );

  await session.feedSample();
  const info = session.info();
  const rows = layerReports(info);
  const sum = (values: readonly (number | null)[]): number =>
    values.reduce<number>((all, value) => all + (value ?? 0), 0);
  expect(sum(rows.map(({ parameters }) => parameters))).toBe(info.totals.parameters);
  expect(sum(rows.map(({ flops }) => flops))).toBe(info.totals.flops);
  expect(reportMarkdown(info)).toContain('| fc1 | linear | 64×64 | 32832 |');
  expect(reportCsv(info).split('\n')[0]).toBe('layer,type,output,parameters,FLOPs,activation bytes');
  expect(reportCsv(info)).toContain('fc2,linear,64×10,650,');
});

test('with a profile the report has what each layer costs, forward and backward', async () => {
  const session = await openExample('digits');
  await session.feedSample();
  const info = session.info();
  const id = info.nodes.find(({ name }) => name === 'fc2')?.id ?? '';
  const forward = { seconds: 1.5e-6, flops: 81_920, bytes: 2560 };
  const cost = { ...NO_PROFILE, forward, backward: { ...forward, seconds: 2e-3 }, kept: 64 };
  const parts = { data: 0, loss: 1e-6, update: 0, other: 0 };
  const profile = {
    device: 'cpu',
    batch: 64,
    steps: 3,
    isLive: false,
    seconds: 0.0020025,
    nodes: { [id]: cost },
    parts,
  } as const;
  const csv = reportCsv(info, profile).split('\n');
  expect(csv[0]).toMatch(/,forward µs,backward µs,backward FLOPs,memory bytes,kept bytes$/);
  expect(csv.find((line) => line.startsWith('fc2,'))).toBe(
    'fc2,linear,64×10,650,81920,2560,1.5,2000.0,81920,5120,64',
  );
  const markdown = reportMarkdown(info, profile);
  expect(markdown).toContain('**1.5** | **2000.0** | **81920** | **5120** | **64** |');
  expect(markdown).toContain('takes 2 ms (median of 3)');
});

test('what a run holds is measured, and near what was predicted; both are copied', async () => {
  const session = await openExample('digits', { epochs: 1 });
  expect(session.heldBytes).toBeNull();
  const { batch, memory } = await session.preflight();
  const { total, parameters } = memory;
  const cpu = { device: 'cpu', name: 'CPU', need: { batch, memory, limit: 4000 }, problem: null } as const;
  const gpu = { device: 'gpu', name: 'A | B', need: { batch, memory, limit: null }, problem: null } as const;
  const none = { device: 'gpu:1', name: 'Old', need: null, problem: 'no Vulkan 1.2' } as const;
  const copied = memoryMarkdown([cpu, gpu, none], 123);
  expect(copied).toContain(
    '| memory of a run, batches of 64 | CPU, bytes | A \\| B, bytes |\n| --- | ---: | ---: |',
  );
  expect(copied).toContain(`| parameters | ${parameters} | ${parameters} |`);
  expect(copied).toContain(`| **predicted** | ${total} | ${total} |\n| the device may give | 4000 | ? |`);
  expect(copied).toContain('Old: no Vulkan 1.2');
  expect(copied).toContain('Measured during the last run: 123 bytes.');
  expect(memoryMarkdown([cpu], null)).not.toMatch(/measured/i);
  expect([cpu, gpu, none].map(fitsOn)).toEqual([total <= 4000, true, false]);
  const run = await session.train();
  await run.finished;
  expect((session.heldBytes ?? 0) / total).toBeGreaterThan(0.98);
  expect((session.heldBytes ?? 0) / total).toBeLessThan(1.02);
});
