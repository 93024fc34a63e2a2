// A selection made into a block with one instance in its place, as one edit. The way back is `break-up`.
import type { Block, Graph, GraphEdge, GraphNode } from '../document/project';
import type { Edit } from './edits';
import { newBlockId, newNodeId } from './fragment';
import { BLOCK_LAYER, blockPorts } from './flatten';
import { uniqueName } from './names';
import { isOfAny, tiesFollow } from './ties';
import { unfolded } from './unfold';

type Port = GraphEdge['from'];
const COLUMN = 360;

interface Collapsed {
  readonly edit: Edit;
  /** The new instance. */
  readonly node: string;
}

/**
 * Collapses the chosen nodes: what fed them from outside becomes inputs of the block, what others read of them outputs. Input and output
 * nodes of the whole graph stay outside. Null when nothing is left to collapse, or a path leaves the selection and comes back.
 */
export function collapseEdit(graph: Graph, ids: ReadonlySet<string>, name: string): Collapsed | null {
  const chosen = graph.nodes.filter(
    ({ id, layer }) => ids.has(id) && layer !== 'input' && layer !== 'output',
  );
  const inside = new Set(chosen.map(({ id }) => id));
  if (chosen.length === 0 || comesBack(graph, inside)) return null;
  const entering = graph.edges.filter(({ from, to }) => !inside.has(from.node) && inside.has(to.node));
  const leaving = graph.edges.filter(({ from, to }) => inside.has(from.node) && !inside.has(to.node));
  const names = new Set(chosen.map((node) => node.name));
  const sources = distinct(entering.map(({ from }) => from));
  const results =
    leaving.length > 0 ? distinct(leaving.map(({ from }) => from)) : loose(graph, chosen, inside);
  const within = graph.edges.filter(({ from, to }) => inside.has(from.node) && inside.has(to.node));
  const laid = unfolded(chosen, within, graph.direction);
  const inputs = ends('input', sources, names, laid);
  const outputs = ends('output', results, names, laid);
  let edgeNumber = 0;
  const freshEdge = (from: Port, to: Port): GraphEdge => ({ id: `p${++edgeNumber}`, from, to });
  const block: Block = {
    id: newBlockId(graph),
    name,
    graph: {
      ...(graph.direction ? { direction: graph.direction } : {}),
      nodes: [...inputs.map(({ node }) => node), ...laid, ...outputs.map(({ node }) => node)],
      edges: [
        ...within,
        ...entering.map(({ from, to }) => freshEdge({ node: endFor(inputs, from).id, port: 'output' }, to)),
        ...outputs.map(({ node, port }) => freshEdge(port, { node: node.id, port: 'input' })),
      ],
    },
  };
  const id = newNodeId(graph);
  const instance: GraphNode = {
    id,
    name: uniqueName(
      name,
      graph.nodes.flatMap((node) => (inside.has(node.id) ? [] : [node.name])),
    ),
    layer: BLOCK_LAYER,
    params: {},
    position: anchorOf(chosen),
    block: { id: block.id },
  };
  const first = graph.nodes.findIndex((node) => inside.has(node.id));
  const outer = graph.nodes.filter((node) => !inside.has(node.id));
  const outside = sources.map((from): GraphEdge => ({
    id: entering.find((edge) => isSame(edge.from, from))?.id ?? '',
    from,
    to: { node: id, port: endFor(inputs, from).name },
  }));
  const edits: Edit[] = [
    { kind: 'add_block', block },
    ...chosen.map((node): Edit => ({ kind: 'remove_node', id: node.id })),
    { kind: 'add_node', node: instance, index: first },
    ...[
      ...outside,
      ...leaving.map((edge) => ({ ...edge, from: { node: id, port: endFor(outputs, edge.from).name } })),
    ].map((edge): Edit => ({ kind: 'connect', edge })),
    ...tiesFollow(outer, (key) => (isOfAny(key, chosen) ? `${instance.name}.${key}` : key)),
  ];
  return { edit: { kind: 'group', label: 'collapse', edits }, node: id };
}

interface End {
  readonly node: GraphNode;
  /** What it stands for. */
  readonly port: Port;
}

/** One input or output node per port; a single one is called just that. */
function ends(
  layer: 'input' | 'output',
  ports: readonly Port[],
  names: Set<string>,
  around: readonly GraphNode[],
): readonly End[] {
  const xs = around.map(({ position }) => position.x);
  const ys = around.map(({ position }) => position.y);
  const y = layer === 'input' ? Math.min(...ys) - 140 : Math.max(...ys) + 220;
  return ports.map((port, at) => {
    const name = uniqueName(layer, names);
    names.add(name);
    const position = { x: Math.min(...xs) + at * COLUMN, y };
    return { node: { id: `${layer}${at + 1}`, name, layer, params: {}, position }, port };
  });
}

const endFor = (all: readonly End[], port: Port): GraphNode => {
  const found = all.find((end) => isSame(end.port, port));
  if (!found) throw new Error('an edge of a block has no end');
  return found.node;
};

const isSame = (a: Port, b: Port): boolean => a.node === b.node && a.port === b.port;

const distinct = (ports: readonly Port[]): readonly Port[] =>
  ports.filter((port, at) => ports.findIndex((other) => isSame(other, port)) === at);

/** Nothing outside reads the block yet: what nothing inside reads becomes its output. */
function loose(graph: Graph, chosen: readonly GraphNode[], inside: ReadonlySet<string>): readonly Port[] {
  const read = new Set(graph.edges.filter(({ to }) => inside.has(to.node)).map(({ from }) => from.node));
  return chosen.filter(({ id }) => !read.has(id)).map(({ id }) => ({ node: id, port: 'output' }));
}

/** True when a node outside lies between two inside: the instance would feed itself. */
function comesBack(graph: Graph, inside: ReadonlySet<string>): boolean {
  const open = graph.edges
    .filter(({ from, to }) => inside.has(from.node) && !inside.has(to.node))
    .map(({ to }) => to.node);
  const seen = new Set(open);
  for (let id = open.pop(); id !== undefined; id = open.pop())
    for (const { from, to } of graph.edges) {
      if (from.node !== id) continue;
      if (inside.has(to.node)) return true;
      if (!seen.has(to.node)) {
        seen.add(to.node);
        open.push(to.node);
      }
    }
  return false;
}

/** Where a block stands for its layers: in the place of the first, which is free once they are gone. */
export const anchorOf = ([first]: readonly GraphNode[]): GraphNode['position'] =>
  first?.position ?? { x: 0, y: 0 };

/** True when an instance of `block` inside `into` would contain itself. */
export function wouldContainItself(graph: Graph, block: string, into: string): boolean {
  const seen = new Set([block]);
  const open = [block];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === into) return true;
    for (const { block: use } of graph.blocks?.find((each) => each.id === id)?.graph.nodes ?? [])
      if (use && !seen.has(use.id)) {
        seen.add(use.id);
        open.push(use.id);
      }
  }
  return false;
}

/** The ports an instance has, by name. */
export const portsOfBlock = (
  graph: Graph,
  node: GraphNode,
): { readonly inputs: readonly string[]; readonly outputs: readonly string[] } => {
  const block = graph.blocks?.find(({ id }) => id === node.block?.id);
  return block
    ? { inputs: blockPorts(block, 'input'), outputs: blockPorts(block, 'output') }
    : { inputs: [], outputs: [] };
};
