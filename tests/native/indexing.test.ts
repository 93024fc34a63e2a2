// gather and gather_gradient against plain TypeScript, and dropout_mask against an independent Philox.
import { describe, expect, it } from 'vitest';

import { compare, DTYPES, given, runNative } from './against-reference';

describe('gather', () => {
  it.each(DTYPES)('rows of a table of %s', (dtype) => {
    const index = given('int64', [3, 4], (place) => (place * 7) % 6);
    compare('gather', [given(dtype, [6, 5]), index], {});
    compare('gather', [given(dtype, [6]), index], {});
    compare('gather', [given(dtype, [6, 2, 3]), given('int64', [], () => 5)], {});
    compare('gather', [given(dtype, [6, 5]), given('int64', [0])], {});
    compare('gather', [given(dtype, [6, 0]), index], {});
  });
  it('many rows', () => {
    compare('gather', [given('float32', [50, 300]), given('int64', [400], (place) => (place * 31) % 50)], {});
  });
});

describe.each(['float32', 'float64'] as const)('gather_gradient of %s', (dtype) => {
  it.each([
    { shape: [6, 5], index: [3, 4], padding_idx: null },
    { shape: [6, 5], index: [3, 4], padding_idx: 2 },
    { shape: [6], index: [40], padding_idx: null },
    { shape: [100, 300], index: [500], padding_idx: 0 },
    { shape: [4, 3], index: [0], padding_idx: null },
    { shape: [4, 0], index: [3], padding_idx: null },
  ])('$shape by $index, padding $padding_idx', ({ shape, index, padding_idx }) => {
    const rows = shape[0] ?? 1;
    const indices = given('int64', index, (place) => (place * place * 5) % rows);
    compare('gather_gradient', [given(dtype, [...index, ...shape.slice(1)]), indices], {
      shape,
      padding_idx,
    });
  });
});

/** Philox4x32-10 in bigint, written from the paper. */
function philox(counter: readonly number[], key: readonly number[]): bigint[] {
  let [c0 = 0n, c1 = 0n, c2 = 0n, c3 = 0n] = counter.map(BigInt);
  let [k0 = 0n, k1 = 0n] = key.map(BigInt);
  const word = (value: bigint): bigint => value & 0xffffffffn;
  for (let round = 0; round < 10; round++) {
    const [p0, p1] = [0xd2511f53n * c0, 0xcd9e8d57n * c2];
    [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, word(p1), (p0 >> 32n) ^ c3 ^ k1, word(p0)];
    [k0, k1] = [word(k0 + 0x9e3779b9n), word(k1 + 0xbb67ae85n)];
  }
  return [c0, c1, c2, c3];
}

describe('dropout_mask', () => {
  it('the test’s own Philox gives the paper’s known answers', () => {
    expect(philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5n, 0xe169c58dn, 0xbc57ac4cn, 0x9b00dbd8n]);
    const ones = 0xffffffff;
    expect(philox([ones, ones, ones, ones], [ones, ones])).toEqual([
      0x408f276dn,
      0x41c83b0en,
      0xa20bc7c6n,
      0x6d5451fdn,
    ]);
  });
  it.each([
    { dtype: 'float32', probability: 0.5, seed: 1, step: 0, stream: 0, count: 1001 },
    { dtype: 'float64', probability: 0.1, seed: 2 ** 40 + 7, step: 12345, stream: 3, count: 10 },
    { dtype: 'float32', probability: 0.9, seed: -1, step: 2 ** 31, stream: 77, count: 3 },
  ] as const)('$dtype, $probability, seed $seed', ({ dtype, probability, seed, step, stream, count }) => {
    const rng = given('int64', [2], (index) => (index === 0 ? seed : step));
    const [mask] = runNative('dropout_mask', [rng], { shape: [count], dtype, probability, stream }).outputs;
    const bits = BigInt.asUintN(64, BigInt(seed));
    const key = [Number(bits & 0xffffffffn), Number(bits >> 32n)];
    const kept = dtype === 'float32' ? Math.fround(1 / (1 - probability)) : 1 / (1 - probability);
    expect(mask).toEqual(
      Array.from({ length: count }, (_, element) => {
        const words = philox([Math.floor(element / 4), 0, step, stream], key);
        return Number((words[element % 4] ?? 0n) >> 8n) < Math.floor(probability * 2 ** 24) ? 0 : kept;
      }),
    );
  });
  it('keeps or drops everything at the ends, and the right share between', () => {
    const rng = given('int64', [2], () => 5);
    const of = (probability: number): number[] => [
      ...(runNative('dropout_mask', [rng], { shape: [100, 400], dtype: 'float32', probability, stream: 1 })
        .outputs[0] ?? []),
    ];
    expect(of(0).every((value) => value === 1)).toBe(true);
    expect(of(1).every((value) => value === 0)).toBe(true);
    const dropped = of(0.3).filter((value) => value === 0).length / 40000;
    expect(Math.abs(dropped - 0.3)).toBeLessThan(0.01);
  });
});
