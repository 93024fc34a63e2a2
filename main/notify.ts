// Tells the user that a run has ended while they look at something else.
import { Notification, type BrowserWindow } from 'electron';
import type { RecordedRun } from '#core/session/runs';

import type { Settings } from './settings';
import { saidTo, say } from './text';

/** What is said of a run that ended. */
export type EndedRun = Pick<RecordedRun, 'epochs' | 'total_epochs' | 'seconds'> & {
  readonly outcome: 'finished' | 'stopped' | 'failed';
  readonly error: string | null;
};

const WORDS = {
  finished: 'notify.finished',
  stopped: 'notify.stopped',
  failed: 'notify.failed',
} as const;

/** A notification of the system, and a mark in the task bar; nothing while the window has the focus. A click brings the window. */
export function notifyEnd(window: BrowserWindow, settings: Settings, name: string, run: EndedRun): void {
  if (window.isDestroyed() || window.isFocused()) return;
  window.flashFrame(true);
  if (!Notification.isSupported()) return;
  const told = { settings };
  const { epochs, total_epochs: total, seconds, error } = run;
  const notification = new Notification({
    title: say(told, WORDS[run.outcome], { name }),
    body:
      error === null
        ? say(told, 'notify.done', { epochs, total, seconds: Math.round(seconds) })
        : saidTo(told, error),
  });
  notification.on('click', () => {
    if (window.isDestroyed()) return;
    if (window.isMinimized()) window.restore();
    window.focus();
  });
  notification.show();
}
