// Losses with weights of their own: a last linear layer and what compares it with classes, in one layer.
import { crossEntropy } from '../losses/classification';
import { reduction } from '../losses/pieces';
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineLayer } from './declaration';
import { boolean, integer, integerList, number, optionalInteger, optionalNumbers, size } from './params';
import { WEIGHT_INITIALIZER, found, inputOf, maybeTensor, parameter, tensorOf, waiting } from './pieces';
import {
  blankHint,
  isCompatible,
  mismatch,
  outputs,
  product,
  rankProblem,
  refusal,
  sizeAt,
  type Size,
} from './shapes';

const in_features = size('Size of the last input axis.');

/** Sizes of the clusters of rare classes, and what the common ones and clusters have in the first product. */
function clustersOf({
  n_classes,
  cutoffs,
}: {
  readonly n_classes: number;
  readonly cutoffs: readonly number[];
}) {
  const bounds = [...cutoffs, n_classes];
  const shortlist = bounds[0] ?? n_classes;
  return {
    shortlist,
    clusters: bounds
      .slice(1)
      .map((end, index) => ({ from: bounds[index] ?? 0, size: end - (bounds[index] ?? 0) })),
  };
}

/** The size that rare classes are projected to: smaller for each cluster. */
const projected = (width: Size, divisor: number, cluster: number): Size =>
  width === null ? null : Math.floor(width / divisor ** (cluster + 1));

