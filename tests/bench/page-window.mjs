// An Electron main process that shows one page: other programs' pages in the Chromium of Lazuli's window, at its size.
import { app, BrowserWindow } from 'electron';

void app.whenReady().then(() => {
  const window = new BrowserWindow({ width: 1280, height: 800 });
  void window.loadURL(process.env.PAGE_URL);
});
