// How far the camera moves to bring a card into view.
import { expect, test } from 'vitest';

import { shiftInto } from '#renderer/canvas/viewport';

test('what is in view stays; what is outside comes in by as little as it takes, with room around it', () => {
  expect(shiftInto(10, 90, 0, 100)).toBe(0);
  expect(shiftInto(-30, 20, 0, 400)).toBe(54);
  expect(shiftInto(380, 430, 0, 400)).toBe(-54);
  // Larger than the view: its start shows.
  expect(shiftInto(50, 450, 0, 400)).toBe(-26);
});
