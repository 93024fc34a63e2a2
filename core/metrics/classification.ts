// Metrics of answers that are right or wrong: shares over all, and precision, recall and their kin class by class.
import { choice, integer, number, type ParamTable, type ParamsOf } from '../layers/params';
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineMetric, type MetricDeclaration, type MetricValue, type Task } from './declaration';
import {
  answersYes,
  binStatistic,
  confusionStatistic,
  countStatistic,
  type Counts,
} from './statistics/counts';
import { probabilitiesOf, wantedLabels, wide } from './statistics/shared';
import { meanOverClasses, meanStatistic } from './statistics/sums';

const DISCRETE: readonly Task[] = ['classes', 'labels'];

/** The share of right answers: samples, pixels or labels. */
export const accuracy = defineMetric({
  type: 'accuracy',
  aliases: { pixel_accuracy: {} },
  summary: 'The share of right answers: of samples, pixels or labels.',
  params: {},
  tasks: DISCRETE,
  statistic: () =>
    meanStatistic('accuracy', (call) =>
      call.task === 'labels'
        ? { terms: ops.eq(answersYes(call), wantedLabels(call)), kept: null }
        : meanOverClasses(call, (scores, { axis, wanted }) =>
            ops.eq(wide(ops.argmax(scores, axis)), wide(wanted)),
          ),
    ),
  read: (mean) => mean,
  isHigherBetter: true,
  isShare: true,
  isStepwise: true,
});

/** The score of each place's own class, where classes are on `axis`; 0 where the place does not count. */
const ownScores = (scores: Tensor, wanted: Tensor, ignored: number | null): Tensor =>
  ops.neg(
    ops.nll(scores, wanted, { reduction: 'none', ...(ignored === null ? {} : { ignoreIndex: ignored }) }),
  );

/** The share of samples whose class is among the k largest scores; a tie counts for the class. */
export const topKAccuracy = defineMetric({
  type: 'top_k_accuracy',
  aliases: { top_3_accuracy: { k: 3 }, top_5_accuracy: { k: 5 } },
  summary: 'The share of samples whose class is among the k with the largest scores.',
  params: { k: integer({ min: 1, help: 'Largest scores looked at.', initial: 5 }) },
  tasks: ['classes'],
  statistic: ({ k }) =>
    meanStatistic(`top ${k}`, (call) =>
      meanOverClasses(call, (scores, { axis, wanted }) => {
        const own = ops.unsqueeze(ownScores(scores, wanted, call.ignored), axis);
        return ops.lt(ops.sum(ops.gt(scores, own), [axis]), k);
      }),
    ),
  read: (mean) => mean,
  isHigherBetter: true,
  isShare: true,
  isStepwise: true,
});

/** The share of samples all of whose labels are right. */
export const exactMatch = defineMetric({
  type: 'exact_match',
  aliases: { subset_accuracy: {} },
  summary: 'The share of samples whose labels are all right.',
  params: {},
  tasks: ['labels'],
  statistic: () =>
    meanStatistic('exact', (call) => {
      const right = ops.eq(answersYes(call), wantedLabels(call));
      const rows = ops.reshape(right, [right.shape[0] ?? 1, -1]);
      return { terms: ops.amin(rows, [1]), kept: null };
    }),
  read: (mean) => mean,
  isHigherBetter: true,
  isShare: true,
  isStepwise: true,
});

/** -log of the probability given to the right answer, with probabilities at least the dtype's eps, as scikit-learn's. */
export const logLoss = defineMetric({
  type: 'log_loss',
  summary: 'Minus the logarithm of the probability given to what was right, on average.',
  params: {},
  tasks: DISCRETE,
  needs: 'probabilities',
  statistic: () =>
    meanStatistic('log loss', (call) => {
      const eps = call.output.dtype === 'float64' ? 2 ** -52 : 2 ** -23;
      const logs = (share: Tensor): Tensor => ops.log(ops.clamp(share, { min: eps, max: 1 }));
      const probabilities = probabilitiesOf(call);
      if (call.task === 'classes')
        return meanOverClasses(call, (_, { wanted }) =>
          ops.neg(ownScores(logs(probabilities), wanted, call.ignored)),
        );
      const wanted = wantedLabels(call);
      return {
        terms: ops.neg(ops.where(wanted, logs(probabilities), logs(ops.sub(1, probabilities)))),
        kept: null,
      };
    }),
  read: (mean) => mean,
  isHigherBetter: false,
  isShare: false,
  isStepwise: true,
});

