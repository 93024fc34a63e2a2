// One thing at a time, in the order asked: who reads parameters waits for the slice of training in progress, and no longer.

export class Lock {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `body` when everything asked before has ended. */
  run<T>(body: () => Promise<T> | T): Promise<T> {
    const result = this.#last.then(body);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
