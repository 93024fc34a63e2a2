// Pools over 1 to 3 spatial axes of `[n, c, s]` or `[c, s]`.
import type { Tensor } from '../../tensor/tensor';
import { apply } from '../dispatch';
import { contiguous, first } from './dense';
import { batched, perAxis, perSide, type PerAxis } from './products';
import { squeeze, unsqueeze } from './views';

export interface PoolOptions {
  /** Size of the window: one number per spatial axis; their count says how many axes there are. */
  readonly kernel: readonly number[];
  /** Default: the kernel. */
  readonly stride?: PerAxis;
  /** One number, one per axis, or [before, after] per axis flattened; at most half the window. Default 0. */
  readonly padding?: PerAxis;
  /** Also a last window that starts inside the input but leaves it. Default false. */
  readonly ceilMode?: boolean;
}
export interface MaxPoolOptions extends PoolOptions {
  /** Default 1. */
  readonly dilation?: PerAxis;
}
export interface AvgPoolOptions extends PoolOptions {
  /** Padding counts as zeros. Default true. */
  readonly countIncludePad?: boolean;
  /** Divides by this instead of the window's size. */
  readonly divisorOverride?: number | null;
}

const windowOf = ({ kernel, stride, padding, ceilMode }: PoolOptions, dilation: PerAxis) => ({
  kernel,
  stride: perAxis(stride ?? kernel, kernel.length, 'stride'),
  padding: perSide(padding ?? 0, kernel.length),
  dilation: perAxis(dilation, kernel.length, 'dilation'),
  ceil_mode: ceilMode ?? false,
});

/** Largest element of every window; padding never wins, a NaN does. */
export const maxPool = (x: Tensor, options: MaxPoolOptions): Tensor => maxPoolWithIndices(x, options).values;

/** As `maxPool`, and the places of the largest elements: int64, in the flat spatial axes. */
export function maxPoolWithIndices(x: Tensor, options: MaxPoolOptions): { values: Tensor; indices: Tensor } {
  const isSingle = x.rank === options.kernel.length + 1;
  const input = contiguous(isSingle ? unsqueeze(x, 0) : x);
  const pair = apply('max_pool', [input], windowOf(options, options.dilation ?? 1));
  const [values, indices] = [first(pair), first(pair.slice(1))];
  return isSingle ? { values: squeeze(values, 0), indices: squeeze(indices, 0) } : { values, indices };
}

/** Mean of every window. */
export const avgPool = (x: Tensor, options: AvgPoolOptions): Tensor =>
  batched(x, options.kernel.length, (input) =>
    first(
      apply('avg_pool', [contiguous(input)], {
        ...windowOf(options, 1),
        count_include_pad: options.countIncludePad ?? true,
        divisor_override: options.divisorOverride ?? null,
      }),
    ),
  );

/** Means over cells that share the input evenly: cell i covers ⌊i·s/o⌋ to ⌈(i+1)·s/o⌉. A null size stays the input's. */
export const adaptiveAvgPool = (x: Tensor, outputSize: readonly (number | null)[]): Tensor =>
  batched(x, outputSize.length, (input) =>
    first(
      apply('adaptive_avg_pool', [contiguous(input)], {
        output_size: outputSize.map((n, axis) => n ?? input.shape[axis + 2] ?? 1),
      }),
    ),
  );
