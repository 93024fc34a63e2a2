// What each command of core/commands does in this window, and when it can be used.
import { COMMANDS, type Command } from '#core/commands/commands';

import { arrange } from '../canvas/arrange';
import { middleOfEdge } from '../canvas/edge-middle';
import { fitNodes, fitView, zoomIn, zoomOut } from '../canvas/viewport';
import { call } from '../client';
import { useApp } from '../stores/app';
import { nodeOf, useDocument } from '../stores/document';
import { toggleHeat } from '../stores/heat';
import { useModel } from '../stores/model';
import { useRun } from '../stores/run';
import { showNote } from '../stores/toasts';
import { onlySelected, openDialog, showDock, startRename, useUi } from '../stores/ui';
import { t } from '../text';
import { alignSelection, distributeSelection } from './arrange';
import { breakUpSelected, collapseSelection, isBlock, leaveBlock, openBlock } from './blocks';
import { copySelection, cutSelection, paste } from './clipboard';
import {
  deleteSelection,
  disconnectSelection,
  duplicateSelection,
  graphNow,
  selectAll,
  selectAlong,
} from './graph';
import { backToUninitialized, chooseWeights, feedSample, isMaterialized, saveWeights, travel } from './model';
import { perform, whenFree, type Busy } from './perform';
import { prefer } from './preferences';
import { openProject, openRecent, saveAndClose, saveProject } from './project';
import { addNote } from './notes';
import { startTour } from './tour';
import { pauseOrResume, queueTraining, startTraining, stopTraining } from './training';

interface Action {
  run(): unknown;
  /** Absent: always. */
  isEnabled?(): boolean;
  /** What it marks the window busy with: asked for while something else is under way, it waits for its turn. */
  readonly does?: Busy;
}

const hasProject = (): boolean => useDocument.getState().project !== null;
const isIdle = (): boolean => useRun.getState().state === 'idle';
const canChangeValues = (): boolean => hasProject() && isIdle() && useUi.getState().busy === null;
const hasSelection = (): boolean => {
  const { nodes, edges } = useUi.getState().selection;
  return nodes.size + edges.size > 0;
};

const hasNodes =
  (count: number): (() => boolean) =>
  () =>
    useUi.getState().selection.nodes.size >= count;
const hasBlock = (): boolean => isBlock(onlySelected(useUi.getState()));
const runsTo = (direction: 'down' | 'right'): boolean =>
  hasProject() && (graphNow()?.direction ?? 'down') === direction;

/** The one selected node, notes aside. */
function onlySelectedNode(): string | null {
  const id = onlySelected(useUi.getState());
  return id !== null && nodeOf(graphNow() ?? undefined, id) !== undefined ? id : null;
}

function connectSelected(): void {
  const node = onlySelectedNode();
  if (node !== null) openDialog({ kind: 'connect', node });
}

/** The tree twin of the canvas, with the focus. */
function showOutline(): void {
  showDock('outline');
  requestAnimationFrame(() => document.querySelector<HTMLElement>('.outline-tree')?.focus());
}

/** Takes the focus from a card or an edge before it goes: a page that loses what has it is laid out twice. */
function deleteAndLetGo(): void {
  const focused = document.activeElement;
  if (focused instanceof HTMLElement || focused instanceof SVGElement)
    if (focused.closest('.react-flow__node, .react-flow__edge') !== null) focused.blur();
  deleteSelection();
}

function renameSelected(): void {
  startRename(onlySelected(useUi.getState()));
}

/** The palette for the one selected edge: what is chosen goes into its middle. */
function askForEdge(): void {
  const graph = graphNow();
  const [edge] = useUi.getState().selection.edges;
  const from = graph?.edges.find(({ id }) => id === edge)?.from;
  if (!graph || edge === undefined || !from) return;
  openDialog({
    kind: 'layers',
    target: { position: middleOfEdge(edge), edge, port: { kind: 'output', ...from } },
  });
}

