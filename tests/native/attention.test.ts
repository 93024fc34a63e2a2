// self_attention and its gradient against plain TypeScript: sizes that fill no vector and no block, causal or not, in both
// dtypes, with every instruction set and thread count.
import { describe, expect, it } from 'vitest';

import type { OpAttributes } from '#core/ops/signatures';

import { runReference } from './against-reference';
import { expectClose, FLOATS, forEachIsa, randomTensor, runOp, withThreads } from './run-op';

/** [n, t, heads, size of a head]. */
const SIZES = [
  [1, 1, 1, 1],
  [2, 5, 2, 3],
  [1, 17, 3, 16],
  [3, 64, 2, 32],
  [1, 131, 2, 20],
] as const;

describe.each(FLOATS)('%s', (dtype) => {
  const most = dtype === 'float64' ? 1e-12 : 3e-5;

  it.each(SIZES.flatMap((sizes) => [false, true].map((isCausal) => ({ sizes, isCausal }))))(
    '$sizes, causal: $isCausal',
    ({ sizes: [n, t, heads, size], isCausal }) => {
      const e = heads * size;
      const attributes: OpAttributes['self_attention'] = {
        heads,
        scale: 1 / Math.sqrt(size),
        is_causal: isCausal,
      };
      const qkv = randomTensor(dtype, [n, t, 3 * e], 1);
      const gy = randomTensor(dtype, [n, t, e], 2);
      const given = (x: typeof qkv) => ({ dtype: x.dtype, shape: x.shape, values: x.data });
      const [y = [], lse = []] = runReference('self_attention', [given(qkv)], attributes).outputs;
      const saved = [
        { dtype, shape: [n, t, e], data: [...y] },
        { dtype, shape: [n, heads, t], data: [...lse] },
      ] as const;
      const [gqkv = []] = runReference(
        'self_attention_gradient',
        [gy, qkv, ...saved].map(given),
        attributes,
      ).outputs;
      forEachIsa((isa) => {
        const forward = withThreads(
          () =>
            runOp(
              'self_attention',
              [qkv],
              [saved[0], saved[1]].map(({ shape }) => ({ dtype, shape })),
              attributes,
            ).outputs,
        );
        expectClose(`${isa} y`, forward[0]?.data ?? [], y, most);
        expectClose(`${isa} lse`, forward[1]?.data ?? [], lse, most);
        const [gradient] = withThreads(
          () =>
            runOp('self_attention_gradient', [gy, qkv, ...saved], [{ dtype, shape: qkv.shape }], attributes)
              .outputs,
        );
        expectClose(`${isa} gqkv`, gradient?.data ?? [], gqkv, most);
      });
    },
  );

  it('scores far apart neither overflow nor vanish', () => {
    const qkv = randomTensor(dtype, [1, 9, 12], 3);
    const large = { ...qkv, data: qkv.data.map((value) => value * 300) };
    const attributes = { heads: 2, scale: 1, is_causal: false };
    const [y] = runOp(
      'self_attention',
      [large],
      [
        { dtype, shape: [1, 9, 4] },
        { dtype, shape: [1, 2, 9] },
      ],
      attributes,
    ).outputs;
    expect(y?.data.every(Number.isFinite)).toBe(true);
  });

  it('no samples and no steps give empty results', () => {
    for (const [n, t] of [
      [0, 3],
      [2, 0],
    ] as const) {
      const qkv = { dtype, shape: [n, t, 6], data: [] };
      const outputs = [
        { dtype, shape: [n, t, 2] },
        { dtype, shape: [n, 1, t] },
      ];
      const attributes = { heads: 1, scale: 1, is_causal: true };
      expect(runOp('self_attention', [qkv], outputs, attributes).outputs[0]?.data).toEqual([]);
    }
  });
});

it('refuses widths that the heads do not divide', () => {
  const qkv = randomTensor('float32', [1, 2, 9], 1);
  const outputs = [
    { dtype: 'float32' as const, shape: [1, 2, 3] },
    { dtype: 'float32' as const, shape: [1, 2, 2] },
  ];
  const run = () => runOp('self_attention', [qkv], outputs, { heads: 2, scale: 1, is_causal: false });
  expect(run).toThrow(/self_attention: shape of qkv: expected \[n, t, 3·e\]/);
});

it.each(FLOATS)(
  'a NaN in a query stays with it, one in a key reaches every query of its head, in %s',
  (dtype) => {
    const [t, heads, size] = [40, 2, 8];
    const e = heads * size;
    const attributes: OpAttributes['self_attention'] = { heads, scale: 0.3, is_causal: false };
    const run = (place: number) => {
      const qkv = randomTensor(dtype, [1, t, 3 * e], 1);
      const data = [...qkv.data];
      data[place] = NaN;
      const outputs = [
        [1, t, e],
        [1, heads, t],
      ].map((shape) => ({ dtype, shape }));
      return runOp('self_attention', [{ ...qkv, data }], outputs, attributes).outputs;
    };
    const isNan = (values: readonly number[] | undefined): boolean[] => (values ?? []).map(Number.isNaN);
    forEachIsa((isa) => {
      const row = 7;
      const ofQuery = run(row * 3 * e + 2); // of the first head
      expect(isNan(ofQuery[0]?.data), isa).toEqual(
        Array.from({ length: t * e }, (_, at) => Math.floor(at / e) === row && at % e < size),
      );
      expect(isNan(ofQuery[1]?.data), isa).toEqual(Array.from({ length: heads * t }, (_, at) => at === row));
      const ofKey = run(row * 3 * e + e + size + 1); // of the second head
      expect(isNan(ofKey[0]?.data), isa).toEqual(Array.from({ length: t * e }, (_, at) => at % e >= size));
      expect(isNan(ofKey[1]?.data), isa).toEqual(Array.from({ length: heads * t }, (_, at) => at >= t));
    });
  },
);
