// Metrics agree with torchmetrics and scikit-learn's definitions over whole data, though they are added up batch by batch.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

import { findLoss, type TargetKind } from '#core/losses/index';
import {
  findMetric,
  fits,
  METRICS,
  parseMetric,
  splitMetrics,
  taskOf,
  writeMetric,
  type Accumulator,
  type MetricValue,
} from '#core/metrics/index';
import * as ops from '#core/ops/index';
import { drain } from '#core/turns';
import { parseParams } from '#core/layers/parse';
import { useNativeBackend } from './native';

useNativeBackend();

interface Case {
  readonly loss: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly kind: TargetKind;
  readonly output: readonly ops.NestedArray[];
  readonly target: readonly ops.NestedArray[];
  readonly expected: Readonly<Record<string, { readonly value: unknown; readonly exact: boolean }>>;
}
const FILE = resolve(import.meta.dirname, '..', 'golden', 'metrics.json');
const CASES = JSON.parse(readFileSync(FILE, 'utf8')) as Readonly<Record<string, Case>>;

const lossNamed = (name: string) => {
  const loss = findLoss(name);
  if (!loss) throw new Error(`no loss ${name}`);
  return loss;
};

/** A metric over samples in batches of these sizes; the accumulator goes through its saved row halfway. */
function measure(name: string, given: Omit<Case, 'expected'>, sizes: readonly number[]): MetricValue {
  const { declaration, params } = parseMetric(name);
  const loss = lossNamed(given.loss);
  expect(fits(declaration, loss, given.kind), name).toBe(true);
  const statistic = declaration.statistic(params);
  const task = taskOf(loss, given.kind) ?? 'numbers';
  const { ignore_index } = parseParams(loss, given.params);
  let accumulator: Accumulator = statistic.create();
  let from = 0;
  for (const [batch, size] of sizes.entries()) {
    if (from >= given.output.length) break;
    const to = Math.min(from + size, given.output.length);
    const row = ops.scope(() => {
      const output = ops.fromArray(given.output.slice(from, to), 'float64');
      const target = ops.fromArray(
        given.target.slice(from, to),
        given.kind === 'class' ? 'int64' : 'float64',
      );
      const ignored = typeof ignore_index === 'number' ? ignore_index : null;
      return ops.toNumbers(
        statistic.lower({ output, target, given: [output, target], params: {}, loss, task, ignored }),
      );
    });
    // A log's row may be wider than what a smaller batch writes.
    accumulator.add(
      Float64Array.from([...row, 77, 77]).subarray(0, statistic.key === 'pairs' ? undefined : row.length),
    );
    if (batch === 0) {
      const resumed = statistic.create();
      resumed.add(accumulator.row());
      accumulator = resumed;
    }
    from = to;
  }
  const read = declaration.read(accumulator.value, params);
  return typeof read === 'object' && 'next' in read ? drain(read) : read;
}

const flat = (value: unknown): number[] =>
  Array.isArray(value) ? (value as unknown[]).flatMap(flat) : [Number(value ?? NaN)];

describe.each(Object.entries(CASES))('over %s', (_, given) => {
  const names = Object.keys(given.expected);
  it.each(names)('%s agrees, whole and in batches', (name) => {
    const { value, exact } = given.expected[name] ?? { value: null, exact: true };
    // torchmetrics divides counts in float32.
    const tolerance = exact ? 1e-10 : 1e-6;
    for (const sizes of [[given.output.length], [16, 16, 16, 16], [1, 5, 3, 60]]) {
      const got = flat(measure(name, given, sizes));
      const wanted = flat(value);
      expect(got.length).toBe(wanted.length);
      got.forEach((number, at) => {
        const right = wanted[at] ?? NaN;
        if (Number.isNaN(right)) return expect(number).toBeNaN();
        expect(Math.abs(number - right)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(right)));
      });
    }
  });
});

