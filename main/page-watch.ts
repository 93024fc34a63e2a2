// A page that crashed or hangs: the user is asked, and what it showed comes back from what the main process holds.
import { dialog, type BrowserWindow } from 'electron';

/** Ends of a page that are no accident. */
const WANTED: ReadonlySet<string> = new Set(['clean-exit']);

export function watchPage(window: BrowserWindow): void {
  let question: AbortController | null = null;
  const ask = async (message: string, detail: string, buttons: readonly string[]): Promise<string | null> => {
    question?.abort();
    const asked = new AbortController();
    question = asked;
    const { response } = await dialog.showMessageBox(window, {
      type: 'warning',
      message,
      detail,
      buttons: [...buttons],
      defaultId: 0,
      noLink: true,
      signal: asked.signal,
    });
    if (question === asked) question = null;
    return asked.signal.aborted || window.isDestroyed() ? null : (buttons[response] ?? null);
  };
  const act = (answer: string | null): void => {
    // Not within the notice that the page is gone: Chromium is still taking it down then.
    setImmediate(() => {
      if (window.isDestroyed()) return;
      if (answer === 'Reopen') window.webContents.reload();
      if (answer === 'Close') window.close();
    });
  };
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (WANTED.has(reason) || window.isDestroyed()) return;
    const detail = 'The project is safe: reopening shows it as it was a moment ago. A training run goes on.';
    void ask(`The window stopped working (${reason})`, detail, ['Reopen', 'Close']).then(act);
  });
  window.on('unresponsive', () => {
    const detail = 'It may still be working on something long.';
    void ask('The window does not answer', detail, ['Wait', 'Reopen', 'Close']).then((answer) => {
      if (answer === 'Reopen') window.webContents.forcefullyCrashRenderer();
      act(answer);
    });
  });
  window.on('responsive', () => {
    question?.abort();
  });
}
