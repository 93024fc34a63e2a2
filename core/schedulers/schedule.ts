// A schedule as it runs: the steps of torch.optim.lr_scheduler over the groups of an optimizer, saved and loaded as numbers.
import { LazuliError } from '../errors';
import { parseParams } from '../layers/parse';
import { nearest } from '../layers/suggest';
import type {
  RateCall,
  ScheduledGroup,
  ScheduleLength,
  SchedulerDeclaration,
  SchedulerRule,
} from './declaration';
import { findScheduler, SCHEDULERS } from './list';
import type { SchedulerPart } from './part';

/** Where a schedule stands, by PyTorch's names; inside sequences and chains after `<place>.`. */
export type ScheduleState = Readonly<Record<string, number>>;

/** One scheduler of a schedule. */
interface Running {
  /** Goes on by one step; `metric` is what a scheduler that watches one is told. */
  step(metric: number): void;
  /** The step that a scheduler's making takes. */
  initialStep(): void;
  /** Goes to step 0 without the steps before: what a sequence does at a milestone. */
  restart(): void;
  /** Takes one step off the count alone. */
  undo(): void;
  state(): Record<string, number>;
  load(state: ScheduleState): void;
  /** What PyTorch keeps of it in an optimizer's group, beside rate and momentum. */
  groupValues(at: number): Readonly<Record<string, number>>;
}

type RateRule = Extract<SchedulerRule<never>, { kind: 'rate' }>;
type Params = Readonly<Record<string, unknown>>;

class RateScheduler implements Running {
  #epoch = -1;
  #count = 0;
  #isInitial = false;
  readonly #memory: Record<string, number> = {};
  readonly #bases: readonly number[];

