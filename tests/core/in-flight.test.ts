// Work under way at once: never more than allowed, begun in order, and all of it ended when the call ends.
import { expect, test } from 'vitest';

import { inFlight } from '#core/in-flight';

test('no more than so many are under way, and they begin in order', async () => {
  const begun: number[] = [];
  const doors: (() => void)[] = [];
  const all = inFlight([0, 1, 2, 3], 2, (item) => {
    begun.push(item);
    return new Promise((resolve) => doors.push(resolve));
  });
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
  doors[1]?.();
  await expect.poll(() => begun).toEqual([0, 1, 2]);
  for (let at = 0; at < 4; at++) {
    doors[at]?.();
    await expect.poll(() => begun.length).toBeGreaterThanOrEqual(Math.min(4, at + 3));
  }
  doors[3]?.();
  await all;
});

test('the first failure ends it once what was begun has ended', async () => {
  const ended: string[] = [];
  const work = inFlight(['slow', 'bad', 'never'], 2, async (item) => {
    if (item === 'bad') throw new Error('bad');
    await new Promise((resolve) => setTimeout(resolve, 20));
    ended.push(item);
  });
  await expect(work).rejects.toThrow('bad');
  expect(ended).toEqual(['slow']);
});
