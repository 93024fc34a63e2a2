// The graph as React Flow draws it. Document and selection are the truth; this follows them and keeps, besides, what is only
// of the screen: measured sizes and positions during a drag. Nodes and edges that did not change keep their identity.
import { applyNodeChanges, type Edge, type Node, type NodeChange } from '@xyflow/react';
import { create } from 'zustand';
import type { Graph, GraphEdge, GraphNode } from '#core/document/project';
import { formatShape } from '#core/tensor/shape';

import { moveNodes } from '../actions/graph';
import { useDocument } from '../stores/document';
import { useLive, type NodeView } from '../stores/live';
import { select, useUi, type Selection } from '../stores/ui';

export type FlowNode = Node<Record<string, never>, 'layer'>;
export type FlowEdge = Edge<Record<string, never>, 'shape'>;

interface FlowState {
  readonly nodes: FlowNode[];
  readonly edges: FlowEdge[];
}

export const useFlow = create<FlowState>(() => ({ nodes: [], edges: [] }));

const NO_DATA: Record<string, never> = {};

/** `conv1, Conv2d, output 64×16×8×8`: what a screen reader says of a node. */
export function nodeLabel(node: GraphNode, view: NodeView | undefined): string {
  const outputs = view?.outputs.map((shape) => (shape ? formatShape(shape) : 'unknown')) ?? [];
  const waiting = view?.chips.filter(({ state }) => state === 'uninitialized').length ?? 0;
  return [
    node.name,
    view?.title ?? node.layer,
    ...(outputs.length > 0 ? [`output ${outputs.join(' and ')}`] : []),
    ...(waiting > 0 ? [`${waiting} uninitialized`] : []),
    ...((view?.problems.length ?? 0) > 0 ? [`${view?.problems.length} problems`] : []),
  ].join(', ');
}

/** Nodes for a graph, reusing those of `before` that say the same. */
export function toFlowNodes(
  graph: Graph,
  views: ReadonlyMap<string, NodeView>,
  selection: Selection,
  before: readonly FlowNode[],
): FlowNode[] {
  const old = new Map(before.map((node) => [node.id, node]));
  return graph.nodes.map((node): FlowNode => {
    const ariaLabel = nodeLabel(node, views.get(node.id));
    const selected = selection.nodes.has(node.id);
    const last = old.get(node.id);
    if (!last)
      return { id: node.id, type: 'layer', position: node.position, data: NO_DATA, selected, ariaLabel };
    const position = last.dragging === true ? last.position : node.position;
    const isSame =
      last.ariaLabel === ariaLabel &&
      (last.selected ?? false) === selected &&
      last.position.x === position.x &&
      last.position.y === position.y;
    return isSame ? last : { ...last, position, selected, ariaLabel };
  });
}

/** Edges for a graph, reusing those of `before` that say the same. */
export function toFlowEdges(graph: Graph, selection: Selection, before: readonly FlowEdge[]): FlowEdge[] {
  const old = new Map(before.map((edge) => [edge.id, edge]));
  const nodes = new Map(graph.nodes.map((node) => [node.id, node.name]));
  return graph.edges.map((edge): FlowEdge => {
    const selected = selection.edges.has(edge.id);
    const ariaLabel = `${nodes.get(edge.from.node) ?? '?'} to ${nodes.get(edge.to.node) ?? '?'}`;
    const last = old.get(edge.id);
    const isSame =
      last !== undefined &&
      (last.selected ?? false) === selected &&
      last.ariaLabel === ariaLabel &&
      isSameEnds(last, edge);
    return isSame
      ? last
      : {
          id: edge.id,
          type: 'shape',
          source: edge.from.node,
          sourceHandle: edge.from.port,
          target: edge.to.node,
          targetHandle: edge.to.port,
          selected,
          ariaLabel,
        };
  });
}

const isSameEnds = (flow: FlowEdge, { from, to }: GraphEdge): boolean =>
  flow.source === from.node &&
  flow.sourceHandle === from.port &&
  flow.target === to.node &&
  flow.targetHandle === to.port;

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
