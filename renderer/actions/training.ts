// Starting, pausing and stopping a run. Its events come by themselves (stores/run); its end brings the trained values.
import type { Project } from '#core/document/project';
import type { Events, RunSnapshot } from '#core/ipc/api';
import type { ModelInfo } from '#core/session/session';

import { call } from '../client';
import { recordValues, useDocument } from '../stores/document';
import { useModel } from '../stores/model';
import { showRun, useRun } from '../stores/run';
import { useRuns } from '../stores/runs';
import { showDock } from '../stores/ui';
import { t } from '../text';
import { perform } from './perform';
import { acceptModel, flushUpdate, modelOf } from './sync';

/** Where the run in progress began: undo crosses it in one step. null after a reload. */
let begun: { readonly revision: number; readonly project: Project | null } | null = null;

/** What the runs that wait will train, by their number. */
const queued = new Map<number, Project>();

export async function startTraining(): Promise<void> {
  if (useRun.getState().state !== 'idle') return;
  await flushUpdate();
  const { project } = useDocument.getState();
  if (!project || useRun.getState().state !== 'idle') return;
  showDock('training');
  begun = { revision: useModel.getState().model?.revision ?? 0, project };
  const snapshot = await perform(t('told.trainingDidNotStart'), 'start', () => call('train.start', project));
  if (!snapshot) return;
  await shown(snapshot, project);
}

/** A run that something else than the training panel started, from the values of `revision`. */
export async function followRun(project: Project, revision: number, snapshot: RunSnapshot): Promise<void> {
  showDock('training');
  begun = { revision, project };
  await shown(snapshot, project);
}

async function shown(snapshot: RunSnapshot, project: Project): Promise<void> {
  showRun(snapshot);
  // The run gave parameters that were still uninitialized their shape.
  const model = await perform(t('told.theModelWasNotRead'), null, () => modelOf(project));
  if (model) acceptModel(model, project);
}

export async function pauseOrResume(): Promise<void> {
  const { state } = useRun.getState();
  if (state === 'running') await change(t('told.trainingWasNotPaused'), () => call('train.pause'));
  else if (state === 'paused') await change(t('told.trainingWasNotResumed'), () => call('train.resume'));
}

export async function stopTraining(): Promise<void> {
  const { state } = useRun.getState();
  if (state !== 'running' && state !== 'paused') return;
  useRun.setState({ state: 'stopping' });
  await change(t('told.trainingWasNotStopped'), () => call('train.stop'));
}

async function change(title: string, work: () => Promise<RunSnapshot>): Promise<void> {
  const snapshot = await perform(title, null, work);
  if (snapshot) useRun.setState({ state: snapshot.state, error: snapshot.error });
}

/** Runs the project as it is now once the run that goes on, and those that wait already, have ended. */
export async function queueTraining(): Promise<void> {
  const { project } = useDocument.getState();
  if (!project || useRun.getState().state === 'idle') return;
  const queue = await perform(t('told.theRunWasNotQueued'), null, () => call('train.queue', project));
  const added = queue?.at(-1);
  if (!queue || !added) return;
  queued.set(added.id, project);
  useRuns.setState({ queue });
  showDock('training');
}
export async function cancelQueued(id: number): Promise<void> {
  const queue = await perform(t('told.theRunStillWaits'), null, () => call('train.cancel', id));
  if (queue) useRuns.setState({ queue });
}
export async function moveQueued(id: number, by: -1 | 1): Promise<void> {
  const queue = await perform(t('told.theOrderStays'), null, () => call('train.move', id, by));
  if (queue) useRuns.setState({ queue });
}

/** A run that waited starts: from the values before the first of them, under one step of the history of its own. */
export function noticeQueue({ waiting, started }: Events['queue']): void {
  useRuns.setState({ queue: waiting });
  if (started === null) return;
  begun = { revision: useModel.getState().model?.revision ?? 0, project: queued.get(started) ?? null };
  queued.delete(started);
}

/** The model after a run: its values are new, and one step of the history. The engine trained the graph of its start. */
export function acceptTrained(model: ModelInfo): void {
  const start = begun;
  begun = null;
  const last = useModel.getState().model?.revision;
  if (start) recordValues(t('step.train'), start.revision, model.revision);
  else if (last !== model.revision) useDocument.setState({ valuesChanged: true });
  acceptModel(model, start?.project ?? null);
}
