// Metrics count what people would count, for class numbers, pixels, yes or no, and numbers.
import { describe, expect, it } from 'vitest';

import { findLoss } from '#core/losses/index';
import { findMetric, METRICS } from '#core/metrics/index';
import * as ops from '#core/ops/index';
import { useNativeBackend } from './native';

useNativeBackend();

function measure(
  type: string,
  lossType: string,
  output: ops.NestedArray,
  target: ops.NestedArray,
  isClass = false,
) {
  const [metric, loss] = [findMetric(type), findLoss(lossType)];
  if (!metric || !loss) throw new Error(`no ${type} or ${lossType}`);
  expect(metric.fits(loss, isClass ? 'class' : 'value')).toBe(true);
  return ops.scope(() => {
    const [y, t] = [ops.fromArray(output), ops.fromArray(target, isClass ? 'int64' : 'float32')];
    const sum = metric.lower({ output: y, target: t, loss });
    expect([sum.dtype, sum.shape]).toEqual(['float64', []]);
    return [ops.item(sum), metric.count(y.shape, t.shape, loss)];
  });
}

describe('accuracy', () => {
  it('counts the largest score of each row', () => {
    const scores = [
      [1, 5, 2],
      [7, 0, 1],
      [0, 0, 3],
    ];
    expect(measure('accuracy', 'cross_entropy', scores, [1, 2, 2], true)).toEqual([2, 3]);
    expect(measure('accuracy', 'nll', scores, [0, 1, 0], true)).toEqual([0, 3]);
  });
  it('counts pixels', () => {
    const scores = [
      [
        [
          [1, 0],
          [0, 1],
        ],
        [
          [0, 1],
          [1, 0],
        ],
      ],
    ];
    expect(
      measure(
        'accuracy',
        'cross_entropy',
        scores,
        [
          [
            [0, 1],
            [0, 0],
          ],
        ],
        true,
      ),
    ).toEqual([3, 4]);
  });
  it('counts rows against probabilities', () => {
    expect(
      measure(
        'accuracy',
        'cross_entropy',
        [
          [1, 5],
          [7, 0],
        ],
        [
          [0.2, 0.8],
          [0.4, 0.6],
        ],
      ),
    ).toEqual([1, 2]);
  });
  it('counts yes and no by the threshold of the loss', () => {
    expect(measure('accuracy', 'bce_with_logits', [[-1], [0.3], [2], [-0.1]], [0, 1, 0, 1])).toEqual([2, 4]);
    expect(measure('accuracy', 'bce', [[0.1], [0.3], [0.9]], [[0], [1], [1]])).toEqual([2, 3]);
    expect(measure('accuracy', 'soft_margin', [3, -2], [1, 1])).toEqual([1, 2]);
  });
});

describe('mean_absolute_error', () => {
  it('sums the distances', () => {
    expect(measure('mean_absolute_error', 'mse', [[1], [4]], [3, 3.5])).toEqual([2.5, 2]);
  });
});

describe('errors of numbers', () => {
  const [output, target] = [
    [[1], [4], [2]],
    [3, 3.5, -2],
  ];
  it('squared: 4, 0.25, 16', () => {
    expect(measure('mean_squared_error', 'mse', output, target)).toEqual([20.25, 3]);
    expect(measure('root_mean_squared_error', 'mse', output, target)).toEqual([20.25, 3]);
    expect(findMetric('root_mean_squared_error')?.finish?.(6.25)).toBe(2.5);
  });
  it('as a share of the target: 2/4, 1/2, 4/2', () => {
    expect(measure('mean_absolute_percentage_error', 'l1', [[2], [1], [2]], [4, 2, -2])).toEqual([3, 3]);
  });
});

describe('top_3_accuracy', () => {
  it('counts a class with at most two larger scores', () => {
    const scores = [
      [5, 4, 3, 2],
      [5, 4, 3, 2],
      [1, 1, 1, 1],
    ];
    expect(measure('top_3_accuracy', 'cross_entropy', scores, [2, 3, 3], true)).toEqual([2, 3]);
    expect(measure('top_5_accuracy', 'cross_entropy', scores, [2, 3, 3], true)).toEqual([3, 3]);
  });
});

it('every metric fits some loss and says what better means', () => {
  for (const metric of METRICS) {
    expect(metric.summary).not.toBe('');
    expect(typeof metric.isHigherBetter).toBe('boolean');
  }
});
