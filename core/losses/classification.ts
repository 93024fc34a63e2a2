// Losses over classes: cross entropy from scores and negative log likelihood from log probabilities.
import { integer, number, optionalNumbers } from '../layers/params';
import { isCompatible, mismatch, outputs, refusal } from '../layers/shapes';
import type { LayerProblem } from '../layers/declaration';
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineLoss } from './declaration';
import { classAxis, constants, inferClasses, reduce, reduction, type Reduction } from './pieces';

const weight = optionalNumbers({
  help: 'Factor per class, for classes of unequal size; blank: all equal.',
  initial: null,
  torchDefault: null,
  min: 0,
});
const ignore_index = integer({
  min: Number.MIN_SAFE_INTEGER,
  help: 'Targets with this number do not count.',
  initial: -100,
  torchDefault: -100,
});

interface ClassParams {
  readonly weight: readonly number[] | null;
  readonly ignore_index: number;
  readonly reduction: Reduction;
}

const weightProblem = (factors: readonly number[] | null, classes: number | null): readonly LayerProblem[] =>
  factors === null || classes === null || factors.length === classes
    ? []
    : [mismatch('weight', `${classes} numbers, one per class`, factors.length)];

const weightOf = (params: ClassParams, like: Tensor): Tensor | null =>
  params.weight && constants(params.weight, like);

const nllOptions = (params: ClassParams, like: Tensor) => ({
  weight: weightOf(params, like),
  ignoreIndex: params.ignore_index,
  reduction: params.reduction,
});

/** 1 where a target counts, 0 where it is ignore_index. */
const counted = (target: Tensor, ignored: number, like: Tensor): Tensor =>
  ops.ne(ops.cast(target, like.dtype), ignored);

/** The part of label smoothing that looks at all classes: -Σ_c w_c · log p_c per target, reduced as nll is. */
function smoothLoss(logProbabilities: Tensor, target: Tensor, params: ClassParams): Tensor {
  const axis = classAxis(logProbabilities.shape);
  const factors = weightOf(params, logProbabilities);
  const weighted = factors
    ? ops.mul(logProbabilities, alongAxis(factors, axis, logProbabilities.rank))
    : logProbabilities;
  const counts = counted(target, params.ignore_index, logProbabilities);
  const losses = ops.mul(ops.neg(ops.sum(weighted, [axis])), counts);
  if (params.reduction !== 'mean') return reduce(losses, params.reduction);
  const known = ops.mulPromoted(ops.cast(target, 'int64'), ops.cast(counts, 'int64'));
  const total = factors ? ops.mul(ops.gather(factors, known), counts) : counts;
  return ops.div(ops.sum(losses), ops.sum(total));
}

const alongAxis = (factors: Tensor, axis: number, rank: number): Tensor =>
  ops.reshape(
    factors,
    Array.from({ length: rank }, (_, at) => (at === axis ? -1 : 1)),
  );

/** Cross entropy against a probability per class, in a target of the input's shape. */
function softTargetLoss(input: Tensor, target: Tensor, params: ClassParams, smoothing: number): Tensor {
  const axis = classAxis(input.shape);
  const classes = input.shape[axis] ?? 1;
  const wanted = ops.cast(target, input.dtype);
  const smoothed = smoothing === 0 ? wanted : ops.add(ops.mul(wanted, 1 - smoothing), smoothing / classes);
  const factors = weightOf(params, input);
  const products = ops.mul(ops.logSoftmax(input, axis), smoothed);
  const weighted = factors ? ops.mul(products, alongAxis(factors, axis, input.rank)) : products;
  const losses = ops.neg(ops.sum(weighted, [axis]));
  return params.reduction === 'mean'
    ? ops.div(ops.sum(losses), input.numel() / classes)
    : reduce(losses, params.reduction);
}

