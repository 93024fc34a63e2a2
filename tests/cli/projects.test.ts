// Project files from the command line: made from templates, summed up with shapes and programs, given weights, compared.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';

import { build, documentOf, example, lazuli, root, temporaryFolder } from './support';

beforeAll(build, 300_000);
const slow = { timeout: 60_000 };

test('new writes a template and refuses to replace a file', slow, async () => {
  const folder = temporaryFolder();
  const made = await lazuli(['new', 'p.lazuli', '--template', 'blank', '--json'], { cwd: folder });
  expect(made.code).toBe(0);
  expect(documentOf(made)).toMatchObject({ file: 'p.lazuli', template: 'blank' });
  expect(readFileSync(path.join(folder, 'p.lazuli'), 'utf8')).toContain('"format": "lazuli"');
  expect((await lazuli(['new', 'p.lazuli'], { cwd: folder })).code).toBe(2);
  expect((await lazuli(['new', 'p.lazuli', '--force'], { cwd: folder })).code).toBe(0);
  expect((await lazuli(['new', 'q.lazuli', '--template', 'nope'], { cwd: folder })).code).toBe(2);

  const listed = documentOf(await lazuli(['new', '--list', '--json'])) as { name: string }[];
  expect(listed.map(({ name }) => name)).toEqual([
    'blank',
    'digits',
    'iris',
    'opticks',
    'fashion-mnist',
    'pairs',
  ]);
});

test(
  'new puts the data of a template beside it, under another name where a different file has its own',
  slow,
  async () => {
    const folder = temporaryFolder();
    const digits = await lazuli(['new', 'd.lazuli', '--template', 'digits', '--json'], { cwd: folder });
    expect(documentOf(digits)).toMatchObject({ data: ['digits.csv.gz'] });
    writeFileSync(path.join(folder, 'iris.csv'), 'of somebody else');
    const iris = await lazuli(['new', 'i.lazuli', '--template', 'iris', '--json'], { cwd: folder });
    expect(documentOf(iris)).toMatchObject({ data: ['iris-2.csv'] });
    expect(JSON.parse(readFileSync(path.join(folder, 'i.lazuli'), 'utf8'))).toMatchObject({
      data: { file: 'iris-2.csv' },
    });
  },
);

test('summary shows uninitialized parameters, and their shapes for a sample', slow, async () => {
  const plain = documentOf(await lazuli(['summary', example('digits'), '--json']));
  expect(plain).toMatchObject({
    totals: { parameters: null, uninitialized: 16, flops: null, bytes: null },
    problems: [],
  });
  const costs = await lazuli(['summary', example('digits'), '--report', 'csv', '--costs']);
  expect(costs.stdout).toMatch(
    /^layer,.*,backward µs,.*\n[^]*\nconv2,conv2d,64×32×4×4,4640,\d+,\d+,[\d.]+,[\d.]+,/,
  );
  const shaped = documentOf(
    await lazuli(['summary', example('digits'), '--shape', 'input=64x1x8x8', '--json']),
  ) as {
    nodes: { name: string; parameters: object[] }[];
  };
  expect(shaped).toMatchObject({ totals: { parameters: 38_378, uninitialized: 16 } });
  expect(shaped.nodes.find(({ name }) => name === 'fc1')).toMatchObject({
    layer: 'linear',
    inputs: [[64, 512]],
    outputs: [[64, 64]],
    flops: 4_194_304,
    activation_bytes: 16_384,
    parameters: [
      {
        name: 'fc1.weight',
        kind: 'uninitialized_parameter',
        state: 'uninitialized',
        dtype: 'float32',
        shape: [64, 512],
        waits_for: 'in_features',
        provenance: "in_features = 512, from 'flatten' 32·4·4, from 'conv2', from the sample's 1×8×8",
      },
      { name: 'fc1.bias' },
    ],
  });
  const text = await lazuli(['summary', example('digits'), '--shape', '64x1x8x8']);
  expect(text.stdout).toMatch(/^conv1 +conv2d +64×16×8×8 +160/m);
  expect(text.stdout).not.toContain('\u001b');
});

test(
  'summary --program lists the training step before and after optimization, with its memory',
  slow,
  async () => {
    const shape = ['--shape', 'input=16x1x8x8'];
    const shown = await lazuli(['summary', example('digits'), ...shape, '--program']);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toContain('training step of 16 samples, as traced');
    expect(shown.stdout).toMatch(/adam_step\(fc1\.weight, %\d+, fc1\.weight\.exp_avg/);
    const { program } = documentOf(
      await lazuli(['summary', example('digits'), ...shape, '--program', '--json']),
    ) as { program: { batch: number; memory: Record<string, number>; instructions: Record<string, number> } };
    expect(program.batch).toBe(16);
    expect(program.instructions['after']).toBeLessThan(program.instructions['before'] ?? 0);
    expect(program.memory['arena']).toBeGreaterThan(0);
  },
);

test('summary names the memory of a run on each device', slow, async () => {
  const told = documentOf(await lazuli(['summary', example('iris'), '--memory', '--json']));
  expect(told).toMatchObject({ memory: [{ device: 'cpu', need: { batch: 16 }, problem: null }, {}] });
  const text = await lazuli(['summary', example('iris'), '--memory']);
  expect(text.stdout).toMatch(
    /memory of a run, on each device\n {2}cpu +CPU: batches of 16 take .* of .*iB\n/,
  );
});

test('materialize writes weights that summary and inspect then see', slow, async () => {
  const folder = temporaryFolder();
  const out = path.join(folder, 'w.pt');
  const made = await lazuli(['materialize', example('digits'), '--seed', '0', '--out', out, '--json']);
  expect(documentOf(made)).toMatchObject({
    seed: 0,
    out,
    unreached: [],
    totals: { uninitialized: 0, parameters: 38_378 },
  });
  const inspected = documentOf(await lazuli(['inspect', out, '--json'])) as {
    entries: { name: string; sha256: string }[];
  };
  const golden = JSON.parse(readFileSync(path.join(root, 'tests/golden/engine.json'), 'utf8')) as {
    nets: { name: string; seed: number; tensors: Record<string, { sha256: string }> }[];
  };
  const torch = golden.nets.find(({ name, seed }) => name === 'digits' && seed === 0)?.tensors ?? {};
  expect(inspected).toMatchObject({ file: out, format: 'torch', globals: [], warnings: [] });
  expect(inspected.entries.map(({ name, sha256 }) => [name, sha256])).toEqual(
    Object.entries(torch).map(([name, { sha256 }]) => [name, sha256]),
  );
  const compared = documentOf(await lazuli(['summary', example('digits'), '--weights', out, '--json'])) as {
    weights: { verdict: string }[];
  };
  expect(new Set(compared.weights.map(({ verdict }) => verdict))).toEqual(
    new Set(['will_materialize', 'fits']),
  );
});

test('diff of projects names nodes, params and edges', slow, async () => {
  const folder = temporaryFolder();
  const changed = path.join(folder, 'changed.lazuli');
  writeFileSync(
    changed,
    readFileSync(example('digits'), 'utf8')
      .replace('"out_channels": 16', '"out_channels": 8')
      .replace('"x": 240', '"x": 9'),
  );
  expect(documentOf(await lazuli(['diff', example('digits'), changed, '--json']))).toEqual({
    added: [],
    removed: [],
    changed: [{ where: "node 'conv1', out_channels", before: 16, after: 8, norm: null }],
  });
});
