// Tables looked up by number: embedding.
import * as ops from '../ops';
import { defineLayer } from './declaration';
import { integer, optionalInteger } from './params';
import { inputOf, parameter, tensorOf } from './pieces';
import { mismatch, outputs } from './shapes';

/**
 * Row `input[i]` of the weight for every index: int64 `[*]` → `[*, embedding_dim]`. num_embeddings cannot be blank: it is the
 * size of the vocabulary, which no shape tells.
 */
export const embedding = defineLayer({
  type: 'embedding',
  torch: 'torch.nn.Embedding',
  category: 'embedding',
  summary: 'Looks up a learned row for each number, such as a word or a category.',
  keywords: ['lookup', 'vocabulary', 'token', 'word', 'category'],
  params: {
    num_embeddings: integer({
      help: 'Rows of the table: numbers go from 0 to one less. PyTorch has no lazy form, since the shape of a sample does not tell it.',
      initial: 1000,
    }),
    embedding_dim: integer({ help: 'Size of each row.', initial: 64 }),
    padding_idx: optionalInteger({
      min: Number.MIN_SAFE_INTEGER,
      help: 'Row that stays as it is, and starts at 0; negative counts from the end.',
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
  infer: ({ embedding_dim }, [input = null]) => outputs(input === null ? null : [...input, embedding_dim]),
  tensors: ({ num_embeddings, embedding_dim, padding_idx }) => [
    parameter(
      'weight',
      [num_embeddings, embedding_dim],
      { kind: 'normal_zero_row', row: rowOf(padding_idx, num_embeddings) },
      null,
    ),
  ],
  lower: (call) => [ops.embedding(inputOf(call), tensorOf(call, 'weight'), call.params.padding_idx)],
  flops: () => 0,
  examples: [
    {
      title: 'sentences',
      params: { num_embeddings: 11, embedding_dim: 3 },
      inputs: [[4, 5]],
      outputs: [[4, 5, 3]],
      inputDType: 'int64',
      inputRange: 11,
    },
    {
      title: 'a padding row',
      params: { num_embeddings: 4, embedding_dim: 5, padding_idx: -2 },
      inputs: [[9]],
      outputs: [[9, 5]],
      inputDType: 'int64',
      inputRange: 4,
    },
  ],
});

const rowOf = (index: number | null, rows: number): number | null =>
  index !== null && index < 0 ? index + rows : index;
