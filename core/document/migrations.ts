// How older project files become current ones: numbered, named, one step each, no gaps. Nothing here guesses a file's age.
import { LazuliError } from '../errors';
import type { JsonObject } from './json';
import { einsumInputs } from './migrate-einsum';

export type { JsonObject };

export interface Migration {
  /** The version it produces; the first is 2. */
  readonly to: number;
  /** What changed, in a word or two (`rename-flatten`). */
  readonly name: string;
  up(document: JsonObject): JsonObject;
}

/** In order. Version 1 is the first format there was. */
export const MIGRATIONS: readonly Migration[] = [
  // Nothing to change in an older file; a Lazuli that knows no blocks must not open one that has them.
  { to: 2, name: 'blocks', up: (document) => document },
  // The same of several inputs, targets and losses: it would train on the first of each and not say so.
  { to: 3, name: 'several-inputs', up: (document) => document },
  // Text as data: an older Lazuli would call the file broken instead of itself too old.
  { to: 4, name: 'text-data', up: (document) => document },
  { to: 5, name: 'einsum-inputs', up: einsumInputs },
];

export const versionAfter = (migrations: readonly Migration[]): number => 1 + migrations.length;

/** The version this Lazuli writes. */
export const CURRENT_VERSION = versionAfter(MIGRATIONS);

/** Applies what is missing. Throws `project_invalid` for a version that is no number or newer than this Lazuli. */
export function migrate(
  document: JsonObject,
  name: string,
  migrations: readonly Migration[] = MIGRATIONS,
): JsonObject {
  const current = versionAfter(migrations);
  const { version } = document;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1)
    throw new LazuliError('project_invalid', `${name} does not say which version of the format it has`, {
      where: `${name}, version`,
      expected: `a whole number from 1 to ${current}`,
      got: JSON.stringify(version) ?? 'nothing',
    });
  if (version > current)
    throw new LazuliError(
      'project_invalid',
      `${name} was written by a newer Lazuli (format version ${version})`,
      {
        where: `${name}, version`,
        expected: `at most ${current}`,
        got: String(version),
        hint: 'open it with a newer Lazuli; saving it here would lose what that version added',
      },
    );
  let migrated = document;
  for (const migration of migrations.slice(version - 1)) {
    migrated = { ...migration.up(migrated), version: migration.to };
  }
  return migrated;
}