  constructor(
    readonly rule: RateRule,
    readonly params: never,
    readonly groups: readonly ScheduledGroup[],
    readonly length: ScheduleLength,
  ) {
    this.#bases = groups.map((group, at) => {
      rule.prepare?.(params, group, { ...length, at, groups: groups.length });
      return (group.initialLr ??= group.lr);
    });
    this.initialStep();
  }

  initialStep(): void {
    this.#count = 0;
    this.#isInitial = true;
    this.step();
    this.#isInitial = false;
  }
  step(): void {
    this.#count += 1;
    this.#epoch += 1;
    this.rule.advance?.(this.params, this.#memory, this.#epoch);
    this.#update(false);
  }
  restart(): void {
    this.#epoch = 0;
    this.#update(true);
  }
  undo(): void {
    this.#epoch -= 1;
  }
  state(): Record<string, number> {
    return { last_epoch: this.#epoch, _step_count: this.#count, ...this.#memory };
  }
  load({ last_epoch = 0, _step_count = 1, ...memory }: ScheduleState): void {
    this.#epoch = last_epoch;
    this.#count = _step_count;
    for (const name of Object.keys(this.#memory))
      if (memory[name] !== undefined) this.#memory[name] = memory[name];
  }

  groupValues(at: number): Readonly<Record<string, number>> {
    const factor = this.groups[at]?.factor ?? 1;
    return this.rule.groupValues?.(this.params, this.#bases[at] ?? 0, factor) ?? {};
  }

  #update(isRestart: boolean): void {
    const { rule, params, length } = this;
    this.groups.forEach((group, at) => {
      const base = this.#bases[at] ?? group.lr;
      const call: RateCall<never> = {
        ...length,
        at,
        groups: this.groups.length,
        params,
        group,
        base,
        epoch: this.#epoch,
        isInitial: this.#isInitial,
        count: this.#count,
        memory: this.#memory,
      };
      const rate =
        isRestart && rule.closedForm ? rule.closedForm(params, base, this.#epoch) : rule.rate(call);
      if (group.momentum !== null) group.momentum = rule.momentum?.(call) ?? group.momentum;
      group.lr = rate;
    });
  }
}

interface PlateauParams {
  readonly mode: 'min' | 'max';
  readonly factor: number;
  readonly patience: number;
  readonly threshold: number;
  readonly threshold_mode: 'rel' | 'abs';
  readonly cooldown: number;
  readonly min_lr: number;
  readonly eps: number;
}

class PlateauScheduler implements Running {
  #epoch = 0;
  #best: number;
  #bad = 0;
  #resting = 0;

  constructor(
    readonly params: PlateauParams,
    readonly groups: readonly ScheduledGroup[],
  ) {
    this.#best = params.mode === 'min' ? Infinity : -Infinity;
    for (const group of groups) group.initialLr ??= group.lr;
  }

  step(metric: number): void {
    const { patience, cooldown } = this.params;
    this.#epoch += 1;
    if (this.#isBetter(metric)) {
      this.#best = metric;
      this.#bad = 0;
    } else this.#bad += 1;
    if (this.#resting > 0) {
      this.#resting -= 1;
      this.#bad = 0;
    }
    if (this.#bad <= patience) return;
    this.#reduce();
    this.#resting = cooldown;
    this.#bad = 0;
  }
  initialStep(): void {}
  restart(): void {}
  undo(): void {}
  state(): Record<string, number> {
    return {
      last_epoch: this.#epoch,
      best: this.#best,
      num_bad_epochs: this.#bad,
      cooldown_counter: this.#resting,
    };
  }
  load({ last_epoch = 0, best = this.#best, num_bad_epochs = 0, cooldown_counter = 0 }: ScheduleState): void {
    this.#epoch = last_epoch;
    this.#best = best;
    this.#bad = num_bad_epochs;
    this.#resting = cooldown_counter;
  }

  groupValues(): Readonly<Record<string, number>> {
    return {};
  }

  #isBetter(metric: number): boolean {
    const { mode, threshold, threshold_mode } = this.params;
    const best = this.#best;
    if (mode === 'min')
      return metric < (threshold_mode === 'rel' ? best * (1 - threshold) : best - threshold);
    return metric > (threshold_mode === 'rel' ? best * (threshold + 1) : best + threshold);
  }
  #reduce(): void {
    const { factor, min_lr, eps } = this.params;
    for (const group of this.groups) {
      const next = Math.max(group.lr * factor, min_lr);
      if (group.lr - next > eps) group.lr = next;
    }
  }
}

/** Several schedulers as one: all at every step, or one after another. */
class CombinedScheduler implements Running {
  #epoch = 0;

  constructor(
    readonly parts: readonly Running[],
    /** Steps at which the next one takes over; null: all run. */
    readonly milestones: readonly number[] | null,
    groups: readonly ScheduledGroup[],
  ) {
    if (milestones === null) return;
    for (const group of groups) group.lr = group.initialLr ?? group.lr;
    this.undo();
    this.#current()?.initialStep();
  }

  step(metric: number): void {
    this.#epoch += 1;
    if (this.milestones === null) for (const part of this.parts) part.step(metric);
    else if (this.milestones.includes(this.#epoch)) this.#current()?.restart();
    else this.#current()?.step(metric);
  }
  initialStep(): void {}
  restart(): void {}
  undo(): void {
    for (const part of this.parts) part.undo();
  }
  state(): Record<string, number> {
    const parts = this.parts.flatMap((part, at) =>
      Object.entries(part.state()).map(([name, value]) => [`${at}.${name}`, value] as const),
    );
    return { last_epoch: this.#epoch, ...Object.fromEntries(parts) };
  }
  load(state: ScheduleState): void {
    this.#epoch = state['last_epoch'] ?? 0;
    this.parts.forEach((part, at) => {
      const own = Object.entries(state).filter(([name]) => name.startsWith(`${at}.`));
      part.load(Object.fromEntries(own.map(([name, value]) => [name.slice(`${at}.`.length), value])));
    });
  }

  groupValues(at: number): Readonly<Record<string, number>> {
    return Object.assign({}, ...this.parts.map((part) => part.groupValues(at))) as Record<string, number>;
  }

  #current(): Running | undefined {
    return this.parts[(this.milestones ?? []).filter((milestone) => milestone <= this.#epoch).length];
  }
}

/** Throws `parameter_invalid` for an unknown scheduler or option, or one that ends before the run does. */
function create(part: SchedulerPart, groups: readonly ScheduledGroup[], length: ScheduleLength): Running {
  const declaration = known(part.type);
  const params = parseParams(declaration, part.params);
  const rule = declaration.rule as SchedulerRule<never>;
  if (rule.kind === 'metric') return new PlateauScheduler(params as unknown as PlateauParams, groups);
  if (rule.kind === 'rate') {
    refuseShort(declaration, rule, params, length);
    return new RateScheduler(rule, params as never, groups, length);
  }
  const { schedulers, milestones } = params as unknown as {
    readonly schedulers: readonly SchedulerPart[];
    readonly milestones?: readonly number[];
  };
  refuseWatching(declaration, schedulers);
  const parts = schedulers.map((each) => create(each, groups, length));
  return new CombinedScheduler(parts, rule.kind === 'sequence' ? (milestones ?? []) : null, groups);
}

function known(type: string): SchedulerDeclaration {
  const declaration = findScheduler(type);
  if (declaration) return declaration;
  const names = SCHEDULERS.map((each) => each.type);
  const meant = nearest(type, names);
  throw new LazuliError('parameter_invalid', `there is no scheduler '${type}'`, {
    where: 'scheduler',
    expected: `one of ${names.join(', ')}`,
    got: type,
    ...(meant === null ? {} : { hint: `did you mean ${meant}?` }),
  });
}

function refuseShort(
  { type }: SchedulerDeclaration,
  rule: RateRule,
  params: Params,
  length: ScheduleLength,
): void {
  const limit = rule.limit?.(params as never, length) ?? Infinity;
  if (length.steps <= limit) return;
  throw new LazuliError(
    'parameter_invalid',
    `${type} ends after ${limit} steps, and the run has ${length.steps}`,
    {
      where: 'scheduler, total_steps',
      expected: `at least ${length.steps}, or blank for the whole run`,
      got: String(limit),
    },
  );
}

function refuseWatching({ type }: SchedulerDeclaration, parts: readonly SchedulerPart[]): void {
  const watching = parts.find((part) => known(part.type).rule.kind === 'metric');
  if (!watching) return;
  throw new LazuliError('parameter_invalid', `${type} does not support ${watching.type}, as in PyTorch`, {
    where: 'scheduler, schedulers',
    expected: 'schedulers that follow the steps alone',
    got: watching.type,
  });
}

/** True where a scheduler is told a loss or metric after every epoch. */
export const watchesMetric = (type: string): boolean => findScheduler(type)?.rule.kind === 'metric';

/** True where a scheduler, or one inside it, moves momentum. */
export function cyclesMomentum({ type, params }: SchedulerPart): boolean {
  const all = parseParams(known(type), params) as Readonly<Record<string, unknown>>;
  const parts = (all['schedulers'] ?? []) as readonly SchedulerPart[];
  return all['cycle_momentum'] === true || parts.some(cyclesMomentum);
}

/** Drives the rates and momenta of an optimizer's groups. */
export class Schedule {
  readonly #running: Running;

  /** The groups have their first rates afterwards. */
  constructor(
    part: SchedulerPart,
    readonly groups: readonly ScheduledGroup[],
    length: ScheduleLength,
  ) {
    this.#running = create(part, groups, length);
  }

  /** One step of training or one epoch has ended; `metric` as of that epoch. */
  step(metric = Number.NaN): void {
    this.#running.step(metric);
  }
  state(): ScheduleState {
    const rates = this.groups.flatMap(({ lr, momentum }, at) => [
      [`group${at}.lr`, lr] as const,
      ...(momentum === null ? [] : [[`group${at}.momentum`, momentum] as const]),
    ]);
    return { ...this.#running.state(), ...Object.fromEntries(rates) };
  }
  /** What PyTorch keeps in the group `at`, beside rate and momentum: `max_lr` and the like. */
  groupValues(at: number): Readonly<Record<string, number>> {
    return this.#running.groupValues(at);
  }
  load(state: ScheduleState): void {
    this.#running.load(state);
    this.groups.forEach((group, at) => {
      group.lr = state[`group${at}.lr`] ?? group.lr;
      if (group.momentum !== null) group.momentum = state[`group${at}.momentum`] ?? group.momentum;
    });
  }
}
