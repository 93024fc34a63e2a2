// Builds `window.lazuli` from the contract: named, frozen functions. Never exposes ipcRenderer, an event object or a channel name.
import { contextBridge, ipcRenderer } from 'electron';
import { CALL_NAMES, EVENT_NAMES } from '#core/ipc/api';
import { callChannel, eventChannel } from '#core/ipc/channels';

const call = Object.freeze(
  Object.fromEntries(
    CALL_NAMES.map((name) => [
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

contextBridge.exposeInMainWorld('lazuli', Object.freeze({ call, on }));
