// The graph as React Flow draws it. Document and selection are the truth; this follows them and keeps, besides, what is only
// of the screen: measured sizes and positions during a drag. Nodes and edges that did not change keep their identity.
import { applyNodeChanges, type NodeChange } from '@xyflow/react';
import { create } from 'zustand';

import { moveNodes } from '../actions/graph';
import { useDocument } from '../stores/document';
import { useLive } from '../stores/live';
import { select, useUi } from '../stores/ui';
import { toFlowEdges, toFlowNodes, type FlowEdge, type FlowNode } from './to-flow';

interface FlowState {
  readonly nodes: FlowNode[];
  readonly edges: FlowEdge[];
}

export const useFlow = create<FlowState>(() => ({ nodes: [], edges: [] }));

function follow(): void {
  const { project } = useDocument.getState();
  const { selection } = useUi.getState();
  const before = useFlow.getState();
  const graph = project?.graph ?? { nodes: [], edges: [] };
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
      if (state.project?.graph !== before.project?.graph) follow();
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
  const kept = changes.filter(({ type }) => type !== 'remove' && type !== 'select');
  if (kept.length > 0) useFlow.setState(({ nodes }) => ({ nodes: applyNodeChanges(kept, nodes) }));
  acceptSelection(changes, 'nodes');
  const moved = changes.flatMap((change) =>
    change.type === 'position' && change.dragging === false
      ? (useFlow.getState().nodes.find(({ id }) => id === change.id) ?? [])
      : [],
  );
  if (moved.length > 0) moveNodes(moved.map(({ id, position }) => ({ id, position: rounded(position) })));
}

const rounded = ({ x, y }: FlowNode['position']): FlowNode['position'] => ({
  x: Math.round(x),
  y: Math.round(y),
});

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
