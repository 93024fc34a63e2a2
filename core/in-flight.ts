// Several pieces of asynchronous work under way at once, never more than a few.

/**
 * Calls `body` for each item, in order, while at most `most` calls are under way. Rejects with the first failure, after everything that was
 * begun has ended; nothing more is begun then.
 */
export async function inFlight<T>(
  items: Iterable<T>,
  most: number,
  body: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  try {
    for (const item of items) {
      const work = body(item);
      running.add(work);
      void work.then(
        () => running.delete(work),
        () => undefined,
      );
      if (running.size >= most) await Promise.race(running);
    }
    await Promise.all(running);
  } finally {
    await Promise.allSettled(running);
  }
}
