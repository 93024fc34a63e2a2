// The window's side of the contract: calls that resolve with their value or throw a LazuliError, and the event subscriptions.
import { LazuliError } from '#core/errors';
import {
  isAnsweredAsText,
  type Bridge,
  type Calls,
  type EventName,
  type Events,
  type PageCallName,
} from '#core/ipc/api';

declare global {
  interface Window {
    /** Put there by the preload script. */
    readonly lazuli: Bridge;
  }
}

/** Calls the main process. Throws the LazuliError it reported. */
export async function call<N extends PageCallName>(
  name: N,
  ...args: Parameters<Calls[N]>
): Promise<ReturnType<Calls[N]>> {
  const reply = await window.lazuli.call[name](...args);
  if (!reply.ok) throw LazuliError.fromData(reply.error);
  const { value } = reply;
  return (isAnsweredAsText(name) ? JSON.parse(value as string) : value) as ReturnType<Calls[N]>;
}

/** Subscribes to an event of the main process; returns the unsubscribe. */
export const onEvent = <N extends EventName>(name: N, listener: (event: Events[N]) => void): (() => void) =>
  window.lazuli.on[name](listener);
