// The events of a run: kept for whoever comes late, sent about ten times a second to whoever listens.
import type { ErrorData } from '#core/errors';
import type { RunSnapshot } from '#core/ipc/api';
import type { RunEvent, RunState } from '#core/session/session';

export type RunListener = (events: readonly RunEvent[], state: RunState, error: ErrorData | null) => void;

const SEND_EVERY = 100;
const MAX_STEPS = 2000;

/** Steps between two points of a curve: every step of a run of up to 2,000, and evenly spread ones of a longer run. */
export const stepsPerPoint = (totalSteps: number): number => Math.max(1, Math.ceil(totalSteps / MAX_STEPS));

export class EventLog {
  samplesPerSecond = 0;
  readonly #listeners = new Set<RunListener>();
  readonly #kept: RunEvent[] = [];
  #waiting: RunEvent[] = [];
  #steps = 0;
  #error: ErrorData | null = null;
  #lastSent = performance.now();
  #lastStep = 0;
  #seconds = 0;

  constructor(readonly state: () => RunState) {}

  /** Seconds of computing so far: pauses do not count. */
  get seconds(): number {
    return this.#seconds;
  }
  measured(samples: number, seconds: number): void {
    this.#seconds += seconds;
    if (seconds <= 0) return;
    const now = samples / seconds;
    this.samplesPerSecond = this.samplesPerSecond === 0 ? now : 0.7 * this.samplesPerSecond + 0.3 * now;
  }

  add(event: RunEvent): void {
    this.#kept.push(event);
    this.#waiting.push(event);
    if (event.event === 'step' && ++this.#steps > MAX_STEPS) this.#thin();
    if (performance.now() - this.#lastSent >= SEND_EVERY) this.flush();
  }
  /**
   * Adds the event of a step that is due, or of a slice's last one when none was added for a while; true when it did.
   */
  addStep(
    make: () => RunEvent,
    { isDue, isLastOfSlice }: { isDue: boolean; isLastOfSlice: boolean },
  ): boolean {
    const isLate = isLastOfSlice && performance.now() - this.#lastStep >= SEND_EVERY;
    if (!isDue && !isLate) return false;
    this.#lastStep = performance.now();
    this.add(make());
    return true;
  }
  fail(error: ErrorData | null): void {
    this.#error = error;
  }

  listen(listener: RunListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  /** Sends what waits, and the state. */
  flush(): void {
    const events = this.#waiting;
    this.#waiting = [];
    this.#lastSent = performance.now();
    for (const listener of this.#listeners) listener(events, this.state(), this.#error);
  }
  /** Sends what waits first: who takes a snapshot and then listens gets every event once. */
  snapshot(): RunSnapshot {
    if (this.#waiting.length > 0) this.flush();
    return { state: this.state(), events: [...this.#kept], error: this.#error };
  }

  /** Every other step event goes: curves keep their form. */
  #thin(): void {
    let odd = false;
    const kept = this.#kept.filter(({ event }) => {
      if (event !== 'step') return true;
      odd = !odd;
      return odd;
    });
    this.#kept.splice(0, this.#kept.length, ...kept);
    this.#steps = kept.filter(({ event }) => event === 'step').length;
  }
}
