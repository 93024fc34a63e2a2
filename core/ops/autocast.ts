// Mixed precision: while it is on, products and convolutions take and give bfloat16 numbers, and everything else stays as it
// is. The rule is torch.autocast('cpu', torch.bfloat16)'s: its list of lower precision, gradients included.
import type { Tensor } from '../tensor/tensor';
import type { Rounded } from './signatures';
import { cast } from './functional/elementwise';

let isOn = false;

/** Runs `body` with products in bfloat16. It may not be async. */
export const autocast = <T>(body: () => T): T => switched(true, body);

/** Runs `body` with products as precise as their operands, whatever is on around it. It may not be async. */
export const inFullPrecision = <T>(body: () => T): T => switched(false, body);

function switched<T>(on: boolean, body: () => T): T {
  const previous = isOn;
  isOn = on;
  try {
    return body();
  } finally {
    isOn = previous;
  }
}

/**
 * How a product of `x` rounds its operands and results itself, with the machine's dot products of bfloat16 pairs where it has
 * them; null where they are to be lowered first: outside autocast, and on GPUs, whose kernels have none.
 */
export const productRounding = (x: Tensor): Required<Rounded> | null =>
  isOn && x.dtype === 'float32' && x.device !== 'gpu' ? { precision: 'bfloat16', rounds: 'bfloat16' } : null;

/** A float32 operand or result rounded to bfloat16, its gradient too; float64 is left alone, as PyTorch leaves it. */
export const lowered = <T extends Tensor | null>(x: T): Tensor | T =>
  isOn && x?.dtype === 'float32' ? cast(cast(x, 'bfloat16'), 'float32') : x;
