// What belongs to one window: its model session, the file it shows, its run, the files it may name. Handlers get one of these.
import { basename, dirname, join } from 'node:path';

import type { BrowserWindow } from 'electron';
import {
  isHistoryOff,
  ModelSession,
  tensorboardFolder,
  withHistory,
  type HistoryPlace,
  type RestorableWeights,
} from '#engine/index';
import { filesOf } from '#core/document/data-files';
import { applyChange, type ProjectChange } from '#core/document/change';
import type { DataSource, Project } from '#core/document/project';
import { sharedId } from '#core/document/schema';
import { serializeProject } from '#core/document/serialize';
import { errorToData, LazuliError, type ErrorData } from '#core/errors';
import type { OpenedProject, SavedProject } from '#core/ipc/api';
import { ModelTeller } from '#core/session/model-change';
import type { ModelInfo, RateSearch } from '#core/session/session';

import { sha256, type Backup, type BackupStore, type DocumentPlace } from '#engine/backups';
import { hasChanged, stampOf, type FileStamp } from '#engine/file-stamp';
import { openProject } from '#engine/project-files';

import { Autosave, type Kept } from './autosave';
import { FileTokens } from './file-tokens';
import { HistoryFile } from './history-file';
import { sendEvent } from './ipc';
import type { Settings } from './settings';
import { Runner, type RunnerHost } from './runner';

export class WindowState implements Kept, RunnerHost {
  readonly tokens = new FileTokens();
  readonly teller = new ModelTeller();
  isDirty = false;
  /** Set once the user agreed to close, so that the close goes through. */
  mayClose = false;
  /** The unsaved document as the window last reported it. */
  unsaved: Project | null = null;
  /** Its history of changes, as the window wrote it. */
  history: string | null = null;
  /** The document as the window was last told it or told it, and the name of that state. */
  #told: { readonly project: Project; readonly version: number } | null = null;
  #version = 0;
  #session: ModelSession | null = null;
  /** Absolute path of the project file, or null while it was never saved. */
  #file: string | null = null;
  #folder: string | null = null;
  #notes: readonly string[] = [];
  /** Why the first project of this window is an empty one; null once another is opened. */
  fault: ErrorData | null = null;
  /** The project file as it was read or written last. */
  #stamp: FileStamp | null = null;
  readonly autosave: Autosave;
  readonly runner: Runner = new Runner(this);
  #search: AbortController | null = null;
  readonly #history = new HistoryFile();
  readonly #dataFiles = new Set<string>();

  constructor(
    readonly window: BrowserWindow,
    readonly backups: BackupStore,
    readonly settings: Settings,
  ) {
    this.autosave = new Autosave(backups.backup(), this, (fault) => {
      sendEvent(window, 'backup', fault);
    });
  }

  /** The document as it stands: what is kept when it is unsaved. */
  get project(): Project | null {
    return this.unsaved ?? this.#session?.project ?? null;
  }

