// Brings the window up: asks the main process what to show (also after a reload) and subscribes to what it sends.
import { acceptModel, startSync } from './actions/sync';
import { runCommand } from './actions/commands';
import { commandFor, isTextField } from './actions/shortcuts';
import { acceptDropped, listenToDrags } from './actions/drop';
import { perform } from './actions/perform';
import { showOpened, showOpening } from './actions/project';
import { startTheme } from './actions/theme';
import { noticeRuns } from './actions/runs';
import { followSelection } from './actions/selection';
import { endTour, followTour, startTour } from './actions/tour';
import { acceptTrained, noticeQueue } from './actions/training';
import { call, onEvent } from './client';
import { showApp, useApp } from './stores/app';
import { bringBackHistory, showProject, useDocument } from './stores/document';
import { watchHand } from './stores/in-turns';
import { addRunEvents, showRun } from './stores/run';
import { useRuns } from './stores/runs';
import { openDialog, select, showDock, useUi } from './stores/ui';
import { t } from './text';

/** Starts everything; returns what ends it. */
export function start(): () => void {
  const ends = [
    startTheme(),
    watchHand(),
    startSync(),
    onEvent('run', addRunEvents),
    onEvent('model', acceptTrained),
    onEvent('runs', noticeRuns),
    onEvent('queue', noticeQueue),
    onEvent('command', runCommand),
    onEvent('opening', showOpening),
    onEvent('dropped', acceptDropped),
    onEvent('preferences', (preferences) => useApp.setState({ preferences })),
    onEvent('recent', (recent) => useApp.setState({ recent })),
    onEvent('backup', (backupFault) => useApp.setState({ backupFault })),
    listenToKeys(),
    listenToClipboard(),
    listenToDrags(),
    followTour(),
    followSelection(),
  ];
  void perform(t('told.notStarted'), null, restore);
  return () => {
    ends.forEach((end) => end());
  };
}

async function restore(): Promise<void> {
  const state = await call('app.state');
  showApp(state);
  const { opened, unsaved, run } = state;
  if (opened) {
    showOpened(opened);
    if (unsaved) {
      showProject(unsaved, opened.file, false);
      bringBackHistory(state.history);
      acceptModel(opened.model, null);
    }
  } else openDialog({ kind: 'new' });
  if (state.leftovers.length > 0) openDialog({ kind: 'recovery' });
  else if (!state.isTourOver && opened) startTour();
  showRun(run);
  useRuns.setState({ queue: state.queue });
  if (run.state !== 'idle') showDock('training');
}

/** Escape: ends the tour first, then the lasso, then the selection. */
function letGo(): void {
  if (useUi.getState().tour !== null) endTour();
  else if (useUi.getState().tool === 'lasso') useUi.setState({ tool: 'box' });
  else select([]);
}

/** Cut, copy and paste from the native menu reach the page as events; text fields keep theirs. */
function listenToClipboard(): () => void {
  const kinds = ['cut', 'copy', 'paste'] as const;
  const listener = (event: ClipboardEvent): void => {
    const hasWords = window.getSelection()?.isCollapsed === false;
    if (isTextField(event.target) || hasWords || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    runCommand(`edit.${event.type}`);
  };
  for (const kind of kinds) window.addEventListener(kind, listener);
  return () => {
    for (const kind of kinds) window.removeEventListener(kind, listener);
  };
}

function listenToKeys(): () => void {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || isTextField(event.target) || document.querySelector('dialog[open]')) return;
    if (!useDocument.getState().project) return;
    const command = commandFor(event, useApp.getState().platform === 'darwin');
    // Words selected with the mouse are copied as words.
    if (command?.role !== undefined && window.getSelection()?.isCollapsed === false) return;
    if (command) runCommand(command.id);
    else if (event.key === 'Escape') letGo();
    else return;
    event.preventDefault();
  };
  window.addEventListener('keydown', onKeyDown);
  return () => {
    window.removeEventListener('keydown', onKeyDown);
  };
}
