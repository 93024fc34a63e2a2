// The training step's programs with the native state they move: the order of samples, the log, random numbers.
import type { TrainingSettings } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { parseParams } from '#core/layers/index';
import { newTensor, together } from '#core/nn/index';
import type { KnownProgram } from '#core/program/index';
import type { Tensor } from '#core/tensor/tensor';
import { CLIPPING } from '#core/training/options';
import type { RunOptions } from '#native';

import { bytesOf } from '../datasets/table';
import { Turns } from '../turns';
import { Cursor } from './batches';
import type { Optimizer } from './optimizer';
import type { RunParts } from './parts';
import { StepLog, type StepValues } from './log';
import { disposePass, planPass, programAt, Slicer, stepsOf, type PassPlan } from './pass';
import type { StepMeter } from './profile';
import { trainProgramInTurns, type StepProgram } from './programs';
import { Totals, type Measured } from './totals';

/** The metric that clipping by norm adds: the norm of all gradients before they were cut. */
export const GRADIENT_NORM = 'gradient_norm';

const timed = (meter: StepMeter | null): Pick<RunOptions, 'timing'> =>
  meter ? { timing: meter.from.isLive ? 'sampled' : 'instructions' } : {};

/** Samples of a step. */
export const batchOf = (
  { batchSize, accumulate = 1 }: Pick<TrainingSettings, 'batchSize' | 'accumulate'>,
  samples: number,
): number => Math.min(batchSize * accumulate, samples);

/** One sample is too few for batch statistics: where only the last batch is that small, and fails, it is left out. */
export const hasLoneRest = (samples: number, portion: number): boolean =>
  samples % portion === 1 && samples > 1 && portion > 1;

/** The training step's programs with the native state they move: order, log and random numbers. */
export class TrainingPass {
  readonly steps: number;
  /** Steps done since `start`. */
  done = 0;
  /** Of the run, before `start`. */
  #totalSteps = 0;
  readonly #state: PassState;
  readonly #plan: PassPlan;
  readonly #slicer = new Slicer();

  private constructor(
    readonly optimizer: Optimizer,
    state: PassState,
    plan: PassPlan,
  ) {
    this.#state = state;
    this.#plan = plan;
    this.steps = stepsOf(plan);
  }

  /** Traces the programs, in turns. Throws what does not fit, with everything freed. */
  static async create(
    parts: RunParts,
    optimizer: Optimizer,
    known: readonly KnownProgram[] = [],
  ): Promise<TrainingPass> {
    const { settings, rows } = parts;
    const { length } = rows.training;
    const clipping = settings.clipping ? parseParams(CLIPPING, settings.clipping) : null;
    const portion = Math.min(settings.batchSize, length);
    const state = newState(parts, (clipping?.max_norm ?? null) !== null);
    const { cursor, log, random, batch } = state;
    const { precision } = settings;
    const all = { ...parts, optimizer, cursor, log, random, precision, clipping, portion, known };
    const turns = new Turns();
    const make = (size: number): Promise<StepProgram> => trainProgramInTurns(all, size, turns);
    try {
      const plan = await planPass(length, batch, make).catch((error: unknown) => {
        if (!hasLoneRest(length, portion)) throw error;
        return planPass(length - 1, batch, make);
      });
      return new TrainingPass(optimizer, state, plan);
    } catch (error) {
      freeState(state);
      throw error;
    }
  }

  totals(options: { readonly isStepwise?: boolean } = {}): Totals {
    return new Totals(this.#state.measured, options);
  }
  start(rows: readonly number[], at: { readonly step: number; readonly totalSteps: number }): void {
    this.#state.cursor.start(rows, at.step * this.#state.batch);
    this.#state.random.storage.write(
      0,
      bytesOf(BigInt64Array.of(BigInt(this.#state.seed), BigInt(at.totalSteps))),
    );
    this.done = 0;
    this.#totalSteps = at.totalSteps;
  }
  /**
   * Runs some steps from step `at` of the epoch on; fewer, or none, when the signal says so. `meter`, if any, is told their
   * instructions' times; outside a run of one step at a time.
   */
  async slice(
    at: number,
    signal: AbortSignal,
    meter: StepMeter | null = null,
  ): Promise<{
    readonly rows: readonly StepValues[];
    readonly program: StepProgram;
    readonly seconds: number;
    /** The first group's learning rate in each step. */
    readonly rates: readonly number[];
  }> {
    const next = programAt(this.#plan, at);
    if (!next) throw new LazuliError('internal', `step ${at} of ${this.steps}`);
    if (this.optimizer.closure) return this.#closureSlice(at, next.program, meter);
    const { log } = this.#state;
    log.rewind();
    const most = meter?.from.isLive === false ? 1 : this.#slicer.steps(next.left);
    const steps = this.optimizer.prepare(Math.min(most, log.most));
    const result = await next.program.program.run(steps, { signal, ...timed(meter) });
    meter?.add(next.program, result);
    this.#slicer.measured(result);
    const rows = log.read(result.steps, next.program.parts);
    this.done += result.steps;
    const rates = this.optimizer.taken(result.steps);
    return { rows, program: next.program, seconds: result.seconds, rates };
  }
  /** One step of an optimizer that looks at the loss again and again; what the first look gave is the step's. */
  async #closureSlice(
    at: number,
    program: StepProgram,
    meter: StepMeter | null,
  ): ReturnType<TrainingPass['slice']> {
    const { log, cursor, batch, random, seed } = this.#state;
    const [gradient] = program.outputs;
    if (!gradient) throw new LazuliError('internal', 'a program without a gradient');
    const started = performance.now();
    let first: StepValues | null = null;
    this.optimizer.prepare(1);
    random.storage.write(0, bytesOf(BigInt64Array.of(BigInt(seed), BigInt(this.#totalSteps + this.done))));
    await this.optimizer.evaluate(async () => {
      cursor.seek(at * batch);
      log.rewind();
      const result = await program.program.run(1, timed(meter));
      meter?.add(program, result);
      const [values] = log.read(1, program.parts);
      first ??= values ?? null;
      return { loss: values?.values[0] ?? Number.NaN, gradient };
    });
    this.done += 1;
    const seconds = (performance.now() - started) / 1000;
    return { rows: first ? [first] : [], program, seconds, rates: this.optimizer.taken(1) };
  }
  dispose(): void {
    disposePass(this.#plan);
    freeState(this.#state);
  }
}

/** The native state that programs of a pass move, and what tells how to read it. */
interface PassState {
  readonly cursor: Cursor;
  readonly log: StepLog;
  /** int64 [seed, step]. */
  readonly random: Tensor;
  /** Samples of a step. */
  readonly batch: number;
  readonly seed: number;
  readonly measured: Measured;
}

function newState(
  { settings, rows, objective, backend: { device } }: RunParts,
  logsNorm: boolean,
): PassState {
  const { length } = rows.training;
  const batch = batchOf(settings, length);
  const extras = logsNorm ? [GRADIENT_NORM] : [];
  const parts = Math.ceil(batch / Math.min(settings.batchSize, length));
  return together(() => ({
    cursor: new Cursor(length, device),
    log: new StepLog(Math.ceil(length / batch), { extras: extras.length, parts, device }),
    random: newTensor([2], 'int64', device),
    batch,
    seed: settings.seed,
    measured: { ...objective, extras },
  }));
}

function freeState({ cursor, log, random }: PassState): void {
  cursor.dispose();
  log.dispose();
  random.storage.dispose();
}
