// What turns one project into another, as data: the window sends its edits to the main process this way, so that the cost of an
// edit is that of what changed and not that of the graph.
import { LazuliError } from '../errors';
import type { Graph, GraphEdge, GraphNode, Project } from './project';

/** `removed` items from index `at` on give way to `added`. */
export interface ListChange<T> {
  readonly at: number;
  readonly removed: number;
  readonly added: readonly T[];
}

/** Everything of a project but its graph, or of a graph but its two long lists: short, so sent whole where any of it changed. */
export type Settings = Omit<Project, 'graph'>;
export type GraphSettings = Omit<Graph, 'nodes' | 'edges'>;

/** Absent parts stay as they are. */
export interface ProjectChange {
  readonly settings?: Settings;
  readonly graph?: GraphSettings;
  readonly nodes?: ListChange<GraphNode>;
  readonly edges?: ListChange<GraphEdge>;
}

/** The change from one project to another. What is the very same object in both counts as unchanged and is not looked into. */
export function changeBetween(before: Project, after: Project): ProjectChange {
  const { graph: graphBefore, ...settingsBefore } = before;
  const { graph: graphAfter, ...settings } = after;
  const { nodes: nodesBefore, edges: edgesBefore, ...restBefore } = graphBefore;
  const { nodes, edges, ...graph } = graphAfter;
  return {
    ...(hasSameFields(settingsBefore, settings) ? {} : { settings }),
    ...(hasSameFields(restBefore, graph) ? {} : { graph }),
    ...(nodesBefore === nodes ? {} : { nodes: listChange(nodesBefore, nodes) }),
    ...(edgesBefore === edges ? {} : { edges: listChange(edgesBefore, edges) }),
  };
}

/** The project after a change. Throws `project_invalid` for a change of another project: one that ends behind the end of a list. */
export function applyChange(project: Project, change: ProjectChange): Project {
  const { nodes, edges, ...graph } = project.graph;
  return {
    ...(change.settings ?? project),
    graph: {
      ...(change.graph ?? graph),
      nodes: applyToList(nodes, change.nodes, 'nodes'),
      edges: applyToList(edges, change.edges, 'edges'),
    },
  };
}

function hasSameFields(a: object, b: object): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && Reflect.get(a, name) === Reflect.get(b, name))
  );
}

/** One cut from the first item that differs to the last; items are compared by identity, so texts by what they say. */
export function listChange<T>(before: readonly T[], after: readonly T[]): ListChange<T> {
  const shorter = Math.min(before.length, after.length);
  let at = 0;
  while (at < shorter && before[at] === after[at]) at++;
  let kept = 0;
  while (kept < shorter - at && before[before.length - 1 - kept] === after[after.length - 1 - kept]) kept++;
  return { at, removed: before.length - kept - at, added: after.slice(at, after.length - kept) };
}

/** Throws `project_invalid`, naming `what` the list holds, where the change ends behind its end. */
export function applyToList<T>(
  list: readonly T[],
  change: ListChange<T> | undefined,
  what: string,
): readonly T[] {
  if (!change) return list;
  const { at, removed, added } = change;
  if (at + removed > list.length)
    throw new LazuliError('project_invalid', `the change of the ${what} does not fit the project`, {
      expected: `at most ${list.length} ${what}`,
      got: `${removed} from ${at} on`,
    });
  return [...list.slice(0, at), ...added, ...list.slice(at + removed)];
}
