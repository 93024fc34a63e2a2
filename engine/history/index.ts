// The run history as the command line and the window use it.
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

/**
 * Opens the history for `body` and closes it; null where no run was recorded yet. A database in use is tried again for a while.
 */
export async function withHistory<T>(
  place: HistoryPlace,
  body: (history: RunHistory) => T,
): Promise<T | null> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;)
    try {
      const history = RunHistory.openExisting(place);
      if (!history) return null;
      try {
        return body(history);
      } finally {
        history.close();
      }
    } catch (error) {
      if (!(error instanceof HistoryBusy) || performance.now() > deadline) throw error;
      await wait(RETRY_MS);
    }
}

/** The same where a run was asked for by its number. */
export async function withRuns<T>(place: HistoryPlace, body: (history: RunHistory) => T): Promise<T> {
  const result = await withHistory(place, (history) => ({ value: body(history) }));
  if (result) return result.value;
  throw new LazuliError('usage', 'no run of this project was recorded yet', {
    where: place.database,
    hint: 'train it once: lazuli train PROJECT --out W.pt',
  });
}
