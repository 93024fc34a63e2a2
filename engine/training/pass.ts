// One pass over rows in batches: a program for full batches, one for the rest, run in slices with a say in between.
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
