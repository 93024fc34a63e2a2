// Dragged cards are drawn to the edges and middles of the cards that can be seen, which are gathered once per drag.
import type { NodeChange } from '@xyflow/react';

import { useLive } from '../stores/live';
import { useApp } from '../stores/app';
import { cardSize } from './card-size';
import { boundsOf, snapTo, type HelperLine, type PlacedBox } from './geometry';
import type { FlowNode } from './to-flow';
import { seenPart, zoomNow } from './viewport';

/** How near a line must be, in pixels of the screen. */
const REACH = 6;

/** The cards that stay, while a drag goes on. */
let still: readonly PlacedBox[] | null = null;

export function endSnap(): void {
  still = null;
}

type Dragged = Extract<NodeChange<FlowNode>, { type: 'position' }> & {
  readonly position: FlowNode['position'];
};

/** Also the last change of a drag, which tells the unsnapped place; one of the arrow keys, with no drag before it, is none. */
const isDrag = (change: NodeChange<FlowNode>): change is Dragged =>
  change.type === 'position' &&
  change.position !== undefined &&
  (change.dragging === true || (change.dragging === false && still !== null));

/** The same changes with every dragged card shifted by what draws the whole selection to a line. */
export function snapChanges(
  changes: readonly NodeChange<FlowNode>[],
  nodes: readonly FlowNode[],
): { readonly changes: NodeChange<FlowNode>[]; readonly lines: readonly HelperLine[] } {
  const dragged = changes.filter(isDrag);
  if (dragged.length === 0 || !useApp.getState().preferences.snapping)
    return { changes: [...changes], lines: [] };
  const places = new Map(dragged.map(({ id, position }) => [id, position]));
  const moving = nodes.filter(({ id }) => places.has(id));
  still ??= seen(nodes.filter(({ id }) => !places.has(id)));
  const around = boundsOf(
    moving.map((node) => ({ ...sizeOf(node), ...(places.get(node.id) ?? node.position) })),
  );
  const { offset, lines: found } = snapTo(around, still, REACH / zoomNow());
  const lines = dragged.some(({ dragging }) => dragging === true) ? found : [];
  if (offset.x === 0 && offset.y === 0) return { changes: [...changes], lines };
  const shifted = changes.map((change) =>
    isDrag(change)
      ? { ...change, position: { x: change.position.x + offset.x, y: change.position.y + offset.y } }
      : change,
  );
  return { changes: shifted, lines };
}

const sizeOf = ({ id, measured, width, height, type }: FlowNode): { width: number; height: number } => {
  const size =
    type === 'note' ? { width: width ?? 0, height: height ?? 0 } : cardSize(useLive.getState().views.get(id));
  return { width: measured?.width ?? size.width, height: measured?.height ?? size.height };
};

function seen(nodes: readonly FlowNode[]): readonly PlacedBox[] {
  const view = seenPart();
  return nodes
    .map((node) => ({ id: node.id, ...node.position, ...sizeOf(node) }))
    .filter(
      ({ x, y, width, height }) =>
        x + width > view.x && y + height > view.y && x < view.x + view.width && y < view.y + view.height,
    );
}
