// Work in turns rests while the frame after a key or a press is made, and keys in a row do not stop it.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { letHandGoFirst, Turns } from '#engine/turns';

beforeEach(() => {
  // Behind all presses of the tests before: what rests is of the process.
  vi.useFakeTimers({ now: 0 });
  vi.advanceTimersByTime((made += 100_000));
});
afterEach(() => {
  vi.useRealTimers();
});
let made = 0;

/** Milliseconds until work whose turn is over goes on. */
async function waits(): Promise<number> {
  const turns = new Turns();
  vi.advanceTimersByTime(5);
  const start = performance.now();
  let end: number | null = null;
  void turns.next().then(() => {
    end = performance.now();
  });
  for (let ms = 0; ms < 5_000 && end === null; ms++) await vi.advanceTimersByTimeAsync(1);
  return (end ?? Infinity) - start;
}

test('a turn that is over gives way and goes on at once; after a press it rests for a frame', async () => {
  expect(await waits()).toBeLessThanOrEqual(1);
  letHandGoFirst();
  const rest = await waits();
  expect(rest).toBeGreaterThan(40);
  expect(rest).toBeLessThanOrEqual(60);
  expect(await waits()).toBeLessThanOrEqual(1);
});

test('while a key is held down the work goes on for as long as it rested', async () => {
  let rested = 0;
  for (let at = 0; at < 100; at++) {
    letHandGoFirst();
    const turns = new Turns();
    await vi.advanceTimersByTimeAsync(5);
    let isOn = false;
    void turns.next().then(() => {
      isOn = true;
    });
    await vi.advanceTimersByTimeAsync(25);
    if (!isOn) rested += 30;
  }
  expect(rested).toBeGreaterThan(1_000);
  expect(rested).toBeLessThan(2_000);
});
