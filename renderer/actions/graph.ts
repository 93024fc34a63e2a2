// What the user does to the graph, as invertible edits: connect, delete, duplicate, rename, move, set a param. Adding is insert.ts.
import type { Graph, GraphEdge, GraphNode, TensorOptions } from '#core/document/project';
import { instancesOf } from '#core/graph/break-up';
import type { Edit } from '#core/graph/edits';
import { copyNodes, newEdgeId, pasteEdit } from '#core/graph/fragment';
import { nameFault } from '#core/graph/names';
import { edgesInto, reachable } from '#core/graph/order';
import { finderIn, inOrderOf } from '#core/graph/places';
import { namesOf } from '#core/graph/taken-names';
import { findLayer } from '#core/layers/index';

import { edit, nodeOf, shownGraph, useDocument } from '../stores/document';
import { showError } from '../stores/toasts';
import { select, useUi } from '../stores/ui';
import { t } from '../text';

type Point = GraphNode['position'];

/** The graph on the canvas; inside a block without the definitions. */
export const graphNow = (): Graph | null => shownGraph(useDocument.getState()) ?? null;

/** The same with all definitions of the project, for copying and collapsing. */
export function graphWithBlocks(): Graph | null {
  const graph = graphNow();
  const blocks = useDocument.getState().project?.graph.blocks;
  return graph && blocks ? { ...graph, blocks } : graph;
}

/** Applies an edit; a refused one is shown and changes nothing. */
export function change(next: Edit, label: string): boolean {
  try {
    edit(next, label);
    return true;
  } catch (error) {
    showError(t('told.failed', { what: label }), error);
    return false;
  }
}

/** Draws an edge. Into a port that takes one edge it replaces the edge there; `replaces` is an edge that is being moved. */
export function connect(from: GraphEdge['from'], to: GraphEdge['to'], replaces: string | null = null): void {
  const graph = graphNow();
  if (!graph) return;
  const target = nodeOf(graph, to.node);
  const port = target && findLayer(target.layer)?.inputs.find(({ name }) => name === to.port);
  const there = port?.isVariadic === true ? [] : edgesInto(graph, to.node);
  const ids = there.filter((edge) => edge.to.port === to.port).map(({ id }) => id);
  const leaving = inOrderOf(graph.edges, new Set(replaces === null ? ids : [...ids, replaces]));
  const edits: Edit[] = [
    ...leaving.map((edge): Edit => ({ kind: 'disconnect', id: edge.id })),
    { kind: 'connect', edge: { id: newEdgeId(graph), from, to } },
  ];
  change(
    { kind: 'group', label: t('step.connect'), edits },
    replaces === null ? t('step.connect') : t('step.reconnect'),
  );
}

export function disconnect(id: string): void {
  change({ kind: 'disconnect', id }, t('step.disconnect'));
}

/** Removes the selected nodes (with their edges), edges and notes. */
export function deleteSelection(label = t('step.delete')): void {
  const graph = graphNow();
  const { nodes, edges } = useUi.getState().selection;
  if (!graph || nodes.size + edges.size === 0) return;
  const loose = inOrderOf(graph.edges, edges).filter(
    ({ from, to }) => !nodes.has(from.node) && !nodes.has(to.node),
  );
  const edits: Edit[] = [
    ...loose.map((edge): Edit => ({ kind: 'disconnect', id: edge.id })),
    ...inOrderOf(graph.nodes, nodes).map(({ id }): Edit => ({ kind: 'remove_node', id })),
    ...(graph.notes ?? [])
      .filter(({ id }) => nodes.has(id))
      .map(({ id }): Edit => ({ kind: 'remove_note', id })),
  ];
  if (change({ kind: 'group', label, edits }, label)) select([]);
}

/** Takes away every edge of the selected nodes and the selected edges; the nodes stay. */
export function disconnectSelection(): void {
  const graph = graphNow();
  const { nodes, edges } = useUi.getState().selection;
  const leaving = graph?.edges.filter(
    ({ id, from, to }) => edges.has(id) || nodes.has(from.node) || nodes.has(to.node),
  );
  if (!leaving || leaving.length === 0) return;
  const edits = leaving.map((edge): Edit => ({ kind: 'disconnect', id: edge.id }));
  change({ kind: 'group', label: t('step.disconnect'), edits }, t('step.disconnect'));
}

