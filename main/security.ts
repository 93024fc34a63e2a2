// What a page may never do, whatever it is: permissions, navigation, new windows, outside programs.
import { app, session, shell, type WebContents } from 'electron';

import { isAllowedExternal } from './external-links';
import { APP_ORIGIN } from './protocol';

/** Denies every permission, both when asked and when checked, and every device. */
export function denyPermissions(): void {
  const { defaultSession } = session;
  defaultSession.setPermissionRequestHandler((_contents, _permission, callback) => {
    callback(false);
  });
  defaultSession.setPermissionCheckHandler(() => false);
  defaultSession.setDevicePermissionHandler(() => false);
  defaultSession.webRequest.onBeforeRequest((details, callback) => {
    const isOwn = /^(app|devtools|blob|data):/.test(details.url);
    callback({ cancel: !isOwn && !isDevelopmentServer(details.url) });
  });
}

/** electron-vite's development server, only while it is named by the environment and the app is not packaged. */
export function isDevelopmentServer(url: string): boolean {
  const server = process.env['ELECTRON_RENDERER_URL'];
  if (app.isPackaged || !server) return false;
  return url.startsWith(server) || url.startsWith(server.replace(/^http/, 'ws'));
}

/** True for a page of ours: the packaged origin, or the development server. */
export const isOwnPage = (url: string): boolean =>
  url === APP_ORIGIN || url.startsWith(`${APP_ORIGIN}/`) || isDevelopmentServer(url);

/** No navigation away, no new window, no <webview>, in every web contents the app ever makes. */
export function lockDownContents(): void {
  app.on('web-contents-created', (_event, contents: WebContents) => {
    contents.on('will-navigate', (event) => {
      if (!isOwnPage(event.url)) event.preventDefault();
    });
    contents.on('will-frame-navigate', (event) => {
      if (!isOwnPage(event.url)) event.preventDefault();
    });
    contents.on('will-redirect', (event) => {
      event.preventDefault();
    });
    contents.on('will-attach-webview', (event) => {
      event.preventDefault();
    });
    contents.setWindowOpenHandler(({ url }) => {
      if (isAllowedExternal(url)) void shell.openExternal(url);
      return { action: 'deny' };
    });
  });
}
