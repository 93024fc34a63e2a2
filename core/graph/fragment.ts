// What lies on the clipboard: chosen nodes with the edges among them and notes; how it is taken from a graph and put into one.
import type { Graph, GraphNode } from '../document/project';
import type { Edit } from './edits';
import { uniqueName } from './names';

/** Nodes with the edges among them, as they lie on the clipboard. */
export type Fragment = Graph;

/** The chosen nodes, the edges between two of them, and the chosen notes. */
export function copyNodes(graph: Graph, ids: ReadonlySet<string>): Fragment {
  const notes = graph.notes?.filter((note) => ids.has(note.id)) ?? [];
  return {
    nodes: graph.nodes.filter((node) => ids.has(node.id)),
    edges: graph.edges.filter((edge) => ids.has(edge.from.node) && ids.has(edge.to.node)),
    ...(notes.length === 0 ? {} : { notes }),
  };
}

/** Adds a fragment with fresh ids and free names, shifted by `offset`. `ids` are the new nodes and notes, in the fragment's order. */
export function pasteEdit(
  graph: Graph,
  fragment: Fragment,
  offset: GraphNode['position'] = { x: 40, y: 40 },
): { readonly edit: Edit; readonly ids: readonly string[] } {
  const nodeIds = new Set(graph.nodes.map((node) => node.id));
  const edgeIds = new Set(graph.edges.map((edge) => edge.id));
  const noteIds = new Set(graph.notes?.map((note) => note.id));
  const names = new Set(graph.nodes.map((node) => node.name));
  const renamed = new Map<string, string>();
  const edits: Edit[] = [];
  const ids: string[] = [];
  const shifted = ({ x, y }: GraphNode['position']): GraphNode['position'] => ({
    x: x + offset.x,
    y: y + offset.y,
  });
  for (const node of fragment.nodes) {
    const id = freshId('n', nodeIds);
    const name = names.has(node.name) ? uniqueName(node.name, names) : node.name;
    names.add(name);
    renamed.set(node.id, id);
    ids.push(id);
    edits.push({ kind: 'add_node', node: { ...node, id, name, position: shifted(node.position) } });
  }
  for (const edge of fragment.edges) {
    const from = renamed.get(edge.from.node);
    const to = renamed.get(edge.to.node);
    if (from === undefined || to === undefined) continue;
    edits.push({
      kind: 'connect',
      edge: {
        ...edge,
        id: freshId('e', edgeIds),
        from: { ...edge.from, node: from },
        to: { ...edge.to, node: to },
      },
    });
  }
  for (const note of fragment.notes ?? []) {
    const id = freshId('note', noteIds);
    ids.push(id);
    edits.push({ kind: 'add_note', note: { ...note, id, position: shifted(note.position) } });
  }
  return { edit: { kind: 'group', label: 'paste', edits }, ids };
}

/** `n1`, `n2` ... : the first that is free; it is taken afterwards. */
function freshId(prefix: string, used: Set<string>): string {
  let number = used.size + 1;
  while (used.has(`${prefix}${number}`)) number++;
  const id = `${prefix}${number}`;
  used.add(id);
  return id;
}

/** An id no node of the graph has. */
export const newNodeId = (graph: Graph): string => freshId('n', new Set(graph.nodes.map((node) => node.id)));
/** An id no edge of the graph has. */
export const newEdgeId = (graph: Graph): string => freshId('e', new Set(graph.edges.map((edge) => edge.id)));
/** An id no note of the graph has. */
export const newNoteId = (graph: Graph): string =>
  freshId('note', new Set(graph.notes?.map((note) => note.id)));
