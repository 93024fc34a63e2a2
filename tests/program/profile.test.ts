// Times of instructions put together.
import { expect, test } from 'vitest';

import { medianSeconds } from '#core/program/profile';

test('an interrupted slice moves no median', () => {
  const slices = [
    [1, 10],
    [2, 10],
    [900, 11],
    [1, 12],
    [2, 700],
  ].map((slice) => Float64Array.from(slice));
  expect([...medianSeconds(slices)]).toEqual([2, 11]);
  expect([...medianSeconds([])]).toEqual([]);
});
