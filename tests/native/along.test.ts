// scan and argsort against plain TypeScript: every axis, lines side by side, both ways, ties, NaN, and nothing at all.
import { describe, expect, it } from 'vitest';

import { compare, given, runNative } from './against-reference';

const SHAPES = [
  { shape: [7], axis: 0 },
  { shape: [3, 5, 4], axis: 0 },
  { shape: [3, 5, 4], axis: 1 },
  { shape: [3, 5, 4], axis: 2 },
  { shape: [9, 130], axis: 0 },
  { shape: [2, 3000], axis: 1 },
  { shape: [3, 0, 2], axis: 1 },
  { shape: [0, 3], axis: 1 },
];

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  describe.each(['sum', 'prod'])('scan %s', (kind) => {
    it.each(SHAPES)('of $shape along $axis, both ways', ({ shape, axis }) => {
      const x =
        kind === 'sum'
          ? given(dtype, shape)
          : given(dtype, shape, (at) => [1, 0.5, -2, 1.5][(at * 7) % 4] ?? 1);
      for (const reverse of [false, true]) compare('scan', [x], { kind, axis, reverse }, { units: 1 });
    });
  });

  it('a sum goes on behind an infinity and a NaN as far as it can', () => {
    const x = given(dtype, [5], (at) => [1, Infinity, 2, -Infinity, 3][at] ?? 0);
    expect(runNative('scan', [x], { kind: 'sum', axis: 0, reverse: false }).outputs[0]).toEqual([
      1,
      Infinity,
      Infinity,
      NaN,
      NaN,
    ]);
  });

  it.each(SHAPES)('argsort of $shape along $axis: ties as they stand, NaN above all', ({ shape, axis }) => {
    const ties = given(dtype, shape, (at) => (at * 37) % 5);
    const holes = given(dtype, shape, (at) => (at % 4 === 1 ? NaN : (at * 13) % 7));
    const extremes = given(dtype, shape, (at) => [Infinity, -0, 0, -Infinity, NaN, 1][(at * 5) % 6] ?? 0);
    for (const descending of [false, true])
      for (const x of [given(dtype, shape), ties, holes, extremes])
        compare('argsort', [x], { axis, descending });
  });
});
