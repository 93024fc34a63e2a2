// Projects on disk: a *.lazuli file with its weights beside it, and new ones from a template. What becomes of data is data-places.
import { existsSync } from 'node:fs';
import path from 'node:path';

import type { Project } from '#core/document/project';
import { findTemplate, TEMPLATES } from '#core/document/templates';
import { LazuliError } from '#core/errors';

import { copyData, planDataMove } from './data-places';
import { readProjectFile, writeProjectFile } from './projects';
import type { ModelSession } from './session';

export interface ProjectOnDisk {
  readonly project: Project;
  /** Absolute path of the weights beside it, or null when there are none. */
  readonly weights: string | null;
  /** What the user should know: a weights file that is named but missing. */
  readonly notes: readonly string[];
}

/** Reads and checks a project file. Throws `file_not_found`, `read_failed`, `file_refused` or `project_invalid`, naming it. */
export async function openProject(file: string): Promise<ProjectOnDisk> {
  const { project, folder } = await readProjectFile(file);
  if (project.weights === null) return { project, weights: null, notes: [] };
  const weights = path.resolve(folder, project.weights);
  if (existsSync(weights)) return { project, weights, notes: [] };
  return {
    project,
    weights: null,
    notes: [
      `The weights file ${project.weights} is missing: the parameters are uninitialized. Feed a sample to begin anew.`,
    ],
  };
}

/** A project from a template, with the folder its data lies in; throws `usage` listing the templates. */
export function newFromTemplate(
  name: string,
  examples: string,
): { readonly project: Project; readonly folder: string } {
  const template = findTemplate(name);
  if (!template)
    throw new LazuliError('usage', `there is no template '${name}'`, {
      expected: TEMPLATES.map((known) => known.name).join(', '),
      got: name,
    });
  return { project: template.project, folder: path.join(examples, name) };
}

/**
 * Writes the session's weights (when any parameter has values), copies of shipped data, and then its project, each atomically, and makes
 * `file` the session's place. Returns the project as written and the names of the copies.
 */
export async function saveProject(
  session: ModelSession,
  file: string,
  from: string | null,
): Promise<{
  readonly project: Project;
  readonly warnings: readonly string[];
  readonly copied: readonly string[];
}> {
  const folder = path.dirname(file);
  const base = path.basename(file, path.extname(file));
  const hasValues = session
    .info()
    .nodes.some((node) => node.parameters.some(({ state }) => state !== 'uninitialized'));
  const weights = hasValues ? `${base}.pt` : null;
  const { warnings } =
    weights === null ? { warnings: [] } : await session.saveWeights(path.join(folder, weights));
  const { data } = session.project;
  const move = data && (await planDataMove(data, from, folder));
  const copied = move ? await copyData(move) : [];
  const project: Project = {
    ...session.project,
    weights,
    data: move && move.data,
  };
  await writeProjectFile(file, project);
  session.setFolder(folder);
  await session.update(project);
  return { project, warnings, copied };
}
