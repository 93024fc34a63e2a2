// When a moving camera counts as hurried: frames are made by hand here, and told how long they took.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { isHurried, onRest, watchMotion } from '#renderer/canvas/motion';
import { cameraMoved } from '#renderer/canvas/viewport';

const classes = new Set<string>();
const element = {
  classList: {
    toggle: (name: string, isOn: boolean) => (isOn ? classes.add(name) : classes.delete(name)),
  },
};

let now = 0;
let next: ((now: number) => void) | null = null;
let end = (): void => undefined;

/** Frames that took so many milliseconds, in each of which the camera moves or not. */
function frames(count: number, took: number, { isMoving = true } = {}): void {
  for (let at = 0; at < count; at++) {
    if (isMoving) cameraMoved();
    now += took;
    const act = next;
    next = null;
    act?.(now);
  }
}

beforeEach(() => {
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  vi.stubGlobal('requestAnimationFrame', (act: (now: number) => void) => {
    next = act;
    return 1;
  });
  vi.stubGlobal('cancelAnimationFrame', () => {
    next = null;
  });
  now += 60_000;
  end = watchMotion(element as unknown as Element);
});

afterEach(() => {
  end();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test('a camera whose frames come in time is never hurried', () => {
  frames(100, 16.7);
  expect(isHurried()).toBe(false);
  expect(classes.size).toBe(0);
});

test('two slow frames make a motion hurried until it rests; the next is hurried from its beginning, one much later is not', () => {
  const rested = vi.fn();
  const stop = onRest(rested);
  frames(2, 50);
  expect(isHurried()).toBe(false);
  frames(1, 50);
  expect([isHurried(), [...classes]]).toEqual([true, ['is-hurried']]);
  frames(20, 16.7);
  expect(isHurried()).toBe(true);
  expect(rested).not.toHaveBeenCalled();
  frames(10, 16.7, { isMoving: false });
  expect([isHurried(), classes.size]).toEqual([false, 0]);
  expect(rested).toHaveBeenCalledTimes(1);
  cameraMoved();
  expect(isHurried()).toBe(true);
  frames(10, 16.7, { isMoving: false });
  now += 20_000;
  cameraMoved();
  expect(isHurried()).toBe(false);
  stop();
});
