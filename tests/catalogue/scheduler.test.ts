// Every option set of every scheduler for 60 steps beside PyTorch's: rates and momenta equal to the last bit, also when the
// schedule is saved in the middle and goes on in another one.
import { describe, expect, it } from 'vitest';

import { Schedule, SCHEDULERS, type ScheduledGroup } from '#core/schedulers/index';
import { parseParams } from '#core/layers/parse';
import { decode, readGolden } from './agreement';
import { SCHEDULE, SCHEDULER_CASES } from './requests';

const GOLDEN = readGolden<{ readonly lr: string; readonly momentum: string }>('catalogue-schedulers.json');
const newGroup = (factor = 1): ScheduledGroup => ({
  lr: SCHEDULE.lr * factor,
  initialLr: null,
  momentum: 0.9,
  factor,
});
const LENGTH = { steps: SCHEDULE.steps };

describe('schedules against PyTorch', () => {
  it.each(SCHEDULER_CASES.map((given) => [given.name, given] as const))('%s', (name, given) => {
    const golden = GOLDEN[name];
    if (!golden) throw new Error(`no golden answer for ${name}: run scripts/golden/catalogue`);
    const part = { type: given.scheduler.type, params: given.example.params };
    const newGroups = () => (given.example.groups ?? [1]).map((factor) => newGroup(factor));
    for (const savedAt of [null, 1, 13, 29]) {
      let groups = newGroups();
      let schedule = new Schedule(part, groups, LENGTH);
      const rates: number[] = [];
      const momenta: number[] = [];
      given.metrics.forEach((metric, step) => {
        if (step === savedAt) {
          const state = JSON.parse(JSON.stringify(schedule.state())) as Record<string, number>;
          groups = newGroups();
          schedule = new Schedule(part, groups, LENGTH);
          schedule.load(state);
        }
        rates.push(...groups.map(({ lr }) => lr));
        momenta.push(...groups.map(({ momentum }) => momentum ?? Number.NaN));
        schedule.step(metric);
      });
      expect(rates).toEqual(decode(golden.lr));
      expect(momenta).toEqual(decode(golden.momentum));
    }
  });
});

it('a group with a factor has its share of every rate', () => {
  for (const { scheduler, example } of SCHEDULER_CASES) {
    if (scheduler.rule.kind === 'metric' || 'eta_min' in example.params) continue;
    if (JSON.stringify(example.params).includes('eta_min') || example.groups) continue;
    const groups = [newGroup(), newGroup(0.5)];
    const schedule = new Schedule({ type: scheduler.type, params: example.params }, groups, LENGTH);
    for (let step = 0; step < SCHEDULE.steps; step++) {
      expect((groups[1]?.lr ?? 0) / (groups[0]?.lr ?? 1)).toBeCloseTo(0.5, 10);
      schedule.step();
      if ((groups[0]?.lr ?? 0) < 1e-12) break;
    }
  }
});

it('blank lengths are the length of the run', () => {
  for (const type of ['one_cycle_lr', 'cosine_annealing_lr']) {
    const declaration = SCHEDULERS.find((each) => each.type === type);
    if (!declaration) throw new Error(type);
    const length = type === 'one_cycle_lr' ? 'total_steps' : 'T_max';
    const [blank, written] = [newGroup(), newGroup()];
    const params = parseParams(declaration, {});
    const schedules = [
      new Schedule({ type, params }, [blank], { steps: 17 }),
      new Schedule({ type, params: { ...params, [length]: 17 } }, [written], { steps: 17 }),
    ];
    for (let step = 0; step < 17; step++) {
      expect(blank.lr).toBe(written.lr);
      for (const schedule of schedules) schedule.step();
    }
  }
});

it.each([
  [{ type: 'step', params: {} }, "no scheduler 'step'"],
  [{ type: 'step_lr', params: { step: 3 } }, 'step: step_lr has no such parameter'],
  [{ type: 'one_cycle_lr', params: { total_steps: 59 } }, 'ends after 59 steps, and the run has 60'],
  [{ type: 'sequential_lr', params: { milestones: [1, 2] } }, '2 schedulers change 1 times'],
  [
    { type: 'chained_scheduler', params: { schedulers: [{ type: 'reduce_lr_on_plateau' }] } },
    'does not support reduce_lr_on_plateau',
  ],
  [{ type: 'chained_scheduler', params: { schedulers: [] } }, 'expected a list of schedulers'],
  [{ type: 'lambda_lr', params: { lr_lambda: ['0.9', '0.8'] } }, 'Expected 1 lr_lambdas, but got 2'],
  [{ type: 'lambda_lr', params: { lr_lambda: ['0.9', 8] } }, 'expected a formula'],
])('%o is refused', (part, message) => {
  expect(() => new Schedule(part, [newGroup()], LENGTH)).toThrow(message);
});
