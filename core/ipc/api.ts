// The contract between window and main process: every call and event, typed once. Names only, no schema: the preload bundles this file.
// The schemas that check a call's arguments in the main process stand in core/ipc/schemas.ts, one per entry of this interface.
import type { ProjectChange } from '../document/change';
import type { KeptHistory } from '../document/history';
import type { DataSource, Project } from '../document/project';
import type { ErrorData } from '../errors';
import type { RenameRule } from '../nn/rename';
import type { Preferences } from '../preferences';
import type { Activity } from '../session/activity';
import type { TextRequest } from '../session/generated';
import type { JudgedSamples } from '../session/judged';
import type { ModelChange } from '../session/model-change';
import type { TensorDetail, TensorFigures, TensorRef, TensorValues, ValueRange } from '../session/parameters';
import type { StepProfile } from '../session/profile';
import type { ComparedSetting, RecordedPoint, RecordedRun } from '../session/runs';
import type {
  DataPreview,
  FeedPreview,
  ModelInfo,
  PreviewRange,
  RateSearch,
  RunEvent,
  RunState,
  WeightOptions,
  WeightVerdict,
} from '../session/session';
import type { DeviceInfo } from '../session/devices';
import type { DeviceNeed, TrainingNeed } from '../session/training-memory';

/** A file the user chose, as the window may name it: the main process knows the path, the window never does. */
export type FileToken = string;

/** A file that was dropped on the window, or why nothing can be done with what was dropped. */
export type Dropped =
  | { readonly kind: 'project' | 'weights' | 'data'; readonly token: FileToken; readonly name: string }
  | { readonly kind: 'refused'; readonly error: ErrorData };

/** A project as opened, with everything a fresh window needs to show it. */
export interface OpenedProject {
  /** null while it was never saved. */
  readonly file: { readonly token: FileToken; readonly name: string; readonly folder: string } | null;
  readonly project: Project;
  /** Names this state of the document, for `project.change`. */
  readonly version: number;
  readonly model: ModelInfo;
  /** What was noticed on opening: a missing weights file, a newer minor version. */
  readonly notes: readonly string[];
  /** Why what was to be opened at the start was not: an empty project is there instead. */
  readonly fault: ErrorData | null;
}

export interface SavedProject extends OpenedProject {
  /**
   * Null for what was written. Else something else had changed the file and the user took that over instead: the revision of the
   * values here until then.
   */
  readonly leaving: number | null;
}

export interface RecentFile {
  readonly token: FileToken;
  readonly name: string;
  readonly folder: string;
}

export interface AppState {
  readonly version: string;
  readonly platform: string;
  /** The system's, as `de-AT`. */
  readonly locale: string;
  readonly preferences: Preferences;
  /** The tour of a first start was taken, or not wanted. */
  readonly isTourOver: boolean;
  readonly recent: readonly RecentFile[];
  readonly templates: readonly { readonly name: string; readonly summary: string }[];
  readonly devices: readonly DeviceInfo[];
  /** What this window shows, also after a reload; null at first start. */
  readonly opened: OpenedProject | null;
  /** Unsaved work left by an earlier start, newest first. */
  readonly leftovers: readonly Leftover[];
  /** Why unsaved work cannot be backed up now; null while it can. */
  readonly backupFault: ErrorData | null;
  /** The window's unsaved document as last reported by `project.remember`, so that a reload loses nothing. */
  readonly unsaved: Project | null;
  /** Its history of changes. */
  readonly history: KeptHistory | null;
  readonly run: RunSnapshot;
  readonly queue: readonly QueuedRun[];
}

/** A run that waits for the one that goes on. */
export interface QueuedRun {
  readonly id: number;
  readonly optimizer: string;
  readonly lr: number | null;
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly device: string;
}

/** A run of the history as the window sees it: that it left files, not where. */
export type ShownRun = Omit<RecordedRun, 'weights' | 'checkpoint'> & {
  readonly hasWeights: boolean;
  /** It left a checkpoint to go on from. */
  readonly canContinue: boolean;
};

/** Work that was not saved when Lazuli ended. */
export interface Leftover {
  readonly key: string;
  readonly name: string;
  /** The project file's name and folder; null for one that was never saved. */
  readonly file: { readonly name: string; readonly folder: string } | null;
  readonly nodes: number;
  readonly hasWeights: boolean;
  /** Changes that can be undone. */
  readonly steps: number;
  /** The newest generation was damaged; this one is older. */
  readonly isOlder: boolean;
}

