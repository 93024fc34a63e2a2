// What is selected is there: nodes, notes and edges that an undo or another edit took away are selected no more.
import type { Graph } from '#core/document/project';
import { placesOf } from '#core/graph/places';

import { shownGraph, useDocument } from '../stores/document';
import { select, useUi } from '../stores/ui';

/** Cheap enough to be asked after every edit of a large graph: moving or changing nodes takes none away. */
const hasLost = (graph: Graph, before: Graph): boolean =>
  graph.nodes.length < before.nodes.length ||
  (graph.notes?.length ?? 0) < (before.notes?.length ?? 0) ||
  graph.edges !== before.edges;

/** Follows the document; returns what ends it. */
export const followSelection = (): (() => void) =>
  useDocument.subscribe((state, last) => {
    const [graph, before] = [shownGraph(state), shownGraph(last)];
    const { nodes, edges } = useUi.getState().selection;
    if (!graph || !before || graph === before || nodes.size + edges.size === 0) return;
    if (!hasLost(graph, before)) return;
    const lists = [graph.nodes, graph.notes ?? [], graph.edges].map(placesOf);
    const isThere = (id: string): boolean => lists.some((there) => there.has(id));
    select([...nodes].filter(isThere), [...edges].filter(isThere));
  });
