// The ends of the project's graph, in the order the engine runs them: what data feeds and what losses look at.
import { useMemo } from 'react';
import type { Graph } from '#core/document/project';
import { flattenGraph } from '#core/graph/flatten';
import { topologicalOrder } from '#core/graph/order';
import { MAIN_TARGET, type DataSource } from '#core/document/project';
import type { TermPlace } from '#core/training/terms';

import { useDocument } from './document';

export interface GraphEnds {
  readonly inputs: TermPlace['outputs'];
  readonly outputs: TermPlace['outputs'];
}

const NONE: GraphEnds = { inputs: [], outputs: [] };

export function endsOf(graph: Graph): GraphEnds {
  const { nodes } = topologicalOrder(flattenGraph(graph));
  const of = (layer: string) =>
    nodes.flatMap((node) => (node.layer === layer ? [{ id: node.id, name: node.name }] : []));
  return { inputs: of('input'), outputs: of('output') };
}

/** Names of the targets that the data tells. */
export const targetsIn = (data: DataSource | null | undefined): readonly string[] => {
  if (!data) return [];
  const { target, targetFile, targets = {} } = data;
  const tellsItself = data.format === 'npz' || data.format === 'text';
  const hasMain = (target ?? null) !== null || (targetFile ?? null) !== null || tellsItself;
  return [...(hasMain ? [MAIN_TARGET] : []), ...Object.keys(targets)];
};

/** The ends of the open project's graph. */
export function useEnds(): GraphEnds {
  const graph = useDocument((state) => state.project?.graph);
  return useMemo(() => (graph ? endsOf(graph) : NONE), [graph]);
}

/** What the slots of losses may be given. */
export function useTermPlace(): TermPlace & GraphEnds {
  const ends = useEnds();
  const data = useDocument((state) => state.project?.data);
  return useMemo(() => ({ ...ends, targets: targetsIn(data) }), [ends, data]);
}
