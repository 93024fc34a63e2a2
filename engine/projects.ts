// Project files on disk: read, write, create. What they mean is core/document.
import { access } from 'node:fs/promises';
import path from 'node:path';

import { parseProject } from '#core/document/parse';
import type { Project } from '#core/document/project';
import { serializeProject } from '#core/document/serialize';
import { LazuliError } from '#core/errors';

import { findShipped } from './data-places';
import { readText, writeTextAtomically } from './files';
import { notAProject } from './not-a-project';

export interface LoadedProject {
  readonly project: Project;
  /** Where its relative paths start. */
  readonly folder: string;
}

/** Throws `file_not_found`, `read_failed`, `file_refused` or `project_invalid`, each naming the file and, for another kind, what it is. */
export async function readProjectFile(file: string): Promise<LoadedProject> {
  return {
    project: findShipped(await parsed(file)),
    folder: path.dirname(path.resolve(file)),
  };
}

async function parsed(file: string): Promise<Project> {
  try {
    return parseProject(await readText(file), file);
  } catch (error) {
    throw (await notAProject(file)) ?? error;
  }
}

/** Atomic; throws `write_failed` and leaves the old file alone. */
export const writeProjectFile = (file: string, project: Project): Promise<number> =>
  writeTextAtomically(file, serializeProject(project));

/** Writes a new file; one that is there is refused unless `replace`. */
export async function createProjectFile(
  file: string,
  text: string,
  options: { readonly replace: boolean },
): Promise<void> {
  if (!options.replace && (await exists(file)))
    throw new LazuliError('usage', `${file} exists already`, {
      where: file,
      hint: 'choose another name, or --force',
    });
  await writeTextAtomically(file, text);
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
