// A selection made into a block with one instance in its place, and an instance broken up again: each as one edit.
import type { Block, Graph, GraphEdge, GraphNode } from '../document/project';
import type { Edit } from './edits';
import { newBlockId, newNodeId } from './fragment';
import { BLOCK_LAYER, blockPorts } from './flatten';
import { uniqueName } from './names';

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
  const inputs = ends('input', sources, names, chosen);
  const outputs = ends('output', results, names, chosen);
  let edgeNumber = 0;
  const freshEdge = (from: Port, to: Port): GraphEdge => ({ id: `p${++edgeNumber}`, from, to });
  const block: Block = {
    id: newBlockId(graph),
    name,
    graph: {
      ...(graph.direction ? { direction: graph.direction } : {}),
      nodes: [...inputs.map(({ node }) => node), ...chosen, ...outputs.map(({ node }) => node)],
      edges: [
        ...graph.edges.filter(({ from, to }) => inside.has(from.node) && inside.has(to.node)),
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
  ];
  return { edit: { kind: 'group', label: 'collapse', edits }, node: id };
}

/** Puts the layers of an instance in its place, its first copy's; the definition stays while others use it. Null for no instance. */
export function breakUpEdit(
  graph: Graph,
  id: string,
): { readonly edit: Edit; readonly ids: readonly string[] } | null {
  const node = graph.nodes.find((candidate) => candidate.id === id);
  const block = graph.blocks?.find((candidate) => candidate.id === node?.block?.id);
  if (!node || !block) return null;
  const taken = new Set(graph.nodes.map((other) => other.id));
  const names = new Set(graph.nodes.flatMap((other) => (other === node ? [] : [other.name])));
  const inner = block.graph.nodes.filter(({ layer }) => layer !== 'input' && layer !== 'output');
  const renamed = new Map<string, string>();
  const anchor = anchorOf(inner);
  const placed = inner.map((each): GraphNode => {
    const fresh = taken.has(each.id) ? freeId(taken) : each.id;
    taken.add(fresh);
    renamed.set(each.id, fresh);
    const own = names.has(each.name) ? uniqueName(each.name, names) : each.name;
    names.add(own);
    const { x, y } = each.position;
    const position = { x: x - anchor.x + node.position.x, y: y - anchor.y + node.position.y };
    return { ...each, id: fresh, name: own, position };
  });
  const edges: GraphEdge[] = [];
  const add = (from: Port, to: Port): void => {
    edges.push({ id: '', from, to });
  };
  const endName = (end: string, layer: string): string | undefined =>
    block.graph.nodes.find((each) => each.id === end && each.layer === layer)?.name;
  for (const edge of block.graph.edges) {
    const from = renamed.get(edge.from.node);
    const to = renamed.get(edge.to.node);
    const entry = endName(edge.from.node, 'input');
    if (from !== undefined && to !== undefined) add({ ...edge.from, node: from }, { ...edge.to, node: to });
    else if (entry !== undefined && to !== undefined)
      for (const outer of graph.edges)
        if (outer.to.node === id && outer.to.port === entry) add(outer.from, { ...edge.to, node: to });
    const exit = endName(edge.to.node, 'output');
    if (from !== undefined && exit !== undefined)
      for (const outer of graph.edges)
        if (outer.from.node === id && outer.from.port === exit) add({ ...edge.from, node: from }, outer.to);
  }
  const index = graph.nodes.indexOf(node);
  const edgeIds = new Set(graph.edges.map((edge) => edge.id));
  const isLast = instancesOf(graph, block.id).length === 1;
  const edits: Edit[] = [
    { kind: 'remove_node', id },
    ...placed.map((each, at): Edit => ({ kind: 'add_node', node: each, index: index + at })),
    ...edges.map((edge): Edit => {
      const fresh = freeId(edgeIds, 'e');
      edgeIds.add(fresh);
      return { kind: 'connect', edge: { ...edge, id: fresh } };
    }),
    ...(isLast ? [{ kind: 'remove_block', id: block.id } as const] : []),
  ];
  return { edit: { kind: 'group', label: 'break up', edits }, ids: placed.map((each) => each.id) };
}

/** Every node that uses a block, inside other blocks too. */
export const instancesOf = (graph: Graph, block: string): readonly GraphNode[] =>
  [graph, ...(graph.blocks ?? []).map((each) => each.graph)].flatMap(({ nodes }) =>
    nodes.filter((node) => node.block?.id === block),
  );

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
const anchorOf = ([first]: readonly GraphNode[]): GraphNode['position'] => first?.position ?? { x: 0, y: 0 };

function freeId(taken: ReadonlySet<string>, prefix = 'n'): string {
  let number = taken.size + 1;
  while (taken.has(`${prefix}${number}`)) number++;
  return `${prefix}${number}`;
}

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
