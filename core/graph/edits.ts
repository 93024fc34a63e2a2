// Changes to a graph as plain data, each with its inverse: what undo, redo, the journal and paste are made of.
import type { Graph, GraphEdge, GraphNode, GraphNote, TensorOptions } from '../document/project';
import { applyBlockEdit, type BlockEdit } from './block-edits';
import { missing, taken } from './edit-errors';
import { applyMany } from './many-edits';
import { edgesFrom, edgesInto } from './order';
import { placesOf } from './places';

/** One change. `index` is the place in the file's list; left out, the end. */
export type Edit =
  | { readonly kind: 'add_node'; readonly node: GraphNode; readonly index?: number }
  /** Takes the node's edges with it. */
  | { readonly kind: 'remove_node'; readonly id: string }
  | { readonly kind: 'move_node'; readonly id: string; readonly position: GraphNode['position'] }
  | { readonly kind: 'rename_node'; readonly id: string; readonly name: string }
  /** Without `value` the param goes back to the layer's initial; null is a blank size. */
  | { readonly kind: 'set_param'; readonly id: string; readonly param: string; readonly value?: unknown }
  /** Without `value` nothing is chosen any more. */
  | {
      readonly kind: 'set_tensor_option';
      readonly id: string;
      readonly tensor: string;
      readonly option: keyof TensorOptions;
      readonly value?: TensorOptions[keyof TensorOptions];
    }
  | { readonly kind: 'connect'; readonly edge: GraphEdge; readonly index?: number }
  | { readonly kind: 'disconnect'; readonly id: string }
  | { readonly kind: 'add_note'; readonly note: GraphNote; readonly index?: number }
  | { readonly kind: 'remove_note'; readonly id: string }
  | { readonly kind: 'change_note'; readonly id: string; readonly change: NoteChange }
  | BlockEdit
  /** Without `direction` the drawing runs downwards. */
  | { readonly kind: 'set_direction'; readonly direction?: 'right' }
  /** Applied in order; undone as one. */
  | { readonly kind: 'group'; readonly label: string; readonly edits: readonly Edit[] };

export type NoteChange = Partial<Omit<GraphNote, 'id'>>;

export interface Applied {
  readonly graph: Graph;
  /** Applied to `graph` it gives the graph from before, order included. */
  readonly inverse: Edit;
}

/** Applies one edit. Throws `graph_invalid` when it names what does not exist or an id that does; then nothing changed. */
export function applyEdit(graph: Graph, edit: Edit): Applied {
  switch (edit.kind) {
    case 'add_node':
      if (placesOf(graph.nodes).has(edit.node.id)) throw taken('node', edit.node.id);
      return {
        graph: { ...graph, nodes: insert(graph.nodes, edit.node, edit.index) },
        inverse: { kind: 'remove_node', id: edit.node.id },
      };
    case 'remove_node':
      return removeNode(graph, edit.id);
    case 'move_node':
      return changeNode(
        graph,
        edit.id,
        (node) => ({ ...node, position: edit.position }),
        (node) => ({ ...edit, position: node.position }),
      );
    case 'rename_node':
      return renameNode(graph, edit);
    case 'set_param':
      return changeNode(
        graph,
        edit.id,
        (node) => ({ ...node, params: withParam(node.params, edit.param, edit) }),
        (node) => ({
          kind: 'set_param',
          id: edit.id,
          param: edit.param,
          ...(Object.hasOwn(node.params, edit.param) ? { value: node.params[edit.param] } : {}),
        }),
      );
    case 'set_tensor_option':
      return changeNode(
        graph,
        edit.id,
        (node) => withTensorOption(node, edit),
        (node) => {
          const before = node.tensors?.[edit.tensor]?.[edit.option];
          const { kind, id, tensor, option } = edit;
          return { kind, id, tensor, option, ...(before === undefined ? {} : { value: before }) };
        },
      );
    case 'connect':
      return connect(graph, edit.edge, edit.index);
    case 'disconnect':
      return disconnect(graph, edit.id);
    case 'add_note':
      if (graph.notes?.some((note) => note.id === edit.note.id) === true) throw taken('note', edit.note.id);
      return {
        graph: withNotes(graph, insert(graph.notes ?? [], edit.note, edit.index)),
        inverse: { kind: 'remove_note', id: edit.note.id },
      };
    case 'remove_note':
      return removeNote(graph, edit.id);
    case 'change_note':
      return changeNote(graph, edit.id, edit.change);
    case 'set_direction':
      return setDirection(graph, edit.direction);
    case 'group':
      return applyGroup(graph, edit.label, edit.edits);
    default:
      return applyBlockEdit(graph, edit, applyEdit);
  }
}