  get place(): DocumentPlace {
    return { file: this.#file, folder: this.#folder };
  }

  get revision(): number | null {
    return this.isRunning ? null : (this.#session?.revision ?? null);
  }

  async saveValues(file: string): Promise<Project> {
    return (await this.session.saveWeights(file)).project;
  }

  get file(): string | null {
    return this.#file;
  }

  /** The folder relative data paths start from; null for a new project without data. */
  get folder(): string | null {
    return this.#folder;
  }

  /** The project was written to `file` and lives there now; `written` is the text that must stand in it. Throws `write_failed` otherwise. */
  async moveTo(file: string, written: string): Promise<void> {
    const stamp = await stampOf(file);
    if (stamp?.sha256 !== sha256(written))
      throw new LazuliError('write_failed', `${file} does not hold what was written to it`, {
        where: file,
        hint: 'something else writes to this file, or the disk fails; save to another place',
      });
    this.#stamp = stamp;
    this.#setPlace(file, dirname(file));
    this.unsaved = null;
    await this.#settleHistory();
    await this.autosave.saved();
  }

  /** Nothing is unsaved in the window: what was told late, while its file was written, is not kept either. */
  async rest(): Promise<void> {
    if (this.project && this.#stamp?.sha256 === sha256(serializeProject(this.project)))
      await this.autosave.saved();
  }

  /** Something else changed the project's file since it was read or written last. */
  hasChangedOnDisk(): Promise<boolean> {
    return this.#file === null ? Promise.resolve(false) : hasChanged(this.#file, this.#stamp);
  }

  #setPlace(file: string | null, folder: string | null): void {
    this.#file = file;
    this.#folder = folder;
    this.window.setRepresentedFilename(file ?? '');
  }

  get hasSession(): boolean {
    return this.#session !== null;
  }

  /** The open session; throws when the window shows no project yet. */
  get session(): ModelSession {
    if (!this.#session) throw new LazuliError('internal', 'no project is open in this window');
    return this.#session;
  }

  /** Shows another project, from `file` or new with `folder` for its data. The old session is freed. */
  async open(
    project: Project,
    place: { readonly file: string | null; readonly folder: string | null },
    notes: readonly string[] = [],
    backup: Backup = this.backups.backup(),
  ): Promise<OpenedProject> {
    this.refuseWhileRunning('open another project');
    const next = await ModelSession.open(project, { folder: place.folder });
    await this.#session?.dispose();
    this.#session = next;
    this.#setPlace(place.file, place.folder);
    this.#stamp = place.file === null ? null : await stampOf(place.file);
    this.unsaved = null;
    this.history = null;
    await this.autosave.follow(backup, { revision: next.revision });
    this.#notes = notes;
    this.fault = null;
    this.runner.forgetLast();
    await this.#history.forget();
    this.#dataFiles.clear();
    if (project.data) this.allowData(project.data);
    return this.opened();
  }

  /** What a fresh or reloaded page needs to show the project. */
  opened(): OpenedProject {
    const { session, file } = this;
    const { project } = session;
    return {
      file: file === null ? null : this.named(file),
      project,
      version: this.#tell(project),
      model: session.info(),
      notes: this.#notes,
      fault: this.fault,
    };
  }

  /** A file as the window may name it. */
  named(file: string): NonNullable<OpenedProject['file']> {
    return { token: this.tokens.issue(file), name: basename(file), folder: dirname(file) };
  }

  /** The user chose this file (in a dialog, or it stood in a project they opened): the window may name it from now on. */
  allowData(source: DataSource): void {
    for (const file of filesOf(source)) this.#dataFiles.add(file);
  }

  /** Throws `ipc_refused` when the window's project names a data file the user never chose. */
  checkData(source: DataSource | null): void {
    for (const file of source ? filesOf(source) : [])
      if (!this.#dataFiles.has(file))
        throw new LazuliError(
          'ipc_refused',
          `the window named a data file that was not chosen: ${file.slice(0, 200)}`,
          {
            hint: 'choose it with "Choose data…"',
          },
        );
  }

  #tell(project: Project): number {
    this.#told = { project, version: ++this.#version };
    return this.#version;
  }

  /** Keeps the document as it stands in the window. Returns the version that names this state. */
  remember(project: Project, history: string): number {
    this.unsaved = project;
    this.history = history;
    this.autosave.notice();
    return this.#tell(project);
  }

  /** The same, as the change since version `base`; null when another state is known here. Throws `ipc_refused` for one that gives no project. */
  change(base: number, change: ProjectChange, history: string): number | null {
    if (this.#told?.version !== base) return null;
    const project = applyChange(this.#told.project, change);
    const shared = sharedId(project.graph);
    if (shared !== null) throw new LazuliError('ipc_refused', `project.change: ${shared}`);
    return this.remember(project, history);
  }

  /** Checks an edited project, the one last told if none is given, and hands it to the session. */
  async update(project = this.project ?? this.session.project): Promise<void> {
    this.checkData(project.data);
    this.unsaved = project;
    this.autosave.notice();
    await this.session.update(project);
  }

  /** As `update`, with the values the parameters had at `revision`. */
  async exchange(project: Project, revision: number): Promise<ModelInfo> {
    this.checkData(project.data);
    this.unsaved = project;
    return this.session.exchange(project, revision);
  }

  /**
   * Takes over what something else wrote into the project's file. What was here stays in the window's history of changes. Throws what opening
   * the file throws; then nothing changed.
   */
  async reload(): Promise<SavedProject> {
    this.refuseWhileRunning('open another project');
    const { session } = this;
    const { revision } = session.info();
    const file = this.#file ?? '';
    const stamp = await stampOf(file);
    const { project, notes, weights } = await openProject(file);
    await this.adopt(project, weights === null ? null : { file: weights, options: {} });
    // Where the file names no weights, none are left over from here.
    if (weights === null && session.info().revision > 0) await session.backToUninitialized();
    this.#stamp = stamp;
    this.unsaved = null;
    await this.autosave.saved();
    return { ...this.opened(), notes, leaving: revision };
  }

  /** Takes a project out of the history, as one that is opened, with the weights its run left. */
  async adopt(project: Project, weights: RestorableWeights | null): Promise<ModelInfo> {
    if (project.data) this.allowData(project.data);
    const model = await this.session.adopt(project, weights);
    this.unsaved = project;
    this.autosave.notice();
    return model;
  }

  /** null when it was given up. */
  async findRate(): Promise<RateSearch | null> {
    const search = new AbortController();
    this.#search = search;
    try {
      return await this.session.findLearningRate({ signal: search.signal });
    } catch (error) {
      if (search.signal.aborted) return null;
      throw error;
    } finally {
      this.#search = null;
      this.autosave.notice();
    }
  }
  stopFinding(): void {
    this.#search?.abort();
  }

  get isRunning(): boolean {
    return this.runner.isRunning;
  }

  refuseWhileRunning(what: string): void {
    if (this.isRunning)
      throw new LazuliError('usage', `Cannot ${what} while training is running`, {
        hint: 'stop the training first',
      });
  }

  /** Where the runs of this window's project are recorded. */
  historyPlace(): HistoryPlace {
    return this.#history.place(this.#file);
  }

  /** Where a run's TensorBoard events go; null while they are not wanted, or the project has no place of its own. */
  tensorboardFolder(): string | null {
    const isWanted = this.settings.preferences.tensorboard && this.#file !== null;
    return isWanted
      ? tensorboardFolder(join(this.historyPlace().folder, 'tensorboard'), this.session.project.name)
      : null;
  }

  async runEnded(): Promise<void> {
    this.autosave.notice();
    await this.#settleHistory();
    await this.#makeRoom();
  }

  /** Deletes the weights of older runs as the user's settings say. */
  async #makeRoom(): Promise<void> {
    const { keptRuns, keptMegabytes } = this.settings.preferences;
    if ((keptRuns === null && keptMegabytes === null) || isHistoryOff()) return;
    const rule = { runs: keptRuns, bytes: keptMegabytes === null ? null : keptMegabytes * 2 ** 20 };
    try {
      const freed = (await withHistory(this.historyPlace(), (history) => history.free(rule))) ?? [];
      if (freed.length > 0) sendEvent(this.window, 'runs', { fault: null });
    } catch (error) {
      sendEvent(this.window, 'runs', { fault: errorToData(error) });
    }
  }

  get notifies(): boolean {
    return this.settings.preferences.notifications;
  }

  /** What was recorded before the project had a file goes beside it. */
  async #settleHistory(): Promise<void> {
    if (this.#file === null || this.isRunning) return;
    try {
      await this.#history.settle(this.#file);
    } catch (error) {
      sendEvent(this.window, 'runs', { fault: errorToData(error) });
    }
  }

  /** Stops what runs and frees the model. */
  async dispose(): Promise<void> {
    this.stopFinding();
    await this.runner.stopAll();
    await this.#history.forget();
    await this.autosave.end({ isWanted: this.isDirty && !this.mayClose });
    await this.#session?.dispose();
    this.#session = null;
    this.tokens.revokeAll();
  }
}
