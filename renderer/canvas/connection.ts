// Whether two ports may be connected, and in words why not.
import type { Graph } from '#core/document/project';
import { closesCycle } from '#core/graph/order';
import { findLayer } from '#core/layers/index';
import { t } from '../text';

export interface WantedConnection {
  readonly from: { readonly node: string; readonly port: string };
  readonly to: { readonly node: string; readonly port: string };
  /** The edge that is being moved to a new place. */
  readonly replaces: string | null;
}

/** Why the edge may not be drawn, as a sentence; null when it may. A taken input is no reason: its edge is replaced. */
export function connectionFault(graph: Graph, { from, to, replaces }: WantedConnection): string | null {
  const source = graph.nodes.find(({ id }) => id === from.node);
  const target = graph.nodes.find(({ id }) => id === to.node);
  if (!source || !target) return t('edge.bothEnds');
  if (source === target) return t('edge.itself', { name: source.name });
  const edges = graph.edges.filter(({ id }) => id !== replaces);
  const isThere = edges.some(
    (edge) =>
      edge.from.node === from.node &&
      edge.from.port === from.port &&
      edge.to.node === to.node &&
      edge.to.port === to.port,
  );
  const isVariadic =
    findLayer(target.layer)?.inputs.find(({ name }) => name === to.port)?.isVariadic === true;
  if (isThere && !isVariadic) return t('edge.twice', { from: source.name, to: target.name });
  if (closesCycle({ ...graph, edges }, from.node, to.node))
    return t('edge.circle', { from: source.name, to: target.name });
  return null;
}
