// nll and its gradient against PyTorch's values, and what they refuse.
import { describe, expect, it } from 'vitest';

import { checkGolden, FLOATS, goldenCases, randomTensor, runOp, withThreads, type Tensor } from './run-op';

const int64 = (data: readonly number[], shape: readonly number[] = [data.length]): Tensor => ({
  dtype: 'int64',
  shape,
  data,
});

describe.each(FLOATS)('%s', (dtype) => {
  it.each(goldenCases(/^nll/))('PyTorch: $op, $name', (golden) => {
    checkGolden(golden, dtype);
  });

  it('the mean of no targets is NaN; their sum is 0', () => {
    const scalars = [{ dtype, shape: [] }, { dtype, shape: [] }]; // prettier-ignore
    for (const [logp, target] of [
      [randomTensor(dtype, [0, 3], 1), int64([])],
      [randomTensor(dtype, [2, 3], 1), int64([-100, -100])],
    ] as const) {
      const run = (reduction: string) =>
        runOp('nll', [logp, target], scalars, { ignore_index: -100, reduction }).outputs.map(
          ({ data }) => data[0],
        );
      expect(run('mean')).toEqual([NaN, 0]);
      expect(run('sum')).toEqual([0, 0]);
    }
  });

  it('many targets give the same with every thread count', () => {
    const logp = randomTensor(dtype, [9001, 3], 1);
    const target = int64(
      logp.data.filter((_, i) => i % 3 === 0).map((value) => Math.floor((value + 1) * 1.5)),
    );
    const scalars = [{ dtype, shape: [] }, { dtype, shape: [] }]; // prettier-ignore
    const attributes = { ignore_index: -100, reduction: 'mean' };
    const [loss] = withThreads(() => runOp('nll', [logp, target], scalars, attributes).outputs);
    const sum = target.data.reduce((total, t, i) => total - (logp.data[i * 3 + t] ?? 0), 0);
    expect(loss?.data[0]).toBeCloseTo(sum / 9001, 6);
  });
});

describe('refusals', () => {
  const logp = randomTensor('float32', [2, 3], 1);
  const scalars = [
    { dtype: 'float32', shape: [] },
    { dtype: 'float32', shape: [] },
  ] as const;
  const mean = { ignore_index: -100, reduction: 'mean' };
  it.each([
    [
      'a target out of range',
      int64([0, 3]),
      mean,
      /nll: target 1: expected 0 to 2 or ignore_index -100, got 3/,
    ],
    ['a negative target', int64([-1, 0]), mean, /nll: target 0: expected 0 to 2 .*, got -1/],
    ['too few targets', int64([0]), mean, /nll: shape of target: expected \[2\], got \[1\]/],
    [
      'an unknown reduction',
      int64([0, 1]),
      { ...mean, reduction: 'max' },
      /nll: reduction: expected none, mean or sum, got max/,
    ],
  ])('%s', (_, target, attributes, message) => {
    expect(() => runOp('nll', [logp, target], scalars, attributes)).toThrow(message);
  });
});
