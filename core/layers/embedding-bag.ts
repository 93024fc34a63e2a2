// Bags of numbers as one row each: embedding_bag. Single rows are in embedding.ts.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { defineLayer } from './declaration';
import { choice, integer, optionalInteger } from './params';
import { inputOf, parameter, tensorOf } from './pieces';
import { mismatch, outputs, product, rankProblem, refusal } from './shapes';

/**
 * Rows `input[i]` of the weight, reduced over each bag: int64 `[N, B]` → `[N, embedding_dim]`. The padding row counts in no
 * bag; a bag of nothing gives zeros. Source: torch.nn.EmbeddingBag without offsets.
 */
export const embeddingBag = defineLayer({
  type: 'embedding_bag',
  torch: 'torch.nn.EmbeddingBag',
  category: 'embedding',
  summary: 'Looks up a learned row for each number and gives the sum, mean or maximum of each bag.',
  keywords: ['lookup', 'vocabulary', 'bag of words', 'categories'],
  params: {
    num_embeddings: integer({ help: 'Rows of the table: numbers go from 0 to one less.', initial: 1000 }),
    embedding_dim: integer({ help: 'Size of each row.', initial: 64 }),
    mode: choice({
      options: ['sum', 'mean', 'max'],
      help: 'What becomes of the rows of a bag.',
      initial: 'mean',
      torchDefault: 'mean',
    }),
    padding_idx: optionalInteger({
      min: Number.MIN_SAFE_INTEGER,
      help: 'Row that counts in no bag and starts at 0; negative counts from the end.',
      initial: null,
      torchDefault: null,
    }),
  },
  check: ({ num_embeddings, padding_idx }) =>
    padding_idx === null || (padding_idx < num_embeddings && padding_idx >= -num_embeddings)
      ? []
      : [mismatch('padding_idx', `a row of the ${num_embeddings} in the table`, padding_idx)],
  inputs: [{ name: 'input', content: 'index' }],
  outputs: [{ name: 'output' }],
  infer({ embedding_dim }, [input = null]) {
    const wrongRank = rankProblem('input', input, [2]);
    if (wrongRank) return refusal(wrongRank);
    return outputs(input === null ? null : [input[0] ?? null, embedding_dim]);
  },
  tensors: ({ num_embeddings, embedding_dim, padding_idx }) => [
    parameter(
      'weight',
      [num_embeddings, embedding_dim],
      { kind: 'normal_zero_row', row: positive(padding_idx, num_embeddings) },
      null,
    ),
  ],
  lower(call) {
    const { mode, num_embeddings, padding_idx } = call.params;
    const input = inputOf(call);
    const rows = ops.embedding(input, tensorOf(call, 'weight'), padding_idx);
    const padding = positive(padding_idx, num_embeddings);
    return [padding === null ? whole(rows, mode) : without(rows, paddingMask(input, padding, rows), mode)];
  },
  flops: ({ embedding_dim }, [input = []]) => (product(input) ?? 0) * embedding_dim,
  examples: [
    {
      title: 'means',
      params: { num_embeddings: 11, embedding_dim: 3 },
      inputs: [[4, 5]],
      outputs: [[4, 3]],
      inputDType: 'int64',
      inputRange: 11,
    },
    {
      title: 'sums without the padding row',
      params: { num_embeddings: 4, embedding_dim: 5, mode: 'sum', padding_idx: -2 },
      inputs: [[3, 6]],
      outputs: [[3, 5]],
      inputDType: 'int64',
      inputRange: 4,
    },
    {
      title: 'means without the padding row',
      params: { num_embeddings: 3, embedding_dim: 4, mode: 'mean', padding_idx: 1 },
      inputs: [[6, 2]],
      outputs: [[6, 4]],
      inputDType: 'int64',
      inputRange: 3,
    },
    {
      title: 'maxima',
      params: { num_embeddings: 7, embedding_dim: 3, mode: 'max' },
      inputs: [[4, 3]],
      outputs: [[4, 3]],
      inputDType: 'int64',
      inputRange: 7,
    },
  ],
});

type Mode = 'sum' | 'mean' | 'max';

const positive = (index: number | null, rows: number): number | null =>
  index !== null && index < 0 ? index + rows : index;

function whole(rows: Tensor, mode: Mode): Tensor {
  if (mode === 'max') return ops.amax(rows, [1]);
  return mode === 'mean' ? ops.mean(rows, [1]) : ops.sum(rows, [1]);
}

/** `[N, B, 1]`: 1 where the number is not the padding's. float64 tells all numbers apart. */
const paddingMask = (input: Tensor, padding: number, like: Tensor): Tensor =>
  ops.cast(ops.unsqueeze(ops.ne(ops.cast(input, 'float64'), padding), -1), like.dtype);

function without(rows: Tensor, mask: Tensor, mode: Mode): Tensor {
  const count = ops.sum(mask, [1]);
  if (mode === 'max') return ops.where(count, ops.amax(ops.where(mask, rows, -Infinity), [1]), 0);
  const total = ops.sum(ops.mul(rows, mask), [1]);
  return mode === 'sum' ? total : ops.div(total, ops.maximum(count, 1));
}
