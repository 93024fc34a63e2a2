// One pass over rows in batches: a program for full batches, one for the rest, run in slices with a say in between.
import { findMetric } from '#core/metrics/index';

import type { StepProgram } from './programs';

/** About how long one slice may run before events are sent and others get their turn. */
const SLICE_SECONDS = 0.08;

export interface PassPlan {
  readonly full: StepProgram | null;
  readonly fullSteps: number;
  readonly rest: StepProgram | null;
}

export const stepsOf = ({ fullSteps, rest }: PassPlan): number => fullSteps + (rest ? 1 : 0);

/** How a pass over `rows` is cut: full batches and one smaller rest, 0 where there is none. */
export const cutOf = (
  rows: number,
  batch: number,
): { readonly fullSteps: number; readonly left: number } => ({
  fullSteps: Math.floor(rows / batch),
  left: rows % batch,
});

/** Full batches and one smaller rest; `make` compiles a step for a batch size. */
export async function planPass(
  rows: number,
  batch: number,
  make: (batch: number) => Promise<StepProgram>,
): Promise<PassPlan> {
  const { fullSteps, left } = cutOf(rows, batch);
  const full = fullSteps > 0 ? await make(batch) : null;
  try {
    return { full, fullSteps, rest: left > 0 ? await make(left) : null };
  } catch (error) {
    full?.dispose();
    throw error;
  }
}

export function disposePass({ full, rest }: PassPlan): void {
  full?.dispose();
  rest?.dispose();
}

/** The program of step `step` of a pass and how many steps like it follow, itself included. */
export function programAt(
  plan: PassPlan,
  step: number,
): { readonly program: StepProgram; readonly left: number } | null {
  if (plan.full && step < plan.fullSteps) return { program: plan.full, left: plan.fullSteps - step };
  return plan.rest && step === plan.fullSteps ? { program: plan.rest, left: 1 } : null;
}

/** Sizes slices from the speed measured so far: results do not depend on it. */
export class Slicer {
  #secondsPerStep: number | null = null;

  steps(left: number): number {
    if (this.#secondsPerStep === null) return 1;
    return Math.max(1, Math.min(left, Math.round(SLICE_SECONDS / Math.max(this.#secondsPerStep, 1e-6))));
  }
  measured({ steps, seconds }: { readonly steps: number; readonly seconds: number }): void {
    if (steps > 0) this.#secondsPerStep = seconds / steps;
  }
}

/** Loss and metrics added up over the steps of a pass, weighted by samples. */
export class Totals {
  #loss = 0;
  #samples = 0;
  readonly #sums: number[];
  readonly #counts: number[];

  constructor(
    readonly names: readonly string[],
    readonly isSum: boolean,
  ) {
    this.#sums = names.map(() => 0);
    this.#counts = names.map(() => 0);
  }
  add(step: readonly number[], { batch, counts }: StepProgram): void {
    const [loss = Number.NaN, ...sums] = step;
    this.#loss += this.isSum ? loss : loss * batch;
    this.#samples += batch;
    sums.forEach((sum, at) => {
      this.#sums[at] = (this.#sums[at] ?? 0) + sum;
      this.#counts[at] = (this.#counts[at] ?? 0) + (counts[at] ?? 0);
    });
  }
  /** The sums, to go on from in another run. */
  numbers(): Readonly<Record<string, number>> {
    const named = (name: string, values: readonly number[]): [string, number][] =>
      values.map((value, at) => [`${name}${at}`, value]);
    return {
      loss: this.#loss,
      samples: this.#samples,
      ...Object.fromEntries([...named('sum', this.#sums), ...named('count', this.#counts)]),
    };
  }
  load(numbers: Readonly<Record<string, number>>): void {
    this.#loss = numbers['loss'] ?? 0;
    this.#samples = numbers['samples'] ?? 0;
    this.names.forEach((_, at) => {
      this.#sums[at] = numbers[`sum${at}`] ?? 0;
      this.#counts[at] = numbers[`count${at}`] ?? 0;
    });
  }
  get samples(): number {
    return this.#samples;
  }
  /** The mean over all samples. */
  get loss(): number {
    return this.#samples === 0 ? Number.NaN : this.#loss / this.#samples;
  }
  metrics(prefix = ''): Record<string, number> {
    return Object.fromEntries(
      this.names.map((name, at) => {
        const mean = (this.#sums[at] ?? 0) / Math.max(this.#counts[at] ?? 0, 1);
        return [prefix + name, findMetric(name)?.finish?.(mean) ?? mean];
      }),
    );
  }
}
