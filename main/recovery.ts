// Unsaved work of an earlier start: what is offered to the window, and how it comes back. Nothing is restored unasked.
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';

import { serializeProject } from '#core/document/serialize';
import { errorToData, LazuliError } from '#core/errors';
import type { Leftover, OpenedProject } from '#core/ipc/api';
import { sha256, type BackupStore, type FoundBackup } from '#engine/backups';
import { stampOf } from '#engine/file-stamp';

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

async function isSaved({ file, project, weights }: FoundBackup): Promise<boolean> {
  if (file === null || weights !== null) return false;
  return (await stampOf(file))?.sha256 === sha256(serializeProject(project));
}

const describe = ({ key, file, project, weights, isOlder }: FoundBackup): Leftover => ({
  key,
  name: project.name,
  file: file === null ? null : { name: basename(file), folder: dirname(file) },
  nodes: project.graph.nodes.length,
  hasWeights: weights !== null,
  isOlder,
});

/** Opens a leftover in a window, unsaved as it was. Its backup stays until it is saved or given up. */
export async function restoreLeftover(state: WindowState, key: string): Promise<OpenedProject> {
  const found = (await state.backups.list()).find((candidate) => candidate.key === key);
  if (!found) throw new LazuliError('file_not_found', 'this unsaved work is no longer there');
  const { project, file, folder, weights } = found;
  const notes = found.isOlder
    ? ['The newest backup was damaged and is kept aside; this is the one before.']
    : [];
  await state.open(project, { file, folder }, notes, state.backups.backup(key));
  state.isDirty = true;
  state.unsaved = project;
  const values = weights ?? valuesBeside(found);
  if (values === null) return state.opened();
  try {
    await state.session.loadWeights(values, { partial: true });
    return state.opened();
  } catch (error) {
    const { message } = errorToData(error);
    return { ...state.opened(), notes: [...notes, `Its parameter values did not come back: ${message}`] };
  }
}

/** The saved values of a project whose values did not change. */
function valuesBeside({ project, folder }: FoundBackup): string | null {
  if (project.weights === null || folder === null) return null;
  const file = `${folder}/${project.weights}`;
  return existsSync(file) ? file : null;
}
