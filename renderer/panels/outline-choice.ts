// What the keys of the outline do beyond going from row to row: select several nodes, and at a port what the mouse does there on the canvas.
import { edgesFrom, edgesInto } from '#core/graph/order';
import type { Graph, GraphNode } from '#core/document/project';

import { runCommand } from '../actions/commands';
import { graphNow } from '../actions/graph';
import { placeAtPort } from '../actions/insert';
import { nodeOf } from '../stores/document';
import { openDialog, select, useUi } from '../stores/ui';

/** What going to a node does to the selection: it alone, all from the anchor to it, it more or less, nothing. */
export type Choice = 'only' | 'range' | 'toggle' | 'none';

interface RowPort {
  readonly kind: 'input' | 'output';
  readonly name: string;
}

/** Selects as `how` says; `order` is that of the rows. */
export function choose(how: Choice, order: readonly GraphNode[], node: string, anchor: string): void {
  const { nodes, edges } = useUi.getState().selection;
  if (how === 'only') select([node]);
  else if (how === 'range') select(between(order, anchor, node));
  else if (how === 'toggle') select(nodes.has(node) ? [...nodes].filter((id) => id !== node) : [...nodes, node], edges); // prettier-ignore
}

function between(order: readonly GraphNode[], one: string, other: string): readonly string[] {
  const ends = [one, other].map((id) => order.findIndex((node) => node.id === id));
  const [first, last] = [Math.min(...ends), Math.max(...ends)];
  return order.slice(Math.max(0, first), last + 1).map(({ id }) => id);
}

interface Point {
  readonly x: number;
  readonly y: number;
}

export const pointOf = ({ clientX, clientY }: { readonly clientX: number; readonly clientY: number }): Point => ({ x: clientX, y: clientY }); // prettier-ignore

export function belowOf(row: Element | null): Point {
  const { left = 0, bottom = 0 } = row?.getBoundingClientRect() ?? {};
  return { x: left + 24, y: bottom };
}

/** The menu of the selection, which the node joins first. */
export function openMenuFor(node: string, at: Point): void {
  if (!useUi.getState().selection.nodes.has(node)) select([node]);
  const about = useUi.getState().selection.nodes.size > 1 ? 'selection' : 'node';
  useUi.setState({ contextMenu: { ...at, about } });
}

/** The palette with what fits a port, as drawing an edge from it into the void opens it. */
export function addAtPort(node: string, { kind, name }: RowPort): void {
  const graph = graphNow();
  const at = nodeOf(graph ?? undefined, node);
  if (!graph || !at) return;
  const port = { kind, node, port: name };
  openDialog({ kind: 'layers', target: { position: placeAtPort(graph, at, kind), port } });
}

/** The palette for the edge into an input: what is chosen goes into its middle. False where there is none. */
export function insertBefore(node: string, port: string): boolean {
  const [edge] = edgesAt(node, { kind: 'input', name: port });
  if (!edge) return false;
  select([], [edge.id]);
  runCommand('view.insertIntoEdge');
  return true;
}

/** Takes away the edges of a port; the node stays selected. */
export function disconnectPort(node: string, port: RowPort): boolean {
  const edges = edgesAt(node, port);
  if (edges.length === 0) return false;
  select([], edges.map(({ id }) => id)); // prettier-ignore
  runCommand('edit.disconnect');
  select([node]);
  return true;
}

function edgesAt(node: string, { kind, name }: RowPort): Graph['edges'] {
  const graph = graphNow();
  if (!graph) return [];
  return kind === 'input'
    ? edgesInto(graph, node).filter(({ to }) => to.port === name)
    : edgesFrom(graph, node).filter(({ from }) => from.port === name);
}
