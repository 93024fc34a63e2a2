// Losses of more inputs than an output and a target, as layers whose output is the loss: triplets, pairs, and a mean with its
// variance. Those of an output and a target are in core/losses.
import { reduce, reducedShape, reduction } from '../losses/pieces';
import * as ops from '../ops';
import { formatShape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type EdgeShape, type Inference, type LayerExample } from './declaration';
import { vectorNorm, withGradientOf } from './formulas';
import { boolean, number } from './params';
import { inputOf } from './pieces';
import { broadcastEdges, isCompatible, mismatch, outputs, product, refusal } from './shapes';

const atLeastZero = (x: Tensor): Tensor => ops.clampMin(x, 0);
const ports = (...names: readonly string[]) => names.map((name) => ({ name }));

/** The common shape of inputs that broadcast, or which of them does not. */
function common(
  names: readonly string[],
  inputs: readonly EdgeShape[],
): EdgeShape | { readonly problem: Inference } {
  let shape: EdgeShape = inputs[0] ?? null;
  for (const [at, name] of names.entries()) {
    const joined = broadcastEdges(shape, inputs[at] ?? null);
    if (joined === undefined) {
      const [expected, got] = [formatShape(shape ?? []), formatShape(inputs[at] ?? [])];
      return { problem: refusal(mismatch(name, `sizes that broadcast with ${expected}`, got)) };
    }
    shape = joined;
  }
  return shape;
}

const isProblem = (
  found: EdgeShape | { readonly problem: Inference },
): found is { readonly problem: Inference } => found !== null && 'problem' in found;

const margin = (initial: number, help: string) => number({ help, initial, torchDefault: initial });
const TRIPLET = ['anchor', 'positive', 'negative'] as const;
const swap = boolean({
  help: 'Takes the distance from positive to negative where it is smaller than from the anchor.',
  initial: false,
  torchDefault: false,
});

/** Triplets are vectors along the last axis: one loss per vector. */
function inferTriplet(how: 'mean' | 'sum' | 'none', inputs: readonly EdgeShape[]): Inference {
  const shape = common(TRIPLET, inputs);
  if (isProblem(shape)) return shape.problem;
  if (shape?.length === 0) return refusal(mismatch('anchor', 'vectors along the last axis', 'a scalar'));
  return outputs(reducedShape(how, shape && shape.slice(0, -1)));
}

/** max(0, margin + d(anchor, positive) - d(anchor, negative)). */
function tripletLoss(
  inputs: readonly [Tensor, Tensor, Tensor],
  options: { readonly margin: number; readonly swap: boolean; readonly p: number; readonly eps: number },
): Tensor {
  const [anchor, positive, negative] = inputs;
  const distance = (a: Tensor, b: Tensor): Tensor =>
    vectorNorm(ops.add(ops.sub(a, b), options.eps), options.p, [-1]);
  const near = distance(anchor, positive);
  const far = distance(anchor, negative);
  const farther = options.swap ? ops.minimum(far, distance(positive, negative)) : far;
  return atLeastZero(ops.sub(ops.add(near, options.margin), farther));
}

const tripletExamples = (
  own: Readonly<Record<string, unknown>>,
): readonly [LayerExample, ...LayerExample[]] => [
  {
    title: 'a batch',
    params: {},
    inputs: [
      [4, 3],
      [4, 3],
      [4, 3],
    ],
    outputs: [[]],
  },
  {
    title: 'kept apart, swapped',
    params: { margin: 2.5, swap: true, reduction: 'none', ...own },
    inputs: [
      [5, 2],
      [5, 2],
      [5, 2],
    ],
    outputs: [[5]],
  },
];

const tripletFlops = (_params: unknown, [anchor = []]: readonly (readonly number[])[]): number =>
  8 * (product(anchor) ?? 0);

/** max(0, margin + ‖anchor - positive‖ₚ - ‖anchor - negative‖ₚ), per vector, reduced. */
export const tripletMargin = defineLayer({
  type: 'triplet_margin',
  torch: 'torch.nn.TripletMarginLoss',
  category: 'loss',
  compares: 'triplets',
  summary: 'A loss that pulls an anchor to what is alike and pushes it from what is not.',
  keywords: ['siamese', 'metric learning', 'embedding', 'loss'],
  params: {
    margin: margin(1, 'How much nearer the positive is to be.'),
    p: number({ help: 'Power of the norm.', initial: 2, torchDefault: 2, mayBeInfinite: true }),
    eps: number({ help: 'Added to each difference.', initial: 1e-6, torchDefault: 1e-6 }),
    swap,
    reduction,
  },
  inputs: ports(...TRIPLET),
  outputs: [{ name: 'loss' }],
  infer: ({ reduction: how }, inputs) => inferTriplet(how, inputs),
  lower: (call) => [
    reduce(
      tripletLoss([inputOf(call, 0), inputOf(call, 1), inputOf(call, 2)], call.params),
      call.params.reduction,
    ),
  ],
  flops: tripletFlops,
  examples: tripletExamples({ p: 3, eps: 1e-3 }),
});