/** Copies the selected nodes and notes beside themselves and selects the copies. */
export function duplicateSelection(): void {
  const graph = graphWithBlocks();
  const { nodes } = useUi.getState().selection;
  if (!graph || nodes.size === 0) return;
  const { edit: paste, ids } = pasteEdit(graph, copyNodes(graph, nodes));
  if (change(paste, t('step.duplicate'))) select(ids);
}

export function selectAll(): void {
  const graph = graphNow();
  if (!graph) return;
  const cards = [...graph.nodes, ...(graph.notes ?? [])];
  select(cards.map(({ id }) => id), graph.edges.map(({ id }) => id)); // prettier-ignore
}

/** Adds everything the selected nodes depend on, everything that depends on them, or all that hangs together with them. */
export function selectAlong(direction: 'forward' | 'backward' | 'both'): void {
  const graph = graphNow();
  if (graph) select(reachable(graph, useUi.getState().selection.nodes, direction));
}

/** What is wrong with a name for this node, as the end of a sentence, or null. */
export function renameFault(id: string, name: string): string | null {
  const graph = graphNow() ?? undefined;
  const isTaken = graph !== undefined && nodeOf(graph, id)?.name !== name && namesOf(graph.nodes).has(name);
  return isTaken ? t('name.taken') : nameFault(name);
}

export function rename(id: string, name: string): void {
  const node = nodeOf(graphNow() ?? undefined, id);
  if (!node || node.name === name) return;
  const edits: Edit[] = [{ kind: 'rename_node', id, name }];
  // A block with a single instance is called what that is called, until one of the two gets its own name.
  const whole = useDocument.getState().project?.graph;
  const block = whole?.blocks?.find((each) => each.id === node.block?.id);
  if (whole && block?.name === node.name && instancesOf(whole, block.id).length === 1)
    edits.push({ kind: 'rename_block', id: block.id, name });
  const label = t('step.rename', { name: node.name });
  change({ kind: 'group', label, edits }, label);
}

/** Sets a param; undefined takes it back to the layer's initial value. */
export function setParam(id: string, param: string, value: unknown): void {
  change(
    { kind: 'set_param', id, param, ...(value === undefined ? {} : { value }) },
    t('step.change', { what: param }),
  );
}

/** Chooses something for a tensor of a node; undefined takes the choice away. */
export function setTensorOption<K extends keyof TensorOptions>(
  id: string,
  tensor: string,
  option: K,
  value: TensorOptions[K] | undefined,
): void {
  const chosen = value === undefined ? {} : { value };
  change({ kind: 'set_tensor_option', id, tensor, option, ...chosen }, t('step.change', { what: tensor }));
}

/** Several options of one tensor as one step; undefined takes one away. */
export function setTensorOptions(
  id: string,
  tensor: string,
  options: { readonly [K in keyof TensorOptions]?: TensorOptions[K] | undefined },
): void {
  const label = t('step.change', { what: tensor });
  const now = graphNow()?.nodes.find((node) => node.id === id)?.tensors?.[tensor] ?? {};
  const edits = (Object.keys(options) as (keyof TensorOptions)[])
    .filter((option) => JSON.stringify(options[option]) !== JSON.stringify(now[option]))
    .map((option): Edit => {
      const value = options[option];
      return { kind: 'set_tensor_option', id, tensor, option, ...(value === undefined ? {} : { value }) };
    });
  if (edits.length > 0) change({ kind: 'group', label, edits }, label);
}

/** Moves nodes and notes to where they were dragged, as one step. */
export function moveNodes(
  moves: readonly { readonly id: string; readonly position: Point }[],
  label = t('step.move'),
): void {
  const edits = moveEdits(moves);
  if (edits.length > 0) change({ kind: 'group', label, edits }, label);
}

/** One edit per card that is not there already. */
export function moveEdits(moves: readonly { readonly id: string; readonly position: Point }[]): Edit[] {
  const { nodes = [], notes = [] } = graphNow() ?? {};
  const [cardAt, paperAt] = [finderIn(nodes), finderIn(notes)];
  return moves.flatMap(({ id, position }): Edit[] => {
    const card = nodes[cardAt(id)];
    const before = (card ?? notes[paperAt(id)])?.position;
    if (!before || (before.x === position.x && before.y === position.y)) return NO_EDITS;
    return [card ? { kind: 'move_node', id, position } : { kind: 'change_note', id, change: { position } }];
  });
}

const NO_EDITS: Edit[] = [];
