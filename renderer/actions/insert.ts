// Adding a layer: at a point, behind the selection, at the end of a drawn edge, or into an edge; connected where that is possible.
import type { Block, Graph, GraphEdge, GraphNode } from '#core/document/project';
import { wouldContainItself } from '#core/graph/collapse';
import type { Edit } from '#core/graph/edits';
import { newEdgeId, newNodeId } from '#core/graph/fragment';
import { BLOCK_LAYER, blockPorts } from '#core/graph/flatten';
import { nameForLayer, uniqueName } from '#core/graph/names';
import { findLayer } from '#core/layers/index';
import { parseParams } from '#core/layers/parse';

import type { OpenPort } from '../palette/fits';
import { CARD_WIDTH, cardSize, COLUMN_GAP, ROW_GAP } from '../canvas/card-size';
import { showNode, viewportCentre } from '../canvas/viewport';
import { useLive } from '../stores/live';
import { portsOf, type Ports } from '../stores/ports';
import { openedBlocks, useDocument } from '../stores/document';
import { showNote } from '../stores/toasts';
import { onlySelected, select, useUi, type InsertTarget } from '../stores/ui';
import { change, graphNow } from './graph';
import { t } from '../text';

type Point = GraphNode['position'];
type Port = GraphEdge['from'];

/** Adds a node of layer `type`, connects it where that is possible, and selects it. Without a target it goes after the selection. */
export function insertLayer(type: string, target: InsertTarget | null = null): void {
  const graph = graphNow();
  const declaration = findLayer(type);
  if (graph && declaration)
    insertNode({ name: nameForLayer(type, graph), layer: type, params: {} }, declaration, target);
}

/** Adds an instance of a block of this project. */
export function insertBlock(block: Block, target: InsertTarget | null = null): void {
  const state = useDocument.getState();
  const graph = graphNow();
  const into = openedBlocks(state).at(-1)?.block.id;
  if (!graph || !state.project) return;
  if (into !== undefined && wouldContainItself(state.project.graph, block.id, into)) {
    showNote(t('told.insideItself', { name: block.name }));
    return;
  }
  const name = uniqueName(block.name, graph.nodes.map((node) => node.name)); // prettier-ignore
  const made = { name, layer: BLOCK_LAYER, params: {}, block: { id: block.id } };
  const inputs = blockPorts(block, 'input').map((port) => ({ name: port }));
  const outputs = blockPorts(block, 'output').map((port) => ({ name: port }));
  insertNode(made, { inputs, outputs }, target);
}

function insertNode(
  made: Omit<GraphNode, 'id' | 'position'>,
  declaration: Ports,
  target: InsertTarget | null,
): void {
  const graph = graphNow();
  if (!graph) return;
  const after = target === null ? selectedSource(graph) : null;
  const edge = graph.edges.find(({ id }) => id === target?.edge);
  const between = edge ? placeInside(graph, edge) : null;
  const position = snapped(
    between ?? target?.position ?? after?.position ?? freePlace(graph, viewportCentre()),
  );
  const node: GraphNode = {
    ...made,
    id: newNodeId(graph),
    position,
  };
  const edits: Edit[] = [
    { kind: 'add_node', node },
    ...(after ? behind(graph, declaration, node, after) : []),
    ...(between ? makeRoom(graph, position, heightOf(made)) : []),
    ...(target?.edge === undefined
      ? target?.port
        ? atPort(graph, declaration, node, target.port)
        : []
      : spliceInto(graph, declaration, node.id, target.edge)),
  ];
  const label = t('step.add', { name: node.name });
  if (!change({ kind: 'group', label, edits }, label)) return;
  select([node.id]);
  showNode(node.id);
}

interface Source {
  readonly from: Port;
  readonly position: Point;
}

/** How tall a new node's card will be. */
function heightOf({ layer, params }: Pick<GraphNode, 'layer' | 'params'>): number {
  const declaration = findLayer(layer);
  const tensors = declaration?.tensors?.(parseParams(declaration, params)) ?? [];
  return cardSize({ chips: tensors, isBlock: false }).height;
}

/** The place right after an edge's beginning where the edge leads on in the same column (or row), or null where it crosses over. */
function placeInside(graph: Graph, edge: GraphEdge): Point | null {
  const [from, to] = [edge.from, edge.to].map(({ node }) => graph.nodes.find(({ id }) => id === node));
  if (!from || !to) return null;
  const { height } = cardSize(useLive.getState().views.get(from.id));
  const isRight = graph.direction === 'right';
  const isBeside = isRight
    ? Math.abs(from.position.y - to.position.y) < height / 2 && to.position.x > from.position.x
    : Math.abs(from.position.x - to.position.x) < CARD_WIDTH / 2 && to.position.y > from.position.y;
  if (!isBeside) return null;
  return isRight
    ? { x: from.position.x + CARD_WIDTH + COLUMN_GAP, y: to.position.y }
    : { x: to.position.x, y: from.position.y + height + ROW_GAP };
}

/** The output a new node would be connected to, and the place after it. */
function selectedSource(graph: Graph): Source | null {
  const { selection } = useUi.getState();
  const [edgeId] = selection.edges;
  const edge = selection.nodes.size === 0 ? graph.edges.find(({ id }) => id === edgeId) : undefined;
  const id = edge?.from.node ?? onlySelected({ selection });
  const node = graph.nodes.find((candidate) => candidate.id === id);
  const port = edge?.from.port ?? portsOf(node).outputs[0]?.name;
  if (!node || port === undefined) return null;
  const { x, y } = node.position;
  const { height } = cardSize(useLive.getState().views.get(node.id));
  const position =
    graph.direction === 'right' ? { x: x + CARD_WIDTH + COLUMN_GAP, y } : { x, y: y + height + ROW_GAP };
  return { from: { node: node.id, port }, position };
}

