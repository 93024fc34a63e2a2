// The training step's programs with the native state they move: the order of samples, the log, random numbers.
import type { TrainingSettings } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { parseParams } from '#core/layers/index';
import { newTensor } from '#core/nn/index';
import type { Tensor } from '#core/tensor/tensor';
import { CLIPPING } from '#core/training/options';

import { bytesOf } from '../datasets/table';
import { Cursor } from './batches';
import type { Objective } from './objective';
import type { Optimizer } from './optimizer';
import type { RunParts } from './parts';
import { disposePass, planPass, programAt, Slicer, stepsOf, Totals, type PassPlan } from './pass';
import { StepLog, trainProgram, type StepProgram } from './programs';

/** The metric that clipping by norm adds: the norm of all gradients before they were cut. */
export const GRADIENT_NORM = 'gradient_norm';

/** Samples of a step. */
export const batchOf = (
  { batchSize, accumulate = 1 }: Pick<TrainingSettings, 'batchSize' | 'accumulate'>,
  samples: number,
): number => Math.min(batchSize * accumulate, samples);

/** The training step's programs with the native state they move: order, log and random numbers. */
export class TrainingPass {
  readonly steps: number;
  /** Steps done since `start`. */
  done = 0;
  readonly #cursor: Cursor;
  readonly #log: StepLog;
  readonly #random: Tensor;
  readonly #plan: PassPlan;
  readonly #slicer = new Slicer();
  readonly #objective: Objective;
  readonly #batch: number;
  readonly #seed: number;
  readonly #names: readonly string[];

  constructor(
    parts: RunParts,
    readonly optimizer: Optimizer,
  ) {
    const { settings, rows, objective } = parts;
    const { length } = rows.training;
    const clipping = settings.clipping ? parseParams(CLIPPING, settings.clipping) : null;
    const portion = Math.min(settings.batchSize, length);
    this.#objective = objective;
    this.#seed = settings.seed;
    this.#batch = batchOf(settings, length);
    this.#names = [
      ...objective.metrics.map(({ type }) => type),
      ...((clipping?.max_norm ?? null) === null ? [] : [GRADIENT_NORM]),
    ];
    const { device } = parts.backend;
    this.#random = newTensor([2], 'int64', device);
    this.#cursor = new Cursor(length, device);
    this.#log = new StepLog(Math.ceil(length / this.#batch), this.#names.length, device);
    const all = {
      ...parts,
      optimizer,
      cursor: this.#cursor,
      log: this.#log,
      random: this.#random,
      precision: settings.precision,
      clipping,
      portion,
    };
    try {
      this.#plan = planPass(length, this.#batch, (batch) => trainProgram(all, batch));
    } catch (error) {
      // One sample is too few for batch statistics: where only the last batch is that small it is left out.
      const isOnlyRest = length % portion === 1 && length > 1 && portion > 1;
      if (!isOnlyRest) {
        this.#free();
        throw error;
      }
      try {
        this.#plan = planPass(length - 1, this.#batch, (batch) => trainProgram(all, batch));
      } catch (again) {
        this.#free();
        throw again;
      }
    }
    this.steps = stepsOf(this.#plan);
  }

  totals(): Totals {
    return new Totals(this.#names, this.#objective.isSum);
  }
  start(rows: readonly number[], at: { readonly step: number; readonly totalSteps: number }): void {
    this.#cursor.start(rows, at.step * this.#batch);
    this.#log.rewind();
    this.#random.storage.write(0, bytesOf(BigInt64Array.of(BigInt(this.#seed), BigInt(at.totalSteps))));
    this.done = 0;
  }
  /** Runs some steps from step `at` of the epoch on; fewer, or none, when the signal says so. */
  async slice(
    at: number,
    signal: AbortSignal,
  ): Promise<{
    readonly rows: readonly (readonly number[])[];
    readonly program: StepProgram;
    readonly seconds: number;
    /** The first group's learning rate in each step. */
    readonly rates: readonly number[];
  }> {
    const next = programAt(this.#plan, at);
    if (!next) throw new LazuliError('internal', `step ${at} of ${this.steps}`);
    const steps = this.optimizer.prepare(this.#slicer.steps(next.left));
    const result = await next.program.program.run(steps, { signal });
    this.#slicer.measured(result);
    const rows = this.#log.read(this.done, this.done + result.steps);
    this.done += result.steps;
    const rates = this.optimizer.taken(result.steps);
    return { rows, program: next.program, seconds: result.seconds, rates };
  }
  dispose(): void {
    disposePass(this.#plan);
    this.#free();
  }
  #free(): void {
    this.#cursor.dispose();
    this.#log.dispose();
    this.#random.storage.dispose();
  }
}
