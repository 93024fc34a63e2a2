// An instance of a block broken up into the layers it stands for, every copy of them, as one edit.
import type { Block, Graph, GraphEdge, GraphNode, TensorOptions } from '../document/project';
import { anchorOf } from './collapse';
import type { Edit } from './edits';
import { blockPorts, copiesOf } from './flatten';
import { uniqueName } from './names';
import { isTieable, sharedOptions } from './parametrizations';
import { resolveNode } from './resolve';
import { tiesFollow, withTies } from './ties';

type Port = GraphEdge['from'];

/** Room between the copies of a block that stand below (or beside) each other. */
const GAP = 260;

/** Between the id of a layer in a block and the number of the copy it came out of: `n2.1`. Copy 0 keeps `n2`. */
export const COPY = '.';

interface BrokenUp {
  readonly edit: Edit;
  /** The layers in its place. */
  readonly ids: readonly string[];
}

/** One layer of one copy, and the node it was in the block. */
interface Placed {
  readonly node: GraphNode;
  readonly inner: GraphNode;
  readonly copy: number;
}

/**
 * Puts the layers of an instance in its place, those of every copy, so that the graph computes what it did. Copies that share weights
 * stay tied: to the first copy, or to the instance whose weights they use where that stands in the same graph. The definition
 * stays while others use it. Null for no instance.
 */
export function breakUpEdit(graph: Graph, id: string): BrokenUp | null {
  const node = graph.nodes.find((candidate) => candidate.id === id);
  const block = graph.blocks?.find((candidate) => candidate.id === node?.block?.id);
  if (!node || !block) return null;
  const placed = place(graph, node, block);
  const index = graph.nodes.indexOf(node);
  const edgeIds = new Set(graph.edges.map((edge) => edge.id));
  const isLast = instancesOf(graph, block.id).length === 1;
  const names = namesOf(placed);
  const prefix = (copy: number): string => (copiesOf(node) > 1 ? `${node.name}.${copy}.` : `${node.name}.`);
  const outside = (key: string): string => {
    for (const [at, own] of names.entries())
      for (const [before, after] of own)
        if (key.startsWith(`${prefix(at)}${before}.`))
          return after + key.slice(prefix(at).length + before.length);
    return key;
  };
  const edits: Edit[] = [
    { kind: 'remove_node', id },
    ...placed.map((each, at): Edit => ({ kind: 'add_node', node: each.node, index: index + at })),
    ...edgesOf(graph, node, block, placed).map(([from, to]): Edit => {
      const fresh = freeId(edgeIds, 'e');
      edgeIds.add(fresh);
      return { kind: 'connect', edge: { id: fresh, from, to } };
    }),
    ...tiesFollow(
      graph.nodes.filter((other) => other !== node),
      outside,
    ),
    ...(isLast ? [{ kind: 'remove_block', id: block.id } as const] : []),
  ];
  return { edit: { kind: 'group', label: 'break up', edits }, ids: placed.map((each) => each.node.id) };
}

/** Every node that uses a block, inside other blocks too. */
export const instancesOf = (graph: Graph, block: string): readonly GraphNode[] =>
  [graph, ...(graph.blocks ?? []).map((each) => each.graph)].flatMap(({ nodes }) =>
    nodes.filter((node) => node.block?.id === block),
  );

function place(graph: Graph, node: GraphNode, block: Block): readonly Placed[] {
  const taken = new Set(graph.nodes.map((other) => other.id));
  const names = new Set(graph.nodes.flatMap((other) => (other === node ? [] : [other.name])));
  const inner = block.graph.nodes.filter(({ layer }) => layer !== 'input' && layer !== 'output');
  const anchor = anchorOf(inner);
  const step = offset(graph, inner);
  const placed: Placed[] = [];
  for (let copy = 0; copy < copiesOf(node); copy++)
    for (const each of inner) {
      const wanted = copy === 0 ? each.id : `${each.id}${COPY}${copy}`;
      const id = taken.has(wanted) ? freeId(taken) : wanted;
      taken.add(id);
      const name = names.has(each.name) ? uniqueName(each.name, names) : each.name;
      names.add(name);
      const position = {
        x: each.position.x - anchor.x + node.position.x + copy * step.x,
        y: each.position.y - anchor.y + node.position.y + copy * step.y,
      };
      placed.push({ inner: each, copy, node: { ...each, id, name, position } });
    }
  const own = namesOf(placed);
  const owner = node.block?.weights === 'shared' ? ownerOf(graph, node, block) : null;
  return placed.map((each) => {
    const within = withTies(each.node, (key) => {
      const [before = ''] = key.split('.');
      const after = own[each.copy]?.get(before);
      return after === undefined ? key : after + key.slice(before.length);
    });
    const { name } = each.inner;
    const shares = owner === null ? (each.copy > 0 ? own[0]?.get(name) : undefined) : `${owner}${name}`;
    return node.block?.weights === 'shared' && shares !== undefined
      ? { ...each, node: sharing(within, shares) }
      : { ...each, node: within };
  });
}

