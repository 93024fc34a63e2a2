// New, open, save: what happens to the document as a file. Unsaved work is asked about first.
import type { Project } from '#core/document/project';
import { LazuliError } from '#core/errors';
import type { OpenedProject, SavedProject } from '#core/ipc/api';
import type { ModelInfo } from '#core/session/session';

import { call } from '../client';
import { useApp } from '../stores/app';
import {
  bringBackHistory,
  isDirty,
  markSaved,
  recordWhole,
  showProject,
  useDocument,
} from '../stores/document';
import { useModel } from '../stores/model';
import { saysSame } from '../stores/says-same';
import { showRun } from '../stores/run';
import { forgetRuns } from '../stores/runs';
import { showError, showNote } from '../stores/toasts';
import { openDialog, select, useUi } from '../stores/ui';
import { fitSoon } from '../canvas/viewport';
import { saidText, t } from '../text';
import { perform } from './perform';
import { acceptModel, flushRemember, markTold } from './sync';

/** What was shown before the project that is being opened; brought back when it cannot be. */
let before: {
  readonly document: ReturnType<typeof useDocument.getState>;
  readonly model: ModelInfo | null;
} | null = null;

/** Shows a project while its parameters are still being made. Only while this window asked for one. */
export function showOpening({ project, file }: Pick<OpenedProject, 'project' | 'file'>): void {
  if (useUi.getState().busy !== 'open' || before !== null) return;
  before = { document: useDocument.getState(), model: useModel.getState().model };
  select([]);
  useModel.setState({ model: null, nodes: new Map(), fresh: new Set(), lastFeed: null });
  showProject(project, file);
  fitSoon();
}

/** The project could not be opened after all. */
function showBefore(): void {
  if (before === null) return;
  const { document, model } = before;
  before = null;
  select([]);
  useDocument.setState(document);
  if (model) acceptModel(model, document.project);
  fitSoon();
}

/** Shows a project the main process opened. */
export function showOpened(opened: OpenedProject): void {
  const isShown = before !== null;
  before = null;
  if (!isShown) select([]);
  useModel.setState({ nodes: new Map(), fresh: new Set(), lastFeed: null });
  forgetRuns();
  const { project } = useDocument.getState();
  // The same project in the same objects: nothing is drawn anew.
  if (isShown && project && saysSame(project, opened.project)) {
    markTold(project, opened.version);
    showProject(project, opened.file);
    acceptModel(opened.model, project);
  } else {
    markTold(opened.project, opened.version);
    showProject(opened.project, opened.file);
    acceptModel(opened.model, opened.project);
    fitSoon();
  }
  opened.notes.forEach((note) => showNote(saidText(note)));
  if (opened.fault) showError(t('told.theProjectWasNotOpened'), LazuliError.fromData(opened.fault));
}

/** True when the current work may be replaced. */
async function mayReplace(): Promise<boolean> {
  if (!isDirty(useDocument.getState())) return true;
  const answer = await call('project.confirmDiscard');
  if (answer === 'save') return save(false);
  return answer === 'discard';
}

async function replaceBy(title: string, open: () => Promise<OpenedProject | null>): Promise<void> {
  await perform(title, 'open', async () => {
    if (!(await mayReplace())) return;
    const opened = await open().finally(() => {
      // Told by `showOpened` otherwise.
      setTimeout(showBefore);
    });
    if (!opened) return;
    showOpened(opened);
    showRun({ state: 'idle', events: [], error: null });
  });
}

/** Brings back work of an earlier start, unsaved as it was. */
export const restoreLeftover = (key: string): Promise<void> =>
  perform(t('told.theWorkWasNotRestored'), 'open', async () => {
    if (!(await mayReplace())) return;
    const opened = await call('recovery.restore', key);
    showOpened(opened);
    showProject(opened.project, opened.file, false);
    bringBackHistory(opened.history);
    acceptModel(opened.model, opened.project);
    showRun({ state: 'idle', events: [], error: null });
    forgetLeftover(key);
  }).then(() => undefined);

/** Gives work of an earlier start up for good. */
export const discardLeftover = (key: string): Promise<void> =>
  perform(t('told.theWorkWasNotDiscarded'), null, async () => {
    await call('recovery.discard', key);
    forgetLeftover(key);
  }).then(() => undefined);

function forgetLeftover(key: string): void {
  const leftovers = useApp.getState().leftovers.filter((left) => left.key !== key);
  useApp.setState({ leftovers });
  if (leftovers.length === 0) openDialog(null);
}

export const newProject = (template: string): Promise<void> => {
  openDialog(null);
  return replaceBy(t('told.theProjectWasNotCreated'), () => call('project.new', template));
};

export const openProject = (): Promise<void> =>
  replaceBy(t('told.theProjectWasNotOpened'), () => call('project.open'));

export const openRecent = (token: string): Promise<void> =>
  replaceBy(t('told.theProjectWasNotOpened'), () => call('project.openRecent', token));

/** The file as something else left it, in the place of what was here; that comes back with undo. */
function takeOver({ leaving, ...opened }: SavedProject, before: Project): void {
  const { project, model, file } = opened;
  markTold(project, opened.version);
  recordWhole(
    t('step.reload', { file: file?.name ?? '' }),
    { project: before, revision: leaving ?? 0 },
    { project, revision: model.revision },
  );
  markSaved(project, file);
  useModel.setState({ lastFeed: null, fresh: new Set() });
  acceptModel(model, project);
  showNote(t('told.reloaded', { name: file?.name ?? '' }));
}

/** True when the project is on disk now; false when the user cancelled. Throws what the save throws. */
async function save(saveAs: boolean): Promise<boolean> {
  await flushRemember();
  const { project } = useDocument.getState();
  if (!project) return false;
  const opened = await call('project.save', project, { saveAs });
  if (!opened) return false;
  opened.notes.forEach((note) => showNote(saidText(note)));
  if (opened.leaving !== null) {
    takeOver(opened, project);
    return false;
  }
  markTold(opened.project, opened.version);
  // What was edited while the save ran is newer than the file and stays unsaved.
  if (useDocument.getState().project === project) {
    markSaved(opened.project, opened.file);
    acceptModel(opened.model, opened.project);
  } else useDocument.setState({ saved: opened.project, file: opened.file, valuesChanged: false });
  return true;
}

export const saveProject = async (saveAs = false): Promise<void> => {
  const isSaved = await perform(t('told.theProjectWasNotSaved2'), 'save', () => save(saveAs));
  const { file } = useDocument.getState();
  if (isSaved === true && file) showNote(t('told.saved', { name: file.name }));
};

/** The answer "Save" to closing with unsaved work: closes only when the save succeeded. */
export const saveAndClose = async (): Promise<void> => {
  const isSaved = await perform(t('told.theProjectWasNotSaved'), 'save', () => save(false));
  if (isSaved !== true) return;
  await call('app.setDirty', false);
  window.close();
};
