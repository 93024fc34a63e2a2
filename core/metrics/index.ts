// The metrics: accuracy for classes and for yes or no, the mean absolute error for numbers.
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

/** Every metric, in menu order. */
export const METRICS: readonly MetricDeclaration[] = [accuracy, meanAbsoluteError];

/** A metric by `type`; null when there is none. */
export const findMetric = (type: string): MetricDeclaration | null =>
  METRICS.find((metric) => metric.type === type) ?? null;

export type { MetricCall, MetricDeclaration } from './declaration';
