// Repairs of where edges end, and of a layer that is of the wrong number of dimensions: another port, two edges joined, the layer's sibling.
import type { Graph, GraphEdge, GraphNode } from '../document/project';
import { findLayer } from '../layers';
import type { Problem } from '../session/session';
import type { Edit } from './edits';
import { newEdgeId, newNodeId } from './fragment';
import { nameForLayer } from './names';
import { edgesFrom, edgesInto } from './order';
import type { EditRepair } from './repairs';
import { layerTitle } from './resolve';

/** For an edge into or out of a port that does not exist, or one that takes no second edge. */
export function portRepairs(graph: Graph, id: string, { code }: Problem): readonly EditRepair[] {
  const edge = graph.edges.find((each) => each.id === id);
  const from = graph.nodes.find((node) => node.id === edge?.from.node);
  const to = graph.nodes.find((node) => node.id === edge?.to.node);
  if (!edge || !from || !to) return [];
  if (code === 'unknown_port') return [...otherPorts(graph, edge, from, to), ...otherOutputs(edge, from, to)];
  return code === 'port_taken'
    ? [...otherPorts(graph, edge, from, to), ...joined(graph, edge, from, to)]
    : [];
}

const moved = (edge: GraphEdge, ends: Partial<Pick<GraphEdge, 'from' | 'to'>>): Edit => ({
  kind: 'group',
  label: 'reconnect',
  edits: [
    { kind: 'disconnect', id: edge.id },
    { kind: 'connect', edge: { ...edge, ...ends } },
  ],
});

/** Inputs of the node that still take an edge. */
function otherPorts(graph: Graph, edge: GraphEdge, from: GraphNode, to: GraphNode): readonly EditRepair[] {
  const taken = new Set(edgesInto(graph, to.id).map((each) => each.to.port));
  return (findLayer(to.layer)?.inputs ?? [])
    .filter(({ name, isVariadic }) => name !== edge.to.port && (isVariadic === true || !taken.has(name)))
    .map(({ name }) => ({
      label: `Connect '${from.name}' to ${name} of '${to.name}'`,
      edit: moved(edge, { to: { node: to.id, port: name } }),
    }));
}

function otherOutputs(edge: GraphEdge, from: GraphNode, to: GraphNode): readonly EditRepair[] {
  return (findLayer(from.layer)?.outputs ?? [])
    .filter(({ name }) => name !== edge.from.port)
    .map(({ name }) => ({
      label: `Connect ${name} of '${from.name}' to '${to.name}'`,
      edit: moved(edge, { from: { node: from.id, port: name } }),
    }));
}

/** A new layer beside the card at `position`, with a fresh id and name. */
export function layerBeside(
  graph: Graph,
  { x, y }: GraphNode['position'],
  layer: string,
  params: GraphNode['params'],
): GraphNode {
  const position = { x: x + 330, y: y - 60 };
  return { id: newNodeId(graph), name: nameForLayer(layer, graph), layer, params, position };
}

const JOINS = ['add', 'concatenate'] as const;

/** Both edges into a layer that makes one of two. */
function joined(graph: Graph, edge: GraphEdge, from: GraphNode, to: GraphNode): readonly EditRepair[] {
  const first = edgesInto(graph, to.id).find((each) => each.to.port === edge.to.port && each.id !== edge.id);
  const other = graph.nodes.find((node) => node.id === first?.from.node);
  if (!first || !other) return [];
  return JOINS.flatMap((layer): EditRepair[] => {
    const declaration = findLayer(layer);
    const [input, output] = [declaration?.inputs[0]?.name, declaration?.outputs[0]?.name];
    if (input === undefined || output === undefined) return [];
    const node = layerBeside(graph, to.position, layer, {});
    const { id, name } = node;
    const inside = { node: id, port: input };
    return [
      {
        label: `Join '${other.name}' and '${from.name}' by ${name}`,
        edit: {
          kind: 'group',
          label: 'join',
          edits: [
            { kind: 'add_node', node },
            { kind: 'disconnect', id: first.id },
            { kind: 'disconnect', id: edge.id },
            { kind: 'connect', edge: { ...first, to: inside } },
            { kind: 'connect', edge: { ...edge, to: inside } },
            {
              kind: 'connect',
              edge: { id: newEdgeId(graph), from: { node: id, port: output }, to: edge.to },
            },
          ],
        },
      },
    ];
  });
}

/** `batch_norm1d` for `batch_norm2d` where what arrives has other dimensions: the same node, name and edges. */
export function kindRepairs(
  graph: Graph,
  node: GraphNode,
  { code, expected = '' }: Problem,
): readonly EditRepair[] {
  if (code !== 'shape_mismatch' || !/\bdimensions\b/.test(expected)) return [];
  const stem = /^(.*[^\d])[123]d$/.exec(node.layer)?.[1];
  if (stem === undefined) return [];
  return [1, 2, 3].flatMap((rank): EditRepair[] => {
    const layer = `${stem}${rank}d`;
    const declaration = layer === node.layer ? null : findLayer(layer);
    if (!declaration) return [];
    const params = Object.fromEntries(
      Object.entries(node.params)
        .filter(([param]) => Object.hasOwn(declaration.params, param))
        .flatMap(([param, value]) => (Array.isArray(value) ? oneForAll(param, value) : [[param, value]])),
    );
    const edges = [...edgesInto(graph, node.id), ...edgesFrom(graph, node.id)];
    return [
      {
        label: `Make '${node.name}' a ${layerTitle(declaration)}`,
        edit: {
          kind: 'group',
          label: 'change',
          edits: [
            { kind: 'remove_node', id: node.id },
            { kind: 'add_node', node: { ...node, layer, params }, index: graph.nodes.indexOf(node) },
            ...edges.map((edge): Edit => ({ kind: 'connect', edge, index: graph.edges.indexOf(edge) })),
          ],
        },
      },
    ];
  });
}

/** A list with one number for every axis means the same with fewer or more axes; another list does not. */
const oneForAll = (param: string, value: readonly unknown[]): readonly (readonly [string, unknown])[] =>
  value.every((each) => each === value[0]) ? [[param, value[0]]] : [];