/** As triplet_margin, with the distance of torch.nn.PairwiseDistance. */
export const tripletMarginWithDistance = defineLayer({
  type: 'triplet_margin_with_distance',
  torch: 'torch.nn.TripletMarginWithDistanceLoss',
  category: 'loss',
  compares: 'triplets',
  summary: 'As triplet_margin, with the plain distance.',
  keywords: ['siamese', 'metric learning', 'embedding', 'loss'],
  params: { margin: margin(1, 'How much nearer the positive is to be.'), swap, reduction },
  inputs: ports(...TRIPLET),
  outputs: [{ name: 'loss' }],
  infer: ({ reduction: how }, inputs) => inferTriplet(how, inputs),
  lower: (call) => [
    reduce(
      tripletLoss([inputOf(call, 0), inputOf(call, 1), inputOf(call, 2)], {
        ...call.params,
        p: 2,
        eps: 1e-6,
      }),
      call.params.reduction,
    ),
  ],
  flops: tripletFlops,
  examples: tripletExamples({}),
});

/** Keeps the root of a zero vector's length from 0: a float in PyTorch's source, in float64 too. */
const GUARD = Math.fround(1e-12);

/** The cosine of vectors along the last axis, with PyTorch's own guard of the root. Source: at::cosine_embedding_loss. */
export function cosineOf(first: Tensor, second: Tensor): Tensor {
  const squared = (x: Tensor): Tensor => ops.add(ops.sum(ops.square(x), [-1]), GUARD);
  return ops.div(ops.sum(ops.mul(first, second), [-1]), ops.sqrt(ops.mul(squared(first), squared(second))));
}

/** 1 - cos(x1, x2) where the target is 1, max(0, cos(x1, x2) - margin) where it is -1: `[N, D]` or `[D]`. */
export const cosineEmbedding = defineLayer({
  type: 'cosine_embedding',
  torch: 'torch.nn.CosineEmbeddingLoss',
  category: 'loss',
  compares: 'pairs',
  summary: 'A loss that turns pairs towards each other where the target is 1, and apart where it is -1.',
  keywords: ['siamese', 'metric learning', 'embedding', 'loss'],
  params: { margin: margin(0, 'Similarity that pairs apart may keep.'), reduction },
  inputs: [
    ...ports('input1', 'input2'),
    { name: 'target', help: '1 or -1 per pair.', isTarget: true, isSign: true },
  ],
  outputs: [{ name: 'loss' }],
  infer({ reduction: how }, [first = null, second = null, target = null]) {
    const shape = common(['input1', 'input2'], [first, second]);
    if (isProblem(shape)) return shape.problem;
    if (shape === null) return outputs(reducedShape(how, target));
    if (shape.length !== 1 && shape.length !== 2)
      return refusal(mismatch('input1', '[batch, size] or [size]', formatShape(shape)));
    const wanted = shape.slice(0, -1);
    if (!isCompatible(wanted, target))
      return refusal(mismatch('target', formatShape(wanted), formatShape(target ?? [])));
    return outputs(reducedShape(how, wanted));
  },
  lower(call) {
    const [first, second, target] = [inputOf(call, 0), inputOf(call, 1), inputOf(call, 2)];
    const cosine = cosineOf(first, second);
    const apart = atLeastZero(ops.sub(cosine, call.params.margin));
    const losses = ops.add(
      ops.where(ops.eq(target, 1), ops.sub(1, cosine), 0),
      ops.where(ops.eq(target, -1), apart, 0),
    );
    return [reduce(losses, call.params.reduction)];
  },
  flops: (_params, [first = []]) => 6 * (product(first) ?? 0),
  examples: [
    {
      title: 'pairs',
      params: { margin: 0.2 },
      inputs: [[4, 3], [4, 3], [4]],
      inputValues: ['any', 'any', 'sign'],
      outputs: [[]],
    },
    {
      title: 'one pair',
      params: { reduction: 'none' },
      inputs: [[5], [5], []],
      inputValues: ['any', 'any', 'sign'],
      outputs: [[]],
    },
  ],
});

