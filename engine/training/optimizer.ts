// An optimizer with what it remembers per parameter and the rates its schedule gives it, in native memory: recorded into steps.
import type { TrainingSettings } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { parseParams } from '#core/layers/index';
import { newTensor, type Parameter } from '#core/nn/index';
import { fillTensor } from '#core/nn/tensor-memory';
import type { OptimizerDeclaration } from '#core/optimizers/index';
import { LBFGS_PARAMS } from '#core/optimizers/lbfgs';
import { cyclesMomentum, Schedule, watchesMetric, type ScheduledGroup } from '#core/schedulers/index';
import type { Tensor } from '#core/tensor/tensor';

import { ClosureOptimizer, type Closure } from './closure';
import { knownOptimizer, parameterGroups, resetGroup, withMomentum, type ParameterGroup } from './groups';
import { RateTable } from './rates';

export type OptimizerState = Readonly<Record<string, Tensor>>;

/** What moves rates and momenta: a schedule, or a search for a learning rate. */
export interface Drive {
  step(metric?: number): void;
  state(): Readonly<Record<string, number>>;
  load(state: Readonly<Record<string, number>>): void;
  /** What PyTorch keeps of it in the group `at`. */
  groupValues?(at: number): Readonly<Record<string, number>>;
}

/** How long a run is, for schedules that last as long. */
export interface RunLength {
  readonly epochs: number;
  readonly stepsPerEpoch: number;
}

export interface OptimizerOptions {
  /** The group of a parameter, by key. */
  readonly groupOf?: ReadonlyMap<string, string>;
  readonly length?: RunLength;
  /** Instead of the settings' scheduler: called once, over the groups; it steps with every step. */
  readonly drive?: (groups: readonly ScheduledGroup[]) => Drive;
}

/** The rate and momentum of a group inside a step that is being recorded. */
interface Taken {
  readonly rate: Tensor;
  readonly momentum: Tensor | null;
}

export class Optimizer {
  readonly declaration: OptimizerDeclaration;
  readonly groups: readonly ParameterGroup[];
  /** What an optimizer that looks at the loss again and again keeps; null for the others. */
  readonly closure: ClosureOptimizer | null;
  readonly interval: 'step' | 'epoch';
  /** The schedule is told a loss or metric after every epoch. */
  readonly watchesMetric: boolean;
  readonly #makeDrive: () => Drive | null;
  #length: RunLength;
  #drive: Drive | null;
  readonly #isCycling: boolean;
  readonly #states = new Map<string, OptimizerState>();
  readonly #groupOf = new Map<string, ParameterGroup>();
  readonly #table: RateTable;
  #taken = new Map<ParameterGroup, Taken>();
  #rates: readonly number[] = [];