function toggleLasso(): void {
  useUi.setState(({ tool }) => ({ tool: tool === 'lasso' ? 'box' : 'lasso' }));
}

function toggleSnapping(): void {
  const { snapping } = useApp.getState().preferences;
  void prefer({ snapping: !snapping });
  showNote(snapping ? t('told.cardsMoveFreely') : t('told.cardsSnap'));
}

const ACTIONS: Readonly<Record<string, Action>> = {
  'file.new': { run: () => openDialog({ kind: 'new' }) },
  'file.newWindow': {
    run: () => perform(t('told.noWindowWasOpened'), null, () => call('app.newWindow')),
  },
  'file.open': { run: openProject, does: 'open' },
  'file.save': { run: () => saveProject(), isEnabled: hasProject, does: 'save' },
  'file.saveAs': { run: () => saveProject(true), isEnabled: hasProject, does: 'save' },
  // Sent by the main process when the user closes with unsaved work and answers "Save".
  'file.saveAndClose': { run: saveAndClose, isEnabled: hasProject, does: 'save' },
  'file.settings': { run: () => openDialog({ kind: 'settings' }) },
  'file.loadWeights': { run: chooseWeights, isEnabled: canChangeValues, does: 'weights' },
  'file.saveWeights': { run: saveWeights, isEnabled: hasProject, does: 'weights' },
  'edit.undo': { run: () => travel('undo'), isEnabled: () => useDocument.getState().past.length > 0 },
  'edit.redo': { run: () => travel('redo'), isEnabled: () => useDocument.getState().future.length > 0 },
  'edit.cut': { run: cutSelection, isEnabled: hasNodes(1) },
  'edit.copy': { run: copySelection, isEnabled: hasNodes(1) },
  'edit.paste': { run: paste, isEnabled: hasProject },
  'edit.delete': { run: deleteAndLetGo, isEnabled: hasSelection },
  'edit.duplicate': { run: duplicateSelection, isEnabled: hasNodes(1) },
  'edit.rename': { run: renameSelected, isEnabled: () => onlySelected(useUi.getState()) !== null },
  'edit.connect': { run: connectSelected, isEnabled: () => onlySelectedNode() !== null },
  'edit.disconnect': { run: disconnectSelection, isEnabled: hasSelection },
  'edit.addNote': { run: () => addNote(), isEnabled: hasProject },
  'edit.collapse': { run: collapseSelection, isEnabled: hasNodes(1) },
  'edit.breakUp': { run: breakUpSelected, isEnabled: hasBlock },
  'edit.openBlock': { run: () => openBlock(onlySelected(useUi.getState()) ?? ''), isEnabled: hasBlock },
  'edit.leaveBlock': { run: leaveBlock, isEnabled: () => useDocument.getState().scope.length > 0 },
  'edit.selectAll': { run: selectAll, isEnabled: hasProject },
  'edit.selectBefore': { run: () => selectAlong('backward'), isEnabled: hasNodes(1) },
  'edit.selectAfter': { run: () => selectAlong('forward'), isEnabled: hasNodes(1) },
  'edit.selectConnected': { run: () => selectAlong('both'), isEnabled: hasNodes(1) },
  'edit.lasso': { run: toggleLasso, isEnabled: hasProject },
  'view.commandPalette': { run: () => openDialog({ kind: 'commands' }) },
  'view.addLayer': { run: () => openDialog({ kind: 'layers', target: null }), isEnabled: hasProject },
  'view.insertIntoEdge': { run: askForEdge, isEnabled: () => useUi.getState().selection.edges.size === 1 },
  'view.outline': { run: showOutline, isEnabled: hasProject },
  'view.predictions': { run: () => showDock('predictions'), isEnabled: hasProject },
  'view.runs': { run: () => showDock('runs'), isEnabled: hasProject },
  'view.fit': { run: fitView },
  'view.fitSelection': { run: () => fitNodes(useUi.getState().selection.nodes), isEnabled: hasNodes(1) },
  'view.zoomIn': { run: zoomIn },
  'view.zoomOut': { run: zoomOut },
  'view.heatTime': { run: () => toggleHeat('time'), isEnabled: hasProject },
  'view.heatMemory': { run: () => toggleHeat('memory'), isEnabled: hasProject },
  'view.heatFlops': { run: () => toggleHeat('flops'), isEnabled: hasProject },
  'view.heatParameters': { run: () => toggleHeat('parameters'), isEnabled: hasProject },
  'view.themeLight': { run: () => prefer({ theme: 'light' }) },
  'view.themeDark': { run: () => prefer({ theme: 'dark' }) },
  'view.themeSystem': { run: () => prefer({ theme: 'system' }) },
  'arrange.automatic': { run: () => arrange(), isEnabled: hasProject },
  'arrange.selection': {
    run: () => arrange({ only: useUi.getState().selection.nodes }),
    isEnabled: hasNodes(2),
  },
  'arrange.down': { run: () => arrange({ direction: 'down' }), isEnabled: () => runsTo('right') },
  'arrange.right': { run: () => arrange({ direction: 'right' }), isEnabled: () => runsTo('down') },
  'arrange.alignLeft': { run: () => alignSelection('left'), isEnabled: hasNodes(2) },
  'arrange.alignCenter': { run: () => alignSelection('center'), isEnabled: hasNodes(2) },
  'arrange.alignRight': { run: () => alignSelection('right'), isEnabled: hasNodes(2) },
  'arrange.alignTop': { run: () => alignSelection('top'), isEnabled: hasNodes(2) },
  'arrange.alignMiddle': { run: () => alignSelection('middle'), isEnabled: hasNodes(2) },
  'arrange.alignBottom': { run: () => alignSelection('bottom'), isEnabled: hasNodes(2) },
  'arrange.distributeAcross': { run: () => distributeSelection('x'), isEnabled: hasNodes(3) },
  'arrange.distributeDown': { run: () => distributeSelection('y'), isEnabled: hasNodes(3) },
  'arrange.snap': { run: toggleSnapping },
  'model.feed': { run: feedSample, isEnabled: canChangeValues, does: 'feed' },
  'model.backToUninitialized': {
    run: backToUninitialized,
    isEnabled: () => canChangeValues() && isMaterialized(),
    does: 'reset',
  },
  'model.report': {
    run: () => openDialog({ kind: 'report' }),
    isEnabled: () => useModel.getState().model !== null,
  },
  'model.train': { run: startTraining, isEnabled: canChangeValues, does: 'start' },
  'model.queue': { run: queueTraining, isEnabled: () => hasProject() && !isIdle() },
  'model.pause': { run: pauseOrResume, isEnabled: () => !isIdle() },
  'model.stop': { run: stopTraining, isEnabled: () => !isIdle() },
  'help.tour': { run: startTour, isEnabled: hasProject },
  'help.shortcuts': { run: () => openDialog({ kind: 'settings', search: t('settings.shortcuts') }) },
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
  const { busy } = useUi.getState();
  const does = ACTIONS[id]?.does;
  if (busy !== null && does !== undefined) {
    // Whoever presses twice wants one of it; but a save asked for during a save is about what changed since.
    if (id !== underWay || does === 'save') runOnceFree(id);
    return;
  }
  if (!isEnabled(id)) return;
  if (does !== undefined) underWay = id;
  ACTIONS[id]?.run();
}

/** The last command begun of those that keep the window busy. */
let underWay: string | null = null;
const waiting = new Set<string>();

/** Runs a command once what the window is busy with has ended. */
function runOnceFree(id: string): void {
  if (waiting.has(id)) return;
  waiting.add(id);
  whenFree(() => {
    waiting.delete(id);
    runCommand(id);
  });
}
