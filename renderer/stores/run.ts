// The training run as the window draws it: state, progress, curves. Events arrive in batches and are shown a few times a second.
import { create } from 'zustand';
import type { ErrorData } from '#core/errors';
import type { Events, RunSnapshot } from '#core/ipc/api';
import type { RunEvent, RunState } from '#core/session/session';

/** Columns for the charts; `x` is the step. NaN where a column has no value there. */
export interface Curves {
  readonly step: readonly number[];
  readonly loss: readonly number[];
  readonly accuracy: readonly number[];
  readonly validationStep: readonly number[];
  readonly validationLoss: readonly number[];
  readonly validationAccuracy: readonly number[];
  /** Where the last epoch ended; -1 before the first. */
  readonly lastEpochStep: number;
}

interface RunStoreState {
  readonly state: RunState;
  readonly last: RunEvent | null;
  /** The last epoch that ended: its metrics are over whole passes. */
  readonly lastEpoch: RunEvent | null;
  readonly curves: Curves;
  readonly error: ErrorData | null;
}

const EMPTY: Curves = {
  step: [],
  loss: [],
  accuracy: [],
  validationStep: [],
  validationLoss: [],
  validationAccuracy: [],
  lastEpochStep: -1,
};

export const useRun = create<RunStoreState>(() => ({
  state: 'idle',
  last: null,
  lastEpoch: null,
  curves: EMPTY,
  error: null,
}));

/** Points kept per curve; beyond it every second older one goes. */
const POINT_LIMIT = 4_000;

/** Shows a run from its beginning (a start, or a window that was reloaded). */
export function showRun(snapshot: RunSnapshot): void {
  waiting = [];
  useRun.setState({
    state: snapshot.state,
    last: snapshot.events.at(-1) ?? null,
    lastEpoch: snapshot.events.findLast(({ event }) => event === 'epoch') ?? null,
    curves: append(EMPTY, snapshot.events),
    error: snapshot.error,
  });
}

/** Events are shown at most so often: faster than can be read, slower than costs frames while every core computes. */
const SHOW_MS = 200;

let waiting: RunEvent[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

/** Adds a batch of events; a change of state is shown at once, mere progress with the next round. */
export function addRunEvents(batch: Events['run']): void {
  waiting.push(...batch.events);
  const { state } = useRun.getState();
  const isTurn =
    batch.state !== state || batch.error !== null || batch.events.some(({ event }) => event === 'start');
  if (isTurn) flush(batch.state, batch.error);
  else timer ??= setTimeout(() => flush(useRun.getState().state, useRun.getState().error), SHOW_MS);
}

/** Shows what waits. A `start` event begins new curves. */
function flush(state: RunState, error: ErrorData | null): void {
  clearTimeout(timer);
  timer = undefined;
  const events = waiting;
  waiting = [];
  const { curves, last, lastEpoch } = useRun.getState();
  const start = events.findLastIndex(({ event }) => event === 'start');
  useRun.setState({
    state,
    last: events.at(-1) ?? last,
    lastEpoch: events.findLast(({ event }) => event === 'epoch') ?? (start >= 0 ? null : lastEpoch),
    curves: start >= 0 ? append(EMPTY, events.slice(start)) : append(curves, events),
    error,
  });
}

/** Training points are those of steps, and an epoch's own mean where the epoch was too quick for a step to be told. */
function append(curves: Curves, events: readonly RunEvent[]): Curves {
  let { lastEpochStep } = curves;
  let latest = curves.step.at(-1) ?? -1;
  const steps = events.filter(({ event, step }) => {
    const isNews = step > latest && (event === 'step' || (event === 'epoch' && latest <= lastEpochStep));
    if (isNews) latest = step;
    if (event === 'epoch') lastEpochStep = step;
    return isNews;
  });
  const epochs = events.filter(({ event, metrics }) => event === 'epoch' && 'validation_loss' in metrics);
  const next: Curves = {
    lastEpochStep,
    step: [...curves.step, ...steps.map(({ step }) => step)],
    loss: [...curves.loss, ...steps.map(({ loss }) => loss)],
    accuracy: [...curves.accuracy, ...steps.map(({ metrics }) => accuracyIn(metrics, ''))],
    validationStep: [...curves.validationStep, ...epochs.map(({ step }) => step)],
    validationLoss: [
      ...curves.validationLoss,
      ...epochs.map(({ metrics }) => metrics['validation_loss'] ?? NaN),
    ],
    validationAccuracy: [
      ...curves.validationAccuracy,
      ...epochs.map(({ metrics }) => accuracyIn(metrics, 'validation_')),
    ],
  };
  return next.step.length > POINT_LIMIT
    ? { ...next, step: thin(next.step), loss: thin(next.loss), accuracy: thin(next.accuracy) }
    : next;
}

/** The accuracy, of several losses the first one's that has any. */
function accuracyIn(metrics: RunEvent['metrics'], prefix: '' | 'validation_'): number {
  const plain = metrics[`${prefix}accuracy`];
  if (plain !== undefined) return plain;
  const name = Object.keys(metrics).find(
    (each) => each.endsWith('.accuracy') && each.startsWith('validation_') === (prefix !== ''),
  );
  return name === undefined ? NaN : (metrics[name] ?? NaN);
}

/** Every second point of the older half; the newer half stays whole. */
const thin = (values: readonly number[]): number[] =>
  values.filter((_value, index) => index >= values.length / 2 || index % 2 === 0);
