// The graph as React Flow draws it. Document and selection are the truth; this follows them and keeps, besides, what is only
// of the screen: measured sizes and positions during a drag. Nodes and edges that did not change keep their identity.
import { applyNodeChanges, type NodeChange } from '@xyflow/react';
import { create } from 'zustand';

import { graphNow, moveNodes } from '../actions/graph';
import { useDocument } from '../stores/document';
import { useLive } from '../stores/live';
import { select, useUi } from '../stores/ui';
import { cardSize } from './card-size';
import type { HelperLine, PlacedBox } from './geometry';
import { endSnap, snapChanges } from './snap-drag';
import { toFlowEdges, toFlowNodes, type FlowEdge, type FlowNode } from './to-flow';

interface FlowState {
  readonly nodes: FlowNode[];
  readonly edges: FlowEdge[];
  /** Drawn while a dragged card is held by others. */
  readonly lines: readonly HelperLine[];
}

export const useFlow = create<FlowState>(() => ({ nodes: [], edges: [], lines: [] }));

function follow(): void {
  const { selection } = useUi.getState();
  const before = useFlow.getState();
  const graph = graphNow() ?? { nodes: [], edges: [] };
  useFlow.setState({
    nodes: toFlowNodes(graph, useLive.getState().views, selection, before.nodes),
    edges: toFlowEdges(graph, selection, before.edges),
  });
}

/** Follows document, shapes and selection; returns the end. */
export function startFlow(): () => void {
  follow();
  const ends = [
    useDocument.subscribe((state, before) => {
      if (state.project?.graph !== before.project?.graph || state.scope !== before.scope) follow();
    }),
    useLive.subscribe((state, before) => {
      if (state.views !== before.views) follow();
    }),
    useUi.subscribe((state, before) => {
      if (state.selection !== before.selection) follow();
    }),
  ];
  return () => {
    ends.forEach((end) => end());
  };
}

/** Takes what React Flow reports: sizes and drags are kept here, selections and finished moves go to their owners. */
export function acceptNodeChanges(changes: NodeChange<FlowNode>[]): void {
  const snapped = snapChanges(changes, useFlow.getState().nodes);
  const kept = snapped.changes.filter(({ type }) => type !== 'remove' && type !== 'select');
  if (kept.length > 0)
    useFlow.setState(({ nodes, lines }) => ({
      nodes: applyNodeChanges(kept, nodes),
      lines: kept.some(({ type }) => type === 'position') ? snapped.lines : lines,
    }));
  acceptSelection(changes, 'nodes');
  const ended = new Set(
    changes.flatMap((change) => (change.type === 'position' && change.dragging === false ? [change.id] : [])),
  );
  if (ended.size === 0) return;
  endSnap();
  const moved = useFlow.getState().nodes.filter(({ id }) => ended.has(id));
  moveNodes(moved.map(({ id, position }) => ({ id, position: rounded(position) })));
}

const rounded = ({ x, y }: FlowNode['position']): FlowNode['position'] => ({
  x: Math.round(x),
  y: Math.round(y),
});

/** A card's place and size: as measured, or as it will be drawn. */
export function boxOf({ id, type, position, measured, width, height }: FlowNode): PlacedBox {
  const size =
    type === 'note' ? { width: width ?? 0, height: height ?? 0 } : cardSize(useLive.getState().views.get(id));
  return {
    id,
    x: position.x,
    y: position.y,
    width: measured?.width ?? size.width,
    height: measured?.height ?? size.height,
  };
}

/** All cards and notes, as they stand on the canvas. */
export const allBoxes = (): readonly PlacedBox[] => useFlow.getState().nodes.map(boxOf);

export const selectedBoxes = (): readonly PlacedBox[] =>
  useFlow
    .getState()
    .nodes.filter(({ selected }) => selected === true)
    .map(boxOf);

/** Applies `select` changes to the window's selection. */
export function acceptSelection(
  changes: readonly { readonly type: string; readonly id?: string; readonly selected?: boolean }[],
  of: 'nodes' | 'edges',
): void {
  const relevant = changes.filter(({ type }) => type === 'select');
  if (relevant.length === 0) return;
  const { selection } = useUi.getState();
  const next = new Set(selection[of]);
  for (const { id, selected } of relevant)
    if (id !== undefined) {
      if (selected === true) next.add(id);
      else next.delete(id);
    }
  if (of === 'nodes') select(next, selection.edges);
  else select(selection.nodes, next);
}
