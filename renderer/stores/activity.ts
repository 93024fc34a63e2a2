// What one layer does with the sample, asked for while somebody looks: at once, and again with the epochs of a run, one question at
// a time and so rarely that the run waits for a small share of its time.
import { errorToData, type ErrorData } from '#core/errors';
import { restAfter, type Activity } from '#core/session/activity';

import { call } from '../client';
import { useRun } from './run';

export type FoundActivity = { readonly activity: Activity } | { readonly error: ErrorData };

const isRunning = (): boolean => useRun.getState().state !== 'idle';

/** Shows what the node (its id in the flat graph) does now and what it does later, until the function it returns is called. */
export function watchActivity(node: string, show: (found: FoundActivity) => void): () => void {
  let isWanted = true;
  let isUnderWay = false;
  let isStale = false;
  let resting: ReturnType<typeof setTimeout> | undefined;
  const ask = async (): Promise<void> => {
    isUnderWay = true;
    isStale = false;
    const found = await call('model.activity', node).then(
      (activity): FoundActivity => ({ activity }),
      (error: unknown): FoundActivity => ({ error: errorToData(error) }),
    );
    isUnderWay = false;
    if (!isWanted) return;
    show(found);
    const rest = 'activity' in found && isRunning() ? restAfter(found.activity.seconds) : 0;
    resting = setTimeout(() => {
      resting = undefined;
      if (isStale) void ask();
    }, rest * 1000);
  };
  const unsubscribe = useRun.subscribe(({ state, last }, before) => {
    if (state === before.state && last?.epoch === before.last?.epoch) return;
    isStale = true;
    if (!isUnderWay && resting === undefined) void ask();
  });
  void ask();
  return () => {
    isWanted = false;
    clearTimeout(resting);
    unsubscribe();
  };
}