/** max(0, -target · (x1 - x2) + margin), element by element. */
export const marginRanking = defineLayer({
  type: 'margin_ranking',
  torch: 'torch.nn.MarginRankingLoss',
  category: 'loss',
  compares: 'ranks',
  summary: 'A loss that ranks: the first input above the second where the target is 1, below where it is -1.',
  keywords: ['ranking', 'order', 'loss'],
  params: { margin: margin(0, 'How far the ranks are to lie apart.'), reduction },
  inputs: [
    ...ports('input1', 'input2'),
    { name: 'target', help: '1 or -1 per pair.', isTarget: true, isSign: true },
  ],
  outputs: [{ name: 'loss' }],
  infer({ reduction: how }, inputs) {
    const shape = common(['input1', 'input2', 'target'], inputs);
    return isProblem(shape) ? shape.problem : outputs(reducedShape(how, shape));
  },
  lower(call) {
    const difference = ops.sub(inputOf(call, 0), inputOf(call, 1));
    const missing = ops.add(ops.mul(ops.neg(inputOf(call, 2)), difference), call.params.margin);
    return [reduce(atLeastZero(missing), call.params.reduction)];
  },
  flops: (_params, [first = []]) => 4 * (product(first) ?? 0),
  examples: [
    {
      title: 'pairs',
      params: { margin: 0.3 },
      inputs: [[5], [5], [5]],
      inputValues: ['any', 'any', 'sign'],
      outputs: [[]],
    },
    {
      title: 'kept apart',
      params: { reduction: 'none' },
      inputs: [
        [3, 2],
        [3, 2],
        [3, 2],
      ],
      outputs: [[3, 2]],
    },
  ],
});

/** A variance as the mean has it, or one per row: its last axis missing or 1. */
const varianceFits = (mean: EdgeShape, variance: EdgeShape): boolean =>
  mean === null ||
  variance === null ||
  isCompatible(mean, variance) ||
  isCompatible(mean.slice(0, -1), variance) ||
  (variance.at(-1) === 1 && isCompatible([...mean.slice(0, -1), 1], variance));

/** ½ (log v + (mean - target)² / v), with v = max(variance, eps); `full` adds ½ log 2π. */
export const gaussianNll = defineLayer({
  type: 'gaussian_nll',
  torch: 'torch.nn.GaussianNLLLoss',
  category: 'loss',
  summary: 'A loss for predicting a number and how sure it is: a mean and a variance.',
  keywords: ['likelihood', 'uncertainty', 'variance', 'loss'],
  params: {
    full: boolean({ help: 'Adds the constant term.', initial: false, torchDefault: false }),
    eps: number({ min: 0, help: 'Least variance.', initial: 1e-6, torchDefault: 1e-6 }),
    reduction,
  },
  inputs: [
    { name: 'input', help: 'The means.' },
    { name: 'target', isTarget: true },
    { name: 'var', help: 'The variances, at least 0: one per mean, or one per row.' },
  ],
  outputs: [{ name: 'loss' }],
  infer({ reduction: how }, [mean = null, target = null, variance = null]) {
    const shape = common(['input', 'target'], [mean, target]);
    if (isProblem(shape)) return shape.problem;
    if (!varianceFits(mean, variance))
      return refusal(
        mismatch('var', `${formatShape(mean ?? [])}, or one per row`, formatShape(variance ?? [])),
      );
    return outputs(reducedShape(how, shape));
  },
  lower(call) {
    const { full, eps, reduction: how } = call.params;
    const [mean, target, given] = [inputOf(call, 0), inputOf(call, 1), inputOf(call, 2)];
    const variance = given.rank < mean.rank ? ops.unsqueeze(given, -1) : given;
    // The bound lets the gradient through, as PyTorch's does.
    const bounded = withGradientOf(variance, ops.clampMin(variance, eps));
    const distance = ops.div(ops.square(ops.sub(mean, target)), bounded);
    const losses = ops.mul(ops.add(ops.log(bounded), distance), 0.5);
    return [reduce(full ? ops.add(losses, 0.5 * Math.log(2 * Math.PI)) : losses, how)];
  },
  flops: (_params, [mean = []]) => 6 * (product(mean) ?? 0),
  examples: [
    {
      title: 'means and variances',
      params: { full: true, eps: 0.5 },
      inputValues: ['any', 'any', 'positive'],
      inputs: [
        [4, 3],
        [4, 3],
        [4, 3],
      ],
      outputs: [[]],
    },
    {
      title: 'a variance per row',
      params: { reduction: 'none', eps: 0.25 },
      inputValues: ['any', 'any', 'positive'],
      inputs: [
        [4, 3],
        [4, 3],
        [4, 1],
      ],
      outputs: [[4, 3]],
    },
  ],
});
