// Keys look closer at a curve, never past its ends; data that comes while somebody looks at a part leaves them there.
import type uPlot from 'uplot';
import { expect, test } from 'vitest';

import { rangeAfter, setDataKeeping } from '#renderer/panels/chart-zoom';

const whole = { min: 0, max: 100 };

test('plus and minus look closer and wider around the middle, arrows move along, 0 shows all', () => {
  expect(rangeAfter('+', whole, whole)).toEqual({ min: 25, max: 75 });
  expect(rangeAfter('-', { min: 25, max: 75 }, whole)).toEqual(whole);
  expect(rangeAfter('-', { min: 80, max: 100 }, whole)).toEqual({ min: 60, max: 100 });
  expect(rangeAfter('ArrowRight', { min: 40, max: 60 }, whole)).toEqual({ min: 44, max: 64 });
  expect(rangeAfter('ArrowLeft', { min: 1, max: 21 }, whole)).toEqual({ min: 0, max: 20 });
  expect(rangeAfter('0', { min: 40, max: 60 }, whole)).toEqual(whole);
  expect(rangeAfter('a', whole, whole)).toBeNull();
});

test('a part that is looked at stays while the run goes on; the whole grows with it', () => {
  const drawn = (x: { min: number; max: number }): readonly unknown[] => {
    const calls: unknown[] = [];
    const plot = {
      data: [[0, 50, 100], []],
      scales: { x },
      setData: (_data: unknown, resets: boolean) => calls.push(resets),
      setScale: (_name: string, range: unknown) => calls.push(range),
    } as unknown as uPlot;
    setDataKeeping(plot, [[0, 50, 100, 150], []]);
    return calls;
  };
  expect(drawn({ min: 20, max: 40 })).toEqual([false, { min: 20, max: 40 }]);
  expect(drawn({ min: 0, max: 100 })).toEqual([true]);
});
