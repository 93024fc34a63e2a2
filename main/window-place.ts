// Where a window comes up again: where it was, unless the display it stood on is gone.
import type { Rectangle } from 'electron';

import type { WindowBounds } from './settings';

/** Pixels of its head that must be seen, so that it can be moved by the mouse. */
const GRIP = { width: 120, height: 24 };

/** Without its place where no display shows enough of it: the system then chooses one. */
export function shownBounds(bounds: WindowBounds, areas: readonly Rectangle[]): WindowBounds {
  const { x, y, ...rest } = bounds;
  if (x === undefined || y === undefined) return rest;
  const isSeen = areas.some(
    (area) =>
      Math.min(x + rest.width, area.x + area.width) - Math.max(x, area.x) >= GRIP.width &&
      y >= area.y &&
      y + GRIP.height <= area.y + area.height,
  );
  return isSeen ? bounds : rest;
}
