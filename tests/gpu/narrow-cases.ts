// Products of 16-bit floats: sizes that matrix units take (multiples of 8 from 16 on, cut tiles, long sums, transposed and
// batched operands), sizes they do not, and convolutions: small ones, and such as the units take (from 16 on each way).
import type { OpAttributes, OpName } from '#core/ops/signatures';

import { given, runReference, type Given } from '../native/against-reference';
import { CASES, type OpCase } from './cases';

export type NarrowType = 'float16' | 'bfloat16';

/** Every number has at most eight significant bits: both dtypes hold it. */
const narrow = (dtype: NarrowType, shape: readonly number[], seed = 1): Given =>
  given(dtype, shape, (index) => ((Math.imul(index * 7 + seed, 2654435761) >>> 13) % 255) / 64 - 2);

const PRODUCTS: readonly (readonly [a: number[], b: number[], ta: boolean, tb: boolean])[] = [
  [[64, 48], [48, 72], false, false],
  [[3, 24, 40], [3, 32, 40], false, true],
  [[40, 136], [40, 16], true, false],
  [[2, 16, 144], [24, 16], true, true],
  [[16, 1024], [1024, 24], false, false],
  [[33, 7], [7, 18], false, false],
  [[5, 30], [9, 30], false, true],
]; // prettier-ignore

/** Convolutions on one to three axes: runs of eight neighbours and none, steps, holes, groups; the last has a long sum of its weight. */
const CONVOLUTIONS: readonly {
  readonly x: readonly number[];
  readonly weight: readonly number[];
  readonly y: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
}[] = [
  { x: [2, 16, 8, 8], weight: [24, 16, 3, 3], y: [2, 24, 8, 8], stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 },
  { x: [2, 17, 9, 7], weight: [18, 17, 3, 2], y: [2, 18, 5, 7], stride: [2, 1], padding: [1, 1, 0, 2], dilation: [1, 2], groups: 1 },
  { x: [3, 32, 13], weight: [40, 16, 3], y: [3, 40, 5], stride: [2], padding: [1, 0], dilation: [2], groups: 2 },
  { x: [1, 16, 3, 4, 4], weight: [16, 16, 2, 2, 2], y: [1, 16, 2, 3, 4], stride: [1, 1, 1], padding: [0, 0, 0, 0, 1, 0], dilation: [1, 1, 1], groups: 1 },
  { x: [4, 16, 16, 24], weight: [16, 16, 1, 1], y: [4, 16, 16, 24], stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 },
]; // prettier-ignore

const GEOMETRY = { stride: [2, 1], padding: [1, 1, 0, 2], dilation: [1, 2], groups: 1 };
const GROUPS = { stride: [1], padding: [1, 1], dilation: [1], groups: 2 };

export interface NarrowCase {
  readonly op: OpName;
  readonly call: OpCase<OpName>;
}

/**
 * Calls of every product whose result is of the operands' dtype or float32. What is kept as float32 is summed by the same loops: there
 * every third call of an op suffices.
 */
export function narrowCases(dtype: NarrowType, result: NarrowType | 'float32'): readonly NarrowCase[] {
  const t = (shape: readonly number[], seed?: number): Given => narrow(dtype, shape, seed);
  const some = <T>(calls: readonly T[]): readonly T[] =>
    result === 'float32' ? calls.filter((_, at) => at % 3 === 0) : calls;
  const products = some(PRODUCTS).map(([a, b, transpose_a, transpose_b]) => ({
    op: 'matmul' as const,
    call: { inputs: [t(a), t(b, 2)], attributes: { transpose_a, transpose_b, result } },
  }));
  const linears = some([
    [[2, 9, 64], [40, 64], [40]],
    [[6, 19], [10, 19], [10]],
    [[130, 24], [17, 24], [17]],
  ]).map(([x = [], weight = [], bias = []]) => ({
    op: 'linear' as const,
    call: { inputs: [t(x), t(weight, 2), t(bias, 3)], attributes: { result } },
  })); // prettier-ignore
  // In ones, in fours, and step by step; float16 in fours alone. With a narrow result, the gradient it gets is narrow too.
  const attention = (['self_attention', 'self_attention_gradient'] as const).flatMap((op) =>
    (CASES[op] as readonly OpCase<OpName>[]).flatMap(({ inputs, attributes }, number) => {
      const inFours = op === 'self_attention' ? 2 : 3;
      if (dtype === 'float16' ? number !== inFours : ![0, inFours, 4].includes(number)) return [];
      const at = op === 'self_attention' ? 0 : 1;
      const wide = t(inputs[at]?.shape ?? [], 4);
      const qkv = { ...wide, values: wide.values.map((value) => value / 8) };
      // What belongs to these queries, unrounded.
      const exact = { ...qkv, dtype: 'float64' } as const;
      const saved = runReference(
        'self_attention',
        [exact],
        attributes as OpAttributes['self_attention'],
      ).outputs;
      const given = inputs.map((input, place) => {
        const values = place < 2 ? undefined : saved[place - 2];
        return input && values ? { ...input, values } : input;
      });
      const queries = given.with(at, qkv);
      const isNarrow = result !== 'float32' && op === 'self_attention_gradient';
      const all = isNarrow ? queries.with(0, t(inputs[0]?.shape ?? [], 5)) : queries;
      return [{ op, call: { inputs: all, attributes: { ...attributes, result } } }];
    }),
  );
  const convolutions = some(CONVOLUTIONS).flatMap(({ x, weight, y, ...geometry }): readonly NarrowCase[] => [
    {
      op: 'convolution',
      call: { inputs: [t(x), t(weight, 2), t(weight.slice(0, 1), 3)], attributes: { ...geometry, result } },
    },
    {
      op: 'convolution_input_gradient',
      call: { inputs: [t(y), t(weight, 2), null], attributes: { ...geometry, shape: x, result } },
    },
    {
      op: 'convolution_weight_gradient',
      call: { inputs: [t(y), t(x, 2)], attributes: { ...geometry, shape: weight, result } },
    },
  ]);
  return [
    ...products,
    ...linears,
    ...convolutions,
    ...attention,
    {
      op: 'convolution',
      call: {
        inputs: [t([2, 3, 9, 8]), t([5, 3, 3, 2], 2), t([5], 3)],
        attributes: { ...GEOMETRY, result },
      },
    },
    {
      op: 'convolution',
      call: { inputs: [t([2, 4, 11]), t([6, 2, 3], 2), null], attributes: { ...GROUPS, result } },
    },
    {
      op: 'convolution_input_gradient',
      call: {
        inputs: [t([2, 6, 11]), t([6, 2, 3], 2), t([4], 3)],
        attributes: { ...GROUPS, shape: [2, 4, 11], result },
      },
    },
    {
      op: 'convolution_weight_gradient',
      call: {
        inputs: [t([2, 5, 5, 8]), t([2, 3, 9, 8], 2)],
        attributes: { ...GEOMETRY, shape: [5, 3, 3, 2], result },
      },
    },
  ];
}

/** How far a rounded result may be: half a step of the dtype, and a whole one where the sum lies on the other side. */
export const ROUNDING = { float16: 2 ** -10, bfloat16: 2 ** -7, float32: 1e-5 } as const;
