// Electron's entry: one instance, the locks before anything is shown, then a window.
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';

import { app as electron, BrowserWindow, dialog, session } from 'electron';

import { yieldToWindow } from '#engine/backend';
import { BackupStore } from '#engine/backups';

import { App } from './app';
import { allHandlers } from './handlers';
import { registerCalls } from './ipc';
import { fileIn, OpenRequests } from './opened-files';
import { registerAppScheme, serveApp } from './protocol';
import { denyPermissions, lockDownContents } from './security';

/** An error nobody caught: printed, never a modal dialog, which would hang a run without a display. */
function reportFault(what: string, error: unknown): void {
  console.error(
    `lazuli: ${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
}
process.on('uncaughtException', (error) => {
  reportFault('uncaught exception', error);
});
process.on('unhandledRejection', (error) => {
  reportFault('unhandled rejection', error);
});

const requests = new OpenRequests();

/** What a command line has behind the program, and where Lazuli is not packaged behind the app's folder. */
const argumentsOf = (argv: readonly string[]): readonly string[] => argv.slice(electron.isPackaged ? 1 : 2);

async function start(): Promise<void> {
  await electron.whenReady();
  denyPermissions();
  serveApp(session.defaultSession, join(import.meta.dirname, '../renderer'));
  yieldToWindow();
  const app = new App(await BackupStore.open(join(electron.getPath('userData'), 'backups')));
  registerCalls(allHandlers(app), (window) => app.stateOf(window));

  electron.on('second-instance', (_event, argv, folder) => {
    const file = fileIn(argumentsOf(argv), folder);
    const [window] = BrowserWindow.getAllWindows();
    if (window?.isMinimized() === true) window.restore();
    window?.focus();
    if (file !== null) requests.ask(file);
  });
  electron.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) void app.openWindow(null);
  });
  electron.on('window-all-closed', () => {
    if (process.platform !== 'darwin') electron.quit();
  });
  const early = requests.serve((file) => {
    void app.openFromSystem(file);
  });
  await app.openWindow(early ?? fileIn(argumentsOf(process.argv), process.cwd()));
}

const folder = process.env['LAZULI_USER_DATA'];
if (folder) electron.setPath('userData', resolve(folder));
registerAppScheme();
// With fewer than four cores Chromium draws pages with one thread, while the page itself waits for what it draws.
if (availableParallelism() < 4) electron.commandLine.appendSwitch('num-raster-threads', '2');
lockDownContents();
electron.on('open-file', (event, file) => {
  event.preventDefault();
  requests.ask(file);
});
if (electron.requestSingleInstanceLock())
  start().catch((error: unknown) => {
    reportFault('could not start', error);
    dialog.showErrorBox('Lazuli could not start', error instanceof Error ? error.message : String(error));
    electron.exit(1);
  });
else electron.quit();
