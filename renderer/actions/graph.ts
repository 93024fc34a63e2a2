// What the user does to the graph, as invertible edits: insert, connect, delete, duplicate, rename, move, set a param.
import type { Graph, GraphEdge, GraphNode, TensorOptions } from '#core/document/project';
import { copyNodes, newEdgeId, newNodeId, pasteEdit, type Edit } from '#core/graph/edits';
import { nameFault, nameForLayer } from '#core/graph/names';
import { findLayer } from '#core/layers/index';

import { cardSize, CARD_WIDTH, COLUMN_GAP, ROW_GAP } from '../canvas/card-size';
import { showNode, viewportCentre } from '../canvas/viewport';
import { edit, useDocument } from '../stores/document';
import { useLive } from '../stores/live';
import { showError } from '../stores/toasts';
import { onlySelected, select, useUi, type InsertTarget } from '../stores/ui';

type Point = GraphNode['position'];

const graphNow = (): Graph | null => useDocument.getState().project?.graph ?? null;

/** Applies an edit; a refused one is shown and changes nothing. */
export function change(next: Edit, label: string): boolean {
  try {
    edit(next, label);
    return true;
  } catch (error) {
    showError(`${label} failed`, error);
    return false;
  }
}

/** Where a new node goes: at a point, behind an output, into an edge; null: after the selection, else in the middle. */
export type Place =
  { readonly kind: 'at'; readonly position: Point } | ({ readonly kind: 'from' } & InsertTarget) | null;

/** Adds a node of layer `type`, connects it where that is possible, and selects it. */
export function insertLayer(type: string, place: Place = null): void {
  const graph = graphNow();
  const declaration = findLayer(type);
  if (!graph || !declaration) return;
  const source = place === null ? selectedSource(graph) : place.kind === 'from' ? place : null;
  const position =
    place === null ? (source?.position ?? free(graph, viewportCentre())) : snapped(place.position);
  const node: GraphNode = {
    id: newNodeId(graph),
    name: nameForLayer(type, graph),
    layer: type,
    params: {},
    position,
  };
  const edits: Edit[] = [{ kind: 'add_node', node }];
  const input = declaration.inputs[0]?.name;
  const output = declaration.outputs[0]?.name;
  if (source && input !== undefined) {
    if (place === null) edits.push(...makeRoom(graph, position));
    if (place === null && output !== undefined)
      edits.push(...splice(graph, source.from, { node: node.id, port: output }));
    edits.push(connectEdit(graph, source.from, { node: node.id, port: input }, edits));
  }
  if (!change({ kind: 'group', label: `Add ${node.name}`, edits }, `Add ${node.name}`)) return;
  select([node.id]);
  showNode(node.id);
}

/** The output a new node would be connected to, and the place below it. */
function selectedSource(graph: Graph): InsertTarget | null {
  const { selection } = useUi.getState();
  const [edgeId] = selection.edges;
  const edge = selection.nodes.size === 0 ? graph.edges.find(({ id }) => id === edgeId) : undefined;
  const id = edge?.from.node ?? onlySelected({ selection });
  const node = graph.nodes.find((candidate) => candidate.id === id);
  const port = edge?.from.port ?? (node && findLayer(node.layer)?.outputs[0]?.name);
  if (!node || port === undefined) return null;
  const { height } = cardSize(useLive.getState().views.get(node.id));
  return {
    from: { node: node.id, port },
    position: { x: node.position.x, y: node.position.y + height + ROW_GAP },
  };
}

/** What was connected to `from` hangs on the new node instead. */
const splice = (graph: Graph, from: GraphEdge['from'], to: GraphEdge['from']): Edit[] =>
  graph.edges.flatMap((edge, index): Edit[] =>
    edge.from.node === from.node && edge.from.port === from.port
      ? [
          { kind: 'disconnect', id: edge.id },
          { kind: 'connect', edge: { ...edge, from: to }, index },
        ]
      : [],
  );

/** Nodes below `position` in the same column step down when the new card would lie on one of them. */
function makeRoom(graph: Graph, position: Point): Edit[] {
  const below = graph.nodes.filter(
    (node) =>
      Math.abs(node.position.x - position.x) < CARD_WIDTH / 2 && node.position.y > position.y - ROW_GAP,
  );
  const nearest = Math.min(...below.map((node) => node.position.y));
  const need = position.y + NEW_CARD_HEIGHT + ROW_GAP - nearest;
  if (below.length === 0 || need <= 0) return [];
  return below.map((node) => ({
    kind: 'move_node',
    id: node.id,
    position: { x: node.position.x, y: node.position.y + need },
  }));
}

const NEW_CARD_HEIGHT = 112;

/** The nearest point to the right of `start` where no card lies. */
function free(graph: Graph, start: Point): Point {
  const isTaken = ({ x, y }: Point): boolean =>
    graph.nodes.some(
      ({ position }) => Math.abs(position.x - x) < CARD_WIDTH && Math.abs(position.y - y) < NEW_CARD_HEIGHT,
    );
  let point = snapped(start);
  while (isTaken(point)) point = { x: point.x + CARD_WIDTH + COLUMN_GAP, y: point.y };
  return point;
}

