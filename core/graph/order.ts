// The order a graph runs in: topological, and where the edges leave a choice, the order of the file.
import type { Graph, GraphEdge, GraphNode } from '../document/project';
import { drain, type Turned } from '../turns';
import { placesOf } from './places';
import { RecentLists } from './recent-lists';

/** A graph's nodes and edges by id; edges in the order of the file. */
export interface GraphIndex {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** Edges that end in a port of the node. */
  incoming(node: string, port?: string): readonly GraphEdge[];
  outgoing(node: string, port?: string): readonly GraphEdge[];
}

/** Edges by where they end and where they start; made once per list of edges, which every edit that draws none keeps. */
interface EdgeGroups {
  readonly into: Groups;
  readonly outOf: Groups;
}

type Groups = Pick<ReadonlyMap<string, readonly GraphEdge[]>, 'get'>;

const ends = { into: ({ to }: GraphEdge) => to.node, outOf: ({ from }: GraphEdge) => from.node };

const groups = new RecentLists<GraphEdge, { readonly into: PatchedGroups; readonly outOf: PatchedGroups }>(
  (edges) => ({
    into: new PatchedGroups(groupBy(edges, ends.into), new Map()),
    outOf: new PatchedGroups(groupBy(edges, ends.outOf), new Map()),
  }),
  (known, { before, now }, { at, removed, added }) => {
    const old = new Set(before.slice(at, at + removed));
    const kept = new Set(added);
    const changed = [...old].filter((edge) => !kept.has(edge)).concat(added.filter((edge) => !old.has(edge)));
    const into = known.into.after(changed, now, ends.into);
    const outOf = known.outOf.after(changed, now, ends.outOf);
    return into && outOf ? { into, outOf } : null;
  },
);

const groupEdges = (edges: readonly GraphEdge[]): EdgeGroups => groups.of(edges);

/** So many groups may differ from those first made. */
const MOST_PATCHED = 1_000;

/** The groups of an earlier list, but those that changed since. */
class PatchedGroups implements Groups {
  constructor(
    readonly first: Groups,
    readonly patch: ReadonlyMap<string, readonly GraphEdge[]>,
  ) {}

  get(node: string): readonly GraphEdge[] | undefined {
    return this.patch.get(node) ?? this.first.get(node);
  }

  /** null where too much changed. */
  after(
    changed: readonly GraphEdge[],
    edges: readonly GraphEdge[],
    end: (edge: GraphEdge) => string,
  ): PatchedGroups | null {
    if (this.patch.size + changed.length > MOST_PATCHED) return null;
    const places = placesOf(edges);
    const patch = new Map(this.patch);
    for (const edge of changed) {
      const group = patch.get(end(edge)) ?? this.first.get(end(edge)) ?? NO_EDGES;
      patch.set(end(edge), group.includes(edge) ? group.filter((each) => each !== edge) : [...group, edge]);
    }
    for (const node of new Set(changed.map(end)))
      patch.set(
        node,
        sortedBy(patch.get(node) ?? NO_EDGES, (edge) => places.get(edge.id) ?? -1),
      );
    return new PatchedGroups(this.first, patch);
  }
}

const sortedBy = <T>(items: readonly T[], place: (item: T) => number): readonly T[] =>
  items.length < 2 ? items : items.toSorted((a, b) => place(a) - place(b));

const NO_EDGES: readonly GraphEdge[] = [];

const indices = new WeakMap<Graph, GraphIndex>();

/** Made once per graph. */
export function indexGraph(graph: Graph): GraphIndex {
  let index = indices.get(graph);
  if (!index) indices.set(graph, (index = newIndex(graph)));
  return index;
}

function newIndex(graph: Graph): GraphIndex {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const { into, outOf } = groupEdges(graph.edges);
  return {
    nodes,
    incoming: (node, port) =>
      port === undefined
        ? (into.get(node) ?? NO_EDGES)
        : atPort(into.get(node), (edge) => edge.to.port === port),
    outgoing: (node, port) =>
      port === undefined
        ? (outOf.get(node) ?? NO_EDGES)
        : atPort(outOf.get(node), (edge) => edge.from.port === port),
  };
}

/** Edges that end in a node, without an index of the whole graph. */
export const edgesInto = ({ edges }: Graph, node: string): readonly GraphEdge[] =>
  groupEdges(edges).into.get(node) ?? NO_EDGES;

export const edgesFrom = ({ edges }: Graph, node: string): readonly GraphEdge[] =>
  groupEdges(edges).outOf.get(node) ?? NO_EDGES;

/** The list itself where all of it is meant, as for nearly every node. */
const atPort = (
  edges: readonly GraphEdge[] = NO_EDGES,
  isMeant: (edge: GraphEdge) => boolean,
): readonly GraphEdge[] => (edges.every(isMeant) ? edges : edges.filter(isMeant));

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const group = found.get(key(item));
    if (group) group.push(item);
    else found.set(key(item), [item]);
  }
  return found;
}

export interface Order {
  /** Every node that can run, each after all it depends on. Nodes on a cycle or behind one are left out. */
  readonly nodes: readonly GraphNode[];
  /** One cycle, in the direction of its edges, or null. */
  readonly cycle: readonly GraphNode[] | null;
}

