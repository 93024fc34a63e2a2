// Long work in JavaScript, cut into turns: timers, input and other calls run in between.

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
}
