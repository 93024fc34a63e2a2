// Text of a *.lazuli file → Project, or an error that says where it breaks the schema. The graph itself may still have problems.
import { LazuliError } from '../errors';
import { validate } from '../validate';
import { parseJson, type Json } from './json';
import { migrate, type JsonObject } from './migrations';
import type { Project } from './project';
import { projectSchema } from './schema';

export const FORMAT = 'lazuli';

/** Throws `project_invalid`. Unknown fields stay on the result and are written back by `serializeProject`. */
export function parseProject(source: string, name = 'project'): Project {
  const json = parseJson(source, name);
  if (!isObject(json) || json['format'] !== FORMAT)
    throw new LazuliError('project_invalid', `${name} is not a Lazuli project`, {
      where: name,
      expected: `an object with "format": "${FORMAT}"`,
      got: isObject(json) ? `"format": ${JSON.stringify(json['format']) ?? 'nothing'}` : typeof json,
    });
  const { format: _format, version: _version, ...fields } = migrate(json, name);
  return checkProject(fields, name);
}

/** A value from elsewhere (IPC, a template) against the schema. Throws `project_invalid` naming the path. */
export function checkProject(value: unknown, name = 'project'): Project {
  const { data, refusal } = validate(projectSchema, value);
  if (data) return data;
  const { path, message, expected, others } = refusal;
  const place = pathOf(path);
  const got = JSON.stringify(valueAt(value, path))?.slice(0, 100) ?? 'nothing';
  const what = expected === undefined ? message : `expected ${expected}, got ${got}`;
  throw new LazuliError('project_invalid', `${name}, ${place}: ${what}`, {
    where: `${name}, ${place}`,
    ...(expected === undefined ? {} : { expected }),
    got,
    ...(others > 0 ? { hint: `and ${others} more of this kind` } : {}),
  });
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const pathOf = (path: readonly PropertyKey[]): string =>
  path.length === 0
    ? 'top level'
    : path
        .map((part) => (typeof part === 'number' ? `[${part}]` : String(part)))
        .join('.')
        .replaceAll('.[', '[');

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Reflect.get(current, part);
  }
  return current;
}
