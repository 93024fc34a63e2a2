// The project being edited and its history. Edits are invertible data; a change of parameter values is named by revisions,
// so undo and redo cross a materialization.
import { create } from 'zustand';
import type { Settings } from '#core/document/change';
import type { DocumentStep, KeptHistory } from '#core/document/history';
import type { Block, Graph, GraphNode, GraphNote, Project } from '#core/document/project';
import { applyEdit, type Edit } from '#core/graph/edits';
import { PATH } from '#core/graph/flatten';
import { placesOf } from '#core/graph/places';

/** One step of the history. `revisions` steps ask the engine to bring back parameter values. */
export type HistoryEntry =
  | DocumentStep
  | { readonly kind: 'values'; readonly label: string; readonly before: number; readonly after: number }
  | { readonly kind: 'whole'; readonly label: string; readonly before: Whole; readonly after: Whole };

/** A project with the parameter values it had. */
export interface Whole {
  readonly project: Project;
  readonly revision: number;
}

export interface DocumentFile {
  readonly token: string;
  readonly name: string;
  readonly folder: string;
}

interface DocumentState {
  readonly project: Project | null;
  /** Instances opened one inside the other; the canvas shows the definition of the last. Empty: the whole graph. */
  readonly scope: readonly string[];
  readonly file: DocumentFile | null;
  readonly past: readonly HistoryEntry[];
  readonly future: readonly HistoryEntry[];
  /** The project as last saved or opened, by identity; parameter values have `valuesChanged`. */
  readonly saved: Project | null;
  readonly valuesChanged: boolean;
}

const HISTORY_LIMIT = 500;

export const useDocument = create<DocumentState>(() => ({
  project: null,
  scope: [],
  file: null,
  past: [],
  future: [],
  saved: null,
  valuesChanged: false,
}));

/** A node by id. */
export function nodeOf(graph: Graph | undefined, id: string | null): GraphNode | undefined {
  return graph && id !== null ? graph.nodes[placesOf(graph.nodes).get(id) ?? -1] : undefined;
}

/** One opened instance: the node and the graph of its definition. */
export interface Opened {
  readonly node: GraphNode;
  readonly block: Block;
}

/** The opened instances that are still there, outermost first. */
export function openedBlocks({
  project,
  scope,
}: Pick<DocumentState, 'project' | 'scope'>): readonly Opened[] {
  const opened: Opened[] = [];
  let graph: Graph | undefined = project?.graph;
  for (const id of scope) {
    const node = nodeOf(graph, id);
    const block = project?.graph.blocks?.find((candidate) => candidate.id === node?.block?.id);
    if (!node || !block) break;
    opened.push({ node, block });
    graph = block.graph;
  }
  return opened;
}

/** The graph on the canvas: the whole, or the definition of the innermost opened block. */
export const shownGraph = (state: Pick<DocumentState, 'project' | 'scope'>): Graph | undefined =>
  state.scope.length === 0
    ? state.project?.graph
    : (openedBlocks(state).at(-1)?.block.graph ?? state.project?.graph);

/** What stands before the ids of shown nodes in the flat graph: '' or `n5/0/`. Inside a repeated block the first copy is shown. */
export const scopePath = (state: Pick<DocumentState, 'project' | 'scope'>): string =>
  openedBlocks(state)
    .map(({ node }) => `${node.id}${PATH}0${PATH}`)
    .join('');

/** Opens instances from the whole graph inwards. */
export const openScope = (scope: readonly string[]): void => {
  useDocument.setState({ scope });
};

/** One node of the document; its component re-renders only when that node itself changes. */
export const useNode = (id: string | null): GraphNode | undefined =>
  useDocument((state) => nodeOf(shownGraph(state), id));

/** One note; its component re-renders only when that note itself changes. */
export const useNote = (id: string): GraphNote | undefined =>
  useDocument((state) => shownGraph(state)?.notes?.find((note) => note.id === id));

/** True when closing now would lose something. */
export const isDirty = (state: DocumentState): boolean =>
  state.project !== null && (state.project !== state.saved || state.valuesChanged);

/** Shows another project; `isSaved` is false for one recovered from memory. */
export function showProject(project: Project, file: DocumentFile | null, isSaved = true): void {
  useDocument.setState({
    project,
    scope: [],
    file,
    past: [],
    future: [],
    saved: isSaved ? project : null,
    valuesChanged: false,
  });
}

/** The history as it can outlive the window: values of parameters do not, nor what was before a step that replaced them with the project. */
export function keptHistory({ past, future }: Pick<DocumentState, 'past' | 'future'>): KeptHistory {
  const isKept = (entry: HistoryEntry): entry is DocumentStep =>
    entry.kind === 'graph' || entry.kind === 'settings';
  const cut = past.findLastIndex(({ kind }) => kind === 'whole') + 1;
  const end = future.findIndex(({ kind }) => kind === 'whole');
  return {
    past: past.slice(cut).filter(isKept),
    future: (end < 0 ? future : future.slice(0, end)).filter(isKept),
  };
}

