// batch_norm1d to batch_norm3d: one declaration over the ranks each accepts.
import { TorchError } from '../errors';
import * as ops from '../ops';
import { torchSize } from '../tensor/shape';
import { defineLayer, type LayerDeclaration } from './declaration';
import { boolean, number, optionalNumber, size } from './params';
import { ONES, ZEROS, buffer, found, inputOf, maybeTensor, parameter, waiting } from './pieces';
import { blankHint, listed, mismatch, outputs, product, rankProblem, refusal, sizeAt } from './shapes';
import { take, type SpatialRank } from './window';

/** The params of torch.nn.modules.batchnorm._NormBase. */
export const normParams = (defaults: {
  readonly affine: boolean;
  readonly track_running_stats: boolean;
}) => ({
  num_features: size('Channels of the input: the size of its axis 1.'),
  eps: number({ min: 0, help: 'Added to the variance.', initial: 1e-5, torchDefault: 1e-5 }),
  momentum: optionalNumber({
    help: 'Weight of the newest batch in the running statistics; blank: the mean over all batches.',
    initial: 0.1,
    torchDefault: 0.1,
  }),
  affine: boolean({
    help: 'Learns a scale and a shift per channel.',
    initial: defaults.affine,
    torchDefault: defaults.affine,
  }),
  bias: boolean({
    help: 'Learns the shift too, where it learns a scale.',
    initial: true,
    torchDefault: true,
  }),
  track_running_stats: boolean({
    help: 'Keeps running statistics and uses them outside training.',
    initial: defaults.track_running_stats,
    torchDefault: defaults.track_running_stats,
  }),
});

/** Their weights and statistics, in PyTorch's order. */
export function normTensors(params: {
  readonly num_features: number | null;
  readonly affine: boolean;
  readonly bias: boolean;
  readonly track_running_stats: boolean;
}) {
  const { num_features } = params;
  const waits = waiting('num_features', num_features);
  return [
    ...(params.affine ? [parameter('weight', [num_features], ONES, waits)] : []),
    ...(params.affine && params.bias ? [parameter('bias', [num_features], ZEROS, waits)] : []),
    ...(params.track_running_stats
      ? [
          buffer('running_mean', [num_features], ZEROS, waits),
          buffer('running_var', [num_features], ONES, waits),
          { ...buffer('num_batches_tracked', [], ZEROS, null), dtype: 'int64' as const },
        ]
      : []),
  ];
}

/**
 * (x - mean) / √(var + eps) · weight + bias per channel, with the batch's statistics while training and the running ones
 * otherwise. Shape kept. Source: https://arxiv.org/abs/1502.03167.
 */
function batchNorm(rank: SpatialRank): LayerDeclaration {
  const name = `batch_norm${rank}d`;
  const ranks = rank === 1 ? [2, 3] : [rank + 2];
  return defineLayer({
    type: name,
    torch: `torch.nn.BatchNorm${rank}d`,
    torchLazy: `torch.nn.LazyBatchNorm${rank}d`,
    category: 'normalization',
    summary:
      [
        'Normalizes each feature over the batch.',
        'Normalizes each channel over the batch and the image.',
        'Normalizes each channel over the batch and the volume.',
      ][rank - 1] ?? '',
    keywords: ['bn', 'batchnorm', 'running statistics'],
    params: normParams({ affine: true, track_running_stats: true }),
    inputs: [{ name: 'input' }],
    outputs: [{ name: 'output' }],
    inferSizes: (params, [input = null]) => found(params, { num_features: sizeAt(input, 1) }),
    infer({ num_features }, [input = null]) {
      const wrongRank = rankProblem('input', input, ranks);
      if (wrongRank) {
        const message = `expected ${ranks.map((n) => `${n}D`).join(' or ')} input (got ${input?.length ?? 0}D input)`;
        return refusal({ ...wrongRank, message });
      }
      const got = sizeAt(input, 1);
      if (num_features !== null && got !== null && got !== num_features)
        return refusal(mismatch('num_features', num_features, got, blankHint('num_features')));
      return outputs(input);
    },
    tensors: normTensors,
    lower(call) {
      const { params, isTraining } = call;
      const input = inputOf(call);
      const [weight, bias] = [maybeTensor(call, 'weight'), maybeTensor(call, 'bias')];
      const [mean, variance] = [maybeTensor(call, 'running_mean'), maybeTensor(call, 'running_var')];
      const usesBatch = isTraining || mean === null || variance === null;
      const perChannel = product(input.shape.filter((_, axis) => axis !== 1));
      if (usesBatch && perChannel === 1)
        throw new TorchError(
          'ValueError',
          `Expected more than 1 value per channel when training, got input size ${torchSize(input.shape)}`,
          'shape_mismatch',
          {
            where: 'input',
            expected: 'more than 1 value per channel',
            got: listed(input.shape),
            hint: 'use a larger batch',
          },
        );
      return [
        ops.batchNorm(input, {
          weight,
          bias,
          runningMean: mean,
          runningVar: variance,
          numBatchesTracked: maybeTensor(call, 'num_batches_tracked'),
          isTraining: usesBatch,
          momentum: params.momentum,
          eps: params.eps,
        }),
      ];
    },
    flops: (_params, [input = []]) => 4 * (product(input) ?? 0),
    examples: [
      {
        title: 'a batch',
        params: { num_features: 3 },
        inputs: [[4, 3, ...take(rank, 5, 2, 3).slice(rank === 1 ? 1 : 0)]],
        outputs: [[4, 3, ...take(rank, 5, 2, 3).slice(rank === 1 ? 1 : 0)]],
      },
      {
        title: 'positions beside the batch, mean over all batches',
        params: { num_features: 2, momentum: null, eps: 0.01 },
        inputs: [[3, 2, ...take(rank, 4, 3, 2)]],
        outputs: [[3, 2, ...take(rank, 4, 3, 2)]],
      },
      {
        title: 'no weights, no statistics',
        params: { num_features: 2, affine: false, track_running_stats: false },
        inputs: [[3, 2, ...take(rank, 3, 3, 2)]],
        outputs: [[3, 2, ...take(rank, 3, 3, 2)]],
      },
      {
        title: 'quick statistics, no weights',
        params: { num_features: 3, affine: false, momentum: 0.7 },
        inputs: [[2, 3, ...take(rank, 3, 2, 2)]],
        outputs: [[2, 3, ...take(rank, 3, 2, 2)]],
      },
      {
        title: 'a scale alone',
        params: { num_features: 2, bias: false },
        inputs: [[3, 2, ...take(rank, 2, 2, 2)]],
        outputs: [[3, 2, ...take(rank, 2, 2, 2)]],
      },
    ],
    stateVersion: 2,
  });
}

export const batchNorm1d = batchNorm(1);
export const batchNorm2d = batchNorm(2);
export const batchNorm3d = batchNorm(3);
