// advance, take_rows and record against plain TypeScript.
import { describe, expect, it } from 'vitest';

import { compare, DTYPES, given, runNative } from './against-reference';

it('advance adds to each counter', () => {
  compare('advance', [given('int64', [3], (index) => index * 10)], { amounts: [1, -2, 2 ** 40] });
  compare('advance', [given('int64', [0])], { amounts: [] });
});

describe.each(DTYPES)('take_rows from %s', (dtype) => {
  it.each(['float32', 'float64', 'int64'] as const)('to %s', (to) => {
    if (to === 'int64' && (dtype === 'float16' || dtype === 'bfloat16')) return;
    const index = given('int64', [9], (place) => (place * 4) % 7);
    const at = (cursor: number) => given('int64', [], () => cursor);
    compare('take_rows', [given(dtype, [7, 3, 2]), index, at(4)], { batch: 5, dtype: to });
    compare('take_rows', [given(dtype, [7]), index, at(0)], { batch: 9, dtype: to });
    compare('take_rows', [given(dtype, [7, 3]), index, at(9)], { batch: 0, dtype: to });
  });
});

it('take_rows gathers a large batch of images on every thread', () => {
  const index = given('int64', [300], (place) => (place * 17) % 100);
  const inputs = [given('uint8', [100, 28, 28]), index, given('int64', [], () => 7)];
  compare('take_rows', inputs, { batch: 128, dtype: 'float32' });
});

it('record writes the value at its position', () => {
  const log = given('float64', [5]);
  const at = (position: number) => given('int64', [], () => position);
  compare('record', [given('float32', [], () => 0.1), log, at(3)], {});
  compare('record', [given('float64', [], () => 0.1), log, at(0)], {});
  compare('record', [given('int64', [], () => 12), log, at(4)], {});
  expect(() => runNative('record', [given('float32', []), log, at(5)], {})).toThrow(
    /record: .*log of 5.*got 5/,
  );
  const rows = given('float64', [3, 4]);
  compare('record', [given('float32', [4]), rows, at(1)], {});
  compare('record', [given('float64', [2]), rows, at(2)], {});
  expect(() => runNative('record', [given('float32', [5]), rows, at(0)], {})).toThrow(
    /holds 4 values, not 5/,
  );
});
