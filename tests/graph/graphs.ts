// Short spellings of graphs for the tests: a chain of nodes, and single nodes and edges.
import type { Graph, GraphEdge, GraphNode } from '#core/document/project';

export const node = (
  name: string,
  layer: string,
  params: Readonly<Record<string, unknown>> = {},
): GraphNode => ({ id: name, name, layer, params, position: { x: 0, y: 0 } });

export const edge = (from: string, to: string, port = 'input'): GraphEdge => ({
  id: `${from}-${to}-${port}`,
  from: { node: from, port: 'output' },
  to: { node: to, port },
});

/** input → the given nodes → output. */
export function chain(...nodes: readonly GraphNode[]): Graph {
  const all = [node('input', 'input'), ...nodes, node('output', 'output')];
  return { nodes: all, edges: all.slice(1).map((next, at) => edge(all[at]?.name ?? '', next.name)) };
}