/** A run as a window that comes late (or was reloaded) finds it. */
export interface RunSnapshot {
  readonly state: RunState;
  /** Every epoch event and at most 2,000 step events, in order. */
  readonly events: readonly RunEvent[];
  readonly error: ErrorData | null;
}

/** What feeding a sample did. */
export interface FeedResult {
  readonly model: ModelInfo;
  readonly materialized: readonly string[];
  readonly unreached: readonly string[];
  /** `[64, 1, 8, 8]`. */
  readonly sampleShape: readonly number[];
}

/** Every call, `<area>.<verb>`. All are asynchronous and reject with a LazuliError; a cancelled dialog resolves with null. */
export interface Calls {
  'app.state': () => AppState;
  /** Changes some of the user's settings. */
  'app.prefer': (change: Partial<Preferences>) => void;
  'app.endTour': () => void;
  /** One more window beside this one, on an empty project. */
  'app.newWindow': () => void;
  /** Tells the main process whether closing would lose work. */
  'app.setDirty': (isDirty: boolean) => void;

  'project.new': (template: string) => OpenedProject;
  /** Shows the open dialog. */
  'project.open': () => OpenedProject | null;
  'project.openRecent': (token: FileToken) => OpenedProject;
  /** Writes project and weights beside it, atomically; asks for a name when there is none or `saveAs`. */
  'project.save': (project: Project, options: { readonly saveAs: boolean }) => SavedProject | null;
  /**
   * Keeps the unsaved document in the main process against a crash or reload of the window, and for `model.update`. Resolves with
   * the version that names this state. `history` is its history of changes as `writeHistory` gives it.
   */
  'project.remember': (project: Project, history: string) => number;
  /** The same, told as the change since version `base`; null when that is not the state the main process has. */
  'project.change': (base: number, change: ProjectChange, history: string) => number | null;
  /** Asks save / discard / cancel for unsaved work. */
  'project.confirmDiscard': () => 'save' | 'discard' | 'cancel';

  /** The preload's alone: absolute paths of what the user dropped. Answered by the event `dropped`. */
  'files.drop': (paths: readonly string[]) => void;

  /** Opens work left by an earlier start, unsaved as it was. */
  'recovery.restore': (key: string) => OpenedProject & { readonly history: KeptHistory | null };
  /** Deletes it for good. */
  'recovery.discard': (key: string) => void;

  /**
   * The engine takes over the document as last told: nodes whose layer and params stayed keep their tensors. Resolves with what
   * changed of the model since the answer whose version is `since`.
   */
  'model.update': (since: number | null) => ModelChange;
  /** What has values and would change its size if the sample were fed, and the sample's shape; changes nothing. */
  'model.previewFeed': (project: Project) => FeedPreview;
  /**
   * The transaction: every reachable parameter gets shape and value, or an error and nothing changed. What would change its
   * size is refused, or with `rematerialize` initialized anew.
   */
  'model.feed': (project: Project, options: { readonly rematerialize: boolean }) => FeedResult;
  'model.backToUninitialized': () => ModelInfo;
  /** Parameter values as they were at `revision`; undo and redo across a materialization. */
  'model.restore': (revision: number) => ModelInfo;
  /** Another project with the values it had at `revision`: undo and redo of a step that replaced both. */
  'model.exchange': (project: Project, revision: number) => ModelInfo;
  /** Bytes held at most during the last run of this window; null before the first. */
  'model.measuredMemory': () => number | null;
  /** All weights in the .pt serialization. */
  'model.exportState': () => Uint8Array;
  'model.importState': (bytes: Uint8Array) => ModelInfo;

  /** What a node of the flat graph gives for the sample batch, and the gradient of the loss there; changes nothing. */
  'model.activity': (node: string) => Activity;
  /**
   * What each node costs in a training step, measured: on the training samples, or in the run that goes on for as long as this is
   * asked again. null while nothing was measured of the run yet; changes nothing.
   */
  'model.profile': () => StepProfile | null;
  /** What the model says of the samples kept for validation, of all where none are, beside their targets; changes nothing. */
  'model.judge': () => JudgedSamples;
  /** What a model of characters writes after a prompt; changes nothing. */
  'model.generate': (request: TextRequest) => string;

