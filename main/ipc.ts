// The one door for messages from a window: known call, our page, main frame, arguments that follow their schema.
import { BrowserWindow, ipcMain, type IpcMainInvokeEvent } from 'electron';
import { errorToData, LazuliError } from '#core/errors';
import {
  CALL_NAMES,
  isAnsweredAsText,
  type CallName,
  type Calls,
  type EventName,
  type Events,
  type Reply,
} from '#core/ipc/api';
import { callChannel, eventChannel } from '#core/ipc/channels';
import { parseArguments } from '#core/ipc/schemas';

import { isOwnPage } from './security';

/** The main process's side of every call; `Context` is what belongs to the calling window. */
export type Handlers<Context> = {
  readonly [name in CallName]: (
    context: Context,
    ...args: Parameters<Calls[name]>
  ) => ReturnType<Calls[name]> | Promise<ReturnType<Calls[name]>>;
};

/** Registers every call of the contract. `contextOf` gives the calling window's state, or null for a window that is gone. */
export function registerCalls<Context>(
  handlers: Handlers<Context>,
  contextOf: (window: BrowserWindow) => Context | null,
): void {
  for (const name of CALL_NAMES) {
    ipcMain.handle(callChannel(name), async (event, ...args: unknown[]): Promise<Reply<unknown>> => {
      try {
        const context = contextOf(trustedSender(event));
        if (context === null) throw new LazuliError('ipc_refused', `${name}: the window is gone`);
        const value = await invoke(handlers, name, context, args);
        return { ok: true, value: isAnsweredAsText(name) ? JSON.stringify(value) : value };
      } catch (error) {
        return { ok: false, error: errorToData(error) };
      }
    });
  }
}

function invoke<Context, N extends CallName>(
  handlers: Handlers<Context>,
  name: N,
  context: Context,
  args: readonly unknown[],
): unknown {
  return handlers[name](context, ...parseArguments(name, args));
}

/** The window a message came from; throws unless it is the main frame of one of our own pages. */
function trustedSender(event: IpcMainInvokeEvent): BrowserWindow {
  const frame = event.senderFrame;
  const window = BrowserWindow.fromWebContents(event.sender);
  if (!frame || !window || frame !== event.sender.mainFrame || !isOwnPage(frame.url))
    throw new LazuliError('ipc_refused', 'a message from a page that is not ours was refused', {
      got: frame?.url.slice(0, 120) ?? 'a frame that is gone',
    });
  return window;
}

/** Sends an event to a window that still exists. */
export function sendEvent<N extends EventName>(window: BrowserWindow, name: N, payload: Events[N]): void {
  if (!window.isDestroyed() && !window.webContents.isDestroyed())
    window.webContents.send(eventChannel(name), payload);
}
