// reduce and argmax against plain TypeScript: every pattern of axes, sizes around the chunks' edges, NaN, and accuracy.
import { describe, expect, it } from 'vitest';

import { compare, given, runNative } from './against-reference';

const FLOATS = ['float32', 'float64'] as const;

/** Every choice of axes of a rank. */
const choices = (rank: number): number[][] =>
  Array.from({ length: 2 ** rank }, (_, bits) =>
    Array.from({ length: rank }, (_, axis) => axis).filter((axis) => bits & (1 << axis)),
  );

describe.each(FLOATS)('%s', (dtype) => {
  describe.each(['sum', 'max', 'min'])('reduce %s', (kind) => {
    it.each(choices(4))('over axes %j of four', (...axes) => {
      const x = given(dtype, [3, 5, 4, 7]);
      for (const keepdim of [false, true]) compare('reduce', [x], { kind, axes, keepdim }, { units: 1 });
    });
    it.each([
      { shape: [1], axes: [0] },
      { shape: [16, 1], axes: [0, 1] },
      { shape: [33], axes: [0] },
      { shape: [16384], axes: [0] },
      { shape: [16385], axes: [0] },
      { shape: [70000], axes: [0] },
      { shape: [2, 20000], axes: [1] },
      { shape: [2500, 3], axes: [0] },
      { shape: [1024, 40], axes: [0] },
      { shape: [1025, 40], axes: [0] },
      { shape: [3, 600], axes: [0] },
      { shape: [5, 2100, 2], axes: [1] },
      { shape: [7, 3, 11, 13], axes: [0, 2, 3] },
      { shape: [], axes: [] },
    ])('$shape over $axes', ({ shape, axes }) => {
      compare('reduce', [given(dtype, shape)], { kind, axes, keepdim: false }, { units: 1 });
    });
    it('lets NaN through wherever it stands', () => {
      for (const place of [0, 1, 31, 32, 69]) {
        const x = given(dtype, [2, 70], (index) => (index === place ? NaN : index));
        const [y] = runNative('reduce', [x], { kind, axes: [1], keepdim: false }).outputs;
        expect(y?.[0]).toBeNaN();
        expect(y?.[1]).not.toBeNaN();
        expect(
          runNative('reduce', [x], { kind, axes: [0], keepdim: false }).outputs[0]?.[place % 70],
        ).toBeNaN();
      }
    });
  });

  it('the sum of nothing is 0', () => {
    compare('reduce', [given(dtype, [3, 0])], { kind: 'sum', axes: [1], keepdim: true });
    compare('reduce', [given(dtype, [0, 3])], { kind: 'sum', axes: [1], keepdim: false });
  });

  it('argmax along every axis, ties to the first, NaN above all', () => {
    const x = given(dtype, [4, 5, 33], (index) => (index * 37) % 11);
    for (const axis of [0, 1, 2])
      for (const keepdim of [false, true]) compare('argmax', [x], { axis, keepdim });
    const holes = given(dtype, [3, 40], (index) => (index % 40 === 17 || index === 30 ? NaN : index));
    compare('argmax', [holes], { axis: 1, keepdim: false });
    compare('argmax', [holes], { axis: 0, keepdim: false });
    compare('argmax', [given(dtype, [3], () => -Infinity)], { axis: 0, keepdim: false });
    compare('argmax', [given(dtype, [200, 700])], { axis: 1, keepdim: false });
  });
});

it('a float32 sum of a million values is right to the last bit', () => {
  const x = given('float32', [1_000_000], (index) => Math.fround(Math.sin(index) * 1000 + 0.1));
  const exact = x.values.reduce((sum, value) => sum + BigInt(Math.round(value * 2 ** 30)), 0n);
  const [y] = runNative('reduce', [x], { kind: 'sum', axes: [0], keepdim: false }).outputs;
  expect(y?.[0]).toBe(Math.fround(Number(exact) / 2 ** 30));
});