/** -log softmax(input)[target] over class numbers, or -Σ target · log softmax(input) over probabilities. */
export const crossEntropy = defineLoss({
  type: 'cross_entropy',
  torch: 'torch.nn.CrossEntropyLoss',
  summary: 'For choosing one class of several: the model gives a score per class.',
  params: {
    weight,
    ignore_index,
    reduction,
    label_smoothing: number({
      min: 0,
      max: 1,
      help: 'Share of the target that is spread over all classes.',
      initial: 0,
      torchDefault: 0,
    }),
  },
  targets: ['class', 'value'],
  probabilities: 'softmax',
  infer(params, input, target) {
    const wrongWeight = weightProblem(params.weight, input?.[classAxis(input)] ?? null);
    if (wrongWeight.length > 0) return refusal(...wrongWeight);
    const isSoft = input !== null && target?.length === input.length && isCompatible(input, target);
    if (!isSoft) return inferClasses(params.reduction, input, target);
    const axis = classAxis(input);
    return outputs(params.reduction === 'none' ? input.filter((_, at) => at !== axis) : []);
  },
  lower({ params, input, target }) {
    if (target.dtype.startsWith('float'))
      return softTargetLoss(input, target, params, params.label_smoothing);
    const logProbabilities = ops.logSoftmax(input, classAxis(input.shape));
    const loss = ops.nll(logProbabilities, target, nllOptions(params, input));
    if (params.label_smoothing === 0) return loss;
    const share = params.label_smoothing / (input.shape[classAxis(input.shape)] ?? 1);
    const smooth = smoothLoss(logProbabilities, target, params);
    return ops.add(ops.mul(loss, 1 - params.label_smoothing), ops.mul(smooth, share));
  },
  examples: [
    { title: 'classes', params: {}, input: [6, 5], target: [6], output: [], targetKind: 'class' },
    {
      title: 'weighted and smoothed, some ignored',
      params: { weight: [0.5, 2, 1, 0.25], ignore_index: 2, label_smoothing: 0.15 },
      input: [9, 4],
      target: [9],
      output: [],
      targetKind: 'class',
    },
    {
      title: 'per pixel, summed',
      params: { reduction: 'sum', label_smoothing: 0.3 },
      input: [2, 3, 4, 5],
      target: [2, 4, 5],
      output: [],
      targetKind: 'class',
    },
    {
      title: 'kept apart',
      params: { reduction: 'none', weight: [1, 2, 3] },
      input: [5, 3],
      target: [5],
      output: [5],
      targetKind: 'class',
    },
    {
      title: 'one sample',
      params: {},
      input: [4],
      target: [],
      output: [],
      targetKind: 'class',
    },
    {
      title: 'against probabilities',
      params: { weight: [1, 0.5, 2], label_smoothing: 0.1 },
      input: [4, 3],
      target: [4, 3],
      output: [],
      targetKind: 'value',
      targetValues: 'probability',
    },
  ],
});

/** -input[target] over class numbers, for log probabilities. */
export const nll = defineLoss({
  type: 'nll',
  torch: 'torch.nn.NLLLoss',
  summary: 'For choosing one class of several: the model ends in log_softmax.',
  params: { weight, ignore_index, reduction },
  targets: ['class'],
  probabilities: 'exp',
  infer(params, input, target) {
    const wrongWeight = weightProblem(params.weight, input?.[classAxis(input)] ?? null);
    return wrongWeight.length > 0 ? refusal(...wrongWeight) : inferClasses(params.reduction, input, target);
  },
  lower: ({ params, input, target }) => ops.nll(input, target, nllOptions(params, input)),
  examples: [
    {
      title: 'classes',
      params: {},
      input: [6, 5],
      target: [6],
      output: [],
      targetKind: 'class',
      inputValues: 'log probability',
    },
    {
      title: 'weighted, some ignored, per position',
      params: { weight: [0.5, 2, 1], ignore_index: 1 },
      input: [3, 3, 4],
      target: [3, 4],
      output: [],
      targetKind: 'class',
      inputValues: 'log probability',
    },
    {
      title: 'kept apart',
      params: { reduction: 'none' },
      input: [4, 3],
      target: [4],
      output: [4],
      targetKind: 'class',
      inputValues: 'log probability',
    },
  ],
});
