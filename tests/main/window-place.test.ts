// A window comes up where it was, and somewhere else when the display it stood on is gone.
import { expect, test } from 'vitest';

import { shownBounds } from '#main/window-place';

const laptop = { x: 0, y: 0, width: 1440, height: 900 };
const beside = { x: 1440, y: 0, width: 1920, height: 1080 };
const size = { width: 1200, height: 800 };

test.each([
  ['where it was', { x: 100, y: 50, ...size }, [laptop], true],
  ['on the second display', { x: 1600, y: 100, ...size }, [laptop, beside], true],
  ['partly outside', { x: -900, y: 50, ...size }, [laptop], true],
  ['the second display is gone', { x: 1600, y: 100, ...size }, [laptop], false],
  ['all but a sliver outside', { x: -1190, y: 50, ...size }, [laptop], false],
  ['its head above the screen', { x: 100, y: -200, ...size }, [laptop], false],
  ['below the screen', { x: 100, y: 890, ...size }, [laptop], false],
])('%s', (_what, bounds, areas, isKept) => {
  expect(shownBounds(bounds, areas)).toEqual(isKept ? bounds : size);
  expect(shownBounds({ ...bounds, isMaximized: true }, areas).isMaximized).toBe(true);
});

test('without a place there is nothing to check', () => {
  expect(shownBounds(size, [])).toEqual(size);
});
