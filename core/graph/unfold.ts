// A graph that is drawn in several columns (or rows) because the window is wide, as one: where a part of it goes into a block of its own.
import type { Graph, GraphEdge, GraphNode } from '../document/project';

/** Room for the last card of a column before the next one goes on. */
const GAP = 220;

/**
 * The nodes with every column below the one that leads to it, each as it was in itself. A column ends where an edge goes back
 * against the drawing; without such an edge the very same nodes.
 */
export function unfolded(
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
  direction: Graph['direction'],
): readonly GraphNode[] {
  const [along, across] = direction === 'right' ? (['x', 'y'] as const) : (['y', 'x'] as const);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const joined = edges.flatMap(({ from, to }) => {
    const [source, target] = [byId.get(from.node), byId.get(to.node)];
    return source && target ? [{ source, target }] : [];
  });
  const isBack = ({ source, target }: (typeof joined)[number]): boolean =>
    target.position[along] <= source.position[along];
  const backward = joined.filter(isBack);
  if (backward.length === 0) return nodes;
  const columns = columnsOf(
    nodes,
    joined.filter((edge) => !isBack(edge)),
  );
  const shifts = new Map<string, GraphNode['position']>();
  const at = (node: GraphNode): GraphNode['position'] => {
    const shift = shifts.get(columns.get(node.id) ?? '') ?? { x: 0, y: 0 };
    return { x: node.position.x + shift.x, y: node.position.y + shift.y };
  };
  let end = Number.NEGATIVE_INFINITY;
  const settle = (column: string, shift: GraphNode['position']): void => {
    shifts.set(column, shift);
    for (const node of nodes) if (columns.get(node.id) === column) end = Math.max(end, at(node)[along]);
  };
  const [first] = nodes;
  if (first) settle(columns.get(first.id) ?? '', { x: 0, y: 0 });
  for (const { source, target } of backward) {
    const column = columns.get(target.id) ?? '';
    if (shifts.has(column)) continue;
    const own = nodes.filter((node) => columns.get(node.id) === column);
    const start = Math.min(...own.map(({ position }) => position[along]));
    const shift = { x: 0, y: 0 };
    shift[along] = end + GAP - start;
    shift[across] = at(source)[across] - target.position[across];
    settle(column, shift);
  }
  return nodes.map((node) => ({ ...node, position: at(node) }));
}

/** By node one node of what is joined with it, the same for all of that. */
function columnsOf(
  nodes: readonly GraphNode[],
  joined: readonly { readonly source: GraphNode; readonly target: GraphNode }[],
): ReadonlyMap<string, string> {
  const above = new Map<string, string>();
  const rootOf = (id: string): string => {
    let root = id;
    for (let next = above.get(root); next !== undefined; next = above.get(root)) root = next;
    // Later walks are short.
    for (let at = id; at !== root;) {
      const next = above.get(at) ?? root;
      above.set(at, root);
      at = next;
    }
    return root;
  };
  for (const { source, target } of joined) {
    const [root, other] = [rootOf(source.id), rootOf(target.id)];
    if (root !== other) above.set(other, root);
  }
  return new Map(nodes.map(({ id }) => [id, rootOf(id)]));
}
