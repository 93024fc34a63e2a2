// Starting, pausing and stopping a run. Its events come by themselves (stores/run); its end brings the trained values.
import type { Project } from '#core/document/project';
import type { RunSnapshot } from '#core/ipc/api';
import type { ModelInfo } from '#core/session/session';

import { call } from '../client';
import { recordValues, useDocument } from '../stores/document';
import { useModel } from '../stores/model';
import { showRun, useRun } from '../stores/run';
import { showDock } from '../stores/ui';
import { perform } from './perform';
import { acceptModel, flushUpdate, modelOf } from './sync';

/** Where the run in progress began: undo crosses it in one step. null after a reload. */
let begun: { readonly revision: number; readonly project: Project } | null = null;

export async function startTraining(): Promise<void> {
  if (useRun.getState().state !== 'idle') return;
  await flushUpdate();
  const { project } = useDocument.getState();
  if (!project || useRun.getState().state !== 'idle') return;
  showDock('training');
  begun = { revision: useModel.getState().model?.revision ?? 0, project };
  const snapshot = await perform('Training did not start', 'start', () => call('train.start', project));
  if (!snapshot) return;
  showRun(snapshot);
  // The run gave parameters that were still uninitialized their shape.
  const model = await perform('The model was not read', null, () => modelOf(project));
  if (model) acceptModel(model, project);
}

export async function pauseOrResume(): Promise<void> {
  const { state } = useRun.getState();
  if (state === 'running') await change('Training was not paused', () => call('train.pause'));
  else if (state === 'paused') await change('Training was not resumed', () => call('train.resume'));
}

export async function stopTraining(): Promise<void> {
  const { state } = useRun.getState();
  if (state !== 'running' && state !== 'paused') return;
  useRun.setState({ state: 'stopping' });
  await change('Training was not stopped', () => call('train.stop'));
}

async function change(title: string, work: () => Promise<RunSnapshot>): Promise<void> {
  const snapshot = await perform(title, null, work);
  if (snapshot) useRun.setState({ state: snapshot.state, error: snapshot.error });
}

/** The model after a run: its values are new, and one step of the history. The engine trained the graph of its start. */
export function acceptTrained(model: ModelInfo): void {
  const start = begun;
  begun = null;
  const last = useModel.getState().model?.revision;
  if (start) recordValues('Train', start.revision, model.revision);
  else if (last !== model.revision) useDocument.setState({ valuesChanged: true });
  acceptModel(model, start?.project ?? null);
}
