// Lining up, spreading, helper lines and the lasso, as arithmetic.
import { expect, test } from 'vitest';
import { align, caughtBy, distribute, middleOfGap, snapTo, type PlacedBox } from '#renderer/canvas/geometry';

const box = (id: string, x: number, y: number, width = 100, height = 50): PlacedBox => ({
  id,
  x,
  y,
  width,
  height,
});
const boxes = [box('a', 0, 0), box('b', 40, 90, 60), box('c', 300, 100, 100, 150)];
const places = (moves: readonly { readonly id: string; readonly position: { x: number; y: number } }[]) =>
  Object.fromEntries(moves.map(({ id, position: { x, y } }) => [id, [x, y]]));

test('cards share a line of the rectangle around them', () => {
  expect(places(align(boxes, 'left'))).toEqual({ a: [0, 0], b: [0, 90], c: [0, 100] });
  expect(places(align(boxes, 'right'))).toEqual({ a: [300, 0], b: [340, 90], c: [300, 100] });
  expect(places(align(boxes, 'middle'))).toEqual({ a: [0, 100], b: [40, 100], c: [300, 50] });
});

test('gaps become equal, the outermost stay', () => {
  expect(places(distribute(boxes, 'x'))).toEqual({ a: [0, 0], b: [170, 90], c: [300, 100] });
  expect(distribute(boxes.slice(1), 'x')).toEqual([]);
});

test('the nearest line within reach wins, on each axis by itself', () => {
  const { offset, lines } = snapTo({ x: 4, y: 61, width: 100, height: 50 }, boxes, 6);
  expect(offset).toEqual({ x: -4, y: 4 });
  expect(lines).toEqual([
    { axis: 'x', at: 0, from: 0, to: 115 },
    { axis: 'y', at: 90, from: 0, to: 100 },
  ]);
  expect(snapTo({ x: 187, y: 600, width: 3, height: 3 }, boxes, 6).lines).toEqual([]);
});

test('a lasso catches what it encloses by the middle, also one that turns back', () => {
  const path = [{ x: -5, y: -5 }, { x: 120, y: -5 }, { x: 120, y: 60 }, { x: 30, y: 60 }, { x: 30, y: 200 }, { x: -5, y: 200 }]; // prettier-ignore
  expect(caughtBy(path, boxes)).toEqual(['a']);
});

test('the gap between two cards has a middle on the axis where they do not overlap', () => {
  const [a, c] = [box('a', 0, 0), box('c', 300, 20)];
  expect(middleOfGap(a, c, 'x')).toBe(200);
  expect(middleOfGap(c, a, 'x')).toBe(200);
  expect(middleOfGap(a, c, 'y')).toBeNull();
});
