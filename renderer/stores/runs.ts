// The history of runs as the window shows it: the list, which runs are compared, their curves, and the runs that wait.
import { create } from 'zustand';
import type { QueuedRun, ShownRun } from '#core/ipc/api';
import type { ComparedSetting, RecordedPoint } from '#core/session/runs';

interface RunsState {
  /** The newest first; null before they were asked for. */
  readonly runs: readonly ShownRun[] | null;
  /** In the order of their choice; a run keeps its colour while it is chosen. */
  readonly chosen: readonly number[];
  readonly curves: ReadonlyMap<number, readonly RecordedPoint[]>;
  readonly settings: readonly ComparedSetting[];
  readonly queue: readonly QueuedRun[];
}

export const useRuns = create<RunsState>(() => ({
  runs: null,
  chosen: [],
  curves: new Map(),
  settings: [],
  queue: [],
}));

/** Another project is shown: what was read of the last one's history is not this one's. */
export function forgetRuns(): void {
  useRuns.setState({ runs: null, chosen: [], curves: new Map(), settings: [] });
}
