// Bags of numbers as one row each: embedding_bag. Single rows are in embedding.ts.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineLayer } from './declaration';
import { checkPadding, countsOf, lookUp, rowOf, tableParams, tableTensors } from './embedding';
import { firstLargest } from './formulas';
import { boolean, choice, optionalInteger } from './params';
import { inputOf } from './pieces';
import { isCompatible, mismatch, outputs, product, rankProblem, refusal } from './shapes';
import { range } from './take';

type Mode = 'sum' | 'mean' | 'max';

/**
 * Rows `input[i]` of the weight, reduced over each bag: int64 `[N, B]` → `[N, embedding_dim]`, or one list `[L]` with the
 * places where each of N bags starts. The padding row counts in no bag; a bag of nothing gives zeros. Source:
 * torch.nn.EmbeddingBag.
 */
export const embeddingBag = defineLayer({
  type: 'embedding_bag',
  torch: 'torch.nn.EmbeddingBag',
  category: 'embedding',
  summary: 'Looks up a learned row for each number and gives the sum, mean or maximum of each bag.',
  keywords: ['lookup', 'vocabulary', 'bag of words', 'categories'],
  params: {
    ...tableParams,
    mode: choice({
      options: ['sum', 'mean', 'max'],
      help: 'What becomes of the rows of a bag.',
      initial: 'mean',
      torchDefault: 'mean',
    }),
    include_last_offset: boolean({
      help: 'The last of the offsets is the end of the last bag, and starts none.',
      initial: false,
      torchDefault: false,
    }),
    padding_idx: optionalInteger({
      min: Number.MIN_SAFE_INTEGER,
      help: 'Row that counts in no bag and starts at 0; negative counts from the end.',
      initial: null,
      torchDefault: null,
    }),
  },
  check: (params) => [
    ...checkPadding(params),
    ...(params.mode === 'max' && params.scale_grad_by_freq
      ? [mismatch('scale_grad_by_freq', 'false with mode max', 'true')]
      : []),
  ],
  inputs: [
    { name: 'input', content: 'index' },
    {
      name: 'offsets',
      content: 'index',
      isOptional: true,
      help: 'Where each bag starts, when the input is one list.',
    },
    { name: 'per_sample_weights', isOptional: true, help: 'A factor per number of the input; mode sum.' },
  ],
  outputs: [{ name: 'output' }],
  infer({ embedding_dim, mode, include_last_offset }, inputs) {
    const [input = null, offsets = null, factors = null] = inputs;
    const hasFactors = inputs.length > 2;
    const wrongRank = rankProblem('input', input, [1, 2]) ?? rankProblem('offsets', offsets, [1]);
    if (wrongRank) return refusal(wrongRank);
    if (input?.length === 1 && inputs.length < 2)
      return refusal(mismatch('offsets', 'where the bags of the list start', 'nothing'));
    if (input?.length === 2 && offsets !== null)
      return refusal(mismatch('offsets', 'nothing: each row is a bag', 'offsets'));
    if (hasFactors && mode !== 'sum')
      return refusal(mismatch('per_sample_weights', 'mode sum', `mode ${mode}`));
    if (hasFactors && !isCompatible(input, factors))
      return refusal(mismatch('per_sample_weights', 'the shape of the input', 'another'));
    if (input === null) return outputs(null);
    const starts = offsets?.[0] ?? null;
    const bags =
      input.length === 2
        ? (input[0] ?? null)
        : starts === null
          ? null
          : starts - (include_last_offset ? 1 : 0);
    return outputs([bags, embedding_dim]);
  },
  tensors: tableTensors,
  lower(call) {
    const { mode, num_embeddings, padding_idx, include_last_offset } = call.params;
    const input = inputOf(call);
    const found = lookUp(call, call.params, input, bagFrequencies);
    const factors = call.inputs[2];
    const rows = factors ? ops.mul(found, ops.unsqueeze(factors, -1)) : found;
    const padding = rowOf(padding_idx, num_embeddings);
    const counts = countedIn(input, padding, rows);
    const offsets = call.inputs[1];
    if (!offsets) return [reduced(rows, counts, mode)];
    const starts = include_last_offset ? ops.slice(offsets, 0, { end: -1 }) : offsets;
    return [ofList(rows, counts, { starts, mode })];
  },
  flops: ({ embedding_dim }, [input = []]) => (product(input) ?? 0) * embedding_dim,
  examples: [
    {
      title: 'means',
      params: { num_embeddings: 11, embedding_dim: 3 },
      inputs: [[4, 5]],
      outputs: [[4, 3]],
      inputRange: 11,
    },
    {
      title: 'sums without the padding row',
      params: { num_embeddings: 4, embedding_dim: 5, mode: 'sum', padding_idx: -2 },
      inputs: [[3, 6]],
      outputs: [[3, 5]],
      inputRange: 4,
    },
    {
      title: 'means without the padding row',
      params: { num_embeddings: 3, embedding_dim: 4, mode: 'mean', padding_idx: 1 },
      inputs: [[6, 2]],
      outputs: [[6, 4]],
      inputRange: 3,
    },
    {
      title: 'maxima',
      params: { num_embeddings: 7, embedding_dim: 3, mode: 'max' },
      inputs: [[4, 3]],
      outputs: [[4, 3]],
      inputRange: 7,
    },
    {
      title: 'bags of one list, one of them empty',
      params: { num_embeddings: 6, embedding_dim: 3, mode: 'mean', padding_idx: 5 },
      inputs: [[7], [4]],
      inputRange: 6,
      inputData: { 1: [0, 2, 2, 5] },
      outputs: [[4, 3]],
    },
    {
      title: 'a weight each, with the end',
      params: {
        num_embeddings: 5,
        embedding_dim: 2,
        mode: 'sum',
        include_last_offset: true,
        scale_grad_by_freq: true,
        max_norm: 2,
        norm_type: 2,
      },
      inputs: [[6], [4], [6]],
      inputData: { 0: [4, 1, 3, 1, 4, 1], 1: [0, 1, 4, 6] },
      outputs: [[3, 2]],
    },
    {
      title: 'maxima of one list',
      params: { num_embeddings: 5, embedding_dim: 2, mode: 'max' },
      inputs: [[5], [3]],
      inputRange: 5,
      inputData: { 1: [0, 3, 3] },
      outputs: [[3, 2]],
    },
  ],
});

