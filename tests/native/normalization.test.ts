// The normalization ops against PyTorch's values, and where float32 sums are hard: long rows far from zero.
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
  type Tensor,
} from './run-op';

describe.each(FLOATS)('%s', (dtype) => {
  it.each(goldenCases(/norm/))('PyTorch: $op, $name', (golden) => {
    checkGolden(golden, dtype);
  });

  it('keeps its precision on rows far from zero', () => {
    const shape = [3, 5000];
    const noise = randomTensor('float64', shape, 1);
    const x: Tensor = { dtype, shape, data: noise.data.map((value) => Math.fround(4096 + value)) };
    const expected = [0, 1, 2].flatMap((row) => {
      const values = x.data.slice(row * 5000, (row + 1) * 5000);
      const mean = values.reduce((a, b) => a + b, 0) / 5000;
      const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / 5000;
      return values.map((value) => (value - mean) / Math.sqrt(variance + 1e-5));
    });
    const outs = [{ dtype, shape }, { dtype, shape: [3] }, { dtype, shape: [3] }]; // prettier-ignore
    forEachIsa((isa) => {
      const [y] = withThreads(() => runOp('layer_norm', [x], outs, { size: 5000, eps: 1e-5 }).outputs);
      expectClose(isa, y?.data ?? [], expected, dtype === 'float64' ? 1e-12 : 1e-6);
    });
  });

  it('an empty batch leaves the running statistics alone and counts the batch', () => {
    const x = randomTensor(dtype, [0, 2, 3], 1);
    const running = randomTensor(dtype, [2], 2);
    const count: Tensor = { dtype: 'int64', shape: [], data: [4] };
    const outs = [{ dtype, shape: [0, 2, 3] }, { dtype, shape: [2] }, { dtype, shape: [2] }]; // prettier-ignore
    const result = runOp('batch_norm', [x, null, null, running, running, count], outs, {
      eps: 1e-5,
      momentum: 0.1,
    });
    expect(result.inputs.slice(3).map((tensor) => tensor?.data)).toEqual([running.data, running.data, [5]]);
    const gy = randomTensor(dtype, [0, 6], 1);
    const rows = { dtype, shape: [0], data: [] };
    const gradients = [{ dtype, shape: [0, 6] }, { dtype, shape: [6] }, { dtype, shape: [6] }]; // prettier-ignore
    const { outputs } = runOp('layer_norm_gradient', [gy, gy, null, rows, rows], gradients, { size: 6 });
    expect(outputs[1]?.data).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('wide and narrow inputs give the same with every thread count', () => {
    for (const shape of [
      [50, 200],
      [4, 70, 3],
      [2, 3, 40, 41],
    ]) {
      const channels = shape[1] ?? 0;
      const x = randomTensor(dtype, shape, 1);
      const outs = [{ dtype, shape }, { dtype, shape: [channels] }, { dtype, shape: [channels] }]; // prettier-ignore
      const [, mean, invstd] = withThreads(
        () => runOp('batch_norm', [x], outs, { eps: 1e-5, momentum: 0.1 }).outputs,
      );
      const gy = randomTensor(dtype, shape, 2);
      withThreads(
        () => runOp('batch_norm_gradient', [gy, x, null, mean ?? null, invstd ?? null], outs, {}).outputs,
      );
      const size = shape.slice(1).reduce((a, b) => a * b, 1);
      const rows = { dtype, shape: [shape[0] ?? 0] };
      const [, center, scale] = withThreads(
        () => runOp('layer_norm', [x], [{ dtype, shape }, rows, rows], { size, eps: 1e-5 }).outputs,
      );
      const gradients = [{ dtype, shape }, { dtype, shape: [size] }, { dtype, shape: [size] }]; // prettier-ignore
      withThreads(
        () =>
          runOp('layer_norm_gradient', [gy, x, null, center ?? null, scale ?? null], gradients, { size })
            .outputs,
      );
    }
  });
});

describe('refusals', () => {
  const x = randomTensor('float32', [2, 4, 3], 1);
  const out = (shape: readonly number[]) => ({ dtype: 'float32', shape }) as const;
  it('groups that do not divide the channels', () => {
    const run = () => runOp('group_norm', [x], [out(x.shape), out([6]), out([6])], { groups: 3, eps: 1e-5 });
    expect(run).toThrow(/group_norm: groups: expected a divisor of the channels 4, got 3/);
  });
  it('rows that do not divide the elements', () => {
    const run = () => runOp('layer_norm', [x], [out(x.shape), out([4]), out([4])], { size: 5, eps: 1e-5 });
    expect(run).toThrow(/layer_norm: size: expected a divisor .*\[2, 4, 3\], got 5/);
  });
  it('a cumulative average without a counter', () => {
    const running = randomTensor('float32', [4], 2);
    const run = () =>
      runOp('batch_norm', [x, null, null, running, running], [out(x.shape), out([4]), out([4])], {
        eps: 1e-5,
        momentum: null,
      });
    expect(run).toThrow(/batch_norm: momentum: expected a number, or num_batches_tracked/);
  });
});
