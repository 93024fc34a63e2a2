// Euclidean norms of a tensor's slices, as values: the magnitude with which a weight norm starts. No gradient; the traced step
// has its own (core/layers/weight-norm).
import { encodeElements } from '../tensor/elements';
import type { Tensor } from '../tensor/tensor';
import { valuesOf, writeDense } from './tensor-memory';

/**
 * Writes ‖source‖ over every axis but `axis` (null: over all) into `target`, which has one element for each index of that
 * axis. Sums in double and rounds once. Source: torch.norm_except_dim.
 */
export function normExcept_(target: Tensor, source: Tensor, axis: number | null): void {
  if (target.device === 'meta' || source.device === 'meta') return;
  const values = valuesOf(source);
  const count = axis === null ? 1 : (source.shape[axis] ?? 1);
  const inner = axis === null ? values.length : source.shape.slice(axis + 1).reduce((n, size) => n * size, 1);
  const sums = new Float64Array(count);
  for (let start = 0, row = 0; start < values.length; start += inner, row = (row + 1) % count) {
    let total = 0;
    for (let at = start; at < start + inner; at++) total += (values[at] ?? 0) ** 2;
    sums[row] = (sums[row] ?? 0) + total;
  }
  writeDense(target, encodeElements(target.dtype, sums.map(Math.sqrt), count));
}