/** The log probability of each row's class, and -its mean. Source: https://arxiv.org/abs/1609.04309. */
export const adaptiveLogSoftmaxWithLoss = defineLayer({
  type: 'adaptive_log_softmax_with_loss',
  torch: 'torch.nn.AdaptiveLogSoftmaxWithLoss',
  category: 'loss',
  summary:
    'A last layer and loss for very many classes: rare ones are looked at in groups, with fewer weights.',
  keywords: ['language model', 'vocabulary', 'hierarchical softmax', 'loss'],
  params: {
    in_features,
    n_classes: integer({ help: 'Classes, the most common first.', initial: 1000 }),
    cutoffs: integerList({ min: 1, help: 'Where the groups of rarer classes start.', initial: [100] }),
    div_value: number({
      min: Number.MIN_VALUE,
      help: 'How much smaller the weights of each rarer group are.',
      initial: 4,
      torchDefault: 4,
    }),
    head_bias: boolean({
      help: 'Adds a learnable number per common class and group.',
      initial: false,
      torchDefault: false,
    }),
  },
  check: ({ n_classes, cutoffs }) =>
    cutoffs.length > 0 &&
    cutoffs.every((cut, index) => cut > (cutoffs[index - 1] ?? 0)) &&
    (cutoffs.at(-1) ?? 0) < n_classes
      ? []
      : [mismatch('cutoffs', `rising class numbers below ${n_classes}`, cutoffs.join(', ') || 'none')],
  inputs: [{ name: 'input' }, { name: 'target', content: 'index' }],
  outputs: [
    { name: 'output', help: 'The log probability of each target.' },
    { name: 'loss', help: 'Minus their mean.' },
  ],
  inferSizes: (params, [input = null]) => found(params, { in_features: sizeAt(input, -1) }),
  infer(params, [input = null, target = null]) {
    const wrongRank = rankProblem('input', input, [1, 2]);
    if (wrongRank) return refusal(wrongRank);
    const got = sizeAt(input, -1);
    if (params.in_features !== null && got !== null && got !== params.in_features)
      return refusal(mismatch('in_features', params.in_features, got, blankHint('in_features')));
    const rows = input && input.slice(0, -1);
    if (!isCompatible(rows, target)) return refusal(mismatch('target', 'one class per row', 'others'));
    return outputs(rows ?? target, []);
  },
  tensors(params) {
    const waits = waiting('in_features', params.in_features);
    const { shortlist, clusters } = clustersOf(params);
    const own = (name: string, out: Size, input: Size) =>
      parameter(name, [out, input], WEIGHT_INITIALIZER, waits);
    const head = shortlist + clusters.length;
    return [
      own('head.weight', head, params.in_features),
      ...(params.head_bias
        ? [parameter('head.bias', [head], { kind: 'uniform_fan_in', fanOf: 'head.weight' }, waits)]
        : []),
      ...clusters.flatMap(({ size: count }, index) => {
        const inner = projected(params.in_features, params.div_value, index);
        return [
          own(`tail.${index}.0.weight`, inner, params.in_features),
          own(`tail.${index}.1.weight`, count, inner),
        ];
      }),
    ];
  },
  lower(call) {
    const [given, wanted] = [inputOf(call, 0), inputOf(call, 1)];
    const isSingle = given.rank === 1;
    const input = isSingle ? ops.unsqueeze(given, 0) : given;
    const target = ops.reshape(ops.cast(wanted, 'int64'), [input.shape[0] ?? 0]);
    const { shortlist, clusters } = clustersOf(call.params);
    const head = ops.logSoftmax(
      ops.linear(input, tensorOf(call, 'head.weight'), maybeTensor(call, 'head.bias')),
      1,
    );
    const chosen = (scores: Tensor, column: Tensor): Tensor =>
      ops.neg(ops.nll(scores, column, { reduction: 'none' }));
    const whole = (value: number): Tensor => ops.fromArray(value, 'int64', target.device);
    const isCommon = ops.less(target, whole(shortlist));
    const common = chosen(head, ops.wherePromoted(isCommon, target, whole(0)));
    const output = clusters.reduce((sum, { from, size: count }, index) => {
      const isLast = index === clusters.length - 1;
      const isReached = ops.greaterEqual(target, whole(from));
      const isHere = isLast ? isReached : ops.bitwiseAnd(isReached, ops.less(target, whole(from + count)));
      // Rows of other groups are zeros here: one that is no number stays out of these weights' gradients.
      const isRowHere = ops.unsqueeze(ops.cast(isHere, input.dtype), 1);
      const rows = ops.where(isRowHere, input, 0);
      const tail = ops.linear(
        ops.linear(rows, tensorOf(call, `tail.${index}.0.weight`)),
        tensorOf(call, `tail.${index}.1.weight`),
      );
      // Rows of other groups look at its first class, and are left out.
      const own = chosen(
        ops.logSoftmax(tail, 1),
        ops.wherePromoted(isHere, ops.subPromoted(target, whole(from)), whole(0)),
      );
      const group = ops.squeeze(
        ops.slice(head, 1, { start: shortlist + index, end: shortlist + index + 1 }),
        1,
      );
      return ops.where(ops.cast(isHere, input.dtype), ops.add(own, group), sum);
    }, common);
    return [isSingle ? ops.reshape(output, []) : output, ops.neg(ops.mean(output))];
  },
  flops: ({ n_classes }, [input = []]) => 2 * (product(input) ?? 0) * n_classes,
  examples: [
    {
      title: 'two groups of rare classes',
      params: { in_features: 6, n_classes: 9, cutoffs: [2, 5], div_value: 2 },
      inputs: [[5, 6], [5]],
      inputRange: 9,
      outputs: [[5], []],
    },
    {
      title: 'one row, a bias',
      params: { in_features: 5, n_classes: 7, cutoffs: [3], head_bias: true },
      inputs: [[5], []],
      inputRange: 7,
      outputs: [[], []],
    },
  ],
});

/** Its options as cross_entropy has them. */
const entropyOptions = (params: {
  readonly reduction: string;
  readonly weight: readonly number[] | null;
  readonly ignore_index: number | null;
  readonly label_smoothing: number;
}) => {
  const { reduction: how, weight, ignore_index, label_smoothing } = params;
  return { reduction: how, weight, ignore_index: ignore_index ?? -100, label_smoothing };
};

