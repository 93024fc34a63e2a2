// Verbs as child processes that need no project: what they print for people, their JSON, and their exit codes. The contract is CLI.md's.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';

import { VERBS } from '#cli/verbs/index';
import { build, documentOf, example, lazuli, linesOf, temporaryFolder } from './support';

beforeAll(build, 300_000);
const slow = { timeout: 60_000 };

test('help lists every verb, each verb has its own with an example', slow, async () => {
  const { code, stdout } = await lazuli(['--help']);
  expect(code).toBe(0);
  for (const { name, example: usage } of VERBS) {
    expect(stdout).toContain(name);
    expect(usage).toMatch(new RegExp(`^lazuli ${name}`));
  }
  const own = await lazuli(['train', '--help']);
  expect(own).toMatchObject({ code: 0, stderr: '' });
  expect(own.stdout).toContain('--validation-split');
});

test('layers and devices are tables', slow, async () => {
  const layers = documentOf(await lazuli(['layers', '--json'])) as { type: string; torch: string | null }[];
  expect(layers.find(({ type }) => type === 'conv2d')).toMatchObject({
    torch: 'torch.nn.Conv2d',
    torch_lazy: 'torch.nn.LazyConv2d',
  });
  expect((await lazuli(['layers', 'Linear'])).stdout).toContain('in_features');
  const devices = documentOf(await lazuli(['devices', '--json'])) as object[];
  expect(devices).toMatchObject([
    { id: 'cpu', available: true, refusal: null },
    { id: 'gpu', available: false, refusal: expect.any(String) as string },
  ]);
});

test('probe runs one layer on given values', slow, async () => {
  const file = path.join(temporaryFolder(), 'case.json');
  writeFileSync(
    file,
    JSON.stringify({
      layer: 'Linear',
      params: { in_features: 2, out_features: 1 },
      weights: { weight: [[2, 3]], bias: [1] },
      inputs: [[[1, 1]]],
    }),
  );
  expect(documentOf(await lazuli(['probe', file, '--json']))).toMatchObject({
    outputs: [[[6]]],
    grad_weights: { weight: [[1, 1]], bias: [1] },
  });
});

test('probe reads JSON lines with bare NaN and Infinity, a result or an error per line', slow, async () => {
  const file = path.join(temporaryFolder(), 'cases.jsonl');
  writeFileSync(
    file,
    '{"layer": "ReLU", "inputs": [[NaN, -Infinity, Infinity, "NaN"]]}\n' +
      '\n{"layer": "Relo", "inputs": [[1]]}\n{"layer": "L1Loss", "inputs": [[1], [3]], "params": null, "grad_outputs": null}\n' +
      '{"layer": "ReLU", "inputs": [[1]], "grad_outputs": 5}\n',
  );
  const result = await lazuli(['probe', file, '--json']);
  expect(result.code).toBe(2);
  expect(linesOf(result)).toMatchObject([
    { where: `${file}:1`, outputs: [['NaN', 0, 'Infinity', 'NaN']] },
    { where: `${file}:3`, error: { code: 'parameter_invalid', hint: 'did you mean relu?' } },
    { where: `${file}:4`, outputs: [2], grad_inputs: [[-1], [1]] },
    { where: `${file}:5`, error: { code: 'usage', where: `${file}:5, grad_outputs`, got: '5', hint: null } },
  ]);
});

test('inspect reads a project as data', slow, async () => {
  expect(documentOf(await lazuli(['inspect', example('iris'), '--json']))).toMatchObject({
    format: 'lazuli',
    entries: [],
    values: { name: 'iris', weights: null },
  });
});

test('gui without a display says so', slow, async () => {
  const ended = await lazuli(['gui'], { env: { DISPLAY: '', WAYLAND_DISPLAY: '' } });
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain('no display');
});

test('a pipe that closes early is no error', slow, async () => {
  const ended = await lazuli(['layers', '--json'], { onOutput: (_stdout, child) => child.stdout?.destroy() });
  expect(ended).toMatchObject({ code: 0, stderr: '' });
});

test('bench prints one line of JSON per workload, lists them, and refuses an unknown one', slow, async () => {
  const run = await lazuli(['bench', 'mlp_b8', 'op_add', '--seconds', '0.01', '--threads', '1', '--json']);
  expect(run.code).toBe(0);
  const lines = linesOf(run);
  expect(lines.map(({ name }) => name)).toEqual(['mlp_b8', 'op_add']);
  for (const line of lines) {
    expect(line).toMatchObject({ device: 'cpu', threads: 1, dtype: 'float32' });
    for (const key of ['median_ms', 'p10_ms', 'p90_ms', 'steps', 'peak_bytes'])
      expect(line[key], key).toBeGreaterThan(0);
  }
  const listed = documentOf(await lazuli(['bench', '--list', '--json'])) as { name: string }[];
  expect(listed.map(({ name }) => name)).toEqual(expect.arrayContaining(['cnn_b64', 'gemm_nt_64x512x784']));
  expect((await lazuli(['bench', 'nothing'])).code).toBe(2);
  expect((await lazuli(['bench', '--device', 'tpu'])).code).toBe(2);
});

test('bench shows where a step goes, and sweeps threads', slow, async () => {
  const { stdout, code } = await lazuli(['bench', 'mlp_b8', '--seconds', '0.01', '--profile']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/µs\s+%\s+for\s+instruction/);
  expect(stdout).toContain('n1.weight');
  expect(stdout).toContain('n1 backward');
  const swept = linesOf(
    await lazuli([
      'bench',
      'mlp_b8',
      '--sweep',
      '--threads',
      '2',
      '--batch',
      '4',
      '--seconds',
      '0.01',
      '--json',
    ]),
  );
  expect(swept.map(({ threads, batch }) => [threads, batch])).toEqual([
    [1, 4],
    [2, 4],
  ]);
});
