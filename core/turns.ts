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
