// What `lazuli train` sets for a run, and what it refuses; the search for a learning rate.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';

import { build, documentOf, errorOf, example, lazuli, linesOf, temporaryFolder } from './support';

beforeAll(build, 300_000);
const slow = { timeout: 60_000 };

test(
  'flags set optimizer, schedule, clipping, accumulation, precision and early stopping',
  slow,
  async () => {
    const folder = temporaryFolder();
    const at = (name: string): string => path.join(folder, name);
    const ended = await lazuli([
    'train', example('digits'), '--epochs', '2', '--batch-size', '32', '--accumulate', '2',
    '--optimizer', 'sgd', '--lr', '0.05', '--optimizer-option', 'nesterov=true', '--optimizer-option', 'momentum=0.9',
    '--scheduler', 'one_cycle_lr', '--scheduler-option', 'max_lr=0.2', '--clip-norm', '1', '--precision', 'bfloat16',
    '--early-stopping', '5', '--monitor', 'validation_accuracy', '--best', at('best.pt'), '--keep-checkpoint',
    '--json', '--out', at('w.pt'),
  ]); // prettier-ignore
    expect(ended.code).toBe(0);
    const events = linesOf(ended);
    const steps = events.filter(({ event }) => event === 'step');
    // 23 steps of two batches per epoch, an epoch's last one too.
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 46 }, (_, at) => at + 1));
    expect(Number(steps[0]?.['lr'])).toBeCloseTo(0.2 / 25, 12);
    expect(Math.max(...steps.map(({ lr }) => Number(lr)))).toBeGreaterThan(0.19);
    expect(steps[0]?.['metrics']).toHaveProperty('gradient_norm');
    expect(events.at(-1)).toMatchObject({ event: 'done', outcome: 'finished' });
    expect(existsSync(at('best.pt'))).toBe(true);
    expect(documentOf(await lazuli(['inspect', at('w.checkpoint.pt'), '--json']))).toMatchObject({
      values: {
        optimizer_type: 'sgd',
        'optimizer.param_groups.0.nesterov': true,
        'lr_scheduler.last_epoch': 46,
      },
    });
  },
);

test.each([
  [['--scheduler', 'cosine'], 'scheduler', 'cosine'],
  [['--optimizer-option', 'nesterov'], '--optimizer-option', 'nesterov'],
  [['--optimizer-option', 'beta=1'], 'beta', 'beta'],
  [['--scheduler-option', 'gamma=1'], '--scheduler-option', 'no scheduler'],
  [['--clip-norm-type', '0'], '--clip-norm-type', '0'],
  [['--precision', 'float16'], '--precision', 'float16'],
  [['--min-delta', '1'], '--min-delta', 'no early stopping'],
  [['--monitor', 'accuracy_of_it'], 'monitor', 'accuracy_of_it'],
])('%o is refused with where and what', slow, async (flags, where, got) => {
  const out = path.join(temporaryFolder(), 'w.pt');
  const ended = await lazuli(['train', example('iris'), ...flags, '--out', out, '--json']);
  expect(ended.code).toBe(2);
  expect(errorOf(ended)).toMatchObject({ where, got });
  expect(existsSync(out)).toBe(false);
});

test('find-lr gives its points and a suggestion', slow, async () => {
  const ended = await lazuli([
    'find-lr',
    example('iris'),
    '--from',
    '1e-4',
    '--to',
    '10',
    '--steps',
    '40',
    '--json',
  ]);
  expect(ended.code).toBe(0);
  const { suggestion, points } = documentOf(ended) as { suggestion: number; points: unknown[] };
  expect(suggestion).toBeGreaterThan(1e-4);
  expect(points.length).toBeGreaterThan(10);
  const wrong = await lazuli(['find-lr', example('iris'), '--from', '1', '--to', '0.1', '--json']);
  expect(wrong.code).toBe(2);
  expect(errorOf(wrong)).toMatchObject({ where: '--from' });
});

test('metrics with options, of a run and of weights', slow, async () => {
  const out = path.join(temporaryFolder(), 'w.pt');
  const metrics = 'accuracy,f1(average=weighted),auroc,confusion_matrix,recall(average=none),r2_score';
  const flags = ['--epochs', '2', '--metrics', metrics, '--json'];
  const ended = await lazuli(['train', example('digits'), ...flags, '--out', out]);
  expect(ended.code).toBe(0);
  expect(linesOf(ended)[0]).toMatchObject({ event: 'start', left_out: ['r2_score'] });
  const epoch = linesOf(ended).findLast(({ event }) => event === 'epoch') as {
    readonly metrics: Record<string, number>;
    readonly arrays: Record<string, number[][]>;
  };
  expect(Object.keys(epoch.metrics)).toEqual([
    ...['accuracy', 'f1(average=weighted)', 'auroc'],
    ...['validation_loss', 'validation_accuracy', 'validation_f1(average=weighted)', 'validation_auroc'],
  ]);
  const counted = epoch.arrays['validation_confusion_matrix'] ?? [];
  const right = counted.reduce((sum, row, at) => sum + (row[at] ?? 0), 0);
  const total = counted.flat().reduce((sum, count) => sum + count, 0);
  expect(right / total).toBeCloseTo(epoch.metrics['validation_accuracy'] ?? NaN, 12);
  expect(epoch.metrics['validation_auroc']).toBeGreaterThan(0.9);

  const evaluated = await lazuli([
    'evaluate', example('digits'), '--weights', out, '--metrics', 'f1_macro,mcc,confusion_matrix', '--json',
  ]); // prettier-ignore
  expect(documentOf(evaluated)).toMatchObject({
    metrics: { f1_macro: expect.any(Number) as number, mcc: expect.any(Number) as number },
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    samples: 1797,
  });
  const page = await lazuli([
    'evaluate', example('digits'), '--weights', out, '--metrics', 'iou,iou(average=none),mae',
  ]); // prettier-ignore
  expect(page.stderr).toContain('beside the loss cross_entropy and these targets there is no mae');
  expect(page.stdout).toMatch(/iou +\d+\.\d\d%/);
  expect(page.stdout).toMatch(/\n {2}9 +\d+\.\d\d%/);
  const wrong = await lazuli(['evaluate', example('digits'), '--weights', out, '--metrics', 'f2', '--json']);
  expect([wrong.code, errorOf(wrong)]).toMatchObject([
    2,
    { where: 'metric', got: 'f2', hint: 'did you mean f1?' },
  ]);
});
