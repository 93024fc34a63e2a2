// Statistics that are one mean: a sum of terms over how many there were.
import * as ops from '../../ops';
import type { Tensor } from '../../tensor/tensor';
import type { Statistic, StatisticCall } from '../declaration';
import { classesOf, constant, RowSums, rowOf, wide } from './shared';

/** The mean of terms; NaN without any. */
export const meanStatistic = (
  key: string,
  terms: (call: StatisticCall) => { readonly terms: Tensor; readonly kept: Tensor | null },
): Statistic<number> => ({
  key,
  lower(call) {
    const { terms: each, kept } = terms(call);
    const sum = ops.sum(kept ? ops.where(kept, each, 0) : each);
    return rowOf(sum, kept ? ops.sum(kept) : constant([], each.numel(), each));
  },
  create: () => new RowSums(([sum = 0, count = 0]) => sum / count),
});

/** The mean of a term per element of output and target. */
export const meanOverElements = (
  key: string,
  term: (output: Tensor, target: Tensor) => Tensor,
): Statistic<number> =>
  meanStatistic(key, ({ output, target }) => ({
    terms: term(wide(output), ops.reshape(wide(target), output.shape)),
    kept: null,
  }));

/** The mean of a term per sample or place that has a class. */
export const meanOverClasses = (
  call: StatisticCall,
  term: (scores: Tensor, given: ReturnType<typeof classesOf>) => Tensor,
): { readonly terms: Tensor; readonly kept: Tensor | null } => {
  const given = classesOf(call);
  return { terms: term(wide(call.output), given), kept: given.kept };
};
