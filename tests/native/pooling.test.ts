// The pooling ops against PyTorch's values: ceil mode, padding counted or not, dilation, NaN, ties; and their refusals.
import { describe, expect, it } from 'vitest';

import { checkGolden, FLOATS, goldenCases, randomTensor, runOp, withThreads } from './run-op';

describe.each(FLOATS)('%s', (dtype) => {
  it.each(goldenCases(/pool/))('PyTorch: $op, $name', (golden) => {
    checkGolden(golden, dtype);
  });

  it('rows longer than one stretch, and many planes, with every thread count', () => {
    const x = randomTensor(dtype, [3, 7, 5, 300], 1);
    const attributes = {
      kernel: [2, 2],
      stride: [2, 1],
      padding: [0, 0, 1, 0],
      dilation: [1, 1],
      ceil_mode: false,
    };
    const shape = [3, 7, 2, 300];
    const [y, indices] = withThreads(
      () =>
        runOp(
          'max_pool',
          [x],
          [
            { dtype, shape },
            { dtype: 'int64', shape },
          ],
          attributes,
        ).outputs,
    );
    y?.data.forEach((value, i) => {
      const plane = Math.floor(i / 600) * 1500;
      const [row, column] = [Math.floor((i % 600) / 300), i % 300];
      const window = [-1, 0].flatMap((k) =>
        column + k < 0 ? [] : [0, 1].map((j) => x.data[plane + (row * 2 + j) * 300 + column + k] ?? 0),
      );
      expect(value).toBe(Math.max(...window));
      expect(x.data[plane + (indices?.data[i] ?? -1)]).toBe(value);
    });
  });

  it('an empty batch', () => {
    const x = randomTensor(dtype, [0, 2, 4], 1);
    const shape = [0, 2, 2];
    const window = { kernel: [2], stride: [2], padding: [0, 0], dilation: [1], ceil_mode: false };
    expect(
      runOp(
        'max_pool',
        [x],
        [
          { dtype, shape },
          { dtype: 'int64', shape },
        ],
        window,
      ).outputs[0]?.data,
    ).toEqual([]);
    const average = { ...window, count_include_pad: true, divisor_override: null };
    expect(runOp('avg_pool', [x], [{ dtype, shape }], average).outputs[0]?.data).toEqual([]);
    expect(
      runOp('adaptive_avg_pool', [x], [{ dtype, shape }], { output_size: [2] }).outputs[0]?.data,
    ).toEqual([]);
  });
});

describe('refusals', () => {
  const x = randomTensor('float32', [1, 1, 4], 1);
  const window = { kernel: [2], stride: [2], padding: [0, 0], dilation: [1], ceil_mode: false };
  const outs = (shape: readonly number[]) =>
    [
      { dtype: 'float32', shape },
      { dtype: 'int64', shape },
    ] as const;
  it.each([
    [{ kernel: [0] }, /max_pool: kernel: expected numbers from 1/],
    [{ kernel: [5] }, /max_pool: window over spatial axis 0: expected an input of at least 5, got 4/],
    [{ padding: [-1, 0] }, /max_pool: padding: expected numbers from 0/],
    [{ stride: [1] }, /max_pool: shape of y: expected \[1, 1, 3\], got \[1, 1, 2\]/],
    [{ ceil_mode: null }, /max_pool.*ceil_mode/],
  ])('%o', (change, message) => {
    expect(() => runOp('max_pool', [x], outs([1, 1, 2]), { ...window, ...change })).toThrow(message);
  });
  it('an index outside the plane', () => {
    const gy = randomTensor('float32', [1, 1, 2], 1);
    const indices = { dtype: 'int64', shape: [1, 1, 2], data: [0, 4] } as const;
    const run = () =>
      runOp('max_pool_gradient', [gy, indices], [{ dtype: 'float32', shape: [1, 1, 4] }], {
        shape: [1, 1, 4],
      });
    expect(run).toThrow(/max_pool_gradient: index: expected -1 to 3, got 4/);
  });
});
