// Tells the user that a run has ended while they look at something else.
import { Notification, type BrowserWindow } from 'electron';
import type { RecordedRun } from '#core/session/runs';

/** What is said of a run that ended. */
export type EndedRun = Pick<RecordedRun, 'epochs' | 'total_epochs' | 'seconds'> & {
  readonly outcome: 'finished' | 'stopped' | 'failed';
  readonly error: string | null;
};

const WORDS = {
  finished: 'Training finished',
  stopped: 'Training stopped',
  failed: 'Training failed',
} as const;

/** A notification of the system, and a mark in the task bar; nothing while the window has the focus. A click brings the window. */
export function notifyEnd(window: BrowserWindow, name: string, run: EndedRun): void {
  if (window.isDestroyed() || window.isFocused()) return;
  window.flashFrame(true);
  if (!Notification.isSupported()) return;
  const done = `${run.epochs} of ${run.total_epochs} epochs in ${Math.round(run.seconds)} s`;
  const notification = new Notification({ title: `${WORDS[run.outcome]}: ${name}`, body: run.error ?? done });
  notification.on('click', () => {
    if (window.isDestroyed()) return;
    if (window.isMinimized()) window.restore();
    window.focus();
  });
  notification.show();
}