/** cross_entropy(input · weightᵀ + bias, target). */
export const linearCrossEntropy = defineLayer({
  type: 'linear_cross_entropy',
  torch: 'torch.nn.LinearCrossEntropyLoss',
  category: 'loss',
  summary: 'A last linear layer and the cross entropy of its scores.',
  keywords: ['classification', 'language model', 'loss'],
  params: {
    in_features,
    num_classes: integer({ help: 'Classes.', initial: 10 }),
    out_features: integerList({
      min: 1,
      help: 'Sizes of what is classified in each row; none: one class per row.',
      initial: [],
      torchDefault: [],
    }),
    bias: boolean({ help: 'Adds a learnable number per class.', initial: false, torchDefault: false }),
    reduction,
    weight: optionalNumbers({
      help: 'Factor per class; blank: all equal.',
      initial: null,
      torchDefault: null,
      min: 0,
    }),
    ignore_index: optionalInteger({
      min: Number.MIN_SAFE_INTEGER,
      help: 'Targets with this number do not count.',
      initial: null,
      torchDefault: null,
    }),
    label_smoothing: number({
      min: 0,
      max: 1,
      help: 'Share of the target that is spread over all classes.',
      initial: 0,
      torchDefault: 0,
    }),
  },
  inputs: [{ name: 'input' }, { name: 'target', content: 'index' }],
  outputs: [{ name: 'loss' }],
  inferSizes: (params, [input = null]) => found(params, { in_features: sizeAt(input, -1) }),
  infer(params, [input = null, target = null]) {
    const wrongRank = rankProblem('input', input, [1, 2]);
    if (wrongRank) return refusal(wrongRank);
    const got = sizeAt(input, -1);
    if (params.in_features !== null && got !== null && got !== params.in_features)
      return refusal(mismatch('in_features', params.in_features, got, blankHint('in_features')));
    if (params.weight !== null && params.weight.length !== params.num_classes)
      return refusal(
        mismatch('weight', `${params.num_classes} numbers, one per class`, params.weight.length),
      );
    const scores = input && [...input.slice(0, -1), params.num_classes, ...params.out_features];
    return crossEntropy.infer(entropyOptions(params), scores, target);
  },
  tensors(params) {
    const waits = waiting('in_features', params.in_features);
    const rows = params.num_classes * (product(params.out_features) ?? 1);
    return [
      parameter('linear.weight', [rows, params.in_features], WEIGHT_INITIALIZER, waits),
      ...(params.bias
        ? [parameter('linear.bias', [rows], { kind: 'uniform_fan_in', fanOf: 'linear.weight' }, waits)]
        : []),
    ];
  },
  lower(call) {
    const { params } = call;
    const input = inputOf(call);
    const flat = ops.linear(input, tensorOf(call, 'linear.weight'), maybeTensor(call, 'linear.bias'));
    const scores = ops.reshape(flat, [
      ...input.shape.slice(0, -1), params.num_classes, ...params.out_features,
    ]); // prettier-ignore
    return [crossEntropy.lower({ params: entropyOptions(params), input: scores, target: inputOf(call, 1) })];
  },
  flops: ({ num_classes, out_features }, [input = []]) =>
    2 * (product(input) ?? 0) * num_classes * (product(out_features) ?? 1),
  examples: [
    {
      title: 'classes',
      params: { in_features: 4, num_classes: 5 },
      inputs: [[3, 4], [3]],
      inputRange: 5,
      outputs: [[]],
    },
    {
      title: 'several per row, weighted and smoothed',
      params: {
        in_features: 3,
        num_classes: 4,
        out_features: [2],
        bias: true,
        reduction: 'none',
        weight: [0.5, 2, 1, 0.25],
        ignore_index: 1,
        label_smoothing: 0.2,
      },
      inputs: [
        [3, 3],
        [3, 2],
      ],
      inputRange: 4,
      outputs: [[3, 2]],
    },
  ],
});