/** max(0, 1 - lead of the right answer): Crammer and Singer's for several classes. */
export const hingeLoss = defineMetric({
  type: 'hinge_loss',
  aliases: { hinge: {} },
  summary: 'How much of a lead of 1 the right answer’s score lacks, on average.',
  params: {},
  tasks: DISCRETE,
  needs: 'scores',
  statistic: () =>
    meanStatistic('hinge', (call) => {
      const missing = (lead: Tensor): Tensor => ops.relu(ops.sub(1, lead));
      if (call.task === 'labels') {
        const sign = ops.sub(ops.mul(wantedLabels(call), 2), 1);
        return { terms: missing(ops.mul(sign, wide(call.output))), kept: null };
      }
      return meanOverClasses(call, (scores, { axis, classes, wanted }) => {
        const shape = scores.shape.map((_, at) => (at === axis ? classes : 1));
        const numbers = ops.reshape(numbersTo(classes, scores), shape);
        const isOwn = ops.eq(numbers, ops.unsqueeze(wide(wanted), axis));
        const others = ops.amax(ops.where(isOwn, -Infinity, scores), [axis]);
        return missing(ops.sub(ownScores(scores, wanted, call.ignored), others));
      });
    }),
  read: (mean) => mean,
  isHigherBetter: false,
  isShare: false,
  isStepwise: true,
});

const numbersTo = (count: number, like: Tensor): Tensor =>
  ops.fromArray(
    Array.from({ length: count }, (_, at) => at),
    like.dtype,
    like.device,
  );

/** Answers of one class: yes and right, yes and wrong, no and wrong, no and right. */
interface Outcome {
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
  readonly tn: number;
}

const outcomesOf = ({ total, right, predicted, actual }: Counts): Outcome[] =>
  [...right].map((tp, at) => {
    const [fp, fn] = [(predicted[at] ?? 0) - tp, (actual[at] ?? 0) - tp];
    return { tp, fp, fn, tn: total - tp - fp - fn };
  });

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
const sumOf = (values: Iterable<number>): number => [...values].reduce((sum, value) => sum + value, 0);

export const average = choice({
  options: ['macro', 'micro', 'weighted', 'none'],
  help: 'How classes become one number: each alike, all answers together, by how often each occurs, or not at all.',
  initial: 'macro',
});
export type Average = ParamsOf<{ readonly average: typeof average }>['average'];

/** Classes that occur in neither targets nor answers do not count in a mean of classes. */
function averaged(counts: Counts, how: Average, measure: (outcome: Outcome) => number): MetricValue {
  const outcomes = outcomesOf(counts);
  if (how === 'micro') {
    const sum = (name: keyof Outcome): number => sumOf(outcomes.map((each) => each[name]));
    return measure({ tp: sum('tp'), fp: sum('fp'), fn: sum('fn'), tn: sum('tn') });
  }
  const isPresent = ({ tp, fp, fn }: Outcome): boolean => tp + fp + fn > 0 || counts.isLabels;
  if (how === 'none') return outcomes.map(measure);
  const present = outcomes.filter(isPresent);
  if (how === 'macro') return sumOf(present.map(measure)) / present.length;
  const weight = ({ tp, fn }: Outcome): number => tp + fn;
  return ratio(sumOf(present.map((each) => measure(each) * weight(each))), sumOf(present.map(weight)));
}

