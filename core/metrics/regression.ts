// Metrics of numbers: how far they are off, how much of the targets' spread they explain, how they go along with them.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import type { Turned } from '../turns';
import { defineMetric, type MetricDeclaration, type Task } from './declaration';
import { momentStatistic, type Moments } from './statistics/moments';
import { pairStatistic, sortInTurns } from './statistics/pairs';
import { meanOverElements } from './statistics/sums';

const NUMBERS: readonly Task[] = ['numbers'];

type Names = Pick<MetricDeclaration, 'type' | 'aliases' | 'summary'>;

/** The mean of a term per element of output and target; `finish` makes the metric of it. */
const overElements = (
  spec: Names & {
    readonly isShare?: boolean;
    /** Terms that two metrics share. */
    readonly key?: string;
    readonly finish?: (mean: number) => number;
    readonly term: (output: Tensor, target: Tensor) => Tensor;
  },
): MetricDeclaration => {
  const { term, finish = (mean) => mean, isShare = false, key = spec.type, ...names } = spec;
  return defineMetric({
    type: names.type,
    aliases: names.aliases ?? {},
    summary: names.summary,
    params: {},
    tasks: NUMBERS,
    statistic: () => meanOverElements(key, term),
    read: (mean) => finish(mean),
    isHigherBetter: false,
    isShare,
    isStepwise: true,
  });
};

const distance = (output: Tensor, target: Tensor): Tensor => ops.abs(ops.sub(output, target));
const squaredDistance = (output: Tensor, target: Tensor): Tensor => ops.square(ops.sub(output, target));

/** Mean |output - target|. */
export const meanAbsoluteError = overElements({
  type: 'mean_absolute_error',
  aliases: { mae: {} },
  summary: 'How far predictions are off, on average.',
  term: distance,
});
/** Mean (output - target)². */
export const meanSquaredError = overElements({
  type: 'mean_squared_error',
  aliases: { mse: {} },
  summary: 'How far predictions are off, squared, on average.',
  key: 'squares',
  term: squaredDistance,
});
/** √ mean (output - target)². */
export const rootMeanSquaredError = overElements({
  type: 'root_mean_squared_error',
  aliases: { rmse: {} },
  summary: 'How far predictions are off, with weight on large errors, in the unit of the target.',
  key: 'squares',
  term: squaredDistance,
  finish: Math.sqrt,
});
/** What targets of 0 count as in a share, as torchmetrics has it. */
const LEAST = 1.17e-6;

/** Mean |output - target| / |target|. */
export const meanAbsolutePercentageError = overElements({
  type: 'mean_absolute_percentage_error',
  aliases: { mape: {} },
  summary: 'How far predictions are off as a share of the target, on average.',
  isShare: true,
  term: (output, target) => ops.div(distance(output, target), ops.clamp(ops.abs(target), { min: LEAST })),
});
/** Mean 2 |output - target| / (|output| + |target|); where both are 0 the term is 0. */
export const symmetricPercentageError = overElements({
  type: 'symmetric_mean_absolute_percentage_error',
  aliases: { smape: {} },
  summary: 'How far predictions are off as a share of prediction and target together, on average: 0 to 2.',
  isShare: true,
  term(output, target) {
    const size = ops.clamp(ops.add(ops.abs(output), ops.abs(target)), { min: LEAST });
    return ops.div(ops.mul(distance(output, target), 2), size);
  },
});

/** A measure per column of numbers, averaged over the columns. */
const overColumns = (spec: Names & { readonly measure: (moments: Moments) => number }): MetricDeclaration => {
  const { measure, ...names } = spec;
  return defineMetric({
    ...names,
    params: {},
    tasks: NUMBERS,
    statistic: () => momentStatistic,
    read: (columns) => columns.reduce((sum, column) => sum + measure(column), 0) / columns.length,
    isHigherBetter: true,
    isShare: false,
  });
};

/** Targets that do not vary: 1 where nothing is left to explain, else 0, as scikit-learn's. */
const explained = (left: number, spread: number): number =>
  spread === 0 ? Number(left === 0) : 1 - left / spread;

/** 1 - Σ (target - output)² / Σ (target - mean)². */
export const r2Score = overColumns({
  type: 'r2_score',
  aliases: { r2: {} },
  summary: 'The share of the targets’ variance that predictions explain: 1 is all, 0 is a constant’s.',
  measure: ({ errors, meanError, count, targets }) => explained(errors + count * meanError ** 2, targets),
});
/** 1 - Var(target - output) / Var(target): a constant error is forgiven. */
export const explainedVariance = overColumns({
  type: 'explained_variance',
  summary: 'The share of the targets’ variance that predictions explain when a constant error is forgiven.',
  measure: ({ errors, targets }) => explained(errors, targets),
});
/** Covariance over the product of the standard deviations. */
export const pearson = overColumns({
  type: 'pearson_corrcoef',
  aliases: { pearson: {} },
  summary: 'How far predictions and targets lie on a line: from -1 to 1.',
  measure: ({ products, answers, targets }) => products / Math.sqrt(answers * targets),
});

/** Places 1, 2, ... in ascending order; equal numbers share their mean place. */
function* ranksOf(values: Float64Array): Turned<Float64Array> {
  const sorted = yield* sortInTurns(values);
  const ranks = new Map<number, number>();
  for (let from = 0; from < sorted.length;) {
    const value = sorted[from] ?? NaN;
    let to = from + 1;
    while (to < sorted.length && sorted[to] === value) to++;
    ranks.set(value, (from + 1 + to) / 2);
    from = to;
    yield;
  }
  return values.map((value) => ranks.get(value) ?? NaN);
}

function correlation(a: Float64Array, b: Float64Array): number {
  const mean = (values: Float64Array): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [aa, bb, ab] = [0, 0, 0];
  a.forEach((value, at) => {
    const [x, y] = [value - meanA, (b[at] ?? 0) - meanB];
    aa += x * x;
    bb += y * y;
    ab += x * y;
  });
  return ab / Math.sqrt(aa * bb);
}

/** The correlation of the ranks. */
export const spearman = defineMetric({
  type: 'spearman_corrcoef',
  aliases: { spearman: {} },
  summary: 'How far predictions and targets stand in the same order: from -1 to 1.',
  params: {},
  tasks: NUMBERS,
  statistic: () => pairStatistic,
  *read({ scores, targets }) {
    let sum = 0;
    for (const [column, values] of scores.entries()) {
      const [a, b] = [yield* ranksOf(values), yield* ranksOf(targets[column] ?? values)];
      sum += correlation(a, b);
    }
    return sum / scores.length;
  },
  isHigherBetter: true,
  isShare: false,
});
