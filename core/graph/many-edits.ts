// A run of edits of one group on one copy of the graph's lists, so that a group costs what it changes and the lists once, and not the
// lists once for each edit. Says the same as applying them one after the other.
import type { Graph, GraphEdge, GraphNode } from '../document/project';
import { missing, taken } from './edit-errors';
import type { Edit } from './edits';

type Single = Extract<Edit, { readonly kind: (typeof QUICK)[number] }>;
/** Undoing a removal is a group: the node and its edges. */
type Quick = Single | { readonly kind: 'group'; readonly label: string; readonly edits: readonly Quick[] };

const QUICK = ['add_node', 'remove_node', 'move_node', 'connect', 'disconnect'] as const;

/** A shorter run gains nothing. */
const LEAST = 4;

export interface Many {
  readonly graph: Graph;
  /** In the order the edits were applied. */
  readonly inverses: readonly Edit[];
  /** Of the first edit that is not of the run. */
  readonly end: number;
}

/**
 * Applies `edits` from `start` on as far as they add, remove, move, connect or disconnect; null where that is a short run. Throws what
 * applyEdit throws; then nothing changed.
 */
export function applyMany(graph: Graph, edits: readonly Edit[], start: number): Many | null {
  const run: Quick[] = [];
  for (let at = start; at < edits.length; at++) {
    const edit = edits[at];
    if (!edit || !isQuick(edit)) break;
    run.push(edit);
  }
  if (run.length < LEAST) return null;
  const lists = { nodes: new KeyedList('node', graph.nodes), edges: new KeyedList('edge', graph.edges) };
  const ends = new Map<string, Set<GraphEdge>>();
  const inverses = run.map((edit) => applyTo(lists, edit, ends));
  return {
    graph: { ...graph, nodes: lists.nodes.kept(graph.nodes), edges: lists.edges.kept(graph.edges) },
    inverses,
    end: start + run.length,
  };
}

const isQuick = (edit: Edit): edit is Quick =>
  edit.kind === 'group' ? edit.edits.every(isQuick) : QUICK.some((kind) => kind === edit.kind);

interface Lists {
  readonly nodes: KeyedList<GraphNode>;
  readonly edges: KeyedList<GraphEdge>;
}

/** Returns the inverse. `ends` are the edges by their nodes, made when the first node is removed. */
function applyTo(lists: Lists, edit: Quick, ends: Map<string, Set<GraphEdge>>): Edit {
  const { nodes, edges } = lists;
  switch (edit.kind) {
    case 'group': {
      const inverses = edit.edits.map((each) => applyTo(lists, each, ends));
      return { kind: 'group', label: edit.label, edits: inverses.toReversed() };
    }
    case 'add_node':
      nodes.insert(edit.node, edit.index);
      return { kind: 'remove_node', id: edit.node.id };
    case 'move_node': {
      const node = nodes.get(edit.id);
      nodes.replace(node, { ...node, position: edit.position });
      return { ...edit, position: node.position };
    }
    case 'connect':
      for (const end of [edit.edge.from.node, edit.edge.to.node]) nodes.get(end);
      edges.insert(edit.edge, edit.index);
      if (ends.size > 0) remember(ends, edit.edge);
      return { kind: 'disconnect', id: edit.edge.id };
    case 'disconnect': {
      const edge = edges.get(edit.id);
      for (const end of endsOf(edge)) ends.get(end)?.delete(edge);
      return { kind: 'connect', edge, index: edges.remove(edge) };
    }
    case 'remove_node': {
      const node = nodes.get(edit.id);
      if (ends.size === 0) for (const edge of edges.all) remember(ends, edge);
      const places = [...(ends.get(edit.id) ?? [])].map((edge) => ({ edge, at: edges.placeOf(edge) }));
      places.sort((a, b) => a.at - b.at);
      for (const { edge } of places.toReversed()) {
        edges.remove(edge);
        for (const end of endsOf(edge)) ends.get(end)?.delete(edge);
      }
      const back = places.map(({ edge, at }): Edit => ({ kind: 'connect', edge, index: at }));
      return {
        kind: 'group',
        label: `remove ${node.name}`,
        edits: [{ kind: 'add_node', node, index: nodes.remove(node) }, ...back],
      };
    }
  }
}

const endsOf = ({ from, to }: GraphEdge): readonly string[] =>
  from.node === to.node ? [from.node] : [from.node, to.node];

function remember(ends: Map<string, Set<GraphEdge>>, edge: GraphEdge): void {
  for (const end of endsOf(edge)) {
    const known = ends.get(end);
    if (known) known.add(edge);
    else ends.set(end, new Set([edge]));
  }
}

/** A list with a place by id that is right until something is put in or taken out before it, and near it afterwards. */
class KeyedList<T extends { readonly id: string }> {
  readonly all: T[];
  readonly #what: 'node' | 'edge';
  readonly #byId: Map<string, T>;
  readonly #near: Map<string, number>;
  #isChanged = false;

  constructor(what: 'node' | 'edge', items: readonly T[]) {
    this.#what = what;
    this.all = [...items];
    this.#byId = new Map(items.map((item) => [item.id, item]));
    this.#near = new Map(items.map((item, at) => [item.id, at]));
  }

  /** The list from before where nothing changed. */
  kept(before: readonly T[]): readonly T[] {
    return this.#isChanged ? this.all : before;
  }

  get(id: string): T {
    const item = this.#byId.get(id);
    if (item) return item;
    throw missing(this.#what, id);
  }

  insert(item: T, index = this.all.length): void {
    if (this.#byId.has(item.id)) throw taken(this.#what, item.id);
    if (index >= this.all.length) this.all.push(item);
    else this.all.splice(index, 0, item);
    this.#byId.set(item.id, item);
    this.#near.set(item.id, index);
    this.#isChanged = true;
  }

  replace(item: T, by: T): void {
    this.all[this.placeOf(item)] = by;
    this.#byId.set(by.id, by);
    this.#isChanged = true;
  }

  /** Returns where it stood. */
  remove(item: T): number {
    const at = this.placeOf(item);
    this.all.splice(at, 1);
    this.#byId.delete(item.id);
    this.#isChanged = true;
    return at;
  }

  placeOf(item: T): number {
    const near = this.#near.get(item.id) ?? 0;
    if (this.all[near] === item) return near;
    const at = this.all.indexOf(item);
    this.#near.set(item.id, at);
    return at;
  }
}
