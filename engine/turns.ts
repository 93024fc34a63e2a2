// Long work in JavaScript, cut into turns: timers, input and other calls run in between.
import type { Turned } from '#core/turns';

/** Longest turn in milliseconds, well under what a person or the event loop's limit of 8 ms would notice. */
const TURN = 4;

export class Turns {
  #since = performance.now();

  /** Call it often: it gives way when the turn is over, and costs next to nothing otherwise. */
  async next(): Promise<void> {
    if (performance.now() - this.#since < TURN) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#since = performance.now();
  }

  /** Does work that yields; rejects with what it throws. */
  async run<T>(work: Turned<T>): Promise<T> {
    for (;;) {
      const turn = work.next();
      if (turn.done === true) return turn.value;
      await this.next();
    }
  }
}
