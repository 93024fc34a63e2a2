// Project → text: keys in a fixed order, one node and one edge per line, so that line-based tools show what changed.
import { CURRENT_VERSION } from './migrations';
import { FORMAT } from './parse';
import type { Block, Graph, Project } from './project';
import { KEY_ORDER } from './schema';

/** The text of a *.lazuli file. The same project always gives the same text; parse and serialize are inverse. */
export function serializeProject(project: Project): string {
  const lines = ordered(project, KEY_ORDER.project).map(([key, value]) => {
    if (key === 'graph') return `  "graph": ${graphText(project.graph)}`;
    if (key === 'training') return `  "training": ${block(ordered(project.training, KEY_ORDER.training))}`;
    if (key === 'data' && project.data) return `  "data": ${block(ordered(project.data, KEY_ORDER.data))}`;
    return `  ${JSON.stringify(key)}: ${inline(value)}`;
  });
  return [
    '{',
    [`  "format": "${FORMAT}"`, `  "version": ${CURRENT_VERSION}`, ...lines].join(',\n'),
    '}',
    '',
  ].join('\n');
}

function graphText(graph: Graph): string {
  const entries = ordered(graph, KEY_ORDER.graph).map(([key, value]) => {
    if (key === 'nodes')
      return `    "nodes": ${rows(graph.nodes, (node) => ordered({ ...node, params: sorted(node.params) }, KEY_ORDER.node))}`;
    if (key === 'edges') return `    "edges": ${rows(graph.edges, (edge) => ordered(edge, KEY_ORDER.edge))}`;
    if (key === 'notes')
      return `    "notes": ${rows(graph.notes ?? [], (note) => ordered(note, KEY_ORDER.note))}`;
    if (key === 'blocks') return `    "blocks": [\n${(graph.blocks ?? []).map(blockText).join(',\n')}\n    ]`;
    return `    ${JSON.stringify(key)}: ${inline(value)}`;
  });
  return `{\n${entries.join(',\n')}\n  }`;
}

/** A block's own nodes and edges have a line each too. */
function blockText(block: Block): string {
  const lines = ordered(block, KEY_ORDER.block).map(([key, value]) =>
    key === 'graph'
      ? `"graph": ${graphText(block.graph).replaceAll('\n', '\n      ')}`
      : `${JSON.stringify(key)}: ${inline(value)}`,
  );
  return `      {\n        ${lines.join(',\n        ')}\n      }`;
}

type Entries = readonly (readonly [string, unknown])[];

/** Known keys first, in order; then unknown ones by name. Absent values are left out. */
function ordered(value: object, order: readonly string[]): Entries {
  const rest = Object.keys(value)
    .filter((key) => !order.includes(key))
    .sort();
  return [...order, ...rest].flatMap((key) => {
    const item: unknown = Reflect.get(value, key);
    return item === undefined ? [] : [[key, item] as const];
  });
}

const sorted = (params: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)));

const rows = <T extends object>(list: readonly T[], entriesOf: (item: T) => Entries): string =>
  list.length === 0 ? '[]' : `[\n${list.map((item) => `      ${rowOf(item, entriesOf)}`).join(',\n')}\n    ]`;

/** Of nodes, edges and notes, which are never changed in place: after an edit of a large graph nearly all are those of before. */
const knownRows = new WeakMap<object, string>();

function rowOf<T extends object>(item: T, entriesOf: (item: T) => Entries): string {
  let row = knownRows.get(item);
  if (row === undefined) knownRows.set(item, (row = inlineEntries(entriesOf(item))));
  return row;
}

const block = (entries: Entries): string =>
  `{\n${entries.map(([key, value]) => `    ${JSON.stringify(key)}: ${inline(value)}`).join(',\n')}\n  }`;

const inlineEntries = (entries: Entries): string =>
  entries.length === 0
    ? '{}'
    : `{ ${entries.map(([key, value]) => `${JSON.stringify(key)}: ${inline(value)}`).join(', ')} }`;

/** One line of JSON with a space after each comma and colon. */
function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return inlineEntries(Object.entries(value).filter(([, item]) => item !== undefined));
  return JSON.stringify(value) ?? 'null';
}