/** Applies edits in order as one group. */
export const applyEdits = (graph: Graph, edits: readonly Edit[], label = 'edit'): Applied =>
  applyGroup(graph, label, edits);

function applyGroup(graph: Graph, label: string, edits: readonly Edit[]): Applied {
  const inverses: Edit[] = [];
  let current = graph;
  for (let at = 0; at < edits.length;) {
    const many = applyMany(current, edits, at);
    if (many) {
      current = many.graph;
      inverses.push(...many.inverses);
      at = many.end;
      continue;
    }
    const edit = edits[at];
    if (!edit) break;
    const applied = applyEdit(current, edit);
    current = applied.graph;
    inverses.push(applied.inverse);
    at++;
  }
  return { graph: current, inverse: { kind: 'group', label, edits: inverses.toReversed() } };
}

function changeNode(
  graph: Graph,
  id: string,
  change: (node: GraphNode) => GraphNode,
  invert: (node: GraphNode) => Edit,
): Applied {
  const index = placesOf(graph.nodes).get(id) ?? -1;
  const node = graph.nodes[index];
  if (!node) throw missing('node', id);
  return { graph: { ...graph, nodes: graph.nodes.with(index, change(node)) }, inverse: invert(node) };
}

type Of<K extends Edit['kind']> = Extract<Edit, { readonly kind: K }>;

/** Ties follow the name where it is clear which node they mean. */
function renameNode(graph: Graph, edit: Of<'rename_node'>): Applied {
  const renamed = changeNode(
    graph,
    edit.id,
    (node) => ({ ...node, name: edit.name }),
    (node) => ({ ...edit, name: node.name }),
  );
  const before = graph.nodes.find(({ id }) => id === edit.id)?.name ?? '';
  const isClear =
    graph.nodes.filter(({ name }) => name === before).length === 1 &&
    graph.nodes.every((node) => node.name !== edit.name && !tiesOf(node).some((key) => isOf(key, edit.name)));
  if (!isClear) return renamed;
  const nodes = renamed.graph.nodes.map((node) => {
    if (!tiesOf(node).some((key) => isOf(key, before))) return node;
    const tensors = Object.entries(node.tensors ?? {}).map(([name, options]): [string, TensorOptions] => {
      const { tied_to } = options;
      if (tied_to === undefined || !isOf(tied_to, before)) return [name, options];
      return [name, { ...options, tied_to: edit.name + tied_to.slice(before.length) }];
    });
    return { ...node, tensors: Object.fromEntries(tensors) };
  });
  return { graph: { ...renamed.graph, nodes }, inverse: renamed.inverse };
}

const isOf = (key: string, name: string): boolean => key.startsWith(`${name}.`);
const tiesOf = ({ tensors }: GraphNode): readonly string[] =>
  tensors === undefined ? NO_TIES : Object.values(tensors).flatMap(({ tied_to }) => tied_to ?? []);
const NO_TIES: readonly string[] = [];