  /** In the order asked for; null for a tensor without values. */
  'parameters.figures': (refs: readonly TensorRef[]) => readonly (TensorFigures | null)[];
  'parameters.detail': (ref: TensorRef) => TensorDetail | null;
  'parameters.values': (ref: TensorRef, range: ValueRange) => TensorValues;
  /** Puts a NumPy expression on the clipboard; resolves with its number of characters. */
  'parameters.copy': (ref: TensorRef) => number;
  /** First values anew, others than before. */
  'parameters.reinitialize': (refs: readonly TensorRef[]) => ModelInfo;
  /** One value, counted in row-major order. */
  'parameters.write': (ref: TensorRef, index: number, value: number) => ModelInfo;

  /** The system's clipboard, text only. */
  'clipboard.read': () => string;
  'clipboard.write': (text: string) => void;

  'weights.choose': () => {
    readonly token: FileToken;
    readonly name: string;
    readonly verdicts: readonly WeightVerdict[];
  } | null;
  /** The same file's verdicts with its keys renamed; throws `usage` for a rule that cannot be used. */
  'weights.compare': (token: FileToken, rules: readonly RenameRule[]) => readonly WeightVerdict[];
  'weights.load': (token: FileToken, options: WeightOptions) => ModelInfo;
  /** Asks where; .pt or .safetensors by extension. */
  'weights.save': () => { readonly name: string; readonly warnings: readonly string[] } | null;

  /** Shows the open dialog and looks at the file: a suggested description, editable in the panel. */
  'data.choose': () => DataSource | null;
  /** The same for a file that was dropped. */
  'data.use': (token: FileToken) => DataSource;
  'data.preview': (source: DataSource, range: PreviewRange) => DataPreview;

  'train.start': (project: Project) => RunSnapshot;
  /** The memory that a run of the project would take. */
  'train.need': (project: Project) => TrainingNeed;
  /** The same on each device of the machine. */
  'train.needs': (project: Project) => readonly DeviceNeed[];
  'train.pause': () => RunSnapshot;
  'train.resume': () => RunSnapshot;
  /** Stops after the step in progress; the weights are kept. */
  'train.stop': () => RunSnapshot;
  /** Growing learning rates on the training samples; `search` is null when it was given up. */
  'train.findRate': (project: Project) => { readonly search: RateSearch | null; readonly model: ModelInfo };
  'train.stopFinding': () => void;
  /** Runs this project when the run that goes on, and those that wait already, have ended. */
  'train.queue': (project: Project) => readonly QueuedRun[];
  'train.cancel': (id: number) => readonly QueuedRun[];
  /** One place forward (-1) or back (1). */
  'train.move': (id: number, by: -1 | 1) => readonly QueuedRun[];

  /** The recorded runs of the project, the newest first. */
  'runs.list': () => readonly ShownRun[];
  'runs.curves': (
    ids: readonly number[],
  ) => readonly { readonly id: number; readonly points: readonly RecordedPoint[] }[];
  'runs.compare': (ids: readonly number[]) => readonly ComparedSetting[];
  /** The project as it was, with the weights of the run's best epoch where it left any. */
  'runs.restore': (id: number) => {
    readonly project: Project;
    readonly model: ModelInfo;
    readonly hasWeights: boolean;
  };
  /** Opens the project as it was and goes on from the run's checkpoint, as a new run; on the CPU where the run's device failed. */
  'runs.continue': (
    id: number,
    device: 'cpu' | null,
  ) => {
    readonly project: Project;
    readonly model: ModelInfo;
    readonly run: RunSnapshot;
  };
  'runs.star': (id: number, isStarred: boolean) => void;
  /** Asks, then deletes the weights and checkpoints of runs; resolves with the bytes that are free then, null when not wanted. */
  'runs.deleteFiles': (ids: readonly number[]) => number | null;
  /** Asks first; false when the user did not want to. */
  'runs.delete': (ids: readonly number[]) => boolean;
  /** Asks where; resolves with the file's name. */
  'runs.export': (ids: readonly number[], what: 'runs' | 'curves') => string | null;
}