it('every metric has golden values', () => {
  const known = new Set(
    Object.values(CASES).flatMap(({ expected }) =>
      Object.keys(expected).map((name) => findMetric(name)?.declaration.type),
    ),
  );
  // Those of losses that compare more are in metrics-compared.test.ts.
  const ofPairs = METRICS.filter(({ tasks }) =>
    tasks.some((task) => task === 'classes' || task === 'labels' || task === 'numbers'),
  );
  expect(ofPairs.filter(({ type }) => !known.has(type)).map(({ type }) => type)).toEqual([]);
});

it('accuracy counts rows against probabilities, and yes and no by the threshold of the loss', () => {
  const soft = {
    loss: 'cross_entropy',
    params: {},
    kind: 'value' as const,
    output: [
      [1, 5],
      [7, 0],
    ],
    target: [
      [0.2, 0.8],
      [0.4, 0.6],
    ],
  };
  expect(measure('accuracy', soft, [2])).toBe(0.5);
  const bce = { ...soft, loss: 'bce', output: [[0.1], [0.3], [0.9]], target: [[0], [1], [1]] };
  expect(measure('accuracy', bce, [3])).toBe(2 / 3);
  const signs = { ...soft, loss: 'soft_margin', output: [3, -2], target: [1, 1] };
  expect(measure('accuracy', signs, [2])).toBe(0.5);
});

it('numbers far from 0 lose nothing: moments are merged about their means', () => {
  const output = Array.from({ length: 100 }, (_, at) => 1e8 + Math.sin(at));
  const target = output.map((value, at) => value + 0.1 * Math.cos(7 * at));
  const given = { loss: 'mse', params: {}, kind: 'value' as const, output, target };
  const near = { ...given, output: output.map((x) => x - 1e8), target: target.map((x) => x - 1e8) };
  for (const name of ['r2_score', 'explained_variance', 'pearson_corrcoef'])
    expect(measure(name, given, [7, 40, 40, 40])).toBeCloseTo(Number(measure(name, near, [100])), 8);
});

describe('names', () => {
  it('hold options, and aliases stand for some', () => {
    expect(parseMetric('f1(average=micro)').params).toMatchObject({ average: 'micro' });
    expect(parseMetric('top_3_accuracy').params).toEqual({ k: 3 });
    expect(parseMetric('f1_weighted').declaration.type).toBe('f1');
    expect(splitMetrics('accuracy, fbeta(beta=0.5, average=micro),mcc')).toEqual([
      'accuracy',
      'fbeta(beta=0.5, average=micro)',
      'mcc',
    ]);
    const { declaration } = parseMetric('fbeta');
    expect(writeMetric('fbeta', declaration.params, { beta: 3, average: 'macro' })).toBe('fbeta(beta=3)');
  });
  it('that are not known are refused with the nearest', () => {
    expect(() => parseMetric('acuracy')).toThrow(/there is no metric 'acuracy'/);
    expect(() => parseMetric('f1(average=all)')).toThrow(/average: expected/);
    expect(() => parseMetric('f1(average)')).toThrow(/option=value/);
    expect(findMetric('f1(')).toBeNull();
  });
  it('are given once', () => {
    const names = METRICS.flatMap(({ type, aliases = {} }) => [type, ...Object.keys(aliases)]);
    expect(new Set(names).size).toBe(names.length);
  });
});

it('a metric stands only beside losses that make sense of it', () => {
  const fitting = (loss: string, kind: TargetKind): string[] =>
    METRICS.filter((metric) => fits(metric, lossNamed(loss), kind)).map(({ type }) => type);
  expect(fitting('mse', 'value')).toContain('r2_score');
  expect(fitting('mse', 'value')).not.toContain('accuracy');
  expect(fitting('multi_margin', 'class')).toContain('hinge_loss');
  expect(fitting('multi_margin', 'class')).not.toContain('log_loss');
  expect(fitting('bce', 'value')).not.toContain('hinge_loss');
  expect(fitting('multilabel_margin', 'class')).toEqual([]);
});
