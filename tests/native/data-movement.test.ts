// strided_copy, strided_scatter, concatenate, cast, fill, pad and pad_gradient against plain TypeScript.
import { describe, expect, it } from 'vitest';

import type { DType } from '#core/tensor/dtype';
import { contiguousStrides, numel } from '#core/tensor/shape';

import { compare, DTYPES, given, runNative } from './against-reference';

const FLOATS = ['float32', 'float64'] as const;

describe('strided_copy', () => {
  it.each(DTYPES)('transposes, broadcasts, slices and flips %s', (dtype) => {
    const x = given(dtype, [6, 35]);
    compare('strided_copy', [x], { shape: [35, 6], strides: [1, 35], offset: 0 });
    compare('strided_copy', [x], { shape: [3, 6, 5], strides: [0, 35, 1], offset: 4 });
    compare('strided_copy', [x], { shape: [3, 11], strides: [70, 3], offset: 2 });
    compare('strided_copy', [x], { shape: [], strides: [], offset: 209 });
    compare('strided_copy', [x], { shape: [0, 4], strides: [1, 1], offset: 0 });
  });

  it.each([
    { from: [67, 130], order: [1, 0] },
    { from: [5, 33, 40], order: [2, 0, 1] },
    { from: [5, 33, 40], order: [0, 2, 1] },
    { from: [4, 7, 33, 36], order: [0, 2, 3, 1] },
    { from: [1, 100, 1, 3], order: [3, 2, 1, 0] },
    { from: [3, 1000], order: [0, 1] },
  ])('permutes $from by $order', ({ from, order }) => {
    const strides = contiguousStrides(from);
    const pick = (list: readonly number[]): number[] => order.map((axis) => list[axis] ?? 0);
    compare('strided_copy', [given('float32', from)], {
      shape: pick(from),
      strides: pick(strides),
      offset: 0,
    });
  });

  it('copies a large tensor on every thread', () => {
    const x = given('float32', [300, 401]);
    compare('strided_copy', [x], { shape: [401, 300], strides: [1, 401], offset: 0 });
    compare('strided_copy', [x], { shape: [120300], strides: [1], offset: 0 });
  });
});

describe.each(FLOATS)('strided_scatter of %s', (dtype) => {
  it.each([
    { name: 'a transposition', x: [5, 7], shape: [7, 5], strides: [1, 5], offset: 0 },
    { name: 'a slice', x: [3, 4], shape: [6, 9], strides: [18, 2], offset: 1 },
    { name: 'an expansion', x: [4, 6], shape: [6], strides: [0, 1], offset: 0 },
    { name: 'overlapping windows', x: [10, 5], shape: [14], strides: [1, 1], offset: 0 },
    { name: 'one element', x: [], shape: [3, 3], strides: [], offset: 4 },
    { name: 'nothing', x: [0, 3], shape: [4], strides: [1, 1], offset: 0 },
    { name: 'every element of everything', x: [4, 5], shape: [], strides: [0, 0], offset: 0 },
    { name: 'many rows', x: [500, 130], shape: [500, 260], strides: [260, 2], offset: 1 },
  ])('$name', ({ x, shape, strides, offset }) => {
    compare('strided_scatter', [given(dtype, x)], { shape, strides, offset });
  });
});

describe('concatenate', () => {
  it.each(DTYPES)('joins %s along every axis', (dtype) => {
    for (const axis of [0, 1, 2]) {
      const inputs = [3, 1, 0, 4].map((size, index) => {
        const shape = [2, 3, 5];
        shape[axis] = size;
        return given(dtype, shape, index + 1);
      });
      compare('concatenate', inputs, { axis });
    }
  });
  it('joins 64 tensors of 1,001 elements each', () => {
    const inputs = Array.from({ length: 64 }, (_, index) => given('float32', [1001], index + 1));
    compare('concatenate', inputs, { axis: 0 });
  });
});