/** Every event the main process sends. */
export interface Events {
  /** A batch of run events, at most 20 a second, with the state after them. */
  run: { readonly state: RunState; readonly events: readonly RunEvent[]; readonly error: ErrorData | null };
  /** The model after something other than a call of this window changed it (a run ended). */
  model: ModelInfo;
  /** A menu item or its shortcut: a command id of core/commands. */
  command: string;
  recent: readonly RecentFile[];
  /** Another window changed the settings. */
  preferences: Preferences;
  /** Files were dropped on the window. */
  dropped: Dropped;
  /** A project was read and is being opened: it can be shown before its parameters are made. The call's answer follows. */
  opening: Pick<OpenedProject, 'file' | 'project'>;
  /** Backups of unsaved work began to fail, or (null) work again. */
  backup: ErrorData | null;
  /** The history changed, or (with a fault) cannot be written. */
  runs: { readonly fault: ErrorData | null };
  /** The runs that wait, and the one that has just left them to start. */
  queue: { readonly waiting: readonly QueuedRun[]; readonly started: number | null };
}

export type CallName = keyof Calls;
export type EventName = keyof Events;

/** The same names at run time: what the preload exposes and the main process registers. */
export const CALL_NAMES = [
  'app.state', 'app.prefer', 'app.endTour', 'app.newWindow', 'app.setDirty',
  'project.new', 'project.open', 'project.openRecent', 'project.save', 'project.remember', 'project.change', 'project.confirmDiscard',
  'files.drop',
  'recovery.restore', 'recovery.discard',
  'model.update', 'model.previewFeed', 'model.feed', 'model.backToUninitialized', 'model.restore', 'model.exchange', 'model.measuredMemory', 'model.exportState', 'model.importState', 'model.activity', 'model.profile', 'model.judge', 'model.generate',
  'parameters.figures', 'parameters.detail', 'parameters.values', 'parameters.copy', 'parameters.reinitialize', 'parameters.write',
  'clipboard.read', 'clipboard.write',
  'weights.choose', 'weights.compare', 'weights.load', 'weights.save',
  'data.choose', 'data.use', 'data.preview',
  'train.start', 'train.need', 'train.needs', 'train.pause', 'train.resume', 'train.stop', 'train.findRate', 'train.stopFinding', 'train.queue', 'train.cancel', 'train.move',
  'runs.list', 'runs.curves', 'runs.compare', 'runs.restore', 'runs.continue', 'runs.star', 'runs.deleteFiles', 'runs.delete', 'runs.export',
] as const satisfies readonly CallName[]; // prettier-ignore

export const EVENT_NAMES = [
  'run',
  'model',
  'command',
  'recent',
  'preferences',
  'dropped',
  'opening',
  'backup',
  'runs',
  'queue',
] as const satisfies readonly EventName[];

/** Calls the preload makes by itself; the page has no way to them. */
export const PRELOAD_ONLY = ['files.drop'] as const satisfies readonly CallName[];

export type PageCallName = Exclude<CallName, (typeof PRELOAD_ONLY)[number]>;

export const isForPage = (name: CallName): name is PageCallName =>
  !(PRELOAD_ONLY as readonly CallName[]).includes(name);

/** Files named by one drop at most. */
export const DROP_LIMIT = 1000;

/**
 * Calls whose answer, a picture of the model with an entry per layer and tensor, goes over the bridge as JSON text: objects are
 * copied there one property at a time, which takes some twenty times as long as writing and reading the text.
 */
export const ANSWERED_AS_TEXT = [
  'model.feed',
  'model.backToUninitialized',
  'model.restore',
  'model.exchange',
  'parameters.reinitialize',
  'parameters.write',
  'weights.load',
] as const satisfies readonly CallName[];

type TextCall = (typeof ANSWERED_AS_TEXT)[number];

export const isAnsweredAsText = (name: CallName): name is TextCall =>
  (ANSWERED_AS_TEXT as readonly CallName[]).includes(name);

/** What travels back: errors as data, since `invoke` would lose their class and code. */
export type Reply<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ErrorData };

/** The value of a call's answer as it crosses the bridge. */
export type Answer<N extends CallName> = N extends TextCall ? string : ReturnType<Calls[N]>;

/** What the preload puts on `window.lazuli`: `call['model.feed'](project)` and `on.run(listener)` returning its unsubscribe. */
export interface Bridge {
  readonly call: {
    readonly [name in PageCallName]: (...args: Parameters<Calls[name]>) => Promise<Reply<Answer<name>>>;
  };
  readonly on: { readonly [name in EventName]: (listener: (event: Events[name]) => void) => () => void };
}