/** Goes on with the history of the project shown, as it was kept. */
export function bringBackHistory(history: KeptHistory | null): void {
  if (history) useDocument.setState(history);
}

/** After a save: the project on disk is the one shown. */
export function markSaved(project: Project, file: DocumentFile | null): void {
  useDocument.setState({ saved: project, project, file, valuesChanged: false });
}

/** Applies an edit to the shown graph and remembers its inverse. Throws what applyEdit throws; then nothing changed. */
export function edit(change: Edit, label: string): void {
  const { project } = useDocument.getState();
  if (!project) return;
  const block = openedBlocks(useDocument.getState()).at(-1)?.block;
  const whole: Edit = block ? { kind: 'in_block', block: block.id, edit: change } : change;
  editWhole(whole, label);
}

/** Applies an edit of the whole graph, whatever block is open. Throws what applyEdit throws; then nothing changed. */
export function editWhole(change: Edit, label: string): void {
  const { project } = useDocument.getState();
  if (!project) return;
  const { graph, inverse } = applyEdit(project.graph, change);
  push({ kind: 'graph', label, edit: change, inverse }, { ...project, graph });
}

/** Changes anything of the project but its graph. Changes of the same `label` in a row become one step. */
export function changeSettings(label: string, change: (project: Project) => Project): void {
  const { project, past, future } = useDocument.getState();
  if (!project) return;
  const changed = change(project);
  const [before, after] = [settingsOf(project), settingsOf(changed)];
  const last = past.at(-1);
  if (last?.kind === 'settings' && last.label === label && future.length === 0) {
    useDocument.setState({ project: changed, past: [...past.slice(0, -1), { ...last, after }] });
    return;
  }
  push({ kind: 'settings', label, before, after }, changed);
}

const settingsOf = ({ graph: _, ...settings }: Project): Settings => settings;

/** Remembers that parameter values went from one revision to another. */
export function recordValues(label: string, before: number, after: number): void {
  const { project } = useDocument.getState();
  if (!project || before === after) return;
  push({ kind: 'values', label, before, after }, project);
  useDocument.setState({ valuesChanged: true });
}

/** Remembers that project and parameter values were replaced together. */
export function recordWhole(label: string, before: Whole, after: Whole): void {
  push({ kind: 'whole', label, before, after }, after.project);
  useDocument.setState({ scope: [], valuesChanged: true });
}

function push(entry: HistoryEntry, project: Project): void {
  const { past } = useDocument.getState();
  useDocument.setState({ project, past: [...past, entry].slice(-HISTORY_LIMIT), future: [] });
}

/**
 * Takes the last step back (or the next forward) and returns it, or null when there is none.
 * For a `values` or `whole` entry the caller restores the revision in the engine first and then calls this with the revision the values
 * had until then: under that one the engine keeps them for the way back.
 */
export function step(direction: 'undo' | 'redo', leaving?: number): HistoryEntry | null {
  const { project, past, future } = useDocument.getState();
  const entry = direction === 'undo' ? past.at(-1) : future[0];
  if (!entry || !project) return null;
  const next = direction === 'undo' ? undone(project, entry) : redone(project, entry);
  const kept = withRevision(entry, direction, leaving);
  useDocument.setState({
    project: next,
    past: direction === 'undo' ? past.slice(0, -1) : [...past, kept],
    future: direction === 'undo' ? [kept, ...future] : future.slice(1),
    ...(entry.kind === 'values' ? { valuesChanged: true } : {}),
    ...(entry.kind === 'whole' ? { valuesChanged: true, scope: [] } : {}),
  });
  return entry;
}

function withRevision(
  entry: HistoryEntry,
  direction: 'undo' | 'redo',
  leaving: number | undefined,
): HistoryEntry {
  if (leaving === undefined) return entry;
  if (entry.kind === 'whole') {
    const side = direction === 'undo' ? 'after' : 'before';
    return { ...entry, [side]: { ...entry[side], revision: leaving } };
  }
  if (entry.kind !== 'values') return entry;
  return direction === 'undo' ? { ...entry, after: leaving } : { ...entry, before: leaving };
}

/** Settings steps keep the graph of now, and graph steps the settings: each kind undoes only its own. */
function undone(project: Project, entry: HistoryEntry): Project {
  if (entry.kind === 'graph') return { ...project, graph: applyEdit(project.graph, entry.inverse).graph };
  if (entry.kind === 'whole') return entry.before.project;
  return entry.kind === 'settings' ? { ...entry.before, graph: project.graph } : project;
}

function redone(project: Project, entry: HistoryEntry): Project {
  if (entry.kind === 'graph') return { ...project, graph: applyEdit(project.graph, entry.edit).graph };
  if (entry.kind === 'whole') return entry.after.project;
  return entry.kind === 'settings' ? { ...entry.after, graph: project.graph } : project;
}
