// How often a layer is looked at: at once, then with the epochs of a run, one question at a time and rarely.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { restAfter } from '#core/session/activity';
import { watchActivity } from '#renderer/stores/activity';
import { useRun } from '#renderer/stores/run';

const SECONDS = 0.04;
const ask = vi.fn(() =>
  Promise.resolve({
    ok: true,
    value: { samples: 8, outputs: [], attention: [], no_gradient: null, seconds: SECONDS },
  }),
);
const epoch = (at: number): void => {
  useRun.setState({ state: 'running', last: { epoch: at } as never });
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('window', { lazuli: { call: { 'model.activity': ask } } });
  ask.mockClear();
  epoch(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('epochs that follow fast are asked for once, after a rest that keeps a run below the promised 3%', async () => {
  const show = vi.fn();
  const end = watchActivity('fc1', show);
  expect(ask).toHaveBeenCalledTimes(1);
  for (let at = 1; at <= 20; at++) {
    await vi.advanceTimersByTimeAsync(10);
    epoch(at);
  }
  expect(ask).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1000 * restAfter(SECONDS));
  expect(ask).toHaveBeenCalledTimes(2);
  expect(show).toHaveBeenCalledTimes(2);
  expect(SECONDS / restAfter(SECONDS)).toBeLessThan(0.01);
  end();
});

test('another layer is asked for at once, and nothing once nobody looks', async () => {
  watchActivity('fc1', () => undefined)();
  const end = watchActivity('fc2', () => undefined);
  expect(ask).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(1);
  epoch(1);
  end();
  await vi.advanceTimersByTimeAsync(1_000_000);
  epoch(2);
  expect(ask).toHaveBeenCalledTimes(2);
});
