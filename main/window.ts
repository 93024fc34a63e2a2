// The one place that makes windows, so that every window has the same locks.
import { join } from 'node:path';

import { BrowserWindow, nativeTheme, screen } from 'electron';
import { letHandGoFirst } from '#engine/turns';

import { APP_ORIGIN } from './protocol';
import { isDevelopmentServer } from './security';
import type { WindowBounds } from './settings';
import { shownBounds } from './window-place';

/** What is followed by a frame a person waits for. */
const PRESSES: ReadonlySet<string> = new Set(['rawKeyDown', 'keyDown', 'mouseDown', 'mouseUp']);

/** Opens a window on the renderer's page; it shows itself once it has painted. */
export function createWindow(wanted: WindowBounds): BrowserWindow {
  const areas = screen.getAllDisplays().map(({ workArea }) => workArea);
  const { isMaximized = false, ...bounds } = shownBounds(wanted, areas);
  const window = new BrowserWindow({
    ...bounds,
    minWidth: 960,
    minHeight: 600,
    show: false,
    title: 'Lazuli',
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#10131a' : '#f6f7f9',
    webPreferences: {
      preload: join(import.meta.dirname, '../preload/index.cjs'),
      contextIsolation: true,
      sandbox: true,
      webSecurity: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      spellcheck: false,
      navigateOnDragDrop: false,
    },
  });
  window.webContents.on('input-event', (_event, { type }) => {
    if (PRESSES.has(type)) letHandGoFirst();
  });
  window.once('ready-to-show', () => {
    if (isMaximized) window.maximize();
    else window.show();
  });
  return window;
}

/** Loads the renderer: the built files, or electron-vite's server while developing. */
export async function loadRenderer(window: BrowserWindow): Promise<void> {
  const server = process.env['ELECTRON_RENDERER_URL'];
  await window.loadURL(server && isDevelopmentServer(server) ? server : `${APP_ORIGIN}/index.html`);
}
