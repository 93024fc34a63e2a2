// A run of edits of one group on one copy of the graph's lists, so that a group costs what it changes and the lists once, and not the
// lists once for each edit. Says the same as applying them one after the other.
import type { Graph, GraphEdge, GraphNode } from '../document/project';
import { missing, taken } from './edit-errors';
import type { Edit } from './edits';
import { edgesFrom, edgesInto } from './order';
import { placesOf, type Places } from './places';

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
  const ends = new EdgesAtNodes(graph);
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

/** Returns the inverse. */
function applyTo(lists: Lists, edit: Quick, ends: EdgesAtNodes): Edit {
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
      for (const end of endsOf(edit.edge)) ends.at(end).add(edit.edge);
      return { kind: 'disconnect', id: edit.edge.id };
    case 'disconnect': {
      const edge = edges.get(edit.id);
      for (const end of endsOf(edge)) ends.at(end).delete(edge);
      return { kind: 'connect', edge, index: edges.remove(edge) };
    }
    case 'remove_node': {
      const node = nodes.get(edit.id);
      const places = [...ends.at(edit.id)].map((edge) => ({ edge, at: edges.placeOf(edge) }));
      places.sort((a, b) => a.at - b.at);
      for (const { edge } of places.toReversed()) {
        edges.remove(edge);
        for (const end of endsOf(edge)) ends.at(end).delete(edge);
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

/** The edges that start or end at a node, as they stand after the edits so far. */
class EdgesAtNodes {
  readonly #before: Graph;
  readonly #edges = new Map<string, Set<GraphEdge>>();

  constructor(before: Graph) {
    this.#before = before;
  }

  at(node: string): Set<GraphEdge> {
    let edges = this.#edges.get(node);
    if (!edges) {
      edges = new Set([...edgesInto(this.#before, node), ...edgesFrom(this.#before, node)]);
      this.#edges.set(node, edges);
    }
    return edges;
  }
}

/** A list that knows about where each item stands: where it was before the edits, or where an edit put it. */
class KeyedList<T extends { readonly id: string }> {
  readonly all: T[];
  readonly #what: 'node' | 'edge';
  readonly #before: Places;
  readonly #put = new Map<string, number>();
  readonly #gone = new Set<string>();
  #pushed = 0;
  /** Where the one looked for last stood: it is looked for again, or the next in the list is. */
  #last = 0;
  #isChanged = false;

  constructor(what: 'node' | 'edge', items: readonly T[]) {
    this.#what = what;
    this.all = [...items];
    this.#before = placesOf(items);
  }

  /** The list from before where nothing changed. */
  kept(before: readonly T[]): readonly T[] {
    return this.#isChanged ? this.all : before;
  }

  get(id: string): T {
    const item = this.all[this.#placeOf(id)];
    if (item) return item;
    throw missing(this.#what, id);
  }

  insert(item: T, index = this.all.length): void {
    if (this.#placeOf(item.id) >= 0) throw taken(this.#what, item.id);
    if (index >= this.all.length) this.all.push(item);
    else this.all.splice(index, 0, item);
    this.#put.set(item.id, Math.min(index, this.all.length - 1));
    this.#gone.delete(item.id);
    this.#isChanged = true;
  }

  replace(item: T, by: T): void {
    this.all[this.#placeOf(item.id)] = by;
    this.#isChanged = true;
  }

  /** Returns where it stood. */
  remove(item: T): number {
    const at = this.#placeOf(item.id);
    this.all.splice(at, 1);
    this.#gone.add(item.id);
    this.#isChanged = true;
    return at;
  }

  placeOf(item: T): number {
    return this.#placeOf(item.id);
  }

  /**
   * Looked for outwards from where it was put, or from where it was before the edits, pushed as far as the one looked for last: the
   * edits in between moved it by as many places as they put in or took out.
   */
  #placeOf(id: string): number {
    for (const at of [this.#last, this.#last + 1])
      if (this.all[at]?.id === id) {
        this.#last = at;
        return at;
      }
    const put = this.#put.get(id);
    const before = put ?? this.#before.get(id);
    if (before === undefined || this.#gone.has(id)) return -1;
    const near = put ?? before + this.#pushed;
    for (let away = 0; near - away >= 0 || near + away < this.all.length; away++)
      for (const at of away === 0 ? [near] : [near - away, near + away])
        if (this.all[at]?.id === id) {
          if (put === undefined) this.#pushed = at - before;
          this.#last = at;
          return at;
        }
    return -1;
  }
}
