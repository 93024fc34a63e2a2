// A page that crashed or hangs: the user is asked, and what it showed comes back from what the main process holds.
import { dialog, type BrowserWindow } from 'electron';

import type { Settings } from './settings';
import { say } from './text';

/** Ends of a page that are no accident. */
const WANTED: ReadonlySet<string> = new Set(['clean-exit']);

/** Why a page can be gone, as far as there are words for it. */
const REASONS = { crashed: 'gone.crashed', oom: 'gone.oom', killed: 'gone.killed' } as const;

const ANSWERS = { reopen: 'gone.reopen', close: 'gone.close', wait: 'gone.wait' } as const;
type Answer = keyof typeof ANSWERS;

export function watchPage(window: BrowserWindow, settings: Settings): void {
  const told = { settings };
  let question: AbortController | null = null;
  const ask = async (message: string, detail: string, answers: readonly Answer[]): Promise<Answer | null> => {
    question?.abort();
    const asked = new AbortController();
    question = asked;
    const { response } = await dialog.showMessageBox(window, {
      type: 'warning',
      message,
      detail,
      buttons: answers.map((answer) => say(told, ANSWERS[answer])),
      defaultId: 0,
      noLink: true,
      signal: asked.signal,
    });
    if (question === asked) question = null;
    return asked.signal.aborted || window.isDestroyed() ? null : (answers[response] ?? null);
  };
  const act = (answer: Answer | null): void => {
    // Not within the notice that the page is gone: Chromium is still taking it down then.
    setImmediate(() => {
      if (window.isDestroyed()) return;
      if (answer === 'reopen') window.webContents.reload();
      if (answer === 'close') window.close();
    });
  };
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (WANTED.has(reason) || window.isDestroyed()) return;
    const why = reason in REASONS ? say(told, REASONS[reason as keyof typeof REASONS]) : reason;
    void ask(say(told, 'gone.stopped', { why }), say(told, 'gone.isSafe'), ['reopen', 'close']).then(act);
  });
  window.on('unresponsive', () => {
    void ask(say(told, 'gone.silent'), say(told, 'gone.mayWork'), ['wait', 'reopen', 'close']).then(
      (answer) => {
        if (answer === 'reopen') window.webContents.forcefullyCrashRenderer();
        act(answer);
      },
    );
  });
  window.on('responsive', () => {
    question?.abort();
  });
}
