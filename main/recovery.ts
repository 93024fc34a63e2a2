// Unsaved work of an earlier start: what is offered to the window, and how it comes back. Nothing is restored unasked.
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';

import { writeHistory, type KeptHistory } from '#core/document/history';
import { parseProject } from '#core/document/parse';
import type { Project } from '#core/document/project';
import { serializeProject } from '#core/document/serialize';
import { errorToData, LazuliError } from '#core/errors';
import type { Leftover, OpenedProject } from '#core/ipc/api';
import { sha256, type BackupStore, type FoundBackup, type KeptValues } from '#engine/backups';
import { findShipped, shippedToday } from '#engine/data-places';
import { stampOf } from '#engine/file-stamp';
import { readText } from '#engine/files';

import type { WindowState } from './window-state';

/** What is worth offering: a leftover that says what its file says was saved after all, and is cleared away. */
export async function leftoversOf(backups: BackupStore): Promise<readonly Leftover[]> {
  const offered: Leftover[] = [];
  for (const found of await backups.list()) {
    if (await isSaved(found)) await backups.discard(found.key);
    else offered.push(describe(found));
  }
  return offered;
}

async function isSaved({ file, project, values }: FoundBackup): Promise<boolean> {
  if (file === null || values !== null) return false;
  return (await stampOf(file))?.sha256 === sha256(serializeProject(project));
}

const describe = ({ key, file, project, history, values, isOlder }: FoundBackup): Leftover => ({
  key,
  name: project.name,
  file: file === null ? null : { name: basename(file), folder: dirname(file) },
  nodes: project.graph.nodes.length,
  hasWeights: values !== null,
  steps: history?.past.length ?? 0,
  isOlder,
});

/** Opens a leftover in a window, unsaved as it was. Its backup stays until it is saved or given up. */
export async function restoreLeftover(
  state: WindowState,
  key: string,
): Promise<OpenedProject & { readonly history: KeptHistory | null }> {
  const found = (await state.backups.list()).find((candidate) => candidate.key === key);
  if (!found) throw new LazuliError('file_not_found', 'this unsaved work is no longer there');
  const { history, file } = found;
  const folder = found.folder === null ? null : shippedToday(found.folder);
  const project = findShipped(found.project);
  const notes = found.isOlder
    ? ['The newest backup was damaged and is kept aside; this is the one before.']
    : [];
  const values = found.values ?? (await valuesBeside(found));
  // The values come into the project they were kept with; what was edited since then follows as an edit.
  await state.open(values?.project ?? project, { file, folder }, notes, state.backups.backup(key));
  if (project.data) state.allowData(project.data);
  state.isDirty = true;
  state.unsaved = project;
  state.history = history && writeHistory(history);
  try {
    if (values) await state.session.loadWeights(values.file, { partial: true });
  } catch (error) {
    const { message } = errorToData(error);
    notes.push(`Its parameter values did not come back: ${message}`);
  }
  await state.update(project);
  return { ...state.opened(), notes, history };
}

/** The saved values of a project whose values did not change since, and the project as it was saved. */
async function valuesBeside({ project, file, folder }: FoundBackup): Promise<KeptValues | null> {
  if (project.weights === null || folder === null) return null;
  const weights = `${folder}/${project.weights}`;
  if (!existsSync(weights)) return null;
  return { file: weights, project: (await savedIn(file)) ?? project };
}

async function savedIn(file: string | null): Promise<Project | null> {
  if (file === null) return null;
  try {
    return parseProject(await readText(file), file);
  } catch {
    return null;
  }
}
