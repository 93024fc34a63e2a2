// Activation functions with PyTorch's formulas and its gradients at the kinks; relu, tanh and sigmoid are elementwise's own.
import type { Tensor } from '../../tensor/tensor';
import { apply } from '../dispatch';
import { normalizeAxis } from '../infer/checks';
import { contiguous, first } from './dense';
import { fused } from './elementwise';

/** x where x > 0, else slope·x. */
export const leakyRelu = (x: Tensor, negativeSlope = 0.01): Tensor =>
  fused([x], (f, input) => {
    const value = input ?? f.input(0);
    return f.step(
      'where',
      f.step('gt', value, f.constant(0)),
      value,
      f.step('mul', value, f.constant(negativeSlope)),
    );
  });

/** alpha·(e^(rate·x) − 1) where x ≤ 0, else x. */
export const elu = (x: Tensor, alpha = 1, rate = 1): Tensor =>
  fused([x], (f, input) => {
    const value = input ?? f.input(0);
    const isNegative = f.step('le', value, f.constant(0));
    // The exponential sees 0 where it is not used: an overflow there would turn the gradient into NaN.
    const safe = f.step('where', isNegative, value, f.constant(0));
    const scaled = rate === 1 ? safe : f.step('mul', safe, f.constant(rate));
    return f.step('where', isNegative, f.step('mul', f.constant(alpha), f.step('expm1', scaled)), value);
  });

/** x·Φ(x), exactly (`none`) or by the tanh approximation. Source: torch.nn.GELU. */
export function gelu(x: Tensor, approximate: 'none' | 'tanh' = 'none'): Tensor {
  return fused([x], (f, input) => {
    const value = input ?? f.input(0);
    if (approximate === 'none') return f.step('gelu', value);
    const half = f.step('mul', f.constant(0.5), value);
    const cube = f.step('mul', f.step('mul', value, value), value);
    const inner = f.step('add', value, f.step('mul', f.constant(0.044715), cube));
    const share = f.step(
      'tanh',
      f.step('mul', f.constant(Math.SQRT2 * (2 / Math.sqrt(Math.PI)) * 0.5), inner),
    );
    return f.step('mul', half, f.step('add', f.constant(1), share));
  });
}

/** x·sigmoid(x). */
export const silu = (x: Tensor): Tensor =>
  fused([x], (f, input) => {
    const value = input ?? f.input(0);
    return f.step('mul', value, f.step('sigmoid', value));
  });

/** log(1 + e^(beta·x)) / beta, and x itself where beta·x > threshold. */
export const softplus = (x: Tensor, beta = 1, threshold = 20): Tensor =>
  fused([x], (f, input) => {
    const value = input ?? f.input(0);
    const scaled = f.step('mul', value, f.constant(beta));
    const isLinear = f.step('gt', scaled, f.constant(threshold));
    const safe = f.step('where', isLinear, f.constant(0), scaled);
    const curve = f.step('div', f.step('log1p', f.step('exp', safe)), f.constant(beta));
    return f.step('where', isLinear, value, curve);
  });

/** e^x / Σ e^x along `axis`. */
export const softmax = (x: Tensor, axis: number): Tensor =>
  first(apply('softmax', [contiguous(x)], { axis: normalizeAxis(axis, x.rank) }));

/** log softmax along `axis`, without overflow. */
export const logSoftmax = (x: Tensor, axis: number): Tensor =>
  first(apply('log_softmax', [contiguous(x)], { axis: normalizeAxis(axis, x.rank) }));
