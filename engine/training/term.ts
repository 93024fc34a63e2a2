// One loss of a project with the metrics beside it: what it is given of a batch, its number, and rows of statistics.
import { LazuliError } from '#core/errors';
import type { parseParams } from '#core/layers/index';
import type { LossDeclaration } from '#core/losses/index';
import type { TrainingLoss } from '#core/training/losses';
import { fits, parseMetric, taskOf, type Metric, type StatisticCall } from '#core/metrics/index';
import * as ops from '#core/ops/index';
import { termLoss, termLossRow } from '#core/training/term-loss';
import { metricOf, type MeasuredTerm } from '#core/training/terms';
import { formatShape, type Shape } from '#core/tensor/shape';
import type { Tensor } from '#core/tensor/tensor';

import type { Targets } from '../datasets/targets';
import type { ObjectivePlace } from './objective';
import { fillSlots, fittedTo, tensorOf, type BatchGiven, type FilledSlot } from './slots';
import type { MeasuredMetric, MeasuredStatistic } from './totals';

/** What a loss gives for a batch, and what its metrics look at; null where it has none. */
export interface TermResult {
  readonly loss: Tensor;
  readonly samples: number;
  readonly call: StatisticCall | null;
}

export interface Term {
  readonly loss: TrainingLoss;
  readonly params: ReturnType<typeof parseParams>;
  readonly isSum: boolean;
  readonly metrics: readonly Metric[];
  readonly leftOut: readonly string[];
  readonly targets: readonly string[];
  evaluate(batch: BatchGiven): TermResult;
}

/** Throws as `objectiveOf`. `isAlone`: the project has no other loss. */
export function termOf(
  { loss, params }: Pick<Term, 'loss' | 'params'>,
  term: MeasuredTerm,
  at: number,
  place: ObjectivePlace & { readonly isAlone: boolean },
): Term {
  const filled = fillSlots(loss, term, at, place);
  const compared = filled.find(({ slot }) => slot.name === 'target');
  const kind = kindOf(compared);
  const asked = new Map((term.metrics ?? []).map((name) => [name, parseMetric(name)]));
  const { meaning } = loss;
  const metrics = meaning
    ? [...asked.values()].filter(({ declaration }) => fits(declaration, meaning, kind))
    : [];
  const leftOut = [...asked.keys()].filter((name) => !metrics.some((metric) => metric.name === name));
  const task = (meaning && taskOf(meaning, kind)) ?? 'numbers';
  const ignored = typeof params['ignore_index'] === 'number' ? params['ignore_index'] : null;
  return {
    loss,
    params,
    isSum: params['reduction'] === 'sum',
    metrics,
    leftOut,
    targets: filled.flatMap(({ source }) => ('target' in source ? [source.target] : [])),
    evaluate(batch) {
      const tensors = filled.map(({ source }) => tensorOf(source, batch, place.ends));
      const { declaration } = loss;
      const given = declaration
        ? pairFor(declaration, params, tensors, compared)
        : fittedTo(loss, params, filled, tensors);
      const [output, target] = given;
      return {
        loss: loss.lower(params, given),
        samples: batch.samples,
        call:
          meaning && output && target
            ? { output, target, given, params, loss: meaning, task, ignored }
            : null,
      };
    },
  };
}

/** `class` where a target is class numbers, those an input node takes included. */
const kindOf = (compared: FilledSlot | undefined): 'class' | 'value' =>
  compared?.target?.kind === 'class' ? 'class' : 'value';

/** Output and target of a loss of two, in each other's form. */
function pairFor(
  loss: LossDeclaration,
  params: Term['params'],
  [output, given]: readonly Tensor[],
  compared: FilledSlot | undefined,
): readonly Tensor[] {
  if (!output || !given || !compared)
    throw new LazuliError('internal', `${loss.type} without output or target`);
  const isClass = compared.target ? compared.target.kind === 'class' : given.dtype === 'int64';
  const target = adaptTarget(loss, output, given, isClass);
  const classes = compared.target?.classes.length ?? 0;
  const result = loss.infer(params, output.shape, target.shape);
  if ('problems' in result) {
    const [first] = result.problems;
    throw new LazuliError(
      'shape_mismatch',
      `the output ${formatShape(output.shape)} does not fit the targets ${formatShape(target.shape)}: ${first?.message ?? ''}`,
      {
        where: `loss ${loss.type}`,
        ...(first?.expected === undefined ? {} : { expected: first.expected }),
        ...(first?.got === undefined ? {} : { got: first.got }),
        hint: isClass
          ? `the last layer must give one number per class: ${classes}`
          : 'the last layer must give as many numbers as there are targets',
      },
    );
  }
  if (compared.target) checkClasses(loss, output.shape, compared.target);
  return [output, target];
}