/** Connected to the selected output; what hung there hangs on the new node. */
function behind(graph: Graph, layer: Ports, node: GraphNode, { from }: Source): Edit[] {
  const input = layer.inputs[0]?.name;
  const output = layer.outputs[0]?.name;
  if (input === undefined) return [];
  const moved = output === undefined ? [] : handOver(graph, from, { node: node.id, port: output });
  return [
    ...makeRoom(graph, node.position, heightOf(node)),
    ...moved,
    connectEdit(graph, from, { node: node.id, port: input }),
  ];
}

const handOver = (graph: Graph, from: Port, to: Port): Edit[] =>
  graph.edges.flatMap((edge, index): Edit[] =>
    edge.from.node === from.node && edge.from.port === from.port
      ? [
          { kind: 'disconnect', id: edge.id },
          { kind: 'connect', edge: { ...edge, from: to }, index },
        ]
      : [],
  );

function atPort(
  graph: Graph,
  layer: Ports,
  { id }: GraphNode,
  { kind, node, port }: NonNullable<InsertTarget['port']>,
): Edit[] {
  const own = (kind === 'output' ? layer.inputs : layer.outputs)[0]?.name;
  if (own === undefined) return [];
  if (kind === 'output') return [connectEdit(graph, { node, port }, { node: id, port: own })];
  const target = graph.nodes.find((candidate) => candidate.id === node);
  const isVariadic = portsOf(target).inputs.find(({ name }) => name === port)?.isVariadic;
  const leaving = graph.edges.filter(({ to }) => to.node === node && to.port === port);
  return [
    ...(isVariadic === true ? [] : leaving.map((edge): Edit => ({ kind: 'disconnect', id: edge.id }))),
    connectEdit(graph, { node: id, port: own }, { node, port }),
  ];
}

/** Puts a node into an edge: the edge ends in it and a new one goes on from there. Nothing for a layer without both ports. */
export function spliceInto(graph: Graph, layer: Ports, node: string, edgeId: string): Edit[] {
  const index = graph.edges.findIndex(({ id }) => id === edgeId);
  const edge = graph.edges[index];
  const [input] = layer.inputs;
  const [output] = layer.outputs;
  if (!edge || !input || !output) return [];
  return [
    { kind: 'disconnect', id: edge.id },
    { kind: 'connect', edge: { ...edge, to: { node, port: input.name } }, index },
    // Behind the first in the list: the order among the edges of a variadic port stays.
    {
      kind: 'connect',
      edge: { id: newEdgeId(graph), from: { node, port: output.name }, to: edge.to },
      index: index + 1,
    },
  ];
}

/** An edge with a fresh id. */
export const connectEdit = (graph: Graph, from: Port, to: Port): Edit => ({
  kind: 'connect',
  edge: { id: newEdgeId(graph), from, to },
});

/** Nodes below `position` in the same column step down when the new card would lie on one of them; in a row, to the right. */
function makeRoom(graph: Graph, position: Point, height: number): Edit[] {
  const [along, across, size, gap, breadth] =
    graph.direction === 'right'
      ? (['x', 'y', CARD_WIDTH, COLUMN_GAP, height] as const)
      : (['y', 'x', height, ROW_GAP, CARD_WIDTH] as const);
  const later = graph.nodes.filter(
    (node) =>
      Math.abs(node.position[across] - position[across]) < breadth / 2 &&
      node.position[along] > position[along] - gap,
  );
  const nearest = Math.min(...later.map((node) => node.position[along]));
  const need = position[along] + size + gap - nearest;
  if (later.length === 0 || need <= 0) return [];
  return later.map((node) => ({
    kind: 'move_node',
    id: node.id,
    position: { ...node.position, [along]: node.position[along] + need },
  }));
}

const NEW_CARD_HEIGHT = 112;

/** A free place for a layer at a port of `node`: behind an output, before an input. */
export function placeAtPort(graph: Graph, node: GraphNode, kind: OpenPort['kind']): Point {
  const { x, y } = node.position;
  const { height } = cardSize(useLive.getState().views.get(node.id));
  const isOutput = kind === 'output';
  if (graph.direction === 'right') {
    const step = CARD_WIDTH + COLUMN_GAP;
    return freePlace(graph, { x: isOutput ? x + step : x - step, y });
  }
  return freePlace(graph, { x, y: isOutput ? y + height + ROW_GAP : y - NEW_CARD_HEIGHT - ROW_GAP });
}

/** The nearest point to the right of `start` where no card lies. */
export function freePlace(graph: Graph, start: Point): Point {
  const isTaken = ({ x, y }: Point): boolean =>
    graph.nodes.some(
      ({ position }) => Math.abs(position.x - x) < CARD_WIDTH && Math.abs(position.y - y) < NEW_CARD_HEIGHT,
    );
  let point = snapped(start);
  while (isTaken(point)) point = { x: point.x + CARD_WIDTH + COLUMN_GAP, y: point.y };
  return point;
}

const snapped = ({ x, y }: Point): Point => ({ x: Math.round(x / 4) * 4, y: Math.round(y / 4) * 4 });
