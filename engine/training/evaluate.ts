// Loss and metrics of a model over rows of a dataset, in evaluation mode; nothing of the model changes.
import { together } from '#core/nn/index';

import type { Lock } from '../lock';
import { Turns } from '../turns';
import { Cursor } from './batches';
import { StepLog } from './log';
import type { Objective } from './objective';
import { disposePass, planPass, programAt, Slicer, stepsOf, type PassPlan } from './pass';
import { evaluateProgram, type StepParts } from './programs';
import { Totals } from './totals';

/** Rows at once where training asks for fewer: evaluation needs no gradients. */
const LEAST_BATCH = 256;

/** Rows at once of an evaluation over `rows`. */
export const evaluationBatch = (rows: number, batchSize: number): number =>
  Math.min(Math.max(batchSize, LEAST_BATCH), Math.max(rows, 1));

export interface EvaluationOptions {
  readonly signal?: AbortSignal | undefined;
  /** Gets the samples done. */
  readonly onProgress?: (samples: number) => void;
  /** Waited for before each slice. */
  readonly gate?: () => Promise<void>;
}

/** Programs for one set of rows, traced once and run after every epoch. */
export class Evaluation {
  private constructor(
    readonly objective: Objective,
    readonly rows: readonly number[],
    readonly lock: Lock,
    private readonly cursor: Cursor,
    private readonly log: StepLog,
    private readonly plan: PassPlan,
  ) {}

  static async create(
    parts: Omit<StepParts, 'cursor'> & { readonly objective: Objective },
    rows: readonly number[],
    batchSize: number,
    lock: Lock,
  ): Promise<Evaluation> {
    const { objective } = parts;
    const batch = evaluationBatch(rows.length, batchSize);
    const { device } = parts.backend;
    const { cursor, log } = together(() => ({
      cursor: new Cursor(rows.length, device),
      log: new StepLog(Math.ceil(rows.length / batch), { device }),
    }));
    try {
      const turns = new Turns();
      const all = { ...parts, cursor, log };
      const plan = await planPass(rows.length, batch, (size) => evaluateProgram(all, size, turns));
      return new Evaluation(objective, rows, lock, cursor, log, plan);
    } catch (error) {
      cursor.dispose();
      log.dispose();
      throw error;
    }
  }

  /** null when the signal ended it early. */
  async run({ signal, onProgress, gate }: EvaluationOptions = {}): Promise<Totals | null> {
    const totals = new Totals(this.objective);
    this.cursor.start(this.rows);
    const slicer = new Slicer();
    for (let step = 0; step < stepsOf(this.plan);) {
      await gate?.();
      const next = programAt(this.plan, step);
      if (!next || signal?.aborted === true) return null;
      const { program, batch } = next.program;
      const count = Math.min(slicer.steps(next.left), this.log.most);
      const result = await this.lock.run(() => {
        this.log.rewind();
        return program.run(count, signal ? { signal } : {});
      });
      slicer.measured(result);
      for (const row of this.log.read(result.steps)) totals.add(row, batch);
      step += result.steps;
      onProgress?.(totals.samples);
    }
    return totals;
  }

  dispose(): void {
    disposePass(this.plan);
    this.cursor.dispose();
    this.log.dispose();
  }
}
