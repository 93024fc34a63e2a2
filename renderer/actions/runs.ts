// What is done with the history of runs: reading it, comparing, going back to a run, deleting, exporting.
import type { Events } from '#core/ipc/api';
import { LazuliError } from '#core/errors';
import { showBytes } from '#core/units';
import { RUN_LIMITS } from '#core/session/runs';

import { call } from '../client';
import { recordWhole, useDocument } from '../stores/document';
import { useModel } from '../stores/model';
import { useRun } from '../stores/run';
import { useRuns } from '../stores/runs';
import { showError, showNote } from '../stores/toasts';
import { useUi } from '../stores/ui';
import { fitSoon } from '../canvas/viewport';
import { t } from '../text';
import { perform } from './perform';
import { acceptModel, flushUpdate } from './sync';
import { followRun } from './training';

const UNREAD = t('told.runsNotRead');

export async function loadRuns(): Promise<void> {
  const runs = await perform(UNREAD, null, () => call('runs.list'));
  if (!runs) return;
  const { chosen } = useRuns.getState();
  useRuns.setState({ runs });
  const known = chosen.filter((id) => runs.some((run) => run.id === id));
  const isGrowing = runs.some(({ id, state }) => state === 'running' && known.includes(id));
  if (isGrowing || known.length < chosen.length) await compare(known);
}

/** The main process wrote to the history, or could not. */
export function noticeRuns({ fault }: Events['runs']): void {
  if (fault) showError(t('told.theRunIsNotRecorded'), LazuliError.fromData(fault));
  const { tab, isOpen } = useUi.getState().dock;
  if (tab === 'runs' && isOpen) void loadRuns();
}

/** Chooses a run for comparison, or lets go of it. */
export async function toggleRun(id: number): Promise<void> {
  const { chosen } = useRuns.getState();
  if (chosen.includes(id)) return compare(chosen.filter((other) => other !== id));
  if (chosen.length === RUN_LIMITS.compared) showNote(t('told.mostCompared', { count: RUN_LIMITS.compared }));
  else await compare([...chosen, id]);
}

export async function compare(ids: readonly number[]): Promise<void> {
  useRuns.setState({ chosen: ids });
  if (ids.length === 0) {
    useRuns.setState({ curves: new Map(), settings: [] });
    return;
  }
  const read = await perform(UNREAD, null, () =>
    Promise.all([call('runs.curves', ids), call('runs.compare', ids)]),
  );
  // Another choice has overtaken this one.
  if (!read || useRuns.getState().chosen !== ids) return;
  const [curves, settings] = read;
  useRuns.setState({ curves: new Map(curves.map(({ id, points }) => [id, points])), settings });
}

/** The project as it was, with the weights of the run's best epoch; one step of the history of edits. */
export async function restoreRun(id: number): Promise<void> {
  await flushUpdate();
  const { project } = useDocument.getState();
  if (!project) return;
  const before = { project, revision: useModel.getState().model?.revision ?? 0 };
  await perform(t('told.runNotRestored', { run: id }), 'open', async () => {
    const restored = await call('runs.restore', id);
    recordWhole(t('step.restoreRun', { run: id }), before, {
      project: restored.project,
      revision: restored.model.revision,
    });
    useModel.setState({ lastFeed: null, fresh: new Set() });
    acceptModel(restored.model, restored.project);
    fitSoon();
    showNote(restored.hasWeights ? t('told.runIsBack', { run: id }) : t('told.projectIsBack', { run: id }));
  });
}

/** After a run whose device failed: the newest one that left a checkpoint goes on with the CPU. */
export async function continueOnCpu(): Promise<void> {
  await loadRuns();
  const failed = useRuns.getState().runs?.find(({ canContinue }) => canContinue);
  if (failed) await continueRun(failed.id, 'cpu');
  else showNote(t('runs.continue.none'));
}

/** Goes on from a run's checkpoint as a new run, in the project as it was: restoring it is one step of the history, the run another. */
export async function continueRun(id: number, device: 'cpu' | null = null): Promise<void> {
  if (useRun.getState().state !== 'idle') return;
  await flushUpdate();
  const { project } = useDocument.getState();
  if (!project) return;
  const before = { project, revision: useModel.getState().model?.revision ?? 0 };
  const begun = await perform(t('runs.notContinued', { run: id }), 'start', () =>
    call('runs.continue', id, device),
  );
  if (!begun) return;
  const { model } = begun;
  recordWhole(t('runs.continueStep', { run: id }), before, {
    project: begun.project,
    revision: model.revision,
  });
  useModel.setState({ lastFeed: null, fresh: new Set() });
  acceptModel(model, begun.project);
  await followRun(begun.project, model.revision, begun.run);
}

export async function starRun(id: number, isStarred: boolean): Promise<void> {
  await perform(t('runs.notStarred', { run: id }), null, () => call('runs.star', id, isStarred));
  await loadRuns();
}

/** Makes room: what is recorded of the runs stays. */
export async function deleteFiles(ids: readonly number[]): Promise<void> {
  const bytes = await perform(t('told.nothingWasDeleted'), null, () => call('runs.deleteFiles', ids));
  if (bytes === null) return;
  await loadRuns();
  showNote(t('runs.freed', { bytes: showBytes(bytes) }));
}

export async function deleteRuns(ids: readonly number[]): Promise<void> {
  const isDone = await perform(t('told.nothingWasDeleted'), null, () => call('runs.delete', ids));
  if (isDone === true) await loadRuns();
}

export async function exportRuns(ids: readonly number[], what: 'runs' | 'curves'): Promise<void> {
  const name = await perform(t('told.nothingWasExported'), null, () => call('runs.export', ids, what));
  if (name !== null) showNote(t('told.exported', { name }));
}
