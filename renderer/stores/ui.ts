// What the window shows around the document: selection, dock, open dialog, theme. Nothing here is saved with a project.
import { create } from 'zustand';
import type { FeedPreview, WeightVerdict } from '#core/session/session';

import type { OpenPort } from '../palette/fits';

export type DockTab = 'sample' | 'training' | 'predictions' | 'runs' | 'parameters' | 'problems' | 'outline';

export interface Selection {
  readonly nodes: ReadonlySet<string>;
  readonly edges: ReadonlySet<string>;
}

export interface WeightsChoice {
  readonly token: string;
  readonly name: string;
  readonly verdicts: readonly WeightVerdict[];
}

/** Where a layer chosen in the palette goes: at this point of the canvas, connected to a port or put into an edge. */
export interface InsertTarget {
  readonly position: { readonly x: number; readonly y: number };
  /** What the palette's layers must fit. */
  readonly port?: OpenPort;
  /** Wins over `port`. */
  readonly edge?: string;
}

export type OpenDialog =
  | { readonly kind: 'new' }
  | { readonly kind: 'commands' }
  | { readonly kind: 'layers'; readonly target: InsertTarget | null }
  | { readonly kind: 'weights'; readonly choice: WeightsChoice }
  | { readonly kind: 'resize'; readonly preview: FeedPreview }
  | {
      readonly kind: 'connect';
      readonly node: string;
      readonly port?: { readonly kind: 'input' | 'output'; readonly name: string };
    }
  | { readonly kind: 'report' }
  | { readonly kind: 'recovery' }
  | { readonly kind: 'settings'; readonly search?: string }
  | { readonly kind: 'about' };

interface UiState {
  readonly selection: Selection;
  readonly dock: { readonly tab: DockTab; readonly isOpen: boolean; readonly height: number };
  readonly dialog: OpenDialog | null;
  /** The node whose name is being typed on the canvas. */
  readonly renaming: string | null;
  /** What the main process is working on for the user: shown on the button that started it. */
  readonly busy: 'feed' | 'reset' | 'save' | 'open' | 'start' | 'rate' | 'weights' | null;
  /** Why a connection was refused; shown on the canvas for a moment. */
  readonly canvasHint: string | null;
  /** What dragging on the empty canvas does. */
  readonly tool: 'box' | 'lasso';
  /** The edge a dragged layer would be put into. */
  readonly edgeUnderDrag: string | null;
  readonly contextMenu: ContextMenu | null;
  /** The step of the tour that is shown; null when it is not taken. */
  readonly tour: number | null;
  /** Files are dragged over the window. */
  readonly isFileOver: boolean;
  /** The inspector shows what the selected layer does with the sample. */
  readonly isActivityOpen: boolean;
}

/** A menu at a point of the screen; what it is about is the selection. */
export interface ContextMenu {
  readonly x: number;
  readonly y: number;
  readonly about: 'canvas' | 'node' | 'edge' | 'note' | 'selection';
}

const NOTHING: Selection = { nodes: new Set(), edges: new Set() };

export const useUi = create<UiState>(() => ({
  selection: NOTHING,
  dock: { tab: 'sample', isOpen: true, height: 268 },
  dialog: null,
  renaming: null,
  busy: null,
  canvasHint: null,
  tool: 'box',
  edgeUnderDrag: null,
  contextMenu: null,
  tour: null,
  isFileOver: false,
  isActivityOpen: false,
}));

const isSame = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size === b.size && [...a].every((id) => b.has(id));

/** Selects exactly these; keeps the state's identity when they are selected already. */
export function select(nodes: Iterable<string>, edges: Iterable<string> = []): void {
  const next = { nodes: new Set(nodes), edges: new Set(edges) };
  const { selection } = useUi.getState();
  if (isSame(next.nodes, selection.nodes) && isSame(next.edges, selection.edges)) return;
  useUi.setState({ selection: next });
}

export const openDialog = (dialog: OpenDialog | null): void => {
  useUi.setState({ dialog });
};

export const startRename = (id: string | null): void => {
  useUi.setState({ renaming: id });
};

/** Opens the dock on a tab. */
export function showDock(tab: DockTab): void {
  useUi.setState(({ dock }) => ({ dock: { ...dock, tab, isOpen: true } }));
}

export function toggleDock(): void {
  useUi.setState(({ dock }) => ({ dock: { ...dock, isOpen: !dock.isOpen } }));
}

export const DOCK_LIMITS = { min: 160, max: 640 };

export function resizeDock(height: number): void {
  const bounded = Math.round(Math.min(DOCK_LIMITS.max, Math.max(DOCK_LIMITS.min, height)));
  useUi.setState(({ dock }) => ({ dock: { ...dock, height: bounded, isOpen: true } }));
}

/** The one selected node, or null when there are none or several. */
export const onlySelected = ({ selection }: Pick<UiState, 'selection'>): string | null => {
  const [first] = selection.nodes;
  return selection.nodes.size === 1 && first !== undefined ? first : null;
};
