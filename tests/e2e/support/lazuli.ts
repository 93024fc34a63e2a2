// Starts the real app for a test: its own settings folder, a copy of an example, dialogs answered with given paths.
import type {} from '../../../renderer/client';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { _electron as electron, type ElectronApplication, type Page } from '@playwright/test';

const ROOT = resolve(import.meta.dirname, '../../..');

export interface Lazuli {
  readonly app: ElectronApplication;
  readonly page: Page;
  /** A folder of this test's own, removed at the end. */
  readonly folder: string;
  /** What the next open or save dialog returns; null cancels it. */
  answerDialog(path: string | null): Promise<void>;
  /** Runs a command of core/commands as its menu item would. */
  command(id: string): Promise<void>;
  /** What message boxes answer from now on: the button of this name; '' closes them. */
  answerMessages(button: string): Promise<void>;
  /** The texts of the message boxes shown since `answerMessages`. */
  messages(): Promise<readonly string[]>;
  /** Ends the app as a power cut would: no handler of it runs. */
  kill(): Promise<void>;
  /** Ends the app without questions. */
  close(): Promise<void>;
}

/** A copy of `examples/<name>` in a fresh folder. */
export function copyExample(name: string): { readonly folder: string; readonly project: string } {
  const folder = mkdtempSync(join(tmpdir(), 'lazuli-e2e-'));
  // Without the history of runs that `npm start` or anybody's training left beside the example.
  cpSync(join(ROOT, 'examples', name), folder, {
    recursive: true,
    filter: (file) => !file.includes('.runs'),
  });
  return { folder, project: join(folder, `${name}.lazuli`) };
}

interface Start {
  /** Left out, Lazuli is started as its menu entry does, with no file. */
  readonly project?: string;
  readonly folder: string;
  /** As somebody finds it who starts Lazuli for the first time: with the tour. */
  readonly isFirstStart?: boolean;
  /** Added to the app's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A packaged app; left out, the checkout's in Electron. */
  readonly program?: string;
}

const running = new Set<Lazuli>();

/** Ends every app that a test started, also those that it left running because it failed. */
export async function endAll(): Promise<void> {
  for (const lazuli of running) await lazuli.close();
}

/** Launches Electron on `project`. A start that crashes (about 1 in 260 under Xvfb) is tried once more; nothing else is. */
export async function launch(options: Start): Promise<Lazuli> {
  const { app, page } = await startTwice(options);
  let hasEnded = false;
  app.once('close', () => {
    hasEnded = true;
    running.delete(lazuli);
  });
  const lazuli: Lazuli = {
    app,
    page,
    folder: options.folder,
    async answerDialog(path) {
      await app.evaluate(({ dialog }, answer) => {
        dialog.showOpenDialog = () =>
          Promise.resolve({ canceled: answer === null, filePaths: answer === null ? [] : [answer] });
        dialog.showSaveDialog = () => Promise.resolve({ canceled: answer === null, filePath: answer ?? '' });
      }, path);
    },
    async command(id) {
      await app.evaluate(({ Menu }, wanted) => {
        Menu.getApplicationMenu()?.getMenuItemById(wanted)?.click();
      }, id);
    },
    async answerMessages(button) {
      await app.evaluate(({ dialog }, wanted) => {
        const shown: string[] = [];
        Reflect.set(dialog, 'shownToTests', shown);
        // Called with or without a window before the options.
        Reflect.set(dialog, 'showMessageBox', (...given: unknown[]) => {
          const options = given.at(-1) as Electron.MessageBoxOptions;
          shown.push(`${options.message}\n${options.detail ?? ''}`);
          return Promise.resolve({ response: options.buttons?.indexOf(wanted) ?? 0, checkboxChecked: false });
        });
      }, button);
    },
    messages: () =>
      app.evaluate(({ dialog }) => (Reflect.get(dialog, 'shownToTests') as string[] | undefined) ?? []),
    async kill() {
      const ended = app.waitForEvent('close');
      const { pid } = app.process();
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      await ended;
    },
    async close() {
      if (hasEnded) return;
      const ended = app.waitForEvent('close');
      // It may be gone before it answers; that it ended is what counts.
      await app
        .evaluate(({ app: running }) => {
          running.exit(0);
        })
        .catch(() => undefined);
      await ended;
    },
  };
  running.add(lazuli);
  return lazuli;
}

async function startTwice(start: Start): Promise<{ app: ElectronApplication; page: Page }> {
  try {
    return await startOnce(start);
  } catch {
    return startOnce(start);
  }
}

async function startOnce({
  project,
  folder,
  isFirstStart = false,
  environment = {},
  program,
}: Start): Promise<{ app: ElectronApplication; page: Page }> {
  const settings = join(folder, 'user-data', 'settings.json');
  if (!isFirstStart && !existsSync(settings)) {
    mkdirSync(join(folder, 'user-data'), { recursive: true });
    writeFileSync(settings, '{"isTourOver": true}');
  }
  const app = await electron.launch({
    ...(program === undefined ? {} : { executablePath: program }),
    args: [
      ...(program === undefined ? [ROOT] : []),
      ...(project === undefined ? [] : [project]),
      '--log-level=3',
      '--disable-gpu',
    ],
    cwd: program === undefined ? ROOT : folder,
    env: {
      ...definedEnvironment(),
      LAZULI_USER_DATA: join(folder, 'user-data'),
      ELECTRON_RENDERER_URL: '',
      ...environment,
    },
  });
  const page = await app.firstWindow();
  await page.getByRole('button', { name: 'Feed sample' }).first().waitFor();
  return { app, page };
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

export const removeFolder = (folder: string): void => {
  // Chromium's helper processes may still write their caches for a moment after the app has ended.
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
};
