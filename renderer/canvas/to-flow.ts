// The graph as React Flow's nodes and edges. What says the same as before keeps its identity, so that it is not drawn again.
import type { Edge, Node } from '@xyflow/react';
import type { Graph, GraphEdge, GraphNode, GraphNote } from '#core/document/project';
import { formatShape } from '#core/tensor/shape';

import type { NodeView } from '../stores/live';
import type { Selection } from '../stores/ui';
import { t } from '../text';

/** A card or a note. */
export type FlowNode = Node<Record<string, never>, 'layer' | 'note'>;
export type FlowEdge = Edge<Record<string, never>, 'shape'>;

const NO_DATA: Record<string, never> = {};

/** The words of labels, each looked up once for all cards. */
function labelWords(): {
  readonly unknown: string;
  readonly and: string;
  readonly output: string;
  counted(key: 'card.waiting' | 'card.problems', count: number): string;
} {
  const known = new Map<string, string>();
  return {
    unknown: t('card.unknown'),
    and: t('list.and'),
    output: t('card.output'),
    counted(key, count) {
      const name = `${key} ${count}`;
      const text = known.get(name) ?? t(key, { count });
      known.set(name, text);
      return text;
    },
  };
}

/** `conv1, Conv2d, output 64×16×8×8`: what a screen reader says of a node. */
function nodeLabel(
  node: GraphNode,
  view: NodeView | undefined,
  words: ReturnType<typeof labelWords>,
): string {
  const outputs = view?.outputs.map((shape) => (shape ? formatShape(shape) : words.unknown)) ?? [];
  const waiting = view?.chips.filter(({ state }) => state === 'uninitialized').length ?? 0;
  const problems = view?.problems.length ?? 0;
  return [
    node.name,
    view?.title ?? node.layer,
    ...(outputs.length > 0 ? [`${words.output} ${outputs.join(words.and)}`] : []),
    ...(waiting > 0 ? [words.counted('card.waiting', waiting)] : []),
    ...(problems > 0 ? [words.counted('card.problems', problems)] : []),
  ].join(', ');
}

/** What is selected lies over the rest; many are not lifted, since that would have all of them put together and drawn anew. */
const LIFT = 1000;
const MOST_LIFTED = 20;

/** Nodes for a graph, reusing those of `before` that say the same. */
export function toFlowNodes(
  graph: Graph,
  views: ReadonlyMap<string, NodeView>,
  selection: Selection,
  before: FlowNode[],
): FlowNode[] {
  const old = new Map(before.map((node) => [node.id, node]));
  const words = labelWords();
  const isLifted = selection.nodes.size <= MOST_LIFTED;
  const notes = (graph.notes ?? []).map((note) => {
    const selected = selection.nodes.has(note.id);
    return toFlowNote(note, { selected, zIndex: selected && isLifted ? LIFT - 1 : -1 }, old.get(note.id));
  });
  const cards = graph.nodes.map((node): FlowNode => {
    const ariaLabel = nodeLabel(node, views.get(node.id), words);
    const selected = selection.nodes.has(node.id);
    const last = old.get(node.id);
    const zIndex = selected && isLifted ? LIFT : 0;
    if (!last)
      return {
        id: node.id,
        type: 'layer',
        position: node.position,
        data: NO_DATA,
        selected,
        ariaLabel,
        zIndex,
      };
    const position = last.dragging === true ? last.position : node.position;
    const isSame =
      last.ariaLabel === ariaLabel &&
      (last.selected ?? false) === selected &&
      last.zIndex === zIndex &&
      last.position.x === position.x &&
      last.position.y === position.y;
    return isSame ? last : { ...last, position, selected, ariaLabel, zIndex };
  });
  return sameOr(before, [...notes, ...cards]);
}

/** The list from before where nothing of it changed: the graph library looks through all of a new one. */
const sameOr = <T>(before: T[], now: T[]): T[] =>
  before.length === now.length && now.every((item, at) => item === before[at]) ? before : now;

/** Notes lie behind the cards. */
function toFlowNote(
  note: GraphNote,
  { selected, zIndex }: { readonly selected: boolean; readonly zIndex: number },
  last: FlowNode | undefined,
): FlowNode {
  const ariaLabel = t('note.label', { text: note.text === '' ? t('note.empty') : note.text.slice(0, 200) });
  const position = last?.dragging === true ? last.position : note.position;
  const isResizing = last?.resizing === true;
  const width = isResizing ? last.width : note.size.width;
  const height = isResizing ? last.height : note.size.height;
  const isSame =
    last?.ariaLabel === ariaLabel &&
    (last.selected ?? false) === selected &&
    last.zIndex === zIndex &&
    last.position.x === position.x &&
    last.position.y === position.y &&
    last.width === width &&
    last.height === height;
  if (isSame) return last;
  const { measured: _, ...rest } = last ?? {};
  return {
    ...rest,
    id: note.id,
    type: 'note',
    data: NO_DATA,
    zIndex,
    position,
    selected,
    ariaLabel,
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
  };
}

/** Edges for a graph, reusing those of `before` that say the same. */
export function toFlowEdges(graph: Graph, selection: Selection, before: FlowEdge[]): FlowEdge[] {
  const old = new Map(before.map((edge) => [edge.id, edge]));
  const nodes = new Map(graph.nodes.map((node) => [node.id, node.name]));
  const now = graph.edges.map((edge): FlowEdge => {
    const selected = selection.edges.has(edge.id);
    const ariaLabel = t('edge.label', {
      from: nodes.get(edge.from.node) ?? '?',
      to: nodes.get(edge.to.node) ?? '?',
    });
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
  return sameOr(before, now);
}

const isSameEnds = (flow: FlowEdge, { from, to }: GraphEdge): boolean =>
  flow.source === from.node &&
  flow.sourceHandle === from.port &&
  flow.target === to.node &&
  flow.targetHandle === to.port;
