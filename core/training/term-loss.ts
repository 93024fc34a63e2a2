// The loss of one of several terms as a metric of its own: its mean over all samples. It is added by the program, not chosen.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineMetric, type Statistic } from '../metrics/declaration';
import { constant, RowSums, rowOf, wide } from '../metrics/statistics/shared';

/** A row per batch: the sum of the losses of its samples, and how many there are. */
export const termLossRow = (loss: Tensor, samples: number, isSum: boolean): Tensor => {
  const value = wide(loss.detach());
  return rowOf(isSum ? value : ops.mul(value, samples), constant([], samples, loss));
};

const statistic: Statistic<number> = {
  key: 'loss',
  lower: ({ output }) => termLossRow(output, 1, true),
  create: () => new RowSums(([sum = 0, count = 0]) => sum / count),
};

export const termLoss = defineMetric({
  type: 'loss',
  summary: 'One of several losses, without its weight.',
  params: {},
  tasks: [],
  statistic: () => statistic,
  read: (mean: number) => mean,
  isHigherBetter: false,
  isShare: false,
  isStepwise: true,
});
