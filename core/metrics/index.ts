// The metrics: the one list of all declarations, in menu order, and what a name in a project means.
import { LazuliError } from '../errors';
import { parseParams } from '../layers/parse';
import type { ParamTable, ParamsOf } from '../layers/params';
import type { LossMeaning, TargetKind } from '../losses';
import { nearest } from '../layers/suggest';
import * as classification from './classification';
import * as comparison from './comparison';
import type { MetricDeclaration, Task } from './declaration';
import { readMetric } from './names';
import * as ranking from './ranking';
import * as regression from './regression';

/** Every metric, in menu order. A new metric is one declaration and one entry here. */
export const METRICS: readonly MetricDeclaration[] = [
  classification.accuracy,
  classification.topKAccuracy,
  classification.balancedAccuracy,
  classification.exactMatch,
  classification.precision,
  classification.recall,
  classification.f1,
  classification.fBeta,
  classification.specificity,
  classification.jaccard,
  classification.dice,
  ranking.auroc,
  ranking.averagePrecision,
  classification.cohenKappa,
  classification.matthews,
  classification.logLoss,
  classification.hingeLoss,
  classification.calibrationError,
  classification.confusionMatrix,
  regression.meanAbsoluteError,
  regression.meanSquaredError,
  regression.rootMeanSquaredError,
  regression.meanAbsolutePercentageError,
  regression.symmetricPercentageError,
  regression.r2Score,
  regression.explainedVariance,
  regression.pearson,
  regression.spearman,
  comparison.orderingAccuracy,
  comparison.likenessAccuracy,
  comparison.labelErrorRate,
  comparison.sequenceAccuracy,
];

/** A metric as a project asks for it. */
export interface Metric {
  /** As it was written, in settings and results. */
  readonly name: string;
  readonly declaration: MetricDeclaration;
  readonly params: ParamsOf<ParamTable>;
}

/** Every name a metric is known by, with the options it stands for. */
const NAMES: ReadonlyMap<string, { readonly declaration: MetricDeclaration; readonly options: object }> =
  new Map(
    METRICS.flatMap((declaration) =>
      [[declaration.type, {}] as const, ...Object.entries(declaration.aliases ?? {})].map(
        ([name, options]) => [name, { declaration, options }] as const,
      ),
    ),
  );

/** `accuracy`, `f1(average=micro)` or an alias; throws `parameter_invalid` for what there is not. */
export function parseMetric(name: string): Metric {
  const read = readMetric(name);
  const found = read && NAMES.get(read.type);
  if (!read || !found) {
    const types = METRICS.map(({ type }) => type);
    const meant = nearest(read?.type ?? name, NAMES.keys());
    throw new LazuliError('parameter_invalid', `there is no metric '${name}'`, {
      where: 'metric',
      expected: `one of ${types.join(', ')}`,
      got: name,
      ...(meant === null ? {} : { hint: `did you mean ${meant}?` }),
    });
  }
  const { declaration, options } = found;
  return { name, declaration, params: parseParams(declaration, { ...options, ...read.options }) };
}

/** The same; null for what there is not. */
export function findMetric(name: string): Metric | null {
  try {
    return parseMetric(name);
  } catch (error) {
    if (error instanceof LazuliError && error.code === 'parameter_invalid') return null;
    throw error;
  }
}

/** What a model trained with this loss on such targets answers; null where no metric knows. */
export function taskOf(loss: LossMeaning, target: TargetKind): Task | null {
  if (loss.compares) return loss.compares;
  if (loss.threshold !== undefined) return 'labels';
  if (loss.hasLabelLists === true) return null;
  if (loss.targets[0] === 'class') return loss.targets.includes(target) ? 'classes' : null;
  return target === 'value' ? 'numbers' : null;
}

/** True when a metric means something beside this loss and this kind of target. */
export function fits(metric: MetricDeclaration, loss: LossMeaning, target: TargetKind): boolean {
  const task = taskOf(loss, target);
  if (task === null || !metric.tasks.includes(task)) return false;
  if (metric.needs === 'probabilities') return loss.probabilities !== undefined;
  return metric.needs !== 'scores' || task === 'classes' || loss.threshold === 0;
}

export { splitMetrics, writeMetric } from './names';
export type {
  Accumulator,
  MetricDeclaration,
  MetricValue,
  Statistic,
  StatisticCall,
  Task,
} from './declaration';
