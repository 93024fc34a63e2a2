// The metrics: shares of right answers for classes and for yes or no, mean errors for numbers.
import { classAxis } from '../losses/pieces';
import * as ops from '../ops';
import { numel } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import type { MetricDeclaration } from './declaration';

/** What sums are made in: GPUs compute in float32, which holds the counts of a batch exactly. */
const wide = ({ device }: Tensor): 'float32' | 'float64' => (device === 'gpu' ? 'float32' : 'float64');

/**
 * The share of right answers. Class targets: the largest of axis 1 of `[N, C, *]` against `[N, *]`. Yes or no: above the
 * loss's threshold against above one half.
 */
const accuracy: MetricDeclaration = {
  type: 'accuracy',
  summary: 'The share of right answers.',
  fits: (loss) => loss.threshold !== undefined || loss.targets.includes('class'),
  lower({ output, target, loss }) {
    if (loss.threshold === undefined) {
      const axis = classAxis(output.shape);
      const wanted = target.rank === output.rank ? ops.argmax(target, axis) : target;
      return ops.sum(
        ops.eq(ops.cast(ops.argmax(output, axis), wide(output)), ops.cast(wanted, wide(output))),
      );
    }
    const answers = ops.gt(ops.cast(output, wide(output)), loss.threshold);
    const wanted = ops.gt(ops.reshape(ops.cast(target, wide(output)), output.shape), 0.5);
    return ops.sum(ops.eq(answers, wanted));
  },
  count(output, target, loss) {
    if (loss.threshold !== undefined) return numel(output);
    const isSoft = output.length > 0 && target.length === output.length;
    return isSoft ? numel(target) / (target[classAxis(target)] ?? 1) : numel(target);
  },
  isHigherBetter: true,
  isShare: true,
};

/** Σ |output - target| over the elements. */
const meanAbsoluteError: MetricDeclaration = {
  type: 'mean_absolute_error',
  summary: 'How far predictions are off, on average.',
  fits: (loss, target) =>
    target === 'value' && loss.targets.includes('value') && loss.threshold === undefined,
  lower: ({ output, target }) =>
    ops.sum(
      ops.abs(
        ops.sub(ops.cast(output, wide(output)), ops.reshape(ops.cast(target, wide(output)), output.shape)),
      ),
    ),
  count: (output) => numel(output),
  isHigherBetter: false,
  isShare: false,
};

/** Targets that are numbers, beside a loss over numbers. */
const fitsNumbers: MetricDeclaration['fits'] = (loss, target) =>
  target === 'value' && loss.targets.includes('value') && loss.threshold === undefined;

/** The mean of a term per element of output and target; `finish` makes the metric of it. */
const overElements = (
  spec: Pick<MetricDeclaration, 'type' | 'summary' | 'isShare'> & {
    readonly finish?: (mean: number) => number;
    readonly term: (output: Tensor, target: Tensor) => Tensor;
  },
): MetricDeclaration => ({
  ...spec,
  fits: fitsNumbers,
  lower({ output, target }) {
    const type = wide(output);
    return ops.sum(spec.term(ops.cast(output, type), ops.reshape(ops.cast(target, type), output.shape)));
  },
  count: (output) => numel(output),
  isHigherBetter: false,
});

const squaredDifference = (output: Tensor, target: Tensor): Tensor => ops.square(ops.sub(output, target));

/** Mean (output - target)². */
const meanSquaredError = overElements({
  type: 'mean_squared_error',
  summary: 'How far predictions are off, squared, on average.',
  isShare: false,
  term: squaredDifference,
});

/** √ mean (output - target)². */
const rootMeanSquaredError = overElements({
  type: 'root_mean_squared_error',
  summary: 'How far predictions are off, with weight on large errors, in the unit of the target.',
  isShare: false,
  term: squaredDifference,
  finish: Math.sqrt,
});

/** Mean |output - target| / |target|; a target of 0 counts as the smallest step of float32. */
const meanAbsolutePercentageError = overElements({
  type: 'mean_absolute_percentage_error',
  summary: 'How far predictions are off as a share of the target, on average.',
  isShare: true,
  term: (output, target) =>
    ops.div(ops.abs(ops.sub(output, target)), ops.clamp(ops.abs(target), { min: 2 ** -23 })),
});

/** The share of samples whose class is among the k largest scores of axis 1; a tie counts for the class. */
const topAccuracy = (k: number): MetricDeclaration => ({
  type: `top_${k}_accuracy`,
  summary: `The share of samples whose class is among the ${k} with the largest scores.`,
  fits: (loss, target) =>
    target === 'class' && loss.targets.includes('class') && loss.threshold === undefined,
  lower({ output, target }) {
    const axis = classAxis(output.shape);
    const scores = ops.cast(output, wide(output));
    const own = ops.neg(ops.nll(scores, target, { reduction: 'none' }));
    const larger = ops.sum(ops.gt(scores, ops.unsqueeze(own, axis)), [axis]);
    return ops.sum(ops.lt(larger, k));
  },
  count: (_output, target) => numel(target),
  isHigherBetter: true,
  isShare: true,
});

/** Every metric, in menu order. */
export const METRICS: readonly MetricDeclaration[] = [
  accuracy,
  topAccuracy(3),
  topAccuracy(5),
  meanAbsoluteError,
  meanSquaredError,
  rootMeanSquaredError,
  meanAbsolutePercentageError,
];

/** A metric by `type`; null when there is none. */
export const findMetric = (type: string): MetricDeclaration | null =>
  METRICS.find((metric) => metric.type === type) ?? null;

export type { MetricCall, MetricDeclaration } from './declaration';
