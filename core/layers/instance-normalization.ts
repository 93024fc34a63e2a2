// instance_norm1d to instance_norm3d: each channel of each sample on its own, with running statistics by choice.
import { TorchError } from '../errors';
import * as ops from '../ops';
import { formatShape, torchSize, type PartialShape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import { normParams, normTensors } from './batch-normalization';
import { defineLayer, type LayerDeclaration, type LayerProblem } from './declaration';
import { found, inputOf, maybeTensor } from './pieces';
import { blankHint, listed, mismatch, outputs, product, rankProblem, refusal, sizeAt } from './shapes';
import { range } from './take';
import { channelAxis, take, type SpatialRank } from './window';

/** Moves running statistics towards the mean of the samples' own: running += momentum · (new - running). */
function track(x: Tensor, mean: Tensor, variance: Tensor, momentum: number): void {
  const spatial = Array.from({ length: x.rank - 2 }, (_, axis) => axis + 2);
  ops.noGrad(() => {
    ops.moveTowards(mean, ops.mean(x, [0, ...spatial]), momentum);
    ops.moveTowards(variance, ops.mean(ops.variance(x, spatial), [0]), momentum);
  });
}

/** Without an eps a channel of one value is 0: PyTorch takes the inverse of its deviation for 0. Source: at::native::InvStd. */
function unguarded(x: Tensor, weight: Tensor | null, bias: Tensor | null): Tensor {
  const spatial = range(x.rank - 2).map((axis) => axis + 2);
  const centered = ops.sub(x, ops.mean(x, spatial, { keepdim: true }));
  const variance = ops.mean(ops.square(centered), spatial, { keepdim: true });
  const isFlat = ops.eq(variance, 0);
  const inverse = ops.where(isFlat, 0, ops.rsqrt(ops.where(isFlat, 1, variance)));
  const perChannel = (factors: Tensor): Tensor =>
    ops.reshape(factors, [x.shape[1] ?? 0, ...spatial.map(() => 1)]);
  const normal = ops.mul(centered, inverse);
  const scaled = weight ? ops.mul(normal, perChannel(weight)) : normal;
  return bias ? ops.add(scaled, perChannel(bias)) : scaled;
}

const AXES = ['length', 'height, width', 'depth, height, width'];

/** PyTorch's lazy class takes axis 1 for the channels here, which is a spatial one; so a blank size asks. */
const unbatched = (rank: SpatialRank, input: PartialShape): LayerProblem => ({
  where: 'num_features',
  message: `num_features: an input of ${formatShape(input)} has no batch axis, or lacks one of its others; which of them are the channels?`,
  expected: `a batch of ${rank + 2} axes`,
  got: formatShape(input),
  hint: `feed [batch, channels, ${AXES[rank - 1] ?? ''}], or set num_features (${input[0] ?? 'its channels'} if this is one sample)`,
});

/** (x - mean) / √(var + eps) · weight + bias per sample and channel. Shape kept. Source: https://arxiv.org/abs/1607.08022. */
function instanceNorm(rank: SpatialRank): LayerDeclaration {
  return defineLayer({
    type: `instance_norm${rank}d`,
    torch: `torch.nn.InstanceNorm${rank}d`,
    torchLazy: `torch.nn.LazyInstanceNorm${rank}d`,
    torchLazyDefaults: { affine: true, track_running_stats: true },
    category: 'normalization',
    summary: 'Normalizes each channel of each sample on its own; used for style.',
    keywords: ['in', 'instancenorm', 'style'],
    params: normParams({ affine: false, track_running_stats: false }),
    inputs: [{ name: 'input' }],
    outputs: [{ name: 'output' }],
    inferSizes: (params, [input = null]) => found(params, { num_features: sizeAt(input, channelAxis(rank)) }),
    infer(params, [input = null]) {
      const { num_features } = params;
      const wrongRank = rankProblem('input', input, [rank + 1, rank + 2]);
      if (wrongRank) {
        const message = `expected ${rank + 1}D or ${rank + 2}D input (got ${input?.length ?? 0}D input)`;
        return refusal({ ...wrongRank, message });
      }
      const isWaiting = num_features === null && (params.affine || params.track_running_stats);
      if (isWaiting && input?.length === rank + 1) return refusal(unbatched(rank, input));
      const got = sizeAt(input, channelAxis(rank));
      if (num_features !== null && got !== null && got !== num_features)
        return refusal(mismatch('num_features', num_features, got, blankHint('num_features')));
      return outputs(input);
    },
    tensors: normTensors,
    lower(call) {
      const { params, isTraining } = call;
      const given = inputOf(call);
      const input = given.rank === rank + 1 ? ops.unsqueeze(given, 0) : given;
      const [weight, bias] = [maybeTensor(call, 'weight'), maybeTensor(call, 'bias')];
      const [mean, variance] = [maybeTensor(call, 'running_mean'), maybeTensor(call, 'running_var')];
      const affine = { weight, bias, eps: params.eps };
      if (!isTraining && mean && variance) {
        const statistics = { isTraining: false, runningMean: mean, runningVar: variance };
        return [ops.reshape(ops.batchNorm(input, { ...affine, ...statistics }), given.shape)];
      }
      if (product(input.shape.slice(2)) === 1)
        throw new TorchError(
          'ValueError',
          `Expected more than 1 spatial element when training, got input size ${torchSize(input.shape)}`,
          'shape_mismatch',
          { where: 'input', expected: 'more than 1 value per channel', got: listed(given.shape) },
        );
      if (mean && variance && params.momentum !== null) track(input, mean, variance, params.momentum);
      if (params.eps === 0) return [ops.reshape(unguarded(input, weight, bias), given.shape)];
      return [ops.reshape(ops.groupNorm(input, input.shape[1] ?? 1, affine), given.shape)];
    },
    flops: (_params, [input = []]) => 4 * (product(input) ?? 0),
    examples: [
      {
        title: 'a batch',
        params: { num_features: 3 },
        inputs: [[2, 3, ...take(rank, 5, 4, 3)]],
        outputs: [[2, 3, ...take(rank, 5, 4, 3)]],
      },
      {
        title: 'weights and running statistics',
        params: { num_features: 2, affine: true, track_running_stats: true, momentum: 0.3, eps: 0.01 },
        inputs: [[3, 2, ...take(rank, 4, 3, 2)]],
        outputs: [[3, 2, ...take(rank, 4, 3, 2)]],
      },
      {
        title: 'one sample without a batch',
        params: { num_features: 2, affine: true, bias: false },
        inputs: [[2, ...take(rank, 4, 3, 2)]],
        outputs: [[2, ...take(rank, 4, 3, 2)]],
      },
    ],
    stateVersion: 2,
  });
}

export const instanceNorm1d = instanceNorm(1);
export const instanceNorm2d = instanceNorm(2);
export const instanceNorm3d = instanceNorm(3);
