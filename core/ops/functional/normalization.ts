// Normalizations. In training batch norm moves its running statistics in place.
import { numel, type Shape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { lowered } from '../autocast';
import { apply } from '../dispatch';
import { attributeError, checkElements, list, shapeError } from '../infer/checks';
import { contiguous, first, reshape } from './dense';
import { fused } from './elementwise';

/** Per-channel or per-element factors; absent ones are 1 and 0. */
export interface AffineOptions {
  readonly weight?: Tensor | null;
  readonly bias?: Tensor | null;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

export interface BatchNormOptions extends AffineOptions {
  /** Normalize by the batch's own statistics and move the running ones. */
  readonly isTraining: boolean;
  readonly runningMean?: Tensor | null;
  readonly runningVar?: Tensor | null;
  readonly numBatchesTracked?: Tensor | null;
  /** Weight of the new batch in the running statistics; null: cumulative average. Default 0.1. */
  readonly momentum?: number | null;
}

const dense = (x: Tensor | null | undefined): Tensor | null => (x ? contiguous(x) : null);

/** `[n, c, ..]`, normalized per channel. In evaluation by the running statistics: as in PyTorch they must be given. */
export function batchNorm(x: Tensor, options: BatchNormOptions): Tensor {
  const { runningMean = null, runningVar = null, eps = 1e-5, momentum = 0.1 } = options;
  const weight = dense(options.weight);
  const bias = dense(options.bias);
  if (options.isTraining) {
    // Statistics are moved in place, so they are given as they are and never as copies.
    const inputs = [contiguous(x), weight, bias, runningMean, runningVar, options.numBatchesTracked ?? null];
    return first(apply('batch_norm', inputs, { eps, momentum }));
  }
  if (!runningMean || !runningVar)
    throw attributeError(`running_${runningMean ? 'var' : 'mean'} must be defined in evaluation mode`);
  if (x.rank < 2) throw shapeError(`expected at least 2D input (got ${x.rank}D input)`);
  const channels = x.shape[1] ?? 1;
  checkElements('running_mean', runningMean, channels);
  checkElements('running_var', runningVar, channels);
  checkElements('weight', weight, channels);
  checkElements('bias', bias, channels);
  const shape = [channels, ...new Array<number>(x.rank - 2).fill(1)];
  // As PyTorch: one factor and one summand per channel, then one multiplication and one addition per element.
  const factor = fused([runningVar, weight ?? 1], (f, variance, ...scale) => {
    const deviation = f.step('sqrt', f.step('add', variance, f.constant(eps)));
    const inverse = f.step('div', f.constant(1), deviation);
    return weight ? f.step('mul', inverse, ...scale) : inverse;
  });
  const summand = fused([runningMean, factor, bias ?? 0], (f, mean, scale, ...shift) =>
    f.step('sub', ...shift, f.step('mul', mean, scale)),
  );
  return fused([x, reshape(factor, shape), reshape(summand, shape)], (f, input, scale, shift) =>
    f.step('add', f.step('mul', input, scale), shift),
  );
}

/** Normalizes each row of `normalizedShape`, the last axes of `x`; weight and bias have that shape. */
export function layerNorm(x: Tensor, normalizedShape: Shape, options: AffineOptions = {}): Tensor {
  const { weight = null, bias = null, eps = 1e-5 } = options;
  const axes = normalizedShape.length;
  const isFit =
    axes > 0 && axes <= x.rank && normalizedShape.every((n, axis) => n === x.shape[x.rank - axes + axis]);
  if (!isFit)
    throw shapeError(
      `Given normalized_shape=${list(normalizedShape)}, expected input with shape [*, ${normalizedShape.join(', ')}], but got input of size${list(x.shape)}`,
      `[*, ${normalizedShape.join(', ')}]`,
      list(x.shape),
    );
  const flat = (name: string, tensor: Tensor | null): Tensor | null => {
    if (!tensor) return null;
    if (tensor.rank !== axes || tensor.shape.some((n, axis) => n !== normalizedShape[axis]))
      throw shapeError(
        `Expected ${name} to be of same shape as normalized_shape, but got ${name} of shape ${list(tensor.shape)} and normalized_shape = ${list(normalizedShape)}`,
      );
    return reshape(tensor, [-1]);
  };
  const inputs = [contiguous(x), flat('weight', weight), flat('bias', bias)];
  return first(apply('layer_norm', inputs, { size: numel(normalizedShape), eps }));
}

export interface SelfAttentionOptions {
  readonly heads: number;
  /** Times the scores. Default 1/√(e / heads). */
  readonly scale?: number;
  /** No step sees a later one. Default false. */
  readonly isCausal?: boolean;
}

/** Queries, keys and values side by side, `[n, t, 3·e]` → softmax(q kᵀ·scale) v per head, `[n, t, e]`. */
export function selfAttention(qkv: Tensor, { heads, scale, isCausal = false }: SelfAttentionOptions): Tensor {
  const size = (qkv.shape.at(-1) ?? 0) / 3 / heads;
  const attributes = { heads, scale: scale ?? 1 / Math.sqrt(size), is_causal: isCausal };
  return lowered(first(apply('self_attention', [contiguous(lowered(qkv))], attributes)));
}

/** `[n, c, ..]` normalized over groups of channels; weight and bias are `[c]`. */
export const groupNorm = (x: Tensor, groups: number, options: AffineOptions = {}): Tensor =>
  first(
    apply('group_norm', [contiguous(x), dense(options.weight), dense(options.bias)], {
      groups,
      eps: options.eps ?? 1e-5,
    }),
  );
