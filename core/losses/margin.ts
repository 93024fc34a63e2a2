// Losses that ask for a distance: between what is alike and not, between the wanted class and the others, between label sets.
import { number, integer, optionalNumbers } from '../layers/params';
import { axisProblem, isCompatible, mismatch, outputs, refusal } from '../layers/shapes';
import { logSigmoid } from '../layers/formulas';
import { range } from '../layers/take';
import * as ops from '../ops';
import { formatShape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import type { EdgeShape, Inference } from '../layers/declaration';
import { defineLoss, type LossExample } from './declaration';
import { constants, inferClasses, reduce, reduction, valuesLike, type Reduction } from './pieces';
import { elementwiseLoss } from './regression';

const atLeastZero = (x: Tensor): Tensor => ops.clampMin(x, 0);
/** What is above 0, else 0, without a gradient at 0. */
const above = (x: Tensor): Tensor => ops.where(ops.gt(x, 0), x, 0);

/** Input where the target is 1, max(0, margin - input) where it is -1. */
export const hingeEmbedding = elementwiseLoss({
  type: 'hinge_embedding',
  torch: 'torch.nn.HingeEmbeddingLoss',
  summary: 'For distances: small where the target is 1, at least a margin where it is -1.',
  params: {
    margin: number({ help: 'Distance asked for where the target is -1.', initial: 1, torchDefault: 1 }),
  },
  targetValues: 'sign',
  variants: [{ margin: 0.3 }],
  formula: (input, target, { margin }) =>
    ops.add(
      ops.where(ops.ne(target, 1), atLeastZero(ops.sub(margin, input)), 0),
      ops.where(ops.ne(target, -1), input, 0),
    ),
});

/** `[N, C]` for `[C]`, of inputs that may lack their batch. */
const withBatch = (x: Tensor): Tensor => (x.rank === 1 ? ops.unsqueeze(x, 0) : x);

/** 0, 1, ... along the last axis. */
const numbersUpTo = (count: number, like: Tensor): Tensor => constants(range(count), like);

const factors = (help: string) => optionalNumbers({ help, initial: null, torchDefault: null, min: 0 });

const weightMatches = (weight: readonly number[] | null, input: EdgeShape): boolean => {
  const classes = input?.at(-1) ?? null;
  return weight === null || classes === null || weight.length === classes;
};
const weightRefusal = (weight: readonly number[] | null, input: EdgeShape): Inference =>
  refusal(mismatch('weight', `${input?.at(-1) ?? '?'} numbers, one per class`, weight?.length ?? 0));

/**
 * Σ over the other classes of max(0, margin - x[target] + x[i])ᵖ, times the target's weight, divided by the classes. The mean
 * over no samples is no number; PyTorch 2.13 gives what happens to be in its memory there, as it does for multilabel_margin.
 */
export const multiMargin = defineLoss({
  type: 'multi_margin',
  torch: 'torch.nn.MultiMarginLoss',
  summary: 'For choosing one class of several: its score must lead by a margin.',
  params: {
    p: integer({ min: 1, max: 2, help: 'Power of what is missing: 1 or 2.', initial: 1, torchDefault: 1 }),
    margin: number({ help: 'The lead asked for.', initial: 1, torchDefault: 1 }),
    weight: factors('Factor per class; blank: all equal.'),
    reduction,
  },
  targets: ['class'],
  infer(params, input, target) {
    if (input !== null && input.length !== 1 && input.length !== 2)
      return refusal(mismatch('input', '[batch, classes]', formatShape(input)));
    return weightMatches(params.weight, input)
      ? inferClasses(params.reduction, input, target)
      : weightRefusal(params.weight, input);
  },
  lower({ params, input, target }) {
    const scores = withBatch(input);
    const [rows = 1, classes = 1] = scores.shape;
    const wanted = ops.reshape(target, [rows]);
    const own = ops.reshape(ops.neg(ops.nll(scores, wanted, { reduction: 'none' })), [rows, 1]);
    const column = ops.reshape(ops.cast(wanted, input.dtype), [rows, 1]);
    const isOther = ops.ne(numbersUpTo(classes, input), column);
    const distances = ops.add(ops.sub(scores, own), params.margin);
    const missing = above(ops.where(isOther, distances, 0));
    const powers = params.p === 2 ? ops.square(missing) : missing;
    const sums = ops.div(ops.sum(powers, [1]), classes);
    const weight = params.weight && ops.gather(constants(params.weight, input), wanted);
    const losses = weight ? ops.mul(sums, weight) : sums;
    return reduce(input.rank === 1 ? ops.reshape(losses, []) : losses, params.reduction);
  },
  examples: [
    { title: 'classes', params: {}, input: [6, 5], target: [6], output: [], targetKind: 'class' },
    {
      title: 'squares, weighted',
      params: { p: 2, margin: 0.6, weight: [0.5, 2, 1, 0.25], reduction: 'sum' },
      input: [5, 4],
      target: [5],
      output: [],
      targetKind: 'class',
    },
    {
      title: 'kept apart',
      params: { reduction: 'none' },
      input: [4, 3],
      target: [4],
      output: [4],
      targetKind: 'class',
    },
    { title: 'one sample', params: {}, input: [4], target: [], output: [], targetKind: 'class' },
  ],
});

/** Losses of label sets: output and target `[N, C]` or `[C]` → one loss per sample. */
function inferSets(how: Reduction, input: EdgeShape, target: EdgeShape): Inference {
  if (input === null) return outputs(how === 'none' ? null : []);
  if (input.length === 0) return refusal(axisProblem('input', -1, 0));
  if (!isCompatible(input, target))
    return refusal(
      mismatch('target', `the shape of the output, ${formatShape(input)}`, formatShape(target ?? [])),
    );
  return outputs(how === 'none' ? input.slice(0, -1) : []);
}

/**
 * Σ over labels and other classes of max(0, 1 - x[label] + x[i]), divided by the classes. A target row lists class
 * numbers up to the first -1.
 */
export const multilabelMargin = defineLoss({
  type: 'multilabel_margin',
  torch: 'torch.nn.MultiLabelMarginLoss',
  summary: 'For several labels at once, given as class numbers that end with -1.',
  params: { reduction },
  targets: ['class'],
  hasLabelLists: true,
  infer: ({ reduction: how }, input, target) =>
    input !== null && input.length > 2
      ? refusal(mismatch('input', '[batch, classes]', formatShape(input)))
      : inferSets(how, input, target),
  lower({ params, input, target }) {
    const scores = withBatch(input);
    const [rows = 1, classes = 1] = scores.shape;
    const labels = ops.reshape(ops.cast(target, input.dtype), [rows, classes]);
    // A label counts while no number so far was negative: their count is a product with a triangle of ones.
    const triangle = range(classes).map((row) => range(classes).map((column) => (row <= column ? 1 : 0)));
    const ends = ops.matmul(ops.lt(labels, 0), ops.fromArray(triangle, input.dtype, input.device));
    const counts = ops.reshape(ops.eq(ends, 0), [rows, classes, 1]);
    const places = ops.reshape(labels, [rows, classes, 1]);
    const isLabel = ops.mul(ops.eq(places, numbersUpTo(classes, input)), counts);
    const across = ops.reshape(scores, [rows, 1, classes]);
    const own = ops.sum(ops.where(isLabel, across, 0), [2], { keepdim: true });
    const isOther = ops.mul(counts, ops.eq(ops.sum(isLabel, [1], { keepdim: true }), 0));
    const missing = above(ops.where(isOther, ops.add(ops.sub(across, own), 1), 0));
    const losses = ops.div(ops.sum(missing, [1, 2]), classes);
    return reduce(input.rank === 1 ? ops.reshape(losses, []) : losses, params.reduction);
  },
  examples: [
    { title: 'labels', params: {}, input: [5, 4], target: [5, 4], output: [], targetKind: 'class' },
    {
      title: 'kept apart',
      params: { reduction: 'none' },
      input: [3, 6],
      target: [3, 6],
      output: [3],
      targetKind: 'class',
    },
    { title: 'one sample', params: {}, input: [5], target: [5], output: [], targetKind: 'class' },
  ],
});

const labelExample = (
  title: string,
  params: Readonly<Record<string, unknown>>,
  output: readonly number[] = [],
): LossExample => ({
  title,
  params,
  input: [4, 3],
  target: [4, 3],
  output,
  targetKind: 'value',
  targetValues: 'probability',
});

/** The mean over labels of -(t · log σ(x) + (1 - t) · log σ(-x)). */
export const multilabelSoftMargin = defineLoss({
  type: 'multilabel_soft_margin',
  torch: 'torch.nn.MultiLabelSoftMarginLoss',
  summary: 'For several labels at once, each yes or no: the mean over labels for each sample.',
  params: { weight: factors('Factor per label; blank: all equal.'), reduction },
  threshold: 0,
  probabilities: 'sigmoid',
  targets: ['value'],
  infer: ({ weight, reduction: how }, input, target) =>
    weightMatches(weight, input) ? inferSets(how, input, target) : weightRefusal(weight, input),
  lower({ params, input, target }) {
    const wanted = valuesLike(input, target);
    const yes = ops.mul(wanted, logSigmoid(input));
    const no = ops.mul(ops.sub(1, wanted), logSigmoid(ops.neg(input)));
    const losses = ops.neg(ops.add(yes, no));
    const weighted = params.weight ? ops.mul(losses, constants(params.weight, input)) : losses;
    return reduce(ops.mean(weighted, [-1]), params.reduction);
  },
  examples: [
    labelExample('labels', {}),
    labelExample('weighted', { weight: [2, 0.5, 1], reduction: 'sum' }),
    labelExample('kept apart', { reduction: 'none' }, [4]),
  ],
});