/**
 * What PyTorch divides the gradient of each lookup by: not how often its own number occurs, but the number that stands, in the
 * sorted list of all lookups, at the place which its own has among the different ones. Source: at::native,
 * _embedding_bag_dense_backward_cpu_sum_mean, `counts[indices_data[i]]`.
 */
function bagFrequencies(index: Tensor, like: Tensor, rows: number): Tensor {
  const length = index.numel();
  if (length === 0) return ops.zeros(index.shape, like.dtype, like.device);
  // Counted in floats: a GPU adds those up alone.
  const counting = like.device === 'gpu' ? 'float32' : 'float64';
  const counts = countsOf(index, ops.zeros([], counting, like.device), rows);
  const present = ops.cast(ops.gt(counts, 0), 'int64');
  // Of each number: where it starts in the sorted list, and its place among the different ones.
  const starts = before(ops.cast(counts, 'int64'));
  const places = before(present);
  const marks = ops.scatterRows(ops.cast(present, counting), starts, length + 1);
  const placeAt = ops.addPromoted(
    ops.cumsum(ops.cast(marks, 'int64'), 0),
    ops.fromArray(-1, 'int64', like.device),
  );
  const countAt = ops.gather(ops.scatterRows(counts, places, rows), ops.slice(placeAt, 0, { end: length }));
  const last = ops.fromArray(length - 1, 'int64', like.device);
  const divisors = ops.gather(countAt, ops.minimumPromoted(places, last));
  return ops.cast(ops.gather(divisors, index), like.dtype);
}

/** Sums of whole numbers up to each place, without it. */
const before = (x: Tensor): Tensor => ops.subPromoted(ops.cumsum(x, 0), x);

/** `[.., 1]`: 1 where a number counts, 0 at the padding's. */
function countedIn(input: Tensor, padding: number | null, like: Tensor): Tensor {
  const skipped = ops.fromArray(padding ?? -1, 'int64', like.device);
  return ops.cast(ops.notEqual(ops.unsqueeze(input, -1), skipped), like.dtype);
}

/** Bags `[N, B, d]` as rows `[N, d]`. */
function reduced(rows: Tensor, counts: Tensor, mode: Mode): Tensor {
  const count = ops.sum(counts, [1]);
  if (mode === 'max' && rows.shape[1] === 0) return ops.sum(rows, [1]);
  if (mode === 'max') return ops.where(count, firstLargest(ops.where(counts, rows, -Infinity), 1), 0);
  const total = ops.sum(ops.mul(rows, counts), [1]);
  return mode === 'sum' ? total : ops.div(total, ops.maximum(count, 1));
}

/** One list `[L, d]` as bags `[N, d]` that start at `starts`. */
function ofList(
  rows: Tensor,
  counts: Tensor,
  { starts, mode }: { readonly starts: Tensor; readonly mode: Mode },
): Tensor {
  const [length = 0] = rows.shape;
  const [bags = 0] = starts.shape;
  const places = ops.fromArray(range(length), 'int64', rows.device);
  const isPast = ops.greaterEqual(places, ops.reshape(starts, [bags, 1]));
  const bag = ops.subPromoted(ops.sumPromoted(isPast, [0]), ops.fromArray(1, 'int64', rows.device));
  if (mode === 'max') {
    const numbers = ops.fromArray(range(bags), 'int64', rows.device, [bags, 1]);
    const isIn = ops.reshape(ops.cast(ops.equal(bag, numbers), rows.dtype), [bags, length, 1]);
    const members = ops.mul(isIn, counts);
    return reduced(ops.where(members, rows, 0), members, 'max');
  }
  const total = ops.scatterRows(ops.mul(rows, counts), bag, bags);
  return mode === 'sum' ? total : ops.div(total, ops.maximum(ops.scatterRows(counts, bag, bags), 1));
}
