// Long work on the JavaScript thread in small steps: an iterator that rests between them, run at once or with pauses.

/** Each `next` does a few milliseconds of work at most. */
export type Steps = Generator<void, void, undefined>;

/** Does all of it now. */
export function runSteps(steps: Steps): void {
  for (const _ of steps);
}

/** Milliseconds of work between two pauses; what is asked of the thread meanwhile waits no longer than twice this. */
const BUDGET = 4;

/** Work put off, to be done in its order with pauses between the steps. */
export class StepQueue {
  #waiting: Steps[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }
  add(steps: Steps): void {
    this.#waiting.push(steps);
  }
  /** Forgets what has not been done. */
  clear(): void {
    this.#waiting = [];
  }
  /** Does everything, also what is added meanwhile; `pause` lets others have the thread. What a step throws ends it. */
  async run(pause: () => Promise<void>): Promise<void> {
    let since = Date.now();
    for (let steps = this.#waiting.shift(); steps !== undefined; steps = this.#waiting.shift())
      for (const _ of steps) {
        if (Date.now() - since < BUDGET) continue;
        await pause();
        since = Date.now();
      }
  }
}
