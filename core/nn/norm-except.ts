// Euclidean norms of a tensor's slices, as values: the magnitude with which a weight norm starts. No gradient; the traced step
// has its own (core/layers/weight-norm).
import { encodeElements } from '../tensor/elements';
import type { Tensor } from '../tensor/tensor';
import type { Steps } from './steps';
import { numbersOf, writeDense } from './tensor-memory';

/**
 * Writes ‖source‖ over every axis but `axis` (null: over all) into `target`, which has one element for each index of that
 * axis, in steps. Sums in double and rounds once. Source: torch.norm_except_dim.
 */
export function* normExceptSteps(target: Tensor, source: Tensor, axis: number | null): Steps {
  if (target.device === 'meta' || source.device === 'meta') return;
  const count = axis === null ? 1 : (source.shape[axis] ?? 1);
  const inner =
    axis === null ? source.numel() : source.shape.slice(axis + 1).reduce((n, size) => n * size, 1);
  const sums = new Float64Array(count);
  let [row, taken, total] = [0, 0, 0];
  for (const values of numbersOf(source)) {
    for (const value of values) {
      total += value ** 2;
      if (++taken < inner) continue;
      sums[row] = (sums[row] ?? 0) + total;
      [row, taken, total] = [(row + 1) % count, 0, 0];
    }
    yield;
  }
  writeDense(target, encodeElements(target.dtype, sums.map(Math.sqrt), count));
}