const snapped = ({ x, y }: Point): Point => ({ x: Math.round(x / 4) * 4, y: Math.round(y / 4) * 4 });

function connectEdit(
  graph: Graph,
  from: GraphEdge['from'],
  to: GraphEdge['to'],
  pending: readonly Edit[] = [],
): Edit {
  const added = pending.flatMap((item) => (item.kind === 'connect' ? [item.edge] : []));
  return {
    kind: 'connect',
    edge: { id: newEdgeId({ ...graph, edges: [...graph.edges, ...added] }), from, to },
  };
}

/** Draws an edge. Into a port that takes one edge it replaces the edge there; `replaces` is an edge that is being moved. */
export function connect(from: GraphEdge['from'], to: GraphEdge['to'], replaces: string | null = null): void {
  const graph = graphNow();
  if (!graph) return;
  const target = graph.nodes.find(({ id }) => id === to.node);
  const port = target && findLayer(target.layer)?.inputs.find(({ name }) => name === to.port);
  const leaving = graph.edges.filter(
    (edge) =>
      edge.id === replaces ||
      (port?.isVariadic !== true && edge.to.node === to.node && edge.to.port === to.port),
  );
  const edits: Edit[] = [
    ...leaving.map((edge): Edit => ({ kind: 'disconnect', id: edge.id })),
    connectEdit(graph, from, to),
  ];
  change({ kind: 'group', label: 'Connect', edits }, replaces === null ? 'Connect' : 'Reconnect');
}

export function disconnect(id: string): void {
  change({ kind: 'disconnect', id }, 'Disconnect');
}

/** Removes the selected nodes (with their edges) and edges. */
export function deleteSelection(): void {
  const graph = graphNow();
  const { nodes, edges } = useUi.getState().selection;
  if (!graph || nodes.size + edges.size === 0) return;
  const loose = graph.edges.filter(
    ({ id, from, to }) => edges.has(id) && !nodes.has(from.node) && !nodes.has(to.node),
  );
  const edits: Edit[] = [
    ...loose.map((edge): Edit => ({ kind: 'disconnect', id: edge.id })),
    ...[...nodes].map((id): Edit => ({ kind: 'remove_node', id })),
  ];
  if (change({ kind: 'group', label: 'Delete', edits }, 'Delete')) select([]);
}

/** Copies the selected nodes beside themselves and selects the copies. */
export function duplicateSelection(): void {
  const graph = graphNow();
  const { nodes } = useUi.getState().selection;
  if (!graph || nodes.size === 0) return;
  const { edit: paste, ids } = pasteEdit(graph, copyNodes(graph, nodes));
  if (change(paste, 'Duplicate')) select(ids);
}

export function selectAll(): void {
  const graph = graphNow();
  if (graph) select(graph.nodes.map(({ id }) => id), graph.edges.map(({ id }) => id)); // prettier-ignore
}

/** What is wrong with a name for this node, as the end of a sentence, or null. */
export function renameFault(id: string, name: string): string | null {
  const isTaken = graphNow()?.nodes.some((node) => node.id !== id && node.name === name) ?? false;
  return isTaken ? 'is the name of another node' : nameFault(name);
}

export function rename(id: string, name: string): void {
  const node = graphNow()?.nodes.find((candidate) => candidate.id === id);
  if (!node || node.name === name) return;
  change({ kind: 'rename_node', id, name }, `Rename ${node.name}`);
}

/** Sets a param; undefined takes it back to the layer's initial value. */
export function setParam(id: string, param: string, value: unknown): void {
  change({ kind: 'set_param', id, param, ...(value === undefined ? {} : { value }) }, `Change ${param}`);
}

/** Chooses something for a tensor of a node; undefined takes the choice away. */
export function setTensorOption<K extends keyof TensorOptions>(
  id: string,
  tensor: string,
  option: K,
  value: TensorOptions[K] | undefined,
): void {
  const chosen = value === undefined ? {} : { value };
  change({ kind: 'set_tensor_option', id, tensor, option, ...chosen }, `Change ${tensor}`);
}

/** Moves nodes to where they were dragged, as one step. */
export function moveNodes(
  moves: readonly { readonly id: string; readonly position: Point }[],
  label = 'Move',
): void {
  const graph = graphNow();
  const byId = new Map(graph?.nodes.map((node) => [node.id, node]));
  const edits = moves.flatMap(({ id, position }): Edit[] => {
    const node = byId.get(id);
    const isMoved = node && (node.position.x !== position.x || node.position.y !== position.y);
    return isMoved ? [{ kind: 'move_node', id, position }] : [];
  });
  if (edits.length > 0) change({ kind: 'group', label, edits }, label);
}