/** Records that say nothing are left out, so that undo gives the very same node. */
function withTensorOption(node: GraphNode, { tensor, option, value }: Of<'set_tensor_option'>): GraphNode {
  const { tensors = {}, ...rest } = node;
  const { [tensor]: own = {}, ...others } = tensors;
  const { [option]: _, ...kept } = own;
  const next = value === undefined ? kept : { ...own, [option]: value };
  const all = Object.keys(next).length === 0 ? others : { ...tensors, [tensor]: next };
  return Object.keys(all).length === 0 ? rest : { ...rest, tensors: all };
}

function removeNode(graph: Graph, id: string): Applied {
  const index = placesOf(graph.nodes).get(id) ?? -1;
  const node = graph.nodes[index];
  if (!node) throw missing('node', id);
  const own = new Set([...edgesInto(graph, id), ...edgesFrom(graph, id)]);
  const places = placesOf(graph.edges);
  const edges = [...own]
    .map((edge) => ({ edge, index: places.get(edge.id) ?? -1 }))
    .toSorted((a, b) => a.index - b.index)
    .map((place): Edit => ({ kind: 'connect', ...place }));
  return {
    graph: {
      ...graph,
      nodes: graph.nodes.toSpliced(index, 1),
      edges: own.size === 0 ? graph.edges : graph.edges.filter((edge) => !own.has(edge)),
    },
    inverse: {
      kind: 'group',
      label: `remove ${node.name}`,
      edits: [{ kind: 'add_node', node, index }, ...edges],
    },
  };
}

function connect(graph: Graph, edge: GraphEdge, index: number | undefined): Applied {
  if (placesOf(graph.edges).has(edge.id)) throw taken('edge', edge.id);
  for (const end of [edge.from.node, edge.to.node])
    if (!placesOf(graph.nodes).has(end)) throw missing('node', end);
  return {
    graph: { ...graph, edges: insert(graph.edges, edge, index) },
    inverse: { kind: 'disconnect', id: edge.id },
  };
}

function disconnect(graph: Graph, id: string): Applied {
  const index = placesOf(graph.edges).get(id) ?? -1;
  const edge = graph.edges[index];
  if (!edge) throw missing('edge', id);
  return {
    graph: { ...graph, edges: graph.edges.toSpliced(index, 1) },
    inverse: { kind: 'connect', edge, index },
  };
}

function removeNote(graph: Graph, id: string): Applied {
  const notes = graph.notes ?? [];
  const index = notes.findIndex((note) => note.id === id);
  const note = notes[index];
  if (!note) throw missing('note', id);
  return {
    graph: withNotes(graph, notes.toSpliced(index, 1)),
    inverse: { kind: 'add_note', note, index },
  };
}

function changeNote(graph: Graph, id: string, change: NoteChange): Applied {
  const notes = graph.notes ?? [];
  const note = notes.find((candidate) => candidate.id === id);
  if (!note) throw missing('note', id);
  const { text, position, size } = note;
  return {
    graph: withNotes(
      graph,
      notes.map((other) => (other === note ? { ...note, ...change } : other)),
    ),
    inverse: { kind: 'change_note', id, change: { text, position, size } },
  };
}

/** A graph without notes says nothing of them, so that undo gives the very same graph. */
function withNotes({ notes: _, ...graph }: Graph, notes: readonly GraphNote[]): Graph {
  return notes.length === 0 ? graph : { ...graph, notes };
}

function setDirection({ direction: before, ...graph }: Graph, direction: 'right' | undefined): Applied {
  return {
    graph: direction === undefined ? graph : { ...graph, direction },
    inverse: { kind: 'set_direction', ...(before === undefined ? {} : { direction: before }) },
  };
}

function withParam(
  params: GraphNode['params'],
  name: string,
  edit: { readonly value?: unknown },
): GraphNode['params'] {
  const { [name]: _, ...rest } = params;
  return edit.value === undefined ? rest : { ...params, [name]: edit.value };
}

const insert = <T>(list: readonly T[], item: T, index = list.length): T[] => list.toSpliced(index, 0, item);
