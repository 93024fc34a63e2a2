// Whether two ports may be connected, and in words why not.
import type { Graph } from '#core/document/project';
import { closesCycle } from '#core/graph/order';
import { findLayer } from '#core/layers/index';

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
  if (!source || !target) return 'An edge needs a node at both ends.';
  if (source === target) return `'${source.name}' cannot be its own input.`;
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
  if (isThere && !isVariadic) return `'${source.name}' feeds this input of '${target.name}' already.`;
  if (closesCycle({ ...graph, edges }, from.node, to.node))
    return `'${target.name}' already leads to '${source.name}': the edge would close a circle.`;
  return null;
}
