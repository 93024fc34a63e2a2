// The search for a learning rate: steps whose rate grows from very small to very large, and the rate at which the loss fell fastest.
// Nothing of the model changes. Source: Smith 2015, https://arxiv.org/abs/1506.01186.
import { PLAN } from '#core/graph/graph-module';
import { tensorGroups } from '#core/graph/tensor-options';
import type { ScheduledGroup } from '#core/schedulers/index';
import type { RatePoint, RateSearch } from '#core/session/session';

import { permutation } from '../datasets/shuffle';
import { BestEpoch } from './best';
import { Optimizer, type Drive } from './optimizer';
import type { RunParts } from './parts';
import { refuseAllFrozen, trainedParameters } from './programs';
import { TrainingPass } from './training-pass';

export interface RateRange {
  /** First and last rate; defaults 1e-7 and 10. */
  readonly from?: number;
  readonly to?: number;
  /** At least 10; default 100. */
  readonly steps?: number;
}

/** Share of the running mean that is kept. */
const KEPT = 0.9;
/** Times the least loss at which the search ends. */
const DIVERGED = 4;

/** Rates that grow by one factor. */
class Ramp implements Drive {
  #step = 0;
  constructor(
    readonly groups: readonly ScheduledGroup[],
    readonly from: number,
    readonly factor: number,
  ) {
    this.#apply();
  }
  step(): void {
    this.#step += 1;
    this.#apply();
  }
  state(): Readonly<Record<string, number>> {
    return { step: this.#step };
  }
  load({ step = 0 }: Readonly<Record<string, number>>): void {
    this.#step = step;
    this.#apply();
  }
  #apply(): void {
    for (const group of this.groups) group.lr = this.from * this.factor ** this.#step * group.factor;
  }
}

/** Tries rates on the training samples and puts everything back. Ends early once the loss has grown far. */
export async function searchRate(
  parts: RunParts,
  { from = 1e-7, to = 10, steps = 100 }: RateRange,
  signal: AbortSignal,
): Promise<RateSearch> {
  const { module, settings, rows } = parts;
  const parameters = trainedParameters(module);
  refuseAllFrozen(module, parameters.size);
  const before = new BestEpoch('loss', module, { earlyStopping: {} });
  const factor = (to / from) ** (1 / (steps - 1));
  const optimizer = new Optimizer(settings, parameters, {
    groupOf: tensorGroups(module[PLAN].graph),
    drive: (groups) => new Ramp(groups, from, factor),
  });
  let training: TrainingPass | null = null;
  try {
    await before.judge({ loss: 0 }, 1);
    training = await TrainingPass.create(parts, optimizer);
    const points: RatePoint[] = [];
    for (let epoch = 0; points.length < steps; epoch++) {
      const order = permutation(rows.training.length, settings.seed, { kind: 'epoch', epoch });
      training.start(
        order.map((at) => rows.training[at] ?? 0),
        { step: 0, totalSteps: points.length },
      );
      while (training.done < training.steps && points.length < steps) {
        signal.throwIfAborted();
        const { rows: losses, rates } = await training.slice(training.done, signal);
        for (const [at, { values }] of losses.entries()) {
          const [loss = Number.NaN] = values;
          points.push(pointAfter(points, rates[at] ?? Number.NaN, loss));
          if (hasDiverged(points)) return { suggestion: steepest(points), points };
        }
      }
    }
    return { suggestion: steepest(points), points: points.slice(0, steps) };
  } finally {
    training?.dispose();
    optimizer.dispose();
    await before.restore();
    before.dispose();
  }
}

function pointAfter(points: readonly RatePoint[], lr: number, loss: number): RatePoint {
  let [sum, weight] = [0, 0];
  for (const value of [...points.map((point) => point.loss), loss]) {
    sum = KEPT * sum + (1 - KEPT) * value;
    weight = KEPT * weight + (1 - KEPT);
  }
  return { lr, loss, smoothed: sum / weight };
}

function hasDiverged(points: readonly RatePoint[]): boolean {
  const last = points.at(-1)?.smoothed ?? 0;
  return !Number.isFinite(last) || last > DIVERGED * Math.min(...points.map(({ smoothed }) => smoothed));
}

/** How many times its noise the running mean must have fallen, for the fall to be one. */
const CLEAR = 3;

/** Where the running mean rests on enough values to be told from noise. */
const settledAt = (points: readonly RatePoint[]): number =>
  Math.min(Math.round(1 / (1 - KEPT)), Math.floor(points.length / 4));

/** True when the loss fell further than chance lets its running mean wander: that of a trained model never does. */
function fellClearly(points: readonly RatePoint[]): boolean {
  const first = settledAt(points);
  const quiet = points.slice(0, Math.max(2, 2 * first));
  const mean = quiet.reduce((sum, { loss }) => sum + loss, 0) / quiet.length;
  const variance = quiet.reduce((sum, { loss }) => sum + (loss - mean) ** 2, 0) / quiet.length;
  // Of a mean of independent values with these weights.
  const noise = Math.sqrt((variance * (1 - KEPT)) / (1 + KEPT));
  const least = Math.min(...points.slice(first).map(({ smoothed }) => smoothed));
  return (points[first]?.smoothed ?? 0) - least > CLEAR * noise;
}

/** Rates grow by one factor per step, so that the slope over the logarithm is the difference of neighbours. */
function steepest(points: readonly RatePoint[]): number | null {
  if (!fellClearly(points)) return null;
  let best: { readonly lr: number; readonly fall: number } | null = null;
  for (let at = settledAt(points) + 1; at + 1 < points.length; at++) {
    const [before, here, after] = [points[at - 1], points[at], points[at + 1]];
    if (!before || !here || !after) continue;
    const fall = before.smoothed - after.smoothed;
    if (fall > 0 && (best === null || fall > best.fall)) best = { lr: here.lr, fall };
  }
  return best?.lr ?? null;
}
