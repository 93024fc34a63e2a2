// Version 5: einsum takes any number of inputs at one port, in the order of their edges; before it had two, named apart.
import type { Json, JsonObject } from './json';

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const listOf = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? (value as readonly Json[]) : [];

/** The ports of version 4, in the order of the equation. */
const PORTS: readonly Json[] = ['input', 'other'];

/** In the graph of a project, or of a block, and its blocks. What is damaged stays as it is, for the schema to refuse. */
export function einsumInputs(document: JsonObject): JsonObject {
  const { graph } = document;
  return isObject(graph) ? { ...document, graph: inGraph(graph) } : document;
}

function inGraph(graph: JsonObject): JsonObject {
  const products = new Set(
    listOf(graph['nodes']).flatMap((node) =>
      isObject(node) && node['layer'] === 'einsum' ? [node['id']] : [],
    ),
  );
  const blocks = graph['blocks'];
  return {
    ...graph,
    ...(Array.isArray(graph['edges']) && products.size > 0 ? { edges: moved(graph['edges'], products) } : {}),
    ...(Array.isArray(blocks)
      ? { blocks: blocks.map((block: Json) => (isObject(block) ? einsumInputs(block) : block)) }
      : {}),
  };
}

/** Edges that end at an einsum, the first input's before the second's; all others keep their places. */
function moved(edges: readonly Json[], products: ReadonlySet<Json | undefined>): readonly Json[] {
  const portOf = (edge: Json): number => {
    const to = isObject(edge) ? edge['to'] : undefined;
    return isObject(to) && products.has(to['node']) ? PORTS.indexOf(to['port'] ?? null) : -1;
  };
  const ending = edges.filter((edge) => portOf(edge) !== -1).toSorted((a, b) => portOf(a) - portOf(b));
  return edges.map((edge) => {
    const next = portOf(edge) === -1 ? undefined : ending.shift();
    if (!isObject(next) || !isObject(next['to'])) return edge;
    return { ...next, to: { ...next['to'], port: 'inputs' } };
  });
}
