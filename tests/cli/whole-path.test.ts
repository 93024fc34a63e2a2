// The whole path from the command line: trained, evaluated, predicted, converted, compared; broken off and gone on with.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';

import { build, documentOf, example, lazuli, linesOf, temporaryFolder } from './support';

beforeAll(build, 300_000);
const slow = { timeout: 60_000 };

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
