// The run as the window keeps it: curves grow, begin anew, stay bounded; and what the charts and numbers make of it.
import { beforeEach, expect, test, vi } from 'vitest';
import type { RunEvent } from '#core/session/session';
import { decimate, joinCurves } from '#renderer/panels/curve-data';
import { showBytes } from '#core/units';
import { showCount, showDuration, showLoss, showShare } from '#renderer/panels/format';
import { remainingSeconds } from '#renderer/panels/run-progress';
import { addRunEvents, showRun, useRun } from '#renderer/stores/run';

const event = (kind: RunEvent['event'], step: number, rest: Partial<RunEvent> = {}): RunEvent => ({
  event: kind,
  step,
  epoch: 0,
  loss: 1 / (step + 1),
  metrics: { accuracy: 0.5 },
  lr: 0.01,
  samples_per_second: 100,
  seconds: step / 10,
  total_steps: 100,
  total_epochs: 10,
  ...rest,
});
const epoch = (step: number) =>
  event('epoch', step, { metrics: { accuracy: 0.6, validation_loss: 0.3, validation_accuracy: 0.9 } });
const send = (...events: RunEvent[]) => {
  addRunEvents({ state: 'running', events, error: null });
  vi.runAllTimers();
};
const { getState } = useRun;

beforeEach(() => {
  vi.useFakeTimers();
  showRun({ state: 'idle', events: [], error: null });
});

test('steps and epochs fill their columns; a quick epoch gives a training point of its own', () => {
  send(event('start', 0), event('step', 4), event('step', 10), epoch(10), epoch(20));
  expect(getState().curves.step).toEqual([4, 10, 20]);
  expect(getState().curves.validationStep).toEqual([10, 20]);
  expect(getState().curves.validationAccuracy).toEqual([0.9, 0.9]);
});

test('progress is shown a few times a second, a change of state at once', () => {
  addRunEvents({ state: 'running', events: [event('start', 0)], error: null });
  expect(getState().state).toBe('running');
  addRunEvents({ state: 'running', events: [event('step', 1)], error: null });
  addRunEvents({ state: 'running', events: [event('step', 2)], error: null });
  expect(getState().curves.step).toEqual([]);
  vi.runAllTimers();
  expect(getState().curves.step).toEqual([1, 2]);
  addRunEvents({ state: 'running', events: [event('step', 3)], error: null });
  addRunEvents({ state: 'idle', events: [event('done', 3)], error: null });
  expect(getState()).toMatchObject({ state: 'idle', last: { event: 'done' } });
  expect(getState().curves.step).toEqual([1, 2, 3]);
});

test('a start in a batch begins new curves', () => {
  send(event('step', 1), event('step', 2));
  send(event('step', 3), event('start', 0), event('step', 1));
  expect(getState().curves.step).toEqual([1]);
});

test('curves stay bounded and keep their newest points', () => {
  for (let at = 0; at < 100; at++)
    send(...Array.from({ length: 100 }, (_, next) => event('step', at * 100 + next + 1)));
  const { step, loss } = getState().curves;
  expect(step.length).toBeLessThanOrEqual(4_000);
  expect(step.length).toBe(loss.length);
  expect(step.slice(-3)).toEqual([9_998, 9_999, 10_000]);
});

test('a chart has one ascending axis and no point where a curve has none', () => {
  send(event('step', 1), event('step', 3), epoch(3), event('step', 5), epoch(6));
  const [steps, train, validation] = joinCurves(getState().curves, 'loss');
  expect(steps).toEqual([1, 3, 5, 6]);
  expect(train).toEqual([1 / 2, 1 / 4, 1 / 6, null]);
  expect(validation).toEqual([null, 0.3, null, 0.3]);
});

test('a long curve is thinned and keeps its peaks', () => {
  const step = Array.from({ length: 5_000 }, (_, at) => at);
  const value = step.map((at) => (at === 3_333 ? 9 : at === 1_111 ? -9 : Math.sin(at)));
  const thin = decimate({ step, value });
  expect(thin.step.length).toBeLessThanOrEqual(400);
  expect(thin.value).toEqual(expect.arrayContaining([9, -9]));
  expect(thin.step).toEqual(thin.step.toSorted((a, b) => a - b));
  expect(decimate({ step: [1, 2, 3], value: [1, NaN, 3] }).step).toEqual([1, 3]);
});

test('remaining time goes by the speed so far', () => {
  expect(remainingSeconds(event('step', 25))).toBeCloseTo(7.5);
  expect(remainingSeconds(event('start', 0))).toBe(0);
  expect(remainingSeconds(event('done', 100))).toBe(0);
});

test('numbers as people read them', () => {
  expect([0, 67, 3_765].map(showDuration)).toEqual(['0:00', '1:07', '1:02:45']);
  expect([1_797, 38_476, 4_213_000].map(showCount)).toEqual(['1,797', '38,476', '4.21 M']);
  expect([0, 312, 4_608, 1_300_000].map(showBytes)).toEqual(['0 B', '312 B', '4.5 KiB', '1.2 MiB']);
  expect([2.302585, 0.0000514, NaN, undefined].map(showLoss)).toEqual(['2.303', '5.14e-5', '–', '–']);
  expect(showShare(0.9861)).toBe('98.6%');
});
