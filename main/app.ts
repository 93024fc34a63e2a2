// The application: its windows, its settings, and what is shared between windows (menu, recent files).
import { basename, dirname, join } from 'node:path';

import { app as electron, BrowserWindow, nativeTheme } from 'electron';
import { isProjectFile } from '#core/document/file-type';
import { errorToData } from '#core/errors';
import type { Preferences } from '#core/preferences';
import type { RecentFile } from '#core/ipc/api';
import { examplesFolder } from '#engine/about';
import type { BackupStore } from '#engine/backups';
import { newFromTemplate } from '#engine/project-files';

import { tellDropped } from './handlers/files';
import { confirmDiscard, confirmStop, openFile } from './handlers/project';
import { sendEvent } from './ipc';
import { installMenu } from './menu';
import { watchPage } from './page-watch';
import { Settings, type WindowBounds } from './settings';
import { languageOf } from './text';
import { createWindow, loadRenderer } from './window';
import { WindowState } from './window-state';

/** Pixels that one more window is moved by, so that both are seen. */
const BESIDE = 28;

export class App {
  readonly settings = new Settings(join(electron.getPath('userData'), 'settings.json'));
  /** Where the shipped examples and their data lie. */
  readonly examplesFolder = examplesFolder();
  readonly #states = new Map<number, WindowState>();

  constructor(readonly backups: BackupStore) {
    nativeTheme.themeSource = this.settings.preferences.theme;
    this.#installMenu();
  }

  stateOf(window: BrowserWindow): WindowState | null {
    return this.#states.get(window.id) ?? null;
  }

  /** Opens a window on a project file, or on the digits example when there is none; weights or data come over the example. */
  async openWindow(file: string | null): Promise<void> {
    const project = file !== null && isProjectFile(file) ? file : null;
    const state = this.#createWindow(this.settings.bounds);
    await this.#openFirst(state, project ?? join(this.examplesFolder, 'digits', 'digits.lazuli'));
    await loadRenderer(state.window);
    if (file !== null && project === null) await tellDropped(state, [file]);
  }

  /** One more window, a little off `beside`, on an empty project. */
  async openWindowBeside({ window }: WindowState): Promise<void> {
    const { x, y, width, height } = window.getNormalBounds();
    const state = this.#createWindow({ x: x + BESIDE, y: y + BESIDE, width, height });
    await this.#openBlank(state);
    await loadRenderer(state.window);
  }

  #createWindow(bounds: WindowBounds): WindowState {
    const window = createWindow(bounds);
    const state = new WindowState(window, this.backups, this.settings);
    this.#states.set(window.id, state);
    this.#follow(state);
    return state;
  }

  /** The first project of a window. One that does not open is told beside an empty one: the window always comes up. */
  async #openFirst(state: WindowState, file: string): Promise<void> {
    try {
      await openFile(this, state, file);
    } catch (error) {
      await this.#openBlank(state);
      state.fault = errorToData(error);
    }
  }

  async #openBlank(state: WindowState): Promise<void> {
    const { project, folder } = newFromTemplate('blank', this.examplesFolder);
    await state.open(project, { file: null, folder });
  }

  /** Opens what the system asks for: a project in the focused window's place, weights and data as if they were dropped on it. */
  async openFromSystem(file: string): Promise<void> {
    const window = BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0];
    const state = window ? this.stateOf(window) : null;
    if (state === null || isProjectFile(file)) await this.openInFocused(file);
    else await tellDropped(state, [file]);
  }

  /** Opens another file in the focused window's place, or in a first window. */
  async openInFocused(file: string): Promise<void> {
    const window = BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0];
    const state = window ? this.stateOf(window) : null;
    if (!window || !state) {
      await this.openWindow(file);
      return;
    }
    this.#command(`file.openRecent:${state.tokens.issue(file)}`);
  }

  remember(file: string): void {
    this.settings.addRecent(file);
    electron.addRecentDocument(file);
    this.#recentChanged();
  }

  forget(file: string): void {
    this.settings.removeRecent(file);
    this.#recentChanged();
  }

  /** The recent files as one window may name them. */
  recentFor(state: WindowState): readonly RecentFile[] {
    return this.settings.recent.map((path) => ({
      token: state.tokens.issue(path),
      name: basename(path),
      folder: dirname(path),
    }));
  }

  /** Takes over changed settings of the user; windows other than `from`, which made the change, are told. */
  prefer(change: Partial<Preferences>, from: WindowState): void {
    this.settings.prefer(change);
    for (const state of this.#states.values())
      if (state !== from) sendEvent(state.window, 'preferences', this.settings.preferences);
    const { theme } = this.settings.preferences;
    if (nativeTheme.themeSource !== theme) nativeTheme.themeSource = theme;
    if (change.language !== undefined) this.#installMenu();
  }

  #recentChanged(): void {
    this.#installMenu();
    for (const state of this.#states.values()) sendEvent(state.window, 'recent', this.recentFor(state));
  }

  #installMenu(): void {
    installMenu({
      isMac: process.platform === 'darwin',
      language: languageOf(this.settings),
      recent: this.settings.recent.map((path) => ({ name: basename(path), path })),
      run: (id) => {
        this.#command(id);
      },
      openRecent: (path) => {
        void this.openInFocused(path);
      },
      allowsDevTools: !electron.isPackaged,
    });
  }

  #command(id: string): void {
    const window = BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0];
    if (window) sendEvent(window, 'command', id);
  }

  #follow(state: WindowState): void {
    const { window } = state;
    window.on('close', (event) => {
      const isMaximized = window.isMaximized();
      this.settings.bounds = { ...window.getNormalBounds(), ...(isMaximized ? { isMaximized } : {}) };
      if (state.mayClose || !(state.isDirty || state.isRunning)) return;
      event.preventDefault();
      void this.#askBeforeClosing(state);
    });
    window.on('closed', () => {
      this.#states.delete(window.id);
      void state.dispose();
    });
    watchPage(window, this.settings);
  }

  async #askBeforeClosing(state: WindowState): Promise<void> {
    const wasRunning = state.isRunning;
    if (wasRunning) {
      if (!(await confirmStop(state))) return;
      await state.runner.stopAll();
    }
    // What the run learned until then is not saved, whether the page has said so yet or not.
    const answer = state.isDirty || wasRunning ? await confirmDiscard(state) : 'discard';
    if (answer === 'cancel') return;
    if (answer === 'save') {
      sendEvent(state.window, 'command', 'file.saveAndClose');
      return;
    }
    state.mayClose = true;
    state.window.close();
  }
}