/** Two classes as 0 and 1 for losses over numbers, or as -1 and 1; numbers in the output's shape and dtype. */
function adaptTarget(loss: LossDeclaration, output: Tensor, target: Tensor, isClass: boolean): Tensor {
  if (isClass && loss.targets.includes('class')) return target;
  if (isClass && loss.threshold === undefined && loss.hasSignTargets !== true)
    throw new LazuliError('data_invalid', `${loss.type} compares numbers, and the targets are classes`, {
      where: 'loss',
      expected: 'a loss for classes (cross_entropy), or targets that are numbers',
      got: loss.type,
    });
  const cast = ops.cast(target, output.dtype);
  const numbers = isClass && loss.hasSignTargets === true ? ops.sub(ops.mul(cast, 2), 1) : cast;
  return target.numel() === output.numel() ? ops.reshape(numbers, output.shape) : numbers;
}

function checkClasses(loss: LossDeclaration, output: Shape, { kind, classes }: Targets): void {
  if (kind !== 'class') return;
  if (!loss.targets.includes('class')) {
    if (loss.hasSignTargets !== true || classes.length <= 2) return;
    throw new LazuliError(
      'data_invalid',
      `${loss.type} takes two classes, and the data has ${classes.length}`,
      {
        where: `loss ${loss.type}`,
        expected: 'two classes, which become -1 and 1',
        got: `${classes.length} classes`,
      },
    );
  }
  const scores = output[1] ?? 0;
  if (scores >= classes.length) return;
  throw new LazuliError(
    'shape_mismatch',
    `the model gives ${scores} scores per sample, and the data has ${classes.length} classes`,
    {
      where: 'output',
      expected: `at least ${classes.length} scores`,
      got: String(scores),
      hint: `set out_features of the last layer to ${classes.length}`,
    },
  );
}

/** A statistic of the `at`-th term. */
interface TermStatistic {
  readonly at: number;
  readonly statistic: MeasuredStatistic;
  lower(result: TermResult): Tensor;
}

/**
 * What the metrics of all terms are made of, each once, under the terms' names: `digit.accuracy`. Of several terms each one's own
 * loss is kept too.
 */
export function termStatistics(terms: readonly (Term & { readonly name: string })[]): {
  readonly metrics: readonly MeasuredMetric[];
  readonly statistics: readonly TermStatistic[];
} {
  const statistics = new Map<string, TermStatistic>();
  const metrics: MeasuredMetric[] = [];
  const places = new Map<string, number>();
  const placeOf = (key: string, make: () => TermStatistic): number => {
    if (!statistics.has(key)) {
      places.set(key, statistics.size);
      statistics.set(key, make());
    }
    return places.get(key) ?? 0;
  };
  for (const [at, { name, metrics: own, isSum }] of terms.entries()) {
    const keyOf = (key: string): string => (at === 0 ? key : `${at} ${key}`);
    for (const { name: asked, declaration, params } of own) {
      const statistic = declaration.statistic(params);
      const place = placeOf(keyOf(statistic.key), () => ({
        at,
        statistic: { ...statistic, key: keyOf(statistic.key) },
        lower({ call }) {
          if (!call) throw new LazuliError('internal', `${asked} of a loss without metrics`);
          return statistic.lower(call);
        },
      }));
      metrics.push({ name: metricOf(name, asked), declaration, params, statistic: place });
    }
    if (name === '') continue;
    const place = placeOf(keyOf('loss'), () => ({
      at,
      statistic: { ...termLoss.statistic({}), key: keyOf('loss') },
      lower: ({ loss, samples }) => termLossRow(loss, samples, isSum),
    }));
    metrics.push({ name: metricOf(name, 'loss'), declaration: termLoss, params: {}, statistic: place });
  }
  return { metrics, statistics: [...statistics.values()] };
}
