// softmax and log_softmax against PyTorch's values and against plain loops along every axis.
import { describe, expect, it } from 'vitest';

import {
  checkGolden,
  expectClose,
  FLOATS,
  forEachIsa,
  goldenCases,
  randomTensor,
  runOp,
  withThreads,
} from './run-op';

describe.each(FLOATS)('%s', (dtype) => {
  it.each(goldenCases(/softmax/))('PyTorch: $op, $name', (golden) => {
    checkGolden(golden, dtype);
  });

  it.each([0, 1, 2])('a large tensor along axis %i', (axis) => {
    const shape = [33, 70, 41];
    const x = randomTensor(dtype, shape, 1);
    const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    const size = shape[axis] ?? 1;
    const exponentials = x.data.map((value) => Math.exp(8 * value));
    const scaled = { ...x, data: x.data.map((value) => 8 * value) };
    const sums = new Map<number, number>();
    const lineOf = (i: number) => Math.floor(i / (size * inner)) * inner + (i % inner);
    exponentials.forEach((value, i) => sums.set(lineOf(i), (sums.get(lineOf(i)) ?? 0) + value));
    const expected = exponentials.map((value, i) => value / (sums.get(lineOf(i)) ?? 1));
    forEachIsa((isa) => {
      for (const op of ['softmax', 'log_softmax']) {
        const [y] = withThreads(() => runOp(op, [scaled], [{ dtype, shape }], { axis }).outputs);
        const values = op === 'softmax' ? y?.data : y?.data.map((value) => Math.exp(value));
        expectClose(`${isa} ${op}`, values ?? [], expected, dtype === 'float64' ? 1e-13 : 1e-6);
      }
    });
  });

  it('empty tensors and scalars', () => {
    for (const shape of [
      [0, 3],
      [3, 0],
    ]) {
      const x = randomTensor(dtype, shape, 1);
      expect(runOp('softmax', [x], [{ dtype, shape }], { axis: 1 }).outputs[0]?.data).toEqual([]);
    }
    const scalar = { dtype, shape: [], data: [5] };
    expect(runOp('softmax', [scalar], [{ dtype, shape: [] }], { axis: 0 }).outputs[0]?.data).toEqual([1]);
  });
});

it('refuses an axis that is not there', () => {
  const x = randomTensor('float32', [2, 3], 1);
  const run = () => runOp('log_softmax', [x], [{ dtype: 'float32', shape: [2, 3] }], { axis: 2 });
  expect(run).toThrow(/log_softmax: axis: expected -2 to 1, got 2/);
});
