// Every verb as a child process: what it prints for people, its JSON, and its exit code. The contract is CLI.md's.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';

import { VERBS } from '#cli/verbs/index';
import { build, documentOf, example, lazuli, linesOf, root, temporaryFolder } from './support';

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

test('train, evaluate, predict, convert and diff: the whole path', { timeout: 120_000 }, async () => {
  const folder = temporaryFolder();
  const at = (name: string): string => path.join(folder, name);
  const run = await lazuli(['train', example('digits'), '--epochs', '3', '--out', at('w.pt'), '--json']);
  expect(run).toMatchObject({ code: 0, stderr: '' });
  const events = linesOf(run);
  expect(events.map(({ event }) => event).filter((event) => event !== 'step')).toEqual([
    'start',
    'epoch',
    'epoch',
    'epoch',
    'done',
  ]);
  for (const event of events)
    expect(Object.keys(event)).toEqual(
      expect.arrayContaining([
        'event',
        'step',
        'epoch',
        'loss',
        'metrics',
        'lr',
        'samples_per_second',
        'seconds',
      ]),
    );
  expect(events.at(-1)).toMatchObject({
    outcome: 'finished',
    epoch: 3,
    metrics: { validation_accuracy: expect.any(Number) as number },
  });

  const evaluated = documentOf(
    await lazuli(['evaluate', example('digits'), '--weights', at('w.pt'), '--json']),
  ) as { metrics: { accuracy: number } };
  expect(evaluated).toMatchObject({ samples: 1797 });
  expect(evaluated.metrics.accuracy).toBeGreaterThan(0.95);

  const predicted = await lazuli([
    'predict',
    example('digits'),
    '--weights',
    at('w.pt'),
    '--out',
    at('p.npy'),
    '--json',
  ]);
  expect(documentOf(predicted)).toEqual({
    outputs: { output: { dtype: 'float32', shape: [1797, 10], out: at('p.npy') } },
  });
  expect(documentOf(await lazuli(['inspect', at('p.npy'), '--json']))).toMatchObject({
    format: 'npy',
    entries: [{ shape: [1797, 10], dtype: 'float32' }],
  });
  expect(
    (await lazuli(['predict', example('digits'), '--weights', at('w.pt'), '--out', at('p.csv')])).code,
  ).toBe(0);
  expect(readFileSync(at('p.csv'), 'utf8').split('\n')[0]).toBe(
    'output_0,output_1,output_2,output_3,output_4,output_5,output_6,output_7,output_8,output_9',
  );

  const converted = await lazuli(['convert', at('w.pt'), at('w.safetensors'), '--json']);
  expect(documentOf(converted)).toEqual({
    in: at('w.pt'),
    out: at('w.safetensors'),
    files: [at('w.safetensors')],
    entries: 18,
    warnings: [],
  });
  expect(documentOf(await lazuli(['diff', at('w.pt'), at('w.safetensors'), '--json']))).toEqual({
    added: [],
    removed: [],
    changed: [],
  });

  const again = await lazuli([
    'train',
    example('digits'),
    '--epochs',
    '3',
    '--threads',
    '1',
    '--out',
    at('again.pt'),
  ]);
  expect(again.stdout).toMatch(/^ +epoch +loss +accuracy +validation_loss +validation_accuracy/);
  expect(documentOf(await lazuli(['diff', at('w.pt'), at('again.pt'), '--json']))).toMatchObject({
    changed: [],
  });
});

test(
  'Ctrl-C keeps a checkpoint, --resume ends with the weights of an unbroken run',
  { timeout: 120_000 },
  async () => {
    const folder = temporaryFolder();
    const at = (name: string): string => path.join(folder, name);
    const args = ['train', example('iris'), '--epochs', '4000', '--json', '--out'];
    const whole = lazuli([...args, at('whole.pt')]);
    let isSent = false;
    const broken = await lazuli([...args, at('w.pt')], {
      onOutput: (stdout, child) => {
        if (isSent || !stdout.includes('"epoch"')) return;
        isSent = true;
        child.kill('SIGINT');
      },
    });
    expect(broken.code).toBe(130);
    expect(linesOf(broken).at(-1)).toMatchObject({ event: 'done', outcome: 'stopped' });
    expect(JSON.parse(broken.stderr)).toMatchObject({
      error: { code: 'interrupted', where: at('w.checkpoint.pt') },
    });
    expect(existsSync(at('w.pt'))).toBe(false);
    expect(documentOf(await lazuli(['inspect', at('w.checkpoint.pt'), '--json']))).toMatchObject({
      values: { optimizer_type: 'adam' },
    });
    expect((await lazuli([...args, at('w.pt'), '--resume'])).code).toBe(0);
    expect(existsSync(at('w.checkpoint.pt'))).toBe(false);
    expect((await whole).code).toBe(0);
    expect(documentOf(await lazuli(['diff', at('whole.pt'), at('w.pt'), '--json']))).toEqual({
      added: [],
      removed: [],
      changed: [],
    });
  },
);

test('pictures in IDX form, packed with gzip, train through the command line', slow, async () => {
  const folder = temporaryFolder();
  const at = (name: string): string => path.join(folder, name);
  const count = 300;
  const pixels = Buffer.alloc(16 + count * 784);
  const labels = Buffer.alloc(8 + count);
  [0x803, count, 28, 28].forEach((field, place) => pixels.writeUInt32BE(field, 4 * place));
  [0x801, count].forEach((field, place) => labels.writeUInt32BE(field, 4 * place));
  for (let sample = 0; sample < count; sample++) {
    labels[8 + sample] = sample % 10;
    const bar = 16 + sample * 784 + (sample % 10) * 56;
    pixels.fill(255, bar, bar + 56);
  }
  writeFileSync(at('train-images-idx3-ubyte.gz'), gzipSync(pixels));
  writeFileSync(at('train-labels-idx1-ubyte.gz'), gzipSync(labels));
  const data = ['--data', at('train-images-idx3-ubyte.gz')];
  const out = at('w.safetensors');
  const settings = ['--epochs', '6', '--batch-size', '16', '--json'];
  const run = await lazuli(['train', example('fashion-mnist'), ...data, ...settings, '--out', out]);
  expect(run).toMatchObject({ code: 0, stderr: '' });
  const evaluated = await lazuli(['evaluate', example('fashion-mnist'), ...data, '--weights', out, '--json']);
  expect(documentOf(evaluated)).toMatchObject({ samples: count, metrics: { accuracy: 1 } });
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
