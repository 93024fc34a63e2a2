// Which judged samples are listed, in which order, and the matrix they make.
import { expect, test } from 'vitest';

import type { JudgedSamples } from '#core/session/judged';
import { confusion, countWrong, listSamples } from '#renderer/panels/predictions/listing';

const verdicts = {
  kind: 'class' as const,
  classes: ['a', 'b'],
  target: Int32Array.of(0, 0, 1, 1),
  given: Float32Array.of(0.9, 0.2, 0.4, 0.6),
  shown: 2,
  top: Int32Array.of(0, 1, 1, 0, 0, 1, 1, 0),
  probabilities: Float32Array.of(0.9, 0.1, 0.8, 0.2, 0.6, 0.4, 0.6, 0.4),
};
const judged: JudgedSamples = { from: 'validation', total: 4, rows: Int32Array.of(7, 3, 9, 1), verdicts };
const choice = { isWrongOnly: false, order: 'wrong', cell: null } as const;

test('the most wrong come first, or the order of the data', () => {
  expect(listSamples(judged, choice)).toEqual([1, 2, 3, 0]);
  expect(listSamples(judged, { ...choice, order: 'data' })).toEqual([3, 1, 0, 2]);
});

test('only wrong ones, and those of one cell of the matrix', () => {
  expect(countWrong(judged)).toBe(2);
  expect(listSamples(judged, { ...choice, isWrongOnly: true })).toEqual([1, 2]);
  expect(listSamples(judged, { ...choice, cell: { target: 1, predicted: 1 } })).toEqual([3]);
  expect(confusion(verdicts)).toEqual([
    [1, 1],
    [1, 1],
  ]);
});

test('numbers come by their error', () => {
  const numbers = {
    kind: 'number' as const,
    width: 1,
    target: Float32Array.of(1, 2),
    predicted: Float32Array.of(1, 5),
    error: Float32Array.of(0, 3),
  };
  const samples = { ...judged, rows: Int32Array.of(0, 1), verdicts: numbers };
  expect(listSamples(samples, choice)).toEqual([1, 0]);
  expect(countWrong(samples)).toBe(0);
});
