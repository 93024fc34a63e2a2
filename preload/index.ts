// Builds `window.lazuli` from the contract: named, frozen functions. Never exposes ipcRenderer, an event object or a channel name.
// What the user drops is told the main process from here: the page neither sees a path nor can name one.
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { CALL_NAMES, DROP_LIMIT, EVENT_NAMES, isForPage } from '#core/ipc/api';
import { callChannel, eventChannel } from '#core/ipc/channels';

const call = Object.freeze(
  Object.fromEntries(
    CALL_NAMES.filter(isForPage).map((name) => [
      name,
      (...args: unknown[]): Promise<unknown> => ipcRenderer.invoke(callChannel(name), ...args),
    ]),
  ),
);

const on = Object.freeze(
  Object.fromEntries(
    EVENT_NAMES.map((name) => [
      name,
      (listener: (payload: unknown) => void): (() => void) => {
        const handler = (_event: unknown, payload: unknown): void => {
          listener(payload);
        };
        ipcRenderer.on(eventChannel(name), handler);
        return () => {
          ipcRenderer.removeListener(eventChannel(name), handler);
        };
      },
    ]),
  ),
);

/** Only a drop the user made: one that a page makes up is not trusted, and its files have no path. */
window.addEventListener('drop', (event) => {
  const files = event.dataTransfer?.files;
  if (!event.isTrusted || !files || files.length === 0) return;
  event.preventDefault();
  const paths = [...files]
    .slice(0, DROP_LIMIT)
    .map((file) => webUtils.getPathForFile(file))
    .filter((path) => path !== '');
  void ipcRenderer.invoke(callChannel('files.drop'), paths);
});

contextBridge.exposeInMainWorld('lazuli', Object.freeze({ call, on }));
