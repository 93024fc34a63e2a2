// Rows by number, the likelihood loss over class numbers, and dropout from the counter-based generator.
import type { Tensor } from '../../tensor/tensor';
import { apply, noGrad } from '../dispatch';
import { attributeError, shapeError } from '../infer/checks';
import type { Reduction } from '../signatures';
import { contiguous, first, reshape, withGradient } from './dense';
import { mul } from './elementwise';

/** Rows of `table` `[rows, ..]` at int64 `index` of any shape → `[index.., ..]`. */
export const gather = (table: Tensor, index: Tensor): Tensor =>
  first(apply('gather', [contiguous(table), contiguous(index)], {}));

/** Rows `[index.., ..]` added up where `index` says, in a table of `count` rows: the opposite of `gather`. */
export const scatterRows = (rows: Tensor, index: Tensor, count: number): Tensor =>
  first(
    apply('gather_gradient', [contiguous(rows), contiguous(index)], {
      shape: [count, ...rows.shape.slice(index.rank)],
      padding_idx: null,
    }),
  );

/** `gather` whose gradient leaves row `paddingIdx` alone; negative counts from the end. */
export function embedding(index: Tensor, weight: Tensor, paddingIdx: number | null = null): Tensor {
  const rows = weight.shape[0] ?? 0;
  if (paddingIdx !== null && (paddingIdx < -rows || paddingIdx >= rows))
    throw attributeError('Padding_idx must be within num_embeddings');
  if (paddingIdx === null) return gather(weight, index);
  const padding = paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
  const rowsOfIndex = contiguous(index);
  const output = noGrad(() => gather(weight, rowsOfIndex));
  return withGradient('embedding', weight, output, (gradOutput) =>
    first(
      apply('gather_gradient', [contiguous(gradOutput), rowsOfIndex], {
        shape: weight.shape,
        padding_idx: padding,
      }),
    ),
  );
}

export interface NllOptions {
  /** Factor per class, `[c]`. */
  readonly weight?: Tensor | null;
  /** Targets with this number do not count. Default -100. */
  readonly ignoreIndex?: number;
  /** Default mean, weighted as in PyTorch. */
  readonly reduction?: Reduction;
}

/** Negative log likelihood of int64 `target` `[n, ..]` under `logp` `[n, c, ..]` (or `[]` under `[c]`). */
export function nll(logp: Tensor, target: Tensor, options: NllOptions = {}): Tensor {
  const { weight = null, ignoreIndex = -100, reduction = 'mean' } = options;
  if (logp.rank === 0) throw shapeError('Expected 1 or more dimensions (got 0)');
  const isSingle = logp.rank === 1;
  const inputs = [
    isSingle ? reshape(logp, [1, -1]) : contiguous(logp),
    isSingle ? reshape(target, [1]) : contiguous(target),
    weight && contiguous(weight),
  ];
  const loss = first(apply('nll', inputs, { ignore_index: ignoreIndex, reduction }));
  return isSingle ? reshape(loss, []) : loss;
}

export interface DropoutOptions {
  /** Share of elements set to 0. */
  readonly probability: number;
  /** int64 `[2]`: seed and step of the counter-based generator. */
  readonly state: Tensor;
  /** Number of this call within a step: two calls with one number drop the same elements. */
  readonly stream: number;
}

/** A mask of the dtype of `x` and of `shape`: 0 with `probability`, else 1/(1 − probability). */
export const dropoutMask = (
  x: Tensor,
  { probability, state, stream }: DropoutOptions,
  shape = x.shape,
): Tensor =>
  first(apply('dropout_mask', [contiguous(state)], { shape, dtype: x.dtype, probability, stream }));

/** Elements of `x` dropped at random, the others scaled up so that the mean stays. */
export const dropout = (x: Tensor, options: DropoutOptions): Tensor => mul(x, dropoutMask(x, options));
