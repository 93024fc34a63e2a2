// Work cut into turns: a generator that yields wherever others may go first. Who drives it decides when it goes on.

/** Gives `T` after any number of turns. */
export type Turned<T> = Generator<void, T>;

/** All turns at once. */
export function drain<T>(work: Turned<T>): T {
  for (;;) {
    const turn = work.next();
    if (turn.done === true) return turn.value;
  }
}

/** Does something around a piece of work. */
export type Wrap = <R>(body: () => R) => R;

/** The same work with every turn inside `wrap`: what `wrap` sets is not set while others go. */
export function* within<T>(wrap: Wrap, work: Turned<T>): Turned<T> {
  for (;;) {
    const turn = wrap(() => work.next());
    if (turn.done === true) return turn.value;
    yield;
  }
}

/** So long after a key or a press the frame that shows what it does has the machine to itself. */
const HAND_MS = 60;
/** Keys in a row rest the work no longer than this; then it goes on for as long. */
const MOST_MS = 500;

/** When work in turns rests, so that what a person did is seen first. Times are in milliseconds of one clock. */
export class HandFirst {
  #since = 0;
  #until = 0;

  /** A key or a press. */
  press(now: number): void {
    if (now > this.#until + (this.#until - this.#since)) this.#since = now;
    this.#until = Math.min(now + HAND_MS, this.#since + MOST_MS);
  }

  /** How much longer it rests; 0 where it may go on. */
  restAt(now: number): number {
    return Math.max(0, this.#until - now);
  }
}
