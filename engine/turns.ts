// Long work in JavaScript, cut into turns: timers, input and other calls run in between.
import { HandFirst, type Turned } from '#core/turns';

/** Longest turn in milliseconds, well under what a person or the event loop's limit of 8 ms would notice. */
const TURN = 4;

const hand = new HandFirst();

/** The window got a key or a press: the work of everybody who takes turns rests a moment. */
export function letHandGoFirst(): void {
  hand.press(performance.now());
}

export class Turns {
  #since = performance.now();

  /** Call it often: it gives way when the turn is over, and costs next to nothing otherwise. */
  async next(): Promise<void> {
    if (performance.now() - this.#since < TURN) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    for (let rest = hand.restAt(performance.now()); rest > 0; rest = hand.restAt(performance.now()))
      await new Promise<void>((resolve) => setTimeout(resolve, rest));
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
