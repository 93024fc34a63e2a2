// Whether a command can be used now, as a hook: its component re-renders only when the answer turns.
import { useSyncExternalStore } from 'react';

import { isEnabled } from '../actions/commands';
import { useDocument } from '../stores/document';
import { useLive } from '../stores/live';
import { useRun } from '../stores/run';
import { useUi } from '../stores/ui';

function subscribe(listener: () => void): () => void {
  const ends = [useDocument, useLive, useRun, useUi].map((store) => store.subscribe(listener));
  return () => {
    ends.forEach((end) => end());
  };
}

/** True when there is no command to ask. */
export const useEnabled = (command: string | undefined): boolean =>
  useSyncExternalStore(subscribe, () => command === undefined || isEnabled(command));
