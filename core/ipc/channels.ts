// The channel behind each call and event; only the preload and the main process know these names.
import type { CallName, EventName } from './api';

export const callChannel = (name: CallName): string => `lazuli:${name}`;
export const eventChannel = (name: EventName): string => `lazuli-event:${name}`;
