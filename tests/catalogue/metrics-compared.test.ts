// Metrics beside losses that compare more than an output and a target, against golden values over whole data, whole and in batches.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

import { parseParams } from '#core/layers/parse';
import { fits, METRICS, parseMetric, taskOf } from '#core/metrics/index';
import * as ops from '#core/ops/index';
import type { Tensor } from '#core/tensor/tensor';
import { findTrainingLoss } from '#core/training/losses';
import { useNativeBackend } from './native';

useNativeBackend();

interface Case {
  readonly loss: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly given: readonly ops.NestedArray[];
  readonly axis: readonly (number | null)[];
  readonly expected: Readonly<Record<string, number>>;
}
const FILE = resolve(import.meta.dirname, '..', 'golden', 'metrics-compared.json');
const CASES = JSON.parse(readFileSync(FILE, 'utf8')) as Readonly<Record<string, Case>>;

/** A metric over samples in batches of `size`. */
function measure(name: string, given: Case, size: number): unknown {
  const { declaration, params } = parseMetric(name);
  const loss = findTrainingLoss(given.loss);
  if (!loss?.meaning) throw new Error(`no meaning of ${given.loss}`);
  const { meaning } = loss;
  expect(fits(declaration, meaning, 'value')).toBe(true);
  // Class numbers that stand for -1 and 1 change nothing of what is compared.
  expect(fits(declaration, meaning, 'class')).toBe(true);
  const statistic = declaration.statistic(params);
  const accumulator = statistic.create();
  ops.scope(() => {
    const whole = given.given.map((values, at): Tensor =>
      ops.fromArray(values, loss.slots[at]?.isWhole === true ? 'int64' : 'float64'),
    );
    const samples = whole[0]?.shape[given.axis[0] ?? 0] ?? 0;
    for (let start = 0; start < samples; start += size) {
      const end = Math.min(start + size, samples);
      const part = whole.map((tensor, at) => {
        const axis = given.axis[at] ?? null;
        return axis === null ? tensor : ops.slice(tensor, axis, { start, end });
      });
      const [output, target] = part;
      if (!output || !target) throw new Error('a case without two slots');
      const row = statistic.lower({
        ...{ output, target, given: part, params: parseParams(loss, given.params), loss: meaning },
        ...{ task: taskOf(meaning, 'value') ?? 'numbers', ignored: null },
      });
      accumulator.add(Float64Array.from(ops.toNumbers(row)));
    }
  });
  return declaration.read(accumulator.value, params);
}

describe.each(Object.entries(CASES))('%s', (_, given) => {
  const isListed = given.axis.includes(null);
  it.each(Object.entries(given.expected))('%s agrees, whole and in batches', (name, value) => {
    for (const size of isListed ? [64] : [64, 5, 1])
      expect(measure(name, given, size)).toBeCloseTo(value, 12);
  });
});

it('every metric of such losses has golden values', () => {
  const known = new Set(
    Object.values(CASES).flatMap(({ expected }) =>
      Object.keys(expected).map((name) => parseMetric(name).declaration.type),
    ),
  );
  const compared = METRICS.filter(
    ({ tasks }) => !tasks.some((task) => ['classes', 'labels', 'numbers'].includes(task)),
  );
  expect(compared.filter(({ type }) => !known.has(type)).map(({ type }) => type)).toEqual([]);
});
