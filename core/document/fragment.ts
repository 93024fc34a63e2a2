// A piece of a graph as text, so that it travels through the system's clipboard between projects, windows and editors.
import { LazuliError } from '../errors';
import { validate } from '../validate';
import { parseJson } from './json';
import { CURRENT_VERSION, migrate, type JsonObject } from './migrations';
import type { Graph } from './project';
import { graphSchema } from './schema';

const FORMAT = 'lazuli-layers';

/** Indented JSON: pasted into an editor it can be read. */
export const serializeFragment = (graph: Graph): string =>
  `${JSON.stringify({ format: FORMAT, version: CURRENT_VERSION, graph }, null, 2)}\n`;

/** null for any other text. Throws `project_invalid` for layers that cannot be read, naming the place. */
export function parseFragment(text: string): Graph | null {
  if (!text.slice(0, 200).includes(`"${FORMAT}"`)) return null;
  const json = parseJson(text, 'the clipboard') as JsonObject;
  const { version } = json;
  if (typeof version !== 'number' || version > CURRENT_VERSION)
    throw new LazuliError('project_invalid', 'the layers on the clipboard come from a newer Lazuli', {
      where: 'the clipboard',
      expected: `at most version ${CURRENT_VERSION}`,
      got: JSON.stringify(version) ?? 'nothing',
    });
  const { graph } = migrate(json, 'the clipboard');
  const { data, refusal } = validate(graphSchema, graph);
  if (data) return data;
  throw new LazuliError('project_invalid', `the layers on the clipboard are damaged: ${refusal.message}`, {
    where: `the clipboard, ${refusal.path.map(String).join('.')}`,
  });
}
