// Starting, pausing and stopping a run. Its events come by themselves (stores/run); its end brings the trained values.
import type { RunSnapshot } from '#core/ipc/api';
import type { ModelInfo } from '#core/session/session';

import { call } from '../client';
import { recordValues, useDocument } from '../stores/document';
import { useModel } from '../stores/model';
import { showRun, useRun } from '../stores/run';
import { showDock } from '../stores/ui';
import { perform } from './perform';
import { acceptModel, cancelUpdate } from './sync';

/** Parameter values before the run in progress, so that undo crosses a run in one step; null after a reload. */
let before: number | null = null;

export async function startTraining(): Promise<void> {
  const { project } = useDocument.getState();
  if (!project || useRun.getState().state !== 'idle') return;
  cancelUpdate();
  showDock('training');
  before = useModel.getState().model?.revision ?? 0;
  const snapshot = await perform('Training did not start', 'start', () => call('train.start', project));
  if (snapshot) showRun(snapshot);
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

/** The model after a run: its values are new, and one step of the history. */
export function acceptTrained(model: ModelInfo): void {
  const { project } = useDocument.getState();
  const start = before;
  before = null;
  const last = useModel.getState().model?.revision;
  if (start !== null) recordValues('Train', start, model.revision);
  else if (last !== model.revision) useDocument.setState({ valuesChanged: true });
  // The engine trained the graph it was given; edits made meanwhile are sent after it.
  acceptModel(model, useRun.getState().state === 'idle' ? null : project);
}
