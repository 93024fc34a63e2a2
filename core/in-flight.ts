// Several pieces of asynchronous work under way at once, never more than a few.

/** Work begun in order while at most `most` pieces of it are under way. */
export class InFlight {
  readonly #running = new Set<Promise<unknown>>();

  constructor(readonly most: number) {}

  /** Resolves once there is room for more. Rejects with what failed meanwhile; nothing more is to be begun then. */
  async add(work: Promise<unknown>): Promise<void> {
    this.#running.add(work);
    void work.then(
      () => this.#running.delete(work),
      () => undefined,
    );
    if (this.#running.size >= this.most) await Promise.race(this.#running);
  }

  /** Resolves when everything has ended; rejects with the first failure. */
  async all(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** Resolves when everything has ended, however. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}

/**
 * Calls `body` for each item, in order, while at most `most` calls are under way. Rejects with the first failure, after everything that was
 * begun has ended; nothing more is begun then.
 */
export async function inFlight<T>(
  items: Iterable<T>,
  most: number,
  body: (item: T) => Promise<void>,
): Promise<void> {
  const running = new InFlight(most);
  try {
    for (const item of items) await running.add(body(item));
    await running.all();
  } finally {
    await running.settled();
  }
}
