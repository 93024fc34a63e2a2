// What training asks of a model: the loss and metrics of a project, checked against the model's output and the data's targets.
import type { TrainingSettings } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { parseParams } from '#core/layers/index';
import { nearest } from '#core/layers/suggest';
import { findLoss, LOSSES, type LossDeclaration } from '#core/losses/index';
import { fits, parseMetric, taskOf, type Metric, type Statistic } from '#core/metrics/index';
import * as ops from '#core/ops/index';
import { formatShape, type Shape } from '#core/tensor/shape';
import type { Tensor } from '#core/tensor/tensor';

import type { Dataset } from '../datasets/dataset';
import type { Measured } from './totals';

/** What one batch gives: its loss, a scalar, and a row `[k]` per statistic. */
export interface Terms {
  readonly loss: Tensor;
  readonly rows: readonly Tensor[];
}

export interface Objective extends Omit<Measured, 'extras'> {
  readonly loss: LossDeclaration;
  /** Metrics that were asked for and mean nothing beside this loss and these targets. */
  readonly leftOut: readonly string[];
  /** The loss and statistics of an output `[N, ...]` against targets as the dataset holds them. */
  evaluate(output: Tensor, target: Tensor): Terms;
}

/** Throws `parameter_invalid` for an unknown loss or metric, `data_invalid` for targets the loss cannot take. */
export function objectiveOf(settings: TrainingSettings, dataset: Dataset): Objective {
  const loss = known(
    findLoss(settings.loss.type),
    'loss',
    settings.loss.type,
    LOSSES.map(({ type }) => type),
  );
  const params = parseParams(loss, settings.loss.params);
  const { reduction } = params;
  if (reduction === 'none')
    throw new LazuliError(
      'parameter_invalid',
      `${loss.type}: training needs one number, so reduction cannot be none`,
      {
        where: 'loss, reduction',
        expected: 'mean or sum',
        got: 'none',
      },
    );
  if (!dataset.targets)
    throw new LazuliError(
      'data_invalid',
      `${dataset.source.file}: no target is chosen, and ${loss.type} needs one`,
      {
        where: 'data, target',
        expected: 'a target column, array or file',
        got: 'none',
      },
    );
  const isClass = dataset.source.targetKind === 'class';
  const kind = isClass ? 'class' : 'value';
  const asked = new Map(settings.metrics.map((name) => [name, parseMetric(name)]));
  const metrics = [...asked.values()].filter(({ declaration }) => fits(declaration, loss, kind));
  const leftOut = [...asked.keys()].filter((name) => !metrics.some((metric) => metric.name === name));
  const statistics = statisticsOf(metrics);
  const task = taskOf(loss, kind) ?? 'numbers';
  const ignored = typeof params['ignore_index'] === 'number' ? params['ignore_index'] : null;
  return {
    loss,
    metrics,
    leftOut,
    statistics,
    isSum: reduction === 'sum',
    evaluate(output, given) {
      const target = adaptTarget(loss, output, given, isClass);
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
              ? `the last layer must give one number per class: ${dataset.targets?.classes.length ?? 0}`
              : 'the last layer must give as many numbers as there are targets',
          },
        );
      }
      checkClasses(loss, output.shape, dataset, isClass);
      return {
        loss: loss.lower({ params, input: output, target }),
        rows: statistics.map((statistic) => statistic.lower({ output, target, loss, task, ignored })),
      };
    },
  };
}

/** What the metrics are made of, each once. */
function statisticsOf(metrics: readonly Metric[]): readonly Statistic[] {
  const all = metrics.map(({ declaration, params }) => declaration.statistic(params));
  return [...new Map(all.map((statistic) => [statistic.key, statistic])).values()];
}

/** Two classes as 0 and 1 for losses over numbers; numbers in the output's shape and dtype. */
function adaptTarget(loss: LossDeclaration, output: Tensor, target: Tensor, isClass: boolean): Tensor {
  if (isClass && loss.targets.includes('class')) return target;
  if (isClass && loss.threshold === undefined)
    throw new LazuliError('data_invalid', `${loss.type} compares numbers, and the targets are classes`, {
      where: 'loss',
      expected: 'a loss for classes (cross_entropy), or targets that are numbers',
      got: loss.type,
    });
  const numbers = ops.cast(target, output.dtype);
  return target.numel() === output.numel() ? ops.reshape(numbers, output.shape) : numbers;
}

function checkClasses(loss: LossDeclaration, output: Shape, dataset: Dataset, isClass: boolean): void {
  if (!isClass || !loss.targets.includes('class')) return;
  const classes = dataset.targets?.classes.length ?? 0;
  const scores = output[1] ?? 0;
  if (scores >= classes) return;
  throw new LazuliError(
    'shape_mismatch',
    `the model gives ${scores} scores per sample, and the data has ${classes} classes`,
    {
      where: 'output',
      expected: `at least ${classes} scores`,
      got: String(scores),
      hint: `set out_features of the last layer to ${classes}`,
    },
  );
}

function known<T>(found: T | null, what: string, type: string, types: readonly string[]): T {
  if (found !== null) return found;
  const meant = nearest(type, types);
  throw new LazuliError('parameter_invalid', `there is no ${what} '${type}'`, {
    where: what,
    expected: `one of ${types.join(', ')}`,
    got: type,
    ...(meant === null ? {} : { hint: `did you mean ${meant}?` }),
  });
}
