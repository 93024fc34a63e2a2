// A dragged card is drawn to the lines of others, and stays there when it is let go.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { NodeChange } from '@xyflow/react';

import { endSnap, snapChanges } from '#renderer/canvas/snap-drag';
import type { FlowNode } from '#renderer/canvas/to-flow';
import { useApp } from '#renderer/stores/app';

// A view without a page: everything is seen, at its own size.
vi.mock('#renderer/canvas/viewport', () => ({
  seenPart: () => ({ x: -1000, y: -1000, width: 4000, height: 4000 }),
  zoomNow: () => 1,
}));

const node = (id: string, x: number, y: number): FlowNode => ({
  id,
  type: 'layer',
  data: {},
  position: { x, y },
  measured: { width: 292, height: 66 },
});
const nodes = [node('a', 0, 0), node('b', 40, 300)];
const to = (x: number, dragging: boolean): NodeChange<FlowNode>[] => [
  { type: 'position', id: 'b', position: { x, y: 300 }, dragging },
];

beforeEach(() => {
  useApp.setState(({ preferences }) => ({ preferences: { ...preferences, snapping: true } }));
});
afterEach(endSnap);

test('the last change of a drag, which tells the place under the pointer, is drawn to the line as well', () => {
  const during = snapChanges(to(4, true), nodes);
  expect(during.changes).toEqual(to(0, true));
  expect(during.lines).not.toEqual([]);
  expect(snapChanges(to(4, false), nodes)).toEqual({ changes: to(0, false), lines: [] });
});

test('a card that arrow keys move goes where they put it', () => {
  expect(snapChanges(to(4, false), nodes)).toEqual({ changes: to(4, false), lines: [] });
});
