// What each command of core/commands does in this window, and when it can be used.
import { COMMANDS, type Command } from '#core/commands/commands';

import { arrange } from '../canvas/arrange';
import { fitView, zoomIn, zoomOut } from '../canvas/viewport';
import { useDocument } from '../stores/document';
import { useRun } from '../stores/run';
import { openDialog, useUi } from '../stores/ui';
import { deleteSelection, duplicateSelection, selectAll } from './graph';
import { backToUninitialized, chooseWeights, feedSample, isMaterialized, saveWeights, travel } from './model';
import { openProject, openRecent, saveAndClose, saveProject } from './project';
import { chooseTheme } from './theme';
import { pauseOrResume, startTraining, stopTraining } from './training';

interface Action {
  run(): unknown;
  /** Absent: always. */
  isEnabled?(): boolean;
}

const hasProject = (): boolean => useDocument.getState().project !== null;
const isIdle = (): boolean => useRun.getState().state === 'idle';
const canChangeValues = (): boolean => hasProject() && isIdle() && useUi.getState().busy === null;
const hasSelection = (): boolean => {
  const { nodes, edges } = useUi.getState().selection;
  return nodes.size + edges.size > 0;
};

const ACTIONS: Readonly<Record<string, Action>> = {
  'file.new': { run: () => openDialog({ kind: 'new' }) },
  'file.open': { run: openProject },
  'file.save': { run: () => saveProject(), isEnabled: hasProject },
  'file.saveAs': { run: () => saveProject(true), isEnabled: hasProject },
  // Sent by the main process when the user closes with unsaved work and answers "Save".
  'file.saveAndClose': { run: saveAndClose, isEnabled: hasProject },
  'file.loadWeights': { run: chooseWeights, isEnabled: canChangeValues },
  'file.saveWeights': { run: saveWeights, isEnabled: hasProject },
  'edit.undo': { run: () => travel('undo'), isEnabled: () => useDocument.getState().past.length > 0 },
  'edit.redo': { run: () => travel('redo'), isEnabled: () => useDocument.getState().future.length > 0 },
  'edit.delete': { run: deleteSelection, isEnabled: hasSelection },
  'edit.duplicate': { run: duplicateSelection, isEnabled: hasSelection },
  'edit.selectAll': { run: selectAll, isEnabled: hasProject },
  'view.commandPalette': { run: () => openDialog({ kind: 'commands' }) },
  'view.addLayer': { run: () => openDialog({ kind: 'layers', target: null }), isEnabled: hasProject },
  'view.fit': { run: fitView },
  'view.zoomIn': { run: zoomIn },
  'view.zoomOut': { run: zoomOut },
  'view.layout': { run: arrange, isEnabled: hasProject },
  'view.themeLight': { run: () => chooseTheme('light') },
  'view.themeDark': { run: () => chooseTheme('dark') },
  'view.themeSystem': { run: () => chooseTheme('system') },
  'model.feed': { run: feedSample, isEnabled: canChangeValues },
  'model.backToUninitialized': {
    run: backToUninitialized,
    isEnabled: () => canChangeValues() && isMaterialized(),
  },
  'model.train': { run: startTraining, isEnabled: canChangeValues },
  'model.pause': { run: pauseOrResume, isEnabled: () => !isIdle() },
  'model.stop': { run: stopTraining, isEnabled: () => !isIdle() },
  'help.about': { run: () => openDialog({ kind: 'about' }) },
};

/** Commands the table has and this window does not handle; a test wants it empty. */
export const unhandledCommands = (): readonly Command[] => COMMANDS.filter(({ id }) => !(id in ACTIONS));

export const isEnabled = (id: string): boolean => {
  const action = ACTIONS[id];
  return action !== undefined && (action.isEnabled?.() ?? true);
};

const OPEN_RECENT = 'file.openRecent:';

/** Runs a command by id (or opens the recent file the menu names). A value still being typed in a field is taken first. */
export function runCommand(id: string): void {
  if (id.startsWith(OPEN_RECENT)) {
    void openRecent(id.slice(OPEN_RECENT.length));
    return;
  }
  if (document.activeElement instanceof HTMLInputElement && document.querySelector('dialog[open]') === null)
    document.activeElement.blur();
  if (isEnabled(id)) ACTIONS[id]?.run();
}
