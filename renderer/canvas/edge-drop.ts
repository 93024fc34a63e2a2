// A layer dragged over an edge goes into it: which edge lies under the pointer, and whether the layer can stand there.
import type { Edit } from '#core/graph/edits';

import { change, graphNow, moveEdits } from '../actions/graph';
import { spliceInto } from '../actions/insert';
import { portsOf } from '../stores/ports';
import { useUi } from '../stores/ui';
import type { Point } from './geometry';
import { t } from '../text';

/** The edge under a point of the screen; `except` is a card that lies over it. */
export function edgeAt({ x, y }: Point, except: string | null = null): string | null {
  const graph = graphNow();
  for (const element of document.elementsFromPoint(x, y)) {
    const id = element.closest('.react-flow__edge')?.getAttribute('data-id');
    if (id === null || id === undefined) continue;
    const edge = graph?.edges.find((candidate) => candidate.id === id);
    if (edge && edge.from.node !== except && edge.to.node !== except) return id;
  }
  return null;
}

export function markEdge(id: string | null): void {
  if (useUi.getState().edgeUnderDrag !== id) useUi.setState({ edgeUnderDrag: id });
}

/** True for a node that could be put into an edge: it has both kinds of port and no edge yet. */
export function isLoose(id: string): boolean {
  const graph = graphNow();
  const node = graph?.nodes.find((candidate) => candidate.id === id);
  const layer = portsOf(node);
  if (!graph || layer.inputs.length === 0 || layer.outputs.length === 0) return false;
  return graph.edges.every(({ from, to }) => from.node !== id && to.node !== id);
}

/** Puts a card that was dragged onto an edge into it, move and all as one step. */
export function dropIntoEdge(id: string, position: Point, edge: string): void {
  const graph = graphNow();
  const node = graph?.nodes.find((candidate) => candidate.id === id);
  const layer = portsOf(node);
  if (!graph) return;
  const edits: Edit[] = [...moveEdits([{ id, position }]), ...spliceInto(graph, layer, id, edge)];
  change({ kind: 'group', label: t('step.insert'), edits }, t('step.insert'));
}
