// Metrics of the order in which answers stand, exact over all answers of a pass: areas under curves.
import type { Turned } from '../turns';
import { average, type Average } from './classification';
import { defineMetric, type MetricDeclaration, type MetricValue } from './declaration';
import { pairStatistic, sortInTurns, type Pairs } from './statistics/pairs';

/** Scores of what is of a class and of what is not, each ascending. */
interface Ranked {
  readonly yes: Float64Array;
  readonly no: Float64Array;
}

function* ranked(
  columns: readonly { scores: Float64Array; isYes: (at: number) => boolean | null }[],
): Turned<Ranked> {
  const [yes, no]: [number[], number[]] = [[], []];
  for (const { scores, isYes } of columns)
    for (let at = 0; at < scores.length; at++) {
      const answer = isYes(at);
      if (answer !== null) (answer ? yes : no).push(scores[at] ?? NaN);
      if (at % 32768 === 0) yield;
    }
  return {
    yes: yield* sortInTurns(Float64Array.from(yes)),
    no: yield* sortInTurns(Float64Array.from(no)),
  };
}

/** The part of Σ over pairs of yes and no where yes stands above; a tie is half. NaN without both. */
function areaUnderRoc({ yes, no }: Ranked): number {
  let [below, upTo, sum] = [0, 0, 0];
  for (const score of yes) {
    while (below < no.length && (no[below] ?? 0) < score) below++;
    while (upTo < no.length && (no[upTo] ?? 0) <= score) upTo++;
    sum += (below + upTo) / 2;
  }
  return yes.length === 0 || no.length === 0 ? NaN : sum / (yes.length * no.length);
}

/** Σ (recall gained) · precision, from the highest score down, equal scores together. NaN without yes. */
function averagePrecisionOf({ yes, no }: Ranked): number {
  let [left, right, found, sum] = [yes.length, no.length, 0, 0];
  while (left > 0) {
    const score = yes[left - 1] ?? 0;
    while (left > 0 && (yes[left - 1] ?? 0) === score) left--;
    while (right > 0 && (no[right - 1] ?? 0) >= score) right--;
    const hits = yes.length - left;
    sum += (hits - found) * (hits / (hits + no.length - right));
    found = hits;
  }
  return yes.length === 0 ? NaN : sum / yes.length;
}

/** Who is of class or label `column`. */
const membership =
  ({ targets, scores }: Pairs, column: number) =>
  (at: number): boolean | null => {
    const isClasses = targets.length === 1 && scores.length > 1;
    const target = targets[isClasses ? 0 : column]?.[at] ?? -1;
    if (target < 0) return null;
    return isClasses ? target === column : target === 1;
  };

/** Classes without what it takes do not count in a mean. */
function* overColumns(pairs: Pairs, how: Average, measure: (ranked: Ranked) => number): Turned<MetricValue> {
  const columns = pairs.scores.map((scores, column) => ({ scores, isYes: membership(pairs, column) }));
  if (how === 'micro') return measure(yield* ranked(columns));
  const values: number[] = [];
  const weights: number[] = [];
  for (const column of columns) {
    const order = yield* ranked([column]);
    values.push(measure(order));
    weights.push(how === 'weighted' ? order.yes.length : 1);
  }
  if (how === 'none') return values;
  let [sum, total] = [0, 0];
  values.forEach((value, at) => {
    if (Number.isNaN(value)) return;
    sum += value * (weights[at] ?? 0);
    total += weights[at] ?? 0;
  });
  return sum / total;
}

const overRanks = (
  spec: Pick<MetricDeclaration, 'type' | 'aliases' | 'summary'> & {
    readonly measure: (ranked: Ranked) => number;
  },
): MetricDeclaration => {
  const { measure, ...rest } = spec;
  return defineMetric({
    ...rest,
    params: { average },
    tasks: ['classes', 'labels'],
    statistic: () => pairStatistic,
    read: (pairs, params) => overColumns(pairs, params.average, measure),
    isHigherBetter: true,
    isShare: false,
  });
};

/** Area under the curve of true against false positives; each class against all others. */
export const auroc = overRanks({
  type: 'auroc',
  aliases: { roc_auc: {} },
  summary: 'How surely a yes has a higher score than a no; of classes, each against all others.',
  measure: areaUnderRoc,
});
/** Area under the curve of precision against recall, as scikit-learn sums it. */
export const averagePrecision = overRanks({
  type: 'average_precision',
  summary: 'Precision averaged over all recalls: how well scores put what is of a class first.',
  measure: averagePrecisionOf,
});