/** A share made of a class's outcomes, averaged over classes. With one label it is the share of its yes. */
const byClass = <P extends ParamTable>(
  spec: Pick<MetricDeclaration, 'type' | 'summary' | 'aliases'> & {
    readonly params?: P;
    readonly measure: (outcome: Outcome, params: ParamsOf<P>) => number;
  },
): MetricDeclaration => {
  const { measure, type, summary, aliases } = spec;
  const more = (spec.params ?? {}) as P;
  return defineMetric({
    type,
    summary,
    aliases: {
      ...Object.fromEntries(
        ['macro', 'micro', 'weighted'].map((how) => [`${type}_${how}`, { average: how }]),
      ),
      ...aliases,
    },
    params: { ...more, average },
    tasks: DISCRETE,
    statistic: () => countStatistic,
    read: (counts, params) =>
      averaged(counts, average.parse(params.average), (outcome) => measure(outcome, params)),
    isHigherBetter: true,
    isShare: true,
  });
};

const fScore = ({ tp, fp, fn }: Outcome, beta: number): number =>
  ratio((1 + beta ** 2) * tp, (1 + beta ** 2) * tp + beta ** 2 * fn + fp);

export const precision = byClass({
  type: 'precision',
  summary: 'Of the answers that name a class, the share that is right.',
  measure: ({ tp, fp }) => ratio(tp, tp + fp),
});
export const recall = byClass({
  type: 'recall',
  aliases: { sensitivity: {} },
  summary: 'Of what is of a class, the share that is found.',
  measure: ({ tp, fn }) => ratio(tp, tp + fn),
});
export const f1 = byClass({
  type: 'f1',
  aliases: { f1_score: {} },
  summary: 'Precision and recall in one: their harmonic mean.',
  measure: (outcome) => fScore(outcome, 1),
});
export const fBeta = byClass({
  type: 'fbeta',
  aliases: { fbeta_score: {} },
  summary: 'Precision and recall in one, recall counting beta times as much.',
  params: { beta: number({ min: 0, help: 'Weight of recall against precision.', initial: 2 }) },
  measure: (outcome, { beta }) => fScore(outcome, beta),
});
export const specificity = byClass({
  type: 'specificity',
  summary: 'Of what is not of a class, the share that is not taken for it.',
  measure: ({ tn, fp }) => ratio(tn, tn + fp),
});
/** Intersection over union: of pixels, or of anything. */
export const jaccard = byClass({
  type: 'jaccard',
  aliases: { iou: {}, mean_iou: {} },
  summary: 'Intersection over union of what is of a class and what is taken for it; for pixels mean IoU.',
  measure: ({ tp, fp, fn }) => ratio(tp, tp + fp + fn),
});
/** The same number as F1, by the name it has for pixels. */
export const dice = byClass({
  type: 'dice',
  summary: 'Twice the intersection over the sizes of what is of a class and what is taken for it.',
  measure: (outcome) => fScore(outcome, 1),
});

/** The mean recall of the classes that occur; with one label the mean of recall and specificity. */
export const balancedAccuracy = defineMetric({
  type: 'balanced_accuracy',
  summary: 'The share of right answers of each class, averaged, so that rare classes count as much.',
  params: {},
  tasks: DISCRETE,
  statistic: () => countStatistic,
  read(counts) {
    const outcomes = outcomesOf(counts);
    // Every label is two classes: yes and no.
    const { isLabels } = counts;
    const recalls = outcomes.flatMap(({ tp, fn, tn, fp }) => [
      ...(tp + fn > 0 ? [tp / (tp + fn)] : []),
      ...(isLabels && tn + fp > 0 ? [tn / (tn + fp)] : []),
    ]);
    return sumOf(recalls) / recalls.length;
  },
  isHigherBetter: true,
  isShare: true,
});

/** Marginals of a confusion matrix and what lies on its diagonal: enough for kappa and the correlation. */
interface Table {
  readonly total: number;
  readonly right: number;
  readonly predicted: readonly number[];
  readonly actual: readonly number[];
}