describe('cast', () => {
  const isHalf = (dtype: DType): boolean => dtype === 'float16' || dtype === 'bfloat16';
  const isFloat = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64';
  const pairs = DTYPES.flatMap((from) => DTYPES.map((to) => [from, to] as const)).filter(
    ([from, to]) => from === to || (!isHalf(from) && !isHalf(to)) || isFloat(from) || isFloat(to),
  );
  it.each(pairs)('%s to %s', (from, to) => {
    const positive = to === 'uint8' ? (index: number) => (index * 7) % 200 : 5;
    const values =
      from.startsWith('float') && to === 'uint8' ? (index: number) => (index % 100) * 1.75 : positive;
    compare('cast', [given(from, [3, 171], values)], { dtype: to });
    compare('cast', [given(from, [0], 1)], { dtype: to });
  });

  it('every float16 and bfloat16 to float32 and back', () => {
    for (const dtype of ['float16', 'bfloat16'] as const) {
      const bits = given('int16', [65536], (index) => index - 32768);
      const { outputs } = halves(dtype, bits.values);
      expect(outputs).toBe(0);
    }
  });

  it('rounds float32 to float16 and bfloat16 to nearest even, with subnormals, overflow and NaN', () => {
    const values = [
      65504,
      65519.99,
      65520,
      -65520,
      1e9,
      2 ** -24,
      2 ** -25,
      1.5 * 2 ** -25,
      3 * 2 ** -25,
      2 ** -14,
    ];
    const ties = Array.from({ length: 4000 }, (_, index) => (1 + index / 4096) * 2 ** ((index % 30) - 15));
    const specials = [0, -0, NaN, Infinity, -Infinity, 3.4e38, 1e-45, 2 ** -126];
    const all = [...values, ...ties, ...specials];
    for (const dtype of ['float16', 'bfloat16'] as const)
      compare('cast', [given('float32', [all.length], (index) => all[index] ?? 0)], { dtype });
  });

  it('truncates, wraps and refuses to guess: floats out of range', () => {
    const values = given('float32', [6], (index) => [1.9, -1.9, 255, 3e9, -0.5, 1e30][index] ?? 0);
    expect(runNative('cast', [values], { dtype: 'int32' }).outputs[0]).toEqual([
      1,
      -1,
      255,
      3e9 - 2 ** 32,
      0,
      0,
    ]);
    expect(runNative('cast', [values], { dtype: 'bool' }).outputs[0]).toEqual([1, 1, 1, 1, 1, 1]);
    const notANumber = given('float64', [1], () => NaN);
    expect(runNative('cast', [notANumber], { dtype: 'bool' }).outputs[0]).toEqual([1]);
    expect(runNative('cast', [notANumber], { dtype: 'int64' }).outputs[0]).toEqual([-(2 ** 63)]);
  });
});

/** Differences of a round trip through float32 over all bit patterns; NaN patterns only need to stay NaN. */
function halves(dtype: 'float16' | 'bfloat16', patterns: readonly number[]): { outputs: number } {
  const decoded = runNative('cast', [given(dtype, [patterns.length], (index) => decode(dtype, index))], {
    dtype: 'float32',
  });
  const wide = decoded.outputs[0] ?? [];
  const wrong = wide.filter((value, index) => !Object.is(value, decode(dtype, index))).length;
  const back = runNative('cast', [given('float32', [wide.length], (index) => wide[index] ?? 0)], { dtype });
  const narrow = back.outputs[0] ?? [];
  return { outputs: wrong + narrow.filter((value, index) => !Object.is(value, wide[index])).length };
}

function decode(dtype: 'float16' | 'bfloat16', bits: number): number {
  if (dtype === 'bfloat16') return new Float32Array(Uint32Array.of(bits << 16).buffer)[0] ?? 0;
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent ? sign * (1 + fraction / 1024) * 2 ** (exponent - 15) : sign * fraction * 2 ** -24;
}

describe('fill', () => {
  it.each(DTYPES)('%s', (dtype) => {
    compare('fill', [], { shape: [3, 7], dtype, value: 1 });
    compare('fill', [], { shape: [], dtype, value: 0 });
    compare('fill', [], { shape: [2, 0], dtype, value: 1 });
    compare('fill', [], { shape: [40001], dtype, value: 1 });
  });
  it('int64 exactly', () => {
    expect(runNative('fill', [], { shape: [1], dtype: 'int64', value: 2 ** 53 - 1 }).outputs[0]).toEqual([
      2 ** 53 - 1,
    ]);
  });
});

describe.each(FLOATS)('pad and pad_gradient of %s', (dtype) => {
  const paddings = [
    { mode: 'constant', shape: [2, 3, 5], padding: [1, 2] },
    { mode: 'constant', shape: [2, 3, 5], padding: [1, 0, 0, 3, 2, 2] },
    { mode: 'constant', shape: [0, 5], padding: [1, 1] },
    { mode: 'constant', shape: [7], padding: [] },
    { mode: 'reflect', shape: [2, 3, 6], padding: [2, 1, 5, 3] },
    { mode: 'replicate', shape: [2, 1, 6], padding: [3, 2, 7, 9] },
    { mode: 'circular', shape: [2, 3, 6], padding: [3, 3, 6, 1] },
    { mode: 'reflect', shape: [20, 3, 25, 31], padding: [1, 1, 2, 2] },
  ];
  it.each(paddings)('$mode $shape by $padding', ({ mode, shape, padding }) => {
    const first = shape.length - padding.length / 2;
    const padded = shape.map((size, axis) => {
      const at = 2 * (axis - first);
      return axis < first ? size : size + (padding[at] ?? 0) + (padding[at + 1] ?? 0);
    });
    compare('pad', [given(dtype, shape)], { mode, padding, value: 1.5 });
    const gradient = given(dtype, padded, (index) => (index % 13) - 6);
    expect(numel(padded)).toBe(gradient.values.length);
    compare('pad_gradient', [gradient], { mode, padding, shape });
  });
});
