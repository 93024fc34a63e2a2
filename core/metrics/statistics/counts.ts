// How often each class was meant, answered, and both; which class was taken for which; how sure answers were and how often right.
import { LazuliError } from '../../errors';
import * as ops from '../../ops';
import type { Tensor } from '../../tensor/tensor';
import type { Statistic, StatisticCall } from '../declaration';
import { byColumn, classesOf, constant, probabilitiesOf, RowSums, rowOf, wantedLabels, wide } from './shared';

/** Per class, or per label the answer yes. What is neither is right too: `total - actual - predicted + right`. */
export interface Counts {
  /** Every label is a question of its own; classes exclude each other. */
  readonly isLabels: boolean;
  readonly total: number;
  readonly right: Float64Array;
  readonly predicted: Float64Array;
  readonly actual: Float64Array;
}

/** A row is the total, 1 for labels, and then right, predicted and actual of each class. */
const HEAD = 2;

/** How often each index from 0 to `size` occurs; what is not kept, or negative, is counted nowhere. */
function tally(indices: readonly { at: Tensor; isCounted: Tensor | null }[], size: number): Tensor {
  const places = indices.map(({ at, isCounted }) =>
    ops.reshape(isCounted ? ops.where(isCounted, at, size) : at, [-1]),
  );
  const index = ops.cast(ops.concatenate(places), 'int64');
  const counts = ops.scatterRows(constant([index.numel(), 1], 1, index), index, size + 1);
  return ops.slice(ops.reshape(counts, [-1]), 0, { end: size });
}

function countClasses(call: StatisticCall): Tensor {
  const { axis, classes, wanted, kept } = classesOf(call);
  const actual = wide(wanted);
  const predicted = wide(ops.argmax(call.output, axis));
  const isRight = ops.eq(actual, predicted);
  const counts = tally(
    [
      { at: actual, isCounted: kept ? ops.mul(isRight, kept) : isRight },
      { at: ops.add(predicted, classes), isCounted: kept },
      { at: ops.add(actual, 2 * classes), isCounted: kept },
    ],
    3 * classes,
  );
  const total = kept ? ops.sum(kept) : constant([], wanted.numel(), actual);
  return rowOf(total, constant([], 0, actual), counts);
}

export const answersYes = ({ output, loss }: StatisticCall): Tensor =>
  ops.gt(wide(output), loss.threshold ?? 0);

function countLabels(call: StatisticCall): Tensor {
  const predicted = byColumn(answersYes(call));
  const actual = byColumn(wantedLabels(call));
  const total = constant([], actual.shape[1] ?? 0, actual);
  const sums = [ops.mul(predicted, actual), predicted, actual].map((each) => ops.sum(each, [1]));
  return rowOf(total, constant([], 1, actual), ...sums);
}

export const countStatistic: Statistic<Counts> = {
  key: 'counts',
  lower: (call) => (call.task === 'labels' ? countLabels(call) : countClasses(call)),
  create: () =>
    new RowSums((sums) => {
      const classes = Math.max(0, (sums.length - HEAD) / 3);
      const part = (at: number): Float64Array =>
        sums.subarray(HEAD + at * classes, HEAD + (at + 1) * classes);
      const [total = 0, labels = 0] = sums;
      return { isLabels: labels > 0, total, right: part(0), predicted: part(1), actual: part(2) };
    }),
};

/** A matrix of more classes is for no one to read. */
const MOST_CLASSES = 1000;

/** `[actual][predicted]`; labels: one such matrix of no and yes for all labels together. */
export const confusionStatistic: Statistic<number[][]> = {
  key: 'confusion',
  lower(call) {
    const isLabels = call.task === 'labels';
    const { axis, classes, wanted, kept } = isLabels
      ? { axis: 0, classes: 2, wanted: wantedLabels(call), kept: null }
      : classesOf(call);
    if (classes > MOST_CLASSES)
      throw new LazuliError('parameter_invalid', `confusion_matrix: ${classes} classes are too many`, {
        where: 'metrics, confusion_matrix',
        expected: `at most ${MOST_CLASSES} classes`,
        got: String(classes),
      });
    const predicted = isLabels ? answersYes(call) : wide(ops.argmax(call.output, axis));
    const place = ops.add(ops.mul(wide(wanted), classes), predicted);
    return tally([{ at: place, isCounted: kept }], classes * classes);
  },
  create: () =>
    new RowSums((sums) => {
      const classes = Math.round(Math.sqrt(sums.length));
      return Array.from({ length: classes }, (_, row) => [
        ...sums.subarray(row * classes, (row + 1) * classes),
      ]);
    }),
};

/** Answers by how sure they were. */
export interface Bins {
  readonly count: Float64Array;
  /** Sums over a bin: of the probabilities given, and of how many were right. */
  readonly confidence: Float64Array;
  readonly right: Float64Array;
}

export const binStatistic = (bins: number): Statistic<Bins> => ({
  key: `bins ${bins}`,
  lower(call) {
    const probabilities = probabilitiesOf(call);
    const isLabels = call.task === 'labels';
    const given = isLabels ? null : classesOf(call);
    const confidence = given ? ops.amax(probabilities, [given.axis]) : probabilities;
    const right = given
      ? ops.eq(wide(given.wanted), wide(ops.argmax(probabilities, given.axis)))
      : wantedLabels(call);
    const bin = ops.minimum(ops.floor(ops.mul(confidence, bins)), bins - 1);
    const index = ops.cast(given?.kept ? ops.where(given.kept, bin, bins) : bin, 'int64');
    const columns = [constant(confidence.shape, 1, confidence), confidence, right];
    const rows = ops.stack(
      columns.map((column) => ops.reshape(column, [-1])),
      1,
    );
    const sums = ops.scatterRows(rows, ops.reshape(index, [-1]), bins + 1);
    return rowOf(ops.transpose(ops.slice(sums, 0, { end: bins }), 0, 1));
  },
  create: () =>
    new RowSums((sums) => {
      const part = (at: number): Float64Array => sums.subarray(at * bins, (at + 1) * bins);
      return { count: part(0), confidence: part(1), right: part(2) };
    }),
});
