// Tables looked up by number: embedding, and what it shares with embedding_bag.
import { LazuliError } from '../errors';
import * as ops from '../ops';
import { scalarTypeName } from '../ops/infer/checks';
import type { Tensor } from '../tensor/tensor';
import { defineLayer, type LowerCall } from './declaration';
import { vectorNorm, withGradientOf } from './formulas';
import { boolean, integer, number, optionalInteger, optionalNumber, type ParamTable } from './params';
import { inputOf, parameter, tensorOf } from './pieces';
import { mismatch, outputs } from './shapes';

export const tableParams = {
  num_embeddings: integer({
    help: 'Rows of the table: numbers go from 0 to one less. PyTorch has no lazy form, since the shape of a sample does not tell it.',
    initial: 1000,
  }),
  embedding_dim: integer({ help: 'Size of each row.', initial: 64 }),
  max_norm: optionalNumber({
    help: 'Rows that are used and longer than this are shortened to it, for good.',
    initial: null,
    torchDefault: null,
  }),
  norm_type: number({
    min: 0,
    help: 'Power of the norm of max_norm.',
    initial: 2,
    torchDefault: 2,
    mayBeInfinite: true,
  }),
  scale_grad_by_freq: boolean({
    help: 'Divides the gradient of a row by how often it is looked up.',
    initial: false,
    torchDefault: false,
  }),
};

interface TableParams {
  readonly num_embeddings: number;
  readonly embedding_dim: number;
  readonly padding_idx: number | null;
  readonly max_norm: number | null;
  readonly norm_type: number;
  readonly scale_grad_by_freq: boolean;
}

export const checkPadding = ({ num_embeddings, padding_idx }: TableParams) =>
  padding_idx === null || (padding_idx < num_embeddings && padding_idx >= -num_embeddings)
    ? []
    : [mismatch('padding_idx', `a row of the ${num_embeddings} in the table`, padding_idx)];

/** The table; a padding row starts at 0. */
export const tableTensors = ({ num_embeddings, embedding_dim, padding_idx }: TableParams) => [
  parameter(
    'weight',
    [num_embeddings, embedding_dim],
    { kind: 'normal_zero_row', row: rowOf(padding_idx, num_embeddings) },
    null,
  ),
];

/** A row by its number from the start; null for none. */
export const rowOf = (index: number | null, rows: number): number | null =>
  index !== null && index < 0 ? index + rows : index;

/** How often each row is looked up: `[num_embeddings]`. */
export const countsOf = (index: Tensor, like: Tensor, rows: number): Tensor =>
  ops.scatterRows(ops.full([...index.shape], 1, like.dtype, like.device), index, rows);

/**
 * Shortens the rows of the table that `index` names and that are longer than max_norm, in place.
 * Source: torch.nn.functional.embedding, at::embedding_renorm_.
 */
function shorten(weight: Tensor, index: Tensor, { num_embeddings, max_norm, norm_type }: TableParams): void {
  if (max_norm === null || weight.device === 'meta') return;
  ops.noGrad(() => {
    const table = weight.detach();
    const length = vectorNorm(table, norm_type, [1], { keepdim: true });
    const isUsed = ops.reshape(countsOf(index, table, num_embeddings), [num_embeddings, 1]);
    const factor = ops.div(max_norm, ops.add(length, 1e-7));
    const isLong = ops.mul(ops.gt(length, max_norm), ops.gt(isUsed, 0));
    const surplus = ops.where(isLong, ops.mul(table, ops.sub(1, factor)), 0);
    // A step of plain gradient descent takes the surplus away, and is an op that works in place.
    ops.sgdStep(
      {
        parameter: table,
        gradient: surplus,
        step: ops.zeros([], 'float32', table.device),
        lr: ops.fromArray(1, 'float64', table.device),
      },
      { momentum: 0, dampening: 0, weight_decay: 0, nesterov: false, maximize: false },
    );
  });
}

/** Row numbers as the ops take them: int64, or int32 widened. */
function rowNumbers(index: Tensor): Tensor {
  if (index.dtype === 'int64' || index.dtype === 'int32') return ops.cast(index, 'int64');
  throw new LazuliError(
    'dtype_mismatch',
    `Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got torch.${scalarTypeName(index.dtype)}Tensor instead (while checking arguments for embedding)`,
    {
      expected: 'int64 or int32',
      got: index.dtype,
      hint: 'set the dtype of the input node to int64, or put a to layer before',
    },
  );
}

/** How often the row at each place of `index` is looked up: the shape of `index`. */
const frequencies = (index: Tensor, like: Tensor, rows: number): Tensor =>
  ops.gather(countsOf(index, like, rows), index);

/** Rows `index[i]` of the layer's table: `[index.., embedding_dim]`. `divisors` are of the gradients by frequency. */
export function lookUp(
  call: LowerCall<ParamTable>,
  params: TableParams,
  given: Tensor,
  divisors: typeof frequencies = frequencies,
): Tensor {
  const index = rowNumbers(given);
  const weight = tensorOf(call, 'weight');
  shorten(weight, index, params);
  const rows = ops.embedding(index, weight, params.padding_idx);
  if (!params.scale_grad_by_freq) return rows;
  const counts = ops.noGrad(() => divisors(index, rows, params.num_embeddings));
  return withGradientOf(ops.div(rows, ops.unsqueeze(counts, -1)), rows);
}

/** Row `input[i]` of the weight for every index: int64 `[*]` → `[*, embedding_dim]`. */
export const embedding = defineLayer({
  type: 'embedding',
  torch: 'torch.nn.Embedding',
  category: 'embedding',
  summary: 'Looks up a learned row for each number, such as a word or a category.',
  keywords: ['lookup', 'vocabulary', 'token', 'word', 'category'],
  params: {
    ...tableParams,
    padding_idx: optionalInteger({
      min: Number.MIN_SAFE_INTEGER,
      help: 'Row that stays as it is, and starts at 0; negative counts from the end.',
      initial: null,
      torchDefault: null,
    }),
  },
  check: checkPadding,
  inputs: [{ name: 'input', content: 'index' }],
  outputs: [{ name: 'output' }],
  infer: ({ embedding_dim }, [input = null]) => outputs(input === null ? null : [...input, embedding_dim]),
  tensors: tableTensors,
  lower: (call) => [lookUp(call, call.params, inputOf(call))],
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
    {
      title: 'short rows, gradients by frequency',
      params: { num_embeddings: 4, embedding_dim: 3, max_norm: 1.5, norm_type: 1, scale_grad_by_freq: true },
      inputs: [[2, 3]],
      outputs: [[2, 3, 3]],
      inputDType: 'int64',
      inputRange: 3,
    },
  ],
});