/** What the layers of each copy are called now, by their names in the block. */
function namesOf(placed: readonly Placed[]): readonly ReadonlyMap<string, string>[] {
  const names: Map<string, string>[] = [];
  for (const { inner, copy, node } of placed) (names[copy] ??= new Map()).set(inner.name, node.name);
  return names;
}

/** How far each copy stands from the one before, along the drawing. */
function offset({ direction }: Graph, inner: readonly GraphNode[]): GraphNode['position'] {
  const along = inner.map(({ position }) => (direction === 'right' ? position.x : position.y));
  const length = Math.max(...along) - Math.min(...along) + GAP;
  return direction === 'right' ? { x: length, y: 0 } : { x: 0, y: length };
}

/** Names before the layers whose weights a sharing instance uses; null when those are its own. */
function ownerOf(graph: Graph, node: GraphNode, block: Block): string | null {
  const first = graph.nodes.find((each) => each.block?.id === block.id);
  if (!first || first === node) return null;
  return copiesOf(first) > 1 ? `${first.name}.0.` : `${first.name}.`;
}

/** The node with every weight that of the node called `owner`; an instance inside shares with the first of its block. */
function sharing(node: GraphNode, owner: string): GraphNode {
  if (node.block) return { ...node, block: { ...node.block, weights: 'shared' } };
  const { declaration, params } = resolveNode(node);
  const specs = declaration && params ? (declaration.tensors?.(params) ?? []) : [];
  const ties = specs.filter(isTieable).map(({ name }): [string, TensorOptions] => {
    const { initializer: _, ...rest } = sharedOptions(node.tensors?.[name] ?? {});
    return [name, { ...rest, tied_to: `${owner}.${name}` }];
  });
  return ties.length === 0 ? node : { ...node, tensors: { ...node.tensors, ...Object.fromEntries(ties) } };
}

/** Edges of every copy: the first input of each after the first reads the first result of the one before. */
function edgesOf(
  graph: Graph,
  node: GraphNode,
  block: Block,
  placed: readonly Placed[],
): readonly (readonly [from: Port, to: Port])[] {
  const last = copiesOf(node) - 1;
  const [first] = blockPorts(block, 'input');
  const [result] = blockPorts(block, 'output');
  const ids = new Map(placed.map((each) => [`${each.copy} ${each.inner.id}`, each.node.id]));
  const ends = new Map(
    block.graph.nodes
      .filter(({ layer }) => layer === 'input' || layer === 'output')
      .map((end) => [end.id, end.name]),
  );
  /** What stands behind a port of the block's graph in a copy. */
  const behind = (copy: number, { node: at, port }: Port): Port | null => {
    const entry = ends.get(at);
    if (entry === undefined) return { node: ids.get(`${copy} ${at}`) ?? at, port };
    if (copy > 0 && entry === first && result !== undefined) return outputOf(copy - 1, result);
    const outer = graph.edges.find(({ to }) => to.node === node.id && to.port === entry);
    return outer ? outer.from : null;
  };
  const outputOf = (copy: number, name: string): Port | null => {
    const edge = block.graph.edges.find(({ to }) => ends.get(to.node) === name);
    return edge ? behind(copy, edge.from) : null;
  };
  const edges: (readonly [Port, Port])[] = [];
  for (let copy = 0; copy <= last; copy++)
    for (const { from, to } of block.graph.edges) {
      if (ends.has(to.node)) continue;
      const source = behind(copy, from);
      if (source) edges.push([source, { ...to, node: ids.get(`${copy} ${to.node}`) ?? to.node }]);
    }
  for (const { from, to } of graph.edges) {
    const source = from.node === node.id && to.node !== node.id ? outputOf(last, from.port) : null;
    if (source) edges.push([source, to]);
  }
  return edges;
}

function freeId(taken: ReadonlySet<string>, prefix = 'n'): string {
  let number = taken.size + 1;
  while (taken.has(`${prefix}${number}`)) number++;
  return `${prefix}${number}`;
}
