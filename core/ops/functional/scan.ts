// Sums and products along an axis, up to each place or of all of it.
import type { Tensor } from '../../tensor/tensor';
import { apply } from '../dispatch';
import { normalizeAxis } from '../infer/checks';
import { ones } from '../create';
import { contiguous, first, reshape } from './dense';
import { mul } from './elementwise';
import { slice } from './views';

/** What the elements up to each place along `axis` make together, of the shape of `x`. Source: torch.cumsum, torch.cumprod. */
export const scan = (kind: 'sum' | 'prod', x: Tensor, axis: number): Tensor =>
  first(apply('scan', [contiguous(x)], { kind, axis, reverse: false }));

/**
 * The product along `axis`, which stays with size 1; of nothing it is 1. Halves are multiplied until one place is left, so
 * the gradient never divides and is right at zeros. Source: torch.prod.
 */
export function prod(x: Tensor, axis: number): Tensor {
  if (x.rank === 0) return x;
  const at = normalizeAxis(axis, x.rank);
  let count = x.shape[at] ?? 0;
  if (count === 0) return ones(x.shape.with(at, 1), x.dtype, x.device);
  let product = x;
  const left: Tensor[] = [];
  for (; count > 1; count = Math.floor(count / 2)) {
    const half = Math.floor(count / 2);
    if (count % 2 === 1) left.push(slice(product, at, { start: count - 1, end: count }));
    product = mul(slice(product, at, { end: half }), slice(product, at, { start: half, end: 2 * half }));
  }
  return reshape(left.reduce(mul, product), x.shape.with(at, 1));
}
