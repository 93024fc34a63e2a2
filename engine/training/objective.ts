// What training asks of a model: the losses and metrics of a project, checked against the model's outputs and the data's targets.
import type { LossTerm, TrainingSettings } from '#core/document/project';
import { assert, LazuliError } from '#core/errors';
import { nearest } from '#core/layers/suggest';
import { parseParams } from '#core/layers/index';
import { findTrainingLoss, TRAINING_LOSSES } from '#core/training/losses';
import * as ops from '#core/ops/index';
import { termNames, termsIn } from '#core/training/terms';
import type { Tensor } from '#core/tensor/tensor';

import type { Dataset } from '../datasets/dataset';
import { targetsOf, type Ends } from './batches';
import type { BatchGiven } from './slots';
import { termOf, termStatistics, type Term } from './term';
import type { Measured } from './totals';

/** What one batch gives: its loss, a scalar, and a row `[k]` per statistic. */
export interface Terms {
  readonly loss: Tensor;
  readonly rows: readonly Tensor[];
}

export interface Objective extends Omit<Measured, 'extras'> {
  /** What it is called in messages: the types of its losses. */
  readonly title: string;
  /** Metrics that were asked for and mean nothing beside their loss and targets. */
  readonly leftOut: readonly string[];
  /** Names of the targets that losses look at. */
  readonly targets: readonly string[];
  /** The sum of all losses and the statistics of a batch. */
  evaluate(given: BatchGiven): Terms;
}

/** Where the losses of a project find what they compare. */
export interface ObjectivePlace {
  readonly dataset: Dataset;
  readonly ends: Ends;
}

/** False where the data lacks a target that a loss needs. */
export function hasTargets(settings: TrainingSettings, place: ObjectivePlace): boolean {
  try {
    objectiveOf(settings, place);
    return true;
  } catch (error) {
    if (error instanceof LazuliError && error.code === 'data_invalid' && targetsOf(place.dataset).size === 0)
      return false;
    throw error;
  }
}

/** Throws `parameter_invalid` for an unknown loss or metric, `data_invalid` for targets a loss cannot take. */
export function objectiveOf(settings: TrainingSettings, place: ObjectivePlace): Objective {
  const given = termsIn(settings);
  const terms = given.map((term, at) =>
    termOf(parsed(term), term, at, { ...place, isAlone: given.length === 1 }),
  );
  const names = termNames(given, {
    outputs: place.ends.outputs,
    targets: [...targetsOf(place.dataset).keys()],
  });
  const named = terms.map((term, at) => ({ ...term, name: names[at] ?? '' }));
  const [first, ...others] = terms;
  const other = others.find(({ isSum }) => isSum !== first?.isSum);
  if (first && other)
    throw new LazuliError('parameter_invalid', 'the losses of a project add up means or sums, not both', {
      where: `loss ${other.loss.type}, reduction`,
      expected: first.isSum ? 'sum' : 'mean',
      got: other.isSum ? 'sum' : 'mean',
    });
  const { metrics, statistics } = termStatistics(named);
  return {
    title: terms.map(({ loss }) => loss.type).join(' + '),
    metrics,
    statistics: statistics.map(({ statistic }) => statistic),
    leftOut: terms.flatMap(({ leftOut }) => leftOut),
    isSum: first?.isSum === true,
    targets: [...new Set(terms.flatMap(({ targets }) => targets))],
    evaluate(batch) {
      const found = terms.map((term) => term.evaluate(batch));
      const losses = found.map(({ loss }, at) => {
        const { weight = 1 } = given[at] ?? {};
        return weight === 1 ? loss : ops.mul(loss, weight);
      });
      return {
        loss: losses.reduce((sum, loss) => ops.add(sum, loss)),
        rows: statistics.map((statistic) => {
          const result = found[statistic.at];
          assert(result, 'a statistic of a loss there is not');
          return statistic.lower(result);
        }),
      };
    },
  };
}

function parsed(term: LossTerm): Pick<Term, 'loss' | 'params'> {
  const loss = findTrainingLoss(term.type);
  if (!loss) {
    const types = TRAINING_LOSSES.map(({ type }) => type);
    const meant = nearest(term.type, types);
    throw new LazuliError('parameter_invalid', `there is no loss '${term.type}'`, {
      where: 'loss',
      expected: `one of ${types.join(', ')}`,
      got: term.type,
      ...(meant === null ? {} : { hint: `did you mean ${meant}?` }),
    });
  }
  const params = parseParams(loss, term.params);
  if (params['reduction'] === 'none')
    throw new LazuliError(
      'parameter_invalid',
      `${loss.type}: training needs one number, so reduction cannot be none`,
      { where: 'loss, reduction', expected: 'mean or sum', got: 'none' },
    );
  return { loss, params };
}
