// What lies on the clipboard: chosen nodes with the edges among them and notes; how it is taken from a graph and put into one.
import type { Block, Graph, GraphNode } from '../document/project';
import type { Edit } from './edits';
import { FreshNames } from './names';
import { edgesFrom } from './order';
import { inOrderOf, placesOf, type Places } from './places';
import { namesOf } from './taken-names';

/** Nodes with the edges among them, as they lie on the clipboard. */
export type Fragment = Graph;

/** The chosen nodes, the edges between two of them, and the chosen notes. */
export function copyNodes(graph: Graph, ids: ReadonlySet<string>): Fragment {
  const notes = graph.notes?.filter((note) => ids.has(note.id)) ?? [];
  const nodes = inOrderOf(graph.nodes, ids);
  const inner = nodes.flatMap(({ id }) => edgesFrom(graph, id).filter(({ to }) => ids.has(to.node)));
  const blocks = blocksUsedBy(nodes, graph.blocks ?? []);
  return {
    nodes,
    edges: inOrderOf(graph.edges, new Set(inner.map(({ id }) => id))),
    ...(notes.length === 0 ? {} : { notes }),
    ...(blocks.length === 0 ? {} : { blocks }),
  };
}

/** Definitions the nodes use, and those these use. */
function blocksUsedBy(nodes: readonly GraphNode[], blocks: readonly Block[]): readonly Block[] {
  const used = new Set<string>();
  const visit = (list: readonly GraphNode[]): void => {
    for (const { block: use } of list) {
      const block = blocks.find(({ id }) => id === use?.id);
      if (!block || used.has(block.id)) continue;
      used.add(block.id);
      visit(block.graph.nodes);
    }
  };
  visit(nodes);
  return blocks.filter(({ id }) => used.has(id));
}

/** Definitions to add, with the ids they get: one that is there already and says the same is used again. */
function adoptBlocks(
  graph: Graph,
  fragment: Fragment,
): { readonly ids: ReadonlyMap<string, string>; readonly add: readonly Block[] } {
  const known = graph.blocks ?? [];
  const taken = new Set(known.map(({ id }) => id));
  const freshIds = new FreshIds('b', known);
  const isKnown = (block: Block): boolean =>
    known.some((other) => other.id === block.id && JSON.stringify(other) === JSON.stringify(block));
  const fresh = (fragment.blocks ?? []).filter((block) => !isKnown(block));
  const ids = new Map(fresh.map(({ id }) => [id, taken.has(id) ? freshIds.next() : id]));
  const add = fresh.map((block) => ({
    ...block,
    id: ids.get(block.id) ?? block.id,
    graph: { ...block.graph, nodes: block.graph.nodes.map((node) => usingIds(node, ids)) },
  }));
  return { ids, add };
}

const usingIds = (node: GraphNode, ids: ReadonlyMap<string, string>): GraphNode =>
  node.block ? { ...node, block: { ...node.block, id: ids.get(node.block.id) ?? node.block.id } } : node;

/** Adds a fragment with fresh ids and free names, shifted by `offset`. `ids` are the new nodes and notes, in the fragment's order. */
export function pasteEdit(
  graph: Graph,
  fragment: Fragment,
  offset: GraphNode['position'] = { x: 40, y: 40 },
): { readonly edit: Edit; readonly ids: readonly string[] } {
  const nodeIds = new FreshIds('n', graph.nodes);
  const edgeIds = new FreshIds('e', graph.edges);
  const noteIds = new FreshIds('note', graph.notes ?? []);
  const names = new FreshNames(namesOf(graph.nodes));
  const renamed = new Map<string, string>();
  const blocks = adoptBlocks(graph, fragment);
  const edits: Edit[] = blocks.add.map((block) => ({ kind: 'add_block', block }));
  const ids: string[] = [];
  const shifted = ({ x, y }: GraphNode['position']): GraphNode['position'] => ({
    x: x + offset.x,
    y: y + offset.y,
  });
  for (const node of fragment.nodes) {
    const id = nodeIds.next();
    const name = names.take(node.name) ? node.name : names.next(node.name);
    renamed.set(node.id, id);
    ids.push(id);
    edits.push({
      kind: 'add_node',
      node: { ...usingIds(node, blocks.ids), id, name, position: shifted(node.position) },
    });
  }
  for (const edge of fragment.edges) {
    const from = renamed.get(edge.from.node);
    const to = renamed.get(edge.to.node);
    if (from === undefined || to === undefined) continue;
    edits.push({
      kind: 'connect',
      edge: {
        ...edge,
        id: edgeIds.next(),
        from: { ...edge.from, node: from },
        to: { ...edge.to, node: to },
      },
    });
  }
  for (const note of fragment.notes ?? []) {
    const id = noteIds.next();
    ids.push(id);
    edits.push({ kind: 'add_note', note: { ...note, id, position: shifted(note.position) } });
  }
  return { edit: { kind: 'group', label: 'paste', edits }, ids };
}

/** `n1`, `n2` ... : the first that no item of a list has and that was not given yet. */
class FreshIds {
  readonly #prefix: string;
  readonly #taken: Places;
  #number: number;

  constructor(prefix: string, items: readonly { readonly id: string }[]) {
    this.#prefix = prefix;
    this.#taken = placesOf(items);
    this.#number = items.length;
  }

  next(): string {
    do this.#number++;
    while (this.#taken.has(`${this.#prefix}${this.#number}`));
    return `${this.#prefix}${this.#number}`;
  }
}

/** An id no node of the graph has. */
export const newNodeId = (graph: Graph): string => new FreshIds('n', graph.nodes).next();
/** An id no edge of the graph has. */
export const newEdgeId = (graph: Graph): string => new FreshIds('e', graph.edges).next();
/** An id no block of the graph has. */
export const newBlockId = (graph: Graph): string => new FreshIds('b', graph.blocks ?? []).next();
/** An id no note of the graph has. */
export const newNoteId = (graph: Graph): string => new FreshIds('note', graph.notes ?? []).next();
