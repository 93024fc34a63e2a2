// Gradient clipping inside a step: torch.nn.utils.clip_grad_norm_ and clip_grad_value_ on the gradients of all parameters.
import type { ParamsOf } from '../layers/params';
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import type { CLIPPING } from './options';

export type Clipping = ParamsOf<(typeof CLIPPING)['params']>;

/** Added to the norm before it divides, as PyTorch does. */
const EPS = 1e-6;

export interface Clipped {
  readonly gradients: readonly (Tensor | null)[];
  /** The norm of all gradients before they were cut, a scalar of float64 (on a GPU float32); null where no norm is cut. */
  readonly norm: Tensor | null;
}

/** Gradients as the options leave them. Absent ones stay absent. */
export function clipGradients(gradients: readonly (Tensor | null)[], options: Clipping): Clipped {
  return ops.noGrad(() => {
    const { max_norm, norm_type, clip_value } = options;
    const norm = max_norm === null ? null : totalNorm(gradients, norm_type);
    const share = norm && ops.minimum(ops.div(max_norm ?? 0, ops.add(norm, EPS)), 1);
    const cut = (gradient: Tensor): Tensor => {
      const shortened = share ? ops.mul(gradient, share) : gradient;
      return clip_value === null ? shortened : ops.clamp(shortened, { min: -clip_value, max: clip_value });
    };
    return { gradients: gradients.map((gradient) => gradient && cut(gradient)), norm };
  });
}

function totalNorm(gradients: readonly (Tensor | null)[], type: Clipping['norm_type']): Tensor {
  const wide = gradients.some((gradient) => gradient?.device === 'gpu') ? 'float32' : 'float64';
  const power = (gradient: Tensor): Tensor => {
    if (type === '2') return ops.square(gradient);
    const size = ops.abs(gradient);
    return type === '1' || type === 'inf' ? size : ops.pow(size, Number(type));
  };
  const parts = gradients.flatMap((gradient) => {
    if (!gradient || gradient.numel() === 0) return [];
    const powers = power(gradient);
    return [ops.cast(type === 'inf' ? ops.amax(powers) : ops.sum(powers), wide)];
  });
  const join = type === 'inf' ? ops.maximum : ops.add;
  const [first = ops.zeros([], wide), ...others] = parts;
  const total = others.reduce((all, part) => join(all, part), first);
  if (type === '1' || type === 'inf') return total;
  return type === '2' ? ops.sqrt(total) : ops.pow(total, 1 / Number(type));
}