const tableOf = ({ total, right, predicted, actual }: Counts): Table => ({
  total,
  right: sumOf(right),
  predicted: [...predicted],
  actual: [...actual],
});
const tableOfLabel = ({ tp, fp, fn, tn }: Outcome): Table => ({
  total: tp + fp + fn + tn,
  right: tp + tn,
  predicted: [tp + fp, fn + tn],
  actual: [tp + fn, fp + tn],
});

/** A measure of the whole table of classes; of labels the mean of each one's. */
const ofTable = (
  spec: Pick<MetricDeclaration, 'type' | 'summary' | 'aliases'> & {
    readonly measure: (table: Table) => number;
  },
): MetricDeclaration => {
  const { measure, ...rest } = spec;
  return defineMetric({
    ...rest,
    params: {},
    tasks: DISCRETE,
    statistic: (): typeof countStatistic => countStatistic,
    read(counts) {
      if (!counts.isLabels) return measure(tableOf(counts));
      const labels = outcomesOf(counts).map((each) => measure(tableOfLabel(each)));
      return sumOf(labels) / labels.length;
    },
    isHigherBetter: true,
    isShare: false,
  });
};

const products = (a: readonly number[], b: readonly number[]): number =>
  sumOf(a.map((value, at) => value * (b[at] ?? 0)));

/** Agreement beyond chance: (observed - expected) / (1 - expected). Source: Cohen 1960. */
export const cohenKappa = ofTable({
  type: 'cohen_kappa',
  aliases: { kappa: {} },
  summary: 'Agreement of answers and targets beyond what chance gives: 1 is full, 0 is none.',
  measure({ total, right, predicted, actual }) {
    const chance = products(predicted, actual) / total ** 2;
    return chance === 1 ? NaN : (right / total - chance) / (1 - chance);
  },
});

/** The correlation of answers and targets as classes. Source: Gorodkin 2004. */
export const matthews = ofTable({
  type: 'matthews_corrcoef',
  aliases: { mcc: {} },
  summary:
    'The correlation of answers and targets as classes, fair to classes of unequal size: from -1 to 1.',
  measure({ total, right, predicted, actual }) {
    const spread = (sums: readonly number[]): number => total ** 2 - products(sums, sums);
    return ratio(right * total - products(predicted, actual), Math.sqrt(spread(predicted) * spread(actual)));
  },
});

export const confusionMatrix = defineMetric({
  type: 'confusion_matrix',
  summary: 'How often each class (a row) was taken for each class (a column).',
  params: {},
  tasks: DISCRETE,
  statistic: () => confusionStatistic,
  read: (matrix) => matrix,
  isHigherBetter: true,
  isShare: false,
});

/** How far the probabilities given are from the shares that were right, over bins of equal width. Source: Naeini et al. 2015. */
export const calibrationError = defineMetric({
  type: 'calibration_error',
  aliases: { ece: {} },
  summary: 'How far the probabilities given are from the share that was right.',
  params: {
    n_bins: integer({ min: 1, max: 1000, help: 'Bins of probability.', initial: 15 }),
    norm: choice({
      options: ['l1', 'l2', 'max'],
      help: 'The mean distance, the root of its square, or the largest.',
      initial: 'l1',
    }),
  },
  tasks: DISCRETE,
  needs: 'probabilities',
  statistic: ({ n_bins }) => binStatistic(n_bins),
  read({ count, confidence, right }, { norm }) {
    const total = sumOf(count);
    const bins = [...count].flatMap((size, at) =>
      size === 0
        ? []
        : [{ share: size / total, distance: Math.abs((right[at] ?? 0) - (confidence[at] ?? 0)) / size }],
    );
    if (norm === 'max') return Math.max(...bins.map(({ distance }) => distance));
    const power = norm === 'l1' ? 1 : 2;
    return sumOf(bins.map(({ share, distance }) => share * distance ** power)) ** (1 / power);
  },
  isHigherBetter: false,
  isShare: false,
});