  /** Throws `parameter_invalid` for an unknown optimizer, scheduler, option or group. */
  constructor(
    { optimizer, scheduler }: Pick<TrainingSettings, 'optimizer' | 'scheduler'>,
    parameters: ReadonlyMap<string, Parameter>,
    { groupOf = new Map(), length = { epochs: 1, stepsPerEpoch: 1 }, drive }: OptimizerOptions = {},
  ) {
    this.declaration = knownOptimizer(optimizer.type);
    const groups = parameterGroups(optimizer, this.declaration, parameters, groupOf);
    this.closure =
      this.declaration.evaluatesAgain === true ? new ClosureOptimizer(parameters.values()) : null;
    if (this.closure && groups.length > 1)
      throw new LazuliError(
        'parameter_invalid',
        `${this.declaration.type} doesn't support per-parameter options (parameter groups)`,
        {
          where: 'optimizer, groups',
          expected: 'one group',
          got: String(groups.length),
          hint: 'take the tensors out of their groups, or choose another optimizer',
        },
      );
    const chosen = drive ? null : (scheduler ?? null);
    this.watchesMetric = chosen !== null && watchesMetric(chosen.type);
    this.interval = this.watchesMetric ? 'epoch' : (chosen?.interval ?? 'step');
    this.#isCycling = chosen !== null && cyclesMomentum(chosen);
    this.#makeDrive = () => {
      if (drive) return drive(groups);
      return chosen && new Schedule(chosen, groups, { steps: this.#steps() });
    };
    this.#length = length;
    this.#drive = this.#makeDrive();
    this.groups = groups;
    for (const group of groups) for (const key of group.keys) this.#groupOf.set(key, group);
    for (const [key, parameter] of parameters) this.#states.set(key, this.#newState(key, parameter));
    // Rates and states lie where the parameters are.
    this.#table = new RateTable(2 * groups.length, [...parameters.values()][0]?.device);
    this.prepare(1);
  }

  get learningRate(): number {
    return this.groups[0]?.lr ?? Number.NaN;
  }
  /** What is remembered, by parameter key and state name. */
  get states(): ReadonlyMap<string, OptimizerState> {
    return this.#states;
  }
  /** Where the schedule stands, or null without one. */
  get schedule(): Drive | null {
    return this.#drive;
  }

  /** Starts the schedule anew for a run of another length. */
  setLength(length: RunLength): void {
    if (this.#length.epochs === length.epochs && this.#length.stepsPerEpoch === length.stepsPerEpoch) return;
    this.#length = length;
    for (const group of this.groups) resetGroup(group);
    this.#drive = this.#makeDrive();
    this.prepare(1);
  }

  /** Writes the rates of at most `steps` next steps for the program; gives how many there was room for. */
  prepare(steps: number): number {
    const count = Math.min(steps, this.#table.capacity);
    const isMoving = this.#movesEachStep();
    const start = isMoving ? this.#drive?.state() : null;
    const rows = Array.from({ length: count }, () => {
      const row = this.groups.flatMap(({ lr, momentum }) => [lr, momentum ?? Number.NaN]);
      if (isMoving) this.#drive?.step();
      return row;
    });
    if (start) this.#drive?.load(start);
    this.#rates = rows.map(([rate = Number.NaN]) => rate);
    this.#table.write(rows);
    return count;
  }
  /** So many of the prepared steps were taken; gives the first group's rate in each. */
  taken(steps: number): readonly number[] {
    if (this.#movesEachStep()) for (let step = 0; step < steps; step++) this.#drive?.step();
    return this.#rates.slice(0, steps);
  }
  /** An epoch has ended; `metric` is what `monitor` names. */
  endEpoch(metric: number): void {
    if (this.interval === 'epoch') this.#drive?.step(metric);
  }

  /** One step of an optimizer of closures, at the prepared rate. */
  async evaluate(closure: Closure): Promise<void> {
    const [group] = this.groups;
    if (!this.closure || !group) throw new LazuliError('internal', 'this optimizer takes no closure');
    const options = parseParams({ type: 'lbfgs', params: LBFGS_PARAMS }, group.params);
    await this.closure.step(options, this.#rates[0] ?? group.lr, closure);
  }

  /** Records taking this step's rates: before `step`. */
  begin(): void {
    const take = (column: number): Tensor =>
      this.#movesEachStep() ? this.#table.take(column) : this.#table.first(column);
    this.#taken = new Map(
      this.groups.map((group, at) => [
        group,
        {
          rate: take(2 * at),
          momentum: this.#isCycling && group.momentum !== null ? take(2 * at + 1) : null,
        },
      ]),
    );
  }
  /** Records the step of one parameter. */
  step(key: string, param: Parameter, grad: Tensor): void {
    const group = this.#groupOf.get(key);
    const taken = group && this.#taken.get(group);
    if (!taken) return;
    const state = this.#states.get(key) ?? {};
    const { rate: learningRate, momentum } = taken;
    this.declaration.lower({ params: this.#paramsOf(group), param, grad, state, learningRate, momentum });
  }
  /** Records moving on to the next step's rates: after `step`. */
  end(): void {
    if (this.#movesEachStep()) this.#table.advance();
  }

  dispose(): void {
    this.#table.dispose();
    for (const state of this.#states.values())
      for (const tensor of Object.values(state)) tensor.storage.dispose();
  }

  #steps(): number {
    const { epochs, stepsPerEpoch } = this.#length;
    return this.interval === 'step' ? epochs * stepsPerEpoch : epochs;
  }
  #movesEachStep(): boolean {
    return this.#drive !== null && this.interval === 'step';
  }
  /** Where momentum is cycled, an optimizer that starts without one has one all the same, as in PyTorch. */
  #paramsOf({ params, momentum }: ParameterGroup): ParameterGroup['params'] {
    return this.#isCycling ? withMomentum(params, momentum) : params;
  }
  /** What starts as the learning rate starts as the first step's, where a schedule has moved it already. */
  #newState(key: string, parameter: Parameter): OptimizerState {
    const group = this.#groupOf.get(key);
    const params = group && { ...this.#paramsOf(group), lr: group.lr };
    const specs = params ? this.declaration.state(params, parameter.shape) : [];
    return Object.fromEntries(
      specs.map(({ name, shape, dtype, initial = 0 }) => {
        const tensor = newTensor(shape, dtype ?? parameter.dtype, parameter.device);
        if (initial !== 0) fillTensor(tensor, initial);
        return [name, tensor];
      }),
    );
  }
}
