// The run history as the command line and the window use it.
import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

import { LazuliError } from '#core/errors';

import { HistoryBusy } from './database';
import { RunHistory } from './history';
import type { HistoryPlace } from './place';

export { pointsCsv, runsCsv } from './csv';
export { HistoryBusy } from './database';
export { RunHistory } from './history';
export { historyBeside, isHistoryOff, type HistoryPlace } from './place';
export { weightsOfRun, type RestorableWeights } from './restore';
export { RunRecorder, type RecorderOptions } from './recorder';

const PATIENCE_MS = 3000;
const RETRY_MS = 25;

/** Tries a database in use again for a while. */
async function patiently<T>(body: () => T): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;)
    try {
      return body();
    } catch (error) {
      if (!(error instanceof HistoryBusy) || performance.now() > deadline) throw error;
      await wait(RETRY_MS);
    }
}

function using<T>(history: RunHistory, body: (history: RunHistory) => T): T {
  try {
    return body(history);
  } finally {
    history.close();
  }
}

/** Opens the history for `body` and closes it; null where no run was recorded yet. */
export const withHistory = <T>(place: HistoryPlace, body: (history: RunHistory) => T): Promise<T | null> =>
  patiently(() => {
    const history = RunHistory.openExisting(place);
    return history && using(history, body);
  });

/** The same where a run was asked for by its number. */
export async function withRuns<T>(place: HistoryPlace, body: (history: RunHistory) => T): Promise<T> {
  const result = await withHistory(place, (history) => ({ value: body(history) }));
  if (result) return result.value;
  throw new LazuliError('usage', 'no run of this project was recorded yet', {
    where: place.database,
    hint: 'train it once: lazuli train PROJECT --out W.pt',
  });
}

/** Adds the runs of one history to another, with their files; the first is left as it is. */
export async function copyHistory(from: HistoryPlace, to: HistoryPlace): Promise<void> {
  if (!existsSync(from.database)) return;
  if (existsSync(from.folder)) await cp(from.folder, to.folder, { recursive: true });
  await patiently(() => using(RunHistory.open(to), (history) => history.take(from)));
}