/** Topological order (Kahn): among the nodes that are ready, the one earliest in the file runs first. */
export const topologicalOrder = (graph: Graph): Order => drain(orderInTurns(graph));

/** Nodes put in order in one turn. */
const PER_TURN = 32;

/** By their edges: an edit that draws none and adds no node leaves the order. */
const orders = new WeakMap<
  readonly GraphEdge[],
  { readonly of: readonly GraphNode[]; readonly positions: Int32Array }
>();

function knownOrder({ nodes, edges }: Graph): Order | null {
  const known = orders.get(edges);
  if (known?.of.length !== nodes.length) return null;
  if (!known.of.every(({ id }, at) => id === nodes[at]?.id)) return null;
  return {
    nodes: Array.from(known.positions, (at) => nodes[at]).filter((node) => node !== undefined),
    cycle: null,
  };
}

/** The same in turns. */
export function* orderInTurns(graph: Graph): Turned<Order> {
  const known = knownOrder(graph);
  if (known) return known;
  const position = new Map(graph.nodes.map((node, at) => [node.id, at]));
  yield;
  const { into, outOf } = groupEdges(graph.edges);
  yield;
  const waiting = new Int32Array(graph.nodes.length);
  graph.nodes.forEach(({ id }, at) => {
    for (const edge of into.get(id) ?? NO_EDGES)
      if (position.has(edge.from.node)) waiting[at] = (waiting[at] ?? 0) + 1;
  });

  const ready = new MinHeap();
  waiting.forEach((left, at) => {
    if (left === 0) ready.push(at);
  });
  const nodes: GraphNode[] = [];
  const positions: number[] = [];
  for (let at = ready.pop(); at !== undefined; at = ready.pop()) {
    const node = graph.nodes[at];
    if (!node) continue;
    nodes.push(node);
    positions.push(at);
    if (nodes.length % PER_TURN === 0) yield;
    for (const edge of outOf.get(node.id) ?? NO_EDGES) {
      const target = position.get(edge.to.node);
      if (target === undefined) continue;
      const left = (waiting[target] ?? 0) - 1;
      waiting[target] = left;
      if (left === 0) ready.push(target);
    }
  }
  if (nodes.length === graph.nodes.length) {
    orders.set(graph.edges, { of: graph.nodes, positions: Int32Array.from(positions) });
    return { nodes, cycle: null };
  }
  const edges = graph.edges.filter((edge) => position.has(edge.from.node) && position.has(edge.to.node));
  return { nodes, cycle: findCycle(graph, edges, nodes) };
}

/** Walks backwards from a node that never became ready: each has an unfinished predecessor, so the walk must close. */
function findCycle(graph: Graph, edges: readonly GraphEdge[], done: readonly GraphNode[]): GraphNode[] {
  const finished = new Set(done.map((node) => node.id));
  const open = edges.filter((edge) => !finished.has(edge.from.node) && !finished.has(edge.to.node));
  const before = new Map(open.map((edge) => [edge.to.node, edge.from.node]));
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const path: string[] = [];
  const seenAt = new Map<string, number>();
  let current = graph.nodes.find((node) => before.has(node.id))?.id;
  while (current !== undefined && !seenAt.has(current)) {
    seenAt.set(current, path.length);
    path.push(current);
    current = before.get(current);
  }
  const start = current === undefined ? 0 : (seenAt.get(current) ?? 0);
  return path
    .slice(start)
    .reverse()
    .flatMap((id) => byId.get(id) ?? []);
}

/** Ids of `from` and everything that can be reached from it, along the edges, against them, or both ways. */
export function reachable(
  graph: Graph,
  from: Iterable<string>,
  direction: 'forward' | 'backward' | 'both',
): Set<string> {
  const { into, outOf } = groupEdges(graph.edges);
  const seen = new Set(from);
  const open = [...seen];
  const visit = (other: string): void => {
    if (seen.has(other)) return;
    seen.add(other);
    open.push(other);
  };
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (direction !== 'backward') for (const { to } of outOf.get(id) ?? []) visit(to.node);
    if (direction !== 'forward') for (const edge of into.get(id) ?? []) visit(edge.from.node);
  }
  return seen;
}

/** True when an edge from node `from` to node `to` would close a cycle. */
export const closesCycle = (graph: Graph, from: string, to: string): boolean =>
  reachable(graph, [to], 'forward').has(from);

/** The smallest number first. */
class MinHeap {
  readonly #items: number[] = [];

  push(value: number): void {
    const items = this.#items;
    let at = items.length;
    items.push(value);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent];
      if (above === undefined || above <= value) break;
      items[at] = above;
      at = parent;
    }
    items[at] = value;
  }

  pop(): number | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (first === undefined || last === undefined || items.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if ((items[child + 1] ?? Infinity) < (items[child] ?? Infinity)) child++;
      const smaller = items[child];
      if (smaller === undefined || smaller >= last) break;
      items[at] = smaller;
      at = child;
    }
    items[at] = last;
    return first;
  }
}
