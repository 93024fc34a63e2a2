// Projects on disk: a *.lazuli file with its weights beside it, and new ones from a template. Data paths move with the file.
import { existsSync } from 'node:fs';
import { constants, copyFile } from 'node:fs/promises';
import path from 'node:path';

import type { DataSource, Project } from '#core/document/project';
import { findTemplate, TEMPLATES } from '#core/document/templates';
import { LazuliError } from '#core/errors';

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

/** Copies the data a template needs beside its new project; a file that is already there is left as it is. Returns the names copied. */
export async function copyTemplateData(
  project: Project,
  from: string,
  file: string,
): Promise<readonly string[]> {
  const names = [project.data?.file, project.data?.targetFile].filter(
    (name): name is string => typeof name === 'string' && !path.isAbsolute(name),
  );
  const copied: string[] = [];
  for (const name of names) {
    const target = path.join(path.dirname(file), name);
    if (existsSync(target) || !existsSync(path.join(from, name))) continue;
    await copyFile(path.join(from, name), target, constants.COPYFILE_EXCL);
    copied.push(name);
  }
  return copied;
}

/** True for a file or folder that lies in `folder`, at any depth. */
export function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && relative.split(path.sep)[0] !== '..' && !path.isAbsolute(relative);
}

/** The data description as seen from `to`: inside that folder relative, elsewhere absolute. */
export function relocateData(data: DataSource, from: string | null, to: string): DataSource {
  const move = (file: string): string => {
    const absolute = path.resolve(from ?? to, file);
    return isInside(to, absolute) ? path.relative(to, absolute) : absolute;
  };
  return {
    ...data,
    file: move(data.file),
    ...(data.targetFile ? { targetFile: move(data.targetFile) } : {}),
  };
}

/**
 * Writes the session's weights (when any parameter has values) and then its project, each atomically, and makes `file` the session's
 * place. Returns the project as written.
 */
export async function saveProject(
  session: ModelSession,
  file: string,
  from: string | null,
): Promise<{ readonly project: Project; readonly warnings: readonly string[] }> {
  const folder = path.dirname(file);
  const base = path.basename(file, path.extname(file));
  const hasValues = session
    .info()
    .nodes.some((node) => node.parameters.some(({ state }) => state !== 'uninitialized'));
  const weights = hasValues ? `${base}.pt` : null;
  const { warnings } =
    weights === null ? { warnings: [] } : await session.saveWeights(path.join(folder, weights));
  const { data } = session.project;
  const project: Project = {
    ...session.project,
    weights,
    data: data && relocateData(data, from, folder),
  };
  await writeProjectFile(file, project);
  session.setFolder(folder);
  await session.update(project);
  return { project, warnings };
}
