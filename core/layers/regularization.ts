// Layers that act only while training: dropout of values, of whole channels, and the one that goes with selu.
import { LazuliError } from '../errors';
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type LayerDeclaration } from './declaration';
import { number } from './params';
import { inputOf } from './pieces';
import { outputs, product, refusal } from './shapes';
import { spatialRankProblem, take, type SpatialRank } from './window';

interface Dropout {
  readonly type: string;
  readonly torch: string;
  readonly summary: string;
  readonly keywords: readonly string[];
  /** Spatial axes of an input whose whole channels are dropped; absent: any shape. */
  readonly rank?: SpatialRank;
  /** The shape of the mask, which broadcasts. */
  readonly maskShape: (shape: readonly number[]) => readonly number[];
  /** `mask` is 0 with probability p, else 1 / (1 - p). */
  readonly formula: (x: Tensor, mask: Tensor, p: number) => Tensor;
}

/** A layer that is the identity outside training. Shape kept. */
function dropoutLike(spec: Dropout): LayerDeclaration {
  const { type, torch, summary, keywords, rank } = spec;
  const small = rank === undefined ? [4, 6] : [2, 5, ...take(rank, 3, 2, 2)];
  const large = rank === undefined ? [2, 3, 5] : [3, 4, ...take(rank, 2, 3, 2)];
  return defineLayer({
    type,
    torch,
    category: 'regularization',
    summary,
    keywords,
    params: {
      p: number({
        min: 0,
        max: 1,
        help: 'Probability that a value becomes 0.',
        initial: 0.5,
        torchDefault: 0.5,
      }),
    },
    isRandom: true,
    inputs: [{ name: 'input' }],
    outputs: [{ name: 'output' }],
    infer(_params, [input = null]) {
      const wrongRank = rank === undefined ? null : spatialRankProblem(type, rank, input);
      return wrongRank ? refusal(wrongRank) : outputs(input);
    },
    lower(call) {
      const input = inputOf(call);
      const { p } = call.params;
      if (!call.isTraining || p === 0) return [input];
      if (!call.random)
        throw new LazuliError('internal', `${type} was lowered for training without a random state`);
      const options = { probability: p, state: call.random.state, stream: call.random.nextStream() };
      const mask = ops.dropoutMask(input, options, spec.maskShape(input.shape));
      return [spec.formula(input, mask, p)];
    },
    flops: (_params, [input = []]) => product(input) ?? 0,
    examples: [
      { title: 'half', params: {}, inputs: [small], outputs: [small] },
      { title: 'a few', params: { p: 0.2 }, inputs: [large], outputs: [large] },
    ],
  });
}

/** Each value becomes 0 with probability p, the others grow by 1 / (1 - p). Source: arXiv:1207.0580. */
export const dropout = dropoutLike({
  type: 'dropout',
  torch: 'torch.nn.Dropout',
  summary: 'Sets random values to 0 while training, so that none is relied on.',
  keywords: ['overfitting', 'noise'],
  maskShape: (shape) => shape,
  formula: (x, mask) => ops.mul(x, mask),
});

/** Whole channels of `[N, C, *]` or `[C, *]` become 0 together. Source: https://arxiv.org/abs/1411.4280. */
const channelDropout = (rank: SpatialRank): LayerDeclaration =>
  dropoutLike({
    type: `dropout${rank}d`,
    torch: `torch.nn.Dropout${rank}d`,
    summary: 'Sets random whole channels to 0 while training.',
    keywords: ['overfitting', 'noise', 'spatial dropout'],
    rank,
    // PyTorch reads three axes under dropout2d as [N, C, L], not as [C, H, W].
    maskShape: (shape) =>
      shape.map((size, axis) => (axis < (rank === 2 ? 2 : shape.length - rank) ? size : 1)),
    formula: (x, mask) => ops.mul(x, mask),
  });

export const dropout1d = channelDropout(1);
export const dropout2d = channelDropout(2);
export const dropout3d = channelDropout(3);

/** Dropped values become selu's lower bound, then all are scaled so that mean and variance stay. Source: arXiv:1706.02515. */
function alphaFormula(x: Tensor, mask: Tensor, p: number): Tensor {
  const bound = -1.7580993408473766;
  const scale = 1 / Math.sqrt((1 - p) * (1 + p * bound * bound));
  if (p === 1) return ops.mul(x, 0);
  const kept = ops.mul(mask, 1 - p);
  const mixed = ops.add(ops.mul(x, kept), ops.mul(ops.sub(1, kept), bound));
  return ops.add(ops.mul(mixed, scale), -scale * p * bound);
}

export const alphaDropout = dropoutLike({
  type: 'alpha_dropout',
  torch: 'torch.nn.AlphaDropout',
  summary: 'A dropout that keeps mean and variance; goes with selu.',
  keywords: ['self-normalizing'],
  maskShape: (shape) => shape,
  formula: alphaFormula,
});

/** As alpha_dropout, for whole channels: axes 0 and 1 decide. */
export const featureAlphaDropout = dropoutLike({
  type: 'feature_alpha_dropout',
  torch: 'torch.nn.FeatureAlphaDropout',
  summary: 'A dropout of whole channels that keeps mean and variance; goes with selu.',
  keywords: ['self-normalizing', 'spatial dropout'],
  maskShape: (shape) => shape.map((size, axis) => (axis < 2 ? size : 1)),
  formula: alphaFormula,
});
