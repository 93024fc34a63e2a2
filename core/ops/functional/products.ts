// Matrix products and convolutions.
import { LazuliError } from '../../errors';
import { numel, shapesEqual, type Shape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { lowered, productRounding } from '../autocast';
import { apply } from '../dispatch';
import { broadcastAll } from '../infer/elementwise';
import { attributeError, list, shapeError } from '../infer/checks';
import { contiguous, first, reshape } from './dense';
import { add } from './elementwise';
import { expand, pad, squeeze, unsqueeze } from './views';

/** `torch.matmul`: vectors, matrices and batches of them, whose leading axes broadcast. */
export function matmul(a: Tensor, b: Tensor): Tensor {
  if (a.rank === 0 || b.rank === 0)
    throw shapeError(
      `both arguments to matmul need to be at least 1D, but they are ${a.rank}D and ${b.rank}D`,
    );
  checkVectors(a.shape, b.shape);
  const left = a.rank === 1 ? unsqueeze(a, 0) : a;
  const right = b.rank === 1 ? unsqueeze(b, 1) : b;
  const product = matrices(left, right);
  const rows = a.rank === 1 ? squeeze(product, -2) : product;
  return b.rank === 1 ? squeeze(rows, -1) : rows;
}

function checkVectors(a: Shape, b: Shape): void {
  const [last = 1] = a.slice(-1);
  const [size = 1] = b;
  if (b.length !== 1 || last === size) return;
  throw shapeError(
    a.length === 1
      ? `inconsistent tensor size, expected tensor [${last}] and src [${size}] to have the same number of elements, but got ${last} and ${size} elements respectively`
      : `size mismatch, got input (${numel(a.slice(0, -1))}), mat (${numel(a.slice(0, -1))}x${last}), vec (${size})`,
    String(last),
    String(size),
  );
}

/** Products of tensors that all have two axes or more: only what the primitive cannot broadcast is expanded. */
function matrices(a: Tensor, b: Tensor): Tensor {
  const attributes = { transpose_a: false, transpose_b: false };
  const leading = broadcastAll([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
  const spread = (x: Tensor): Tensor =>
    shapesEqual(x.shape.slice(0, -2), leading) ? x : expand(x, [...leading, ...x.shape.slice(-2)]);
  const right = b.rank === 2 ? b : spread(b);
  const rounding = productRounding(a);
  if (rounding)
    return first(apply('matmul', [contiguous(spread(a)), contiguous(right)], { ...attributes, ...rounding }));
  const operands = [contiguous(lowered(spread(a))), contiguous(lowered(right))];
  return lowered(first(apply('matmul', operands, attributes)));
}

/** x·weightᵀ + bias: `[.., i]`, `[o, i]`, `[o]` → `[.., o]`. */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  const offset = bias && contiguous(lowered(bias));
  const rounding = productRounding(x);
  if (rounding) return first(apply('linear', [contiguous(x), contiguous(weight), offset], rounding));
  return lowered(first(apply('linear', [contiguous(lowered(x)), contiguous(lowered(weight)), offset], {})));
}

/** One number for every spatial axis, or one per axis. */
export type PerAxis = number | readonly number[];

export interface ConvolutionOptions {
  /** Default 1. */
  readonly stride?: PerAxis;
  /** One number, one per axis, or [before, after] per axis flattened. Default 0. */
  readonly padding?: PerAxis;
  /** Default 1. */
  readonly dilation?: PerAxis;
  /** Default 1. */
  readonly groups?: number;
}

/** One number per spatial axis. */
export function perAxis(value: PerAxis, spatial: number, what: string): readonly number[] {
  if (typeof value === 'number') return new Array<number>(spatial).fill(value);
  if (value.length !== spatial)
    throw attributeError(`${what}: expected 1 or ${spatial} numbers, got ${list(value)}`);
  return value;
}

/** [before, after] per spatial axis, flattened. */
export function perSide(value: PerAxis, spatial: number): readonly number[] {
  if (typeof value !== 'number' && value.length === 2 * spatial) return value;
  return perAxis(value, spatial, 'padding').flatMap((n) => [n, n]);
}

/** Runs `body` on a batched tensor; an unbatched `[c, s]` gets a batch of one, which its result loses again. */
export function batched(x: Tensor, spatial: number, body: (x: Tensor) => Tensor): Tensor {
  return x.rank === spatial + 1 ? squeeze(body(unsqueeze(x, 0)), 0) : body(x);
}

const geometry = (weight: Tensor, options: ConvolutionOptions) => {
  const spatial = Math.max(weight.rank - 2, 1);
  return {
    stride: perAxis(options.stride ?? 1, spatial, 'stride'),
    padding: perSide(options.padding ?? 0, spatial),
    dilation: perAxis(options.dilation ?? 1, spatial, 'dilation'),
    groups: options.groups ?? 1,
  };
};

/** `[n, c, s]` (or `[c, s]`), weight `[o, c/groups, k]`, bias `[o]` → `[n, o, s']`, with 1 to 3 spatial axes. */
export function convolution(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvolutionOptions = {},
): Tensor {
  const attributes = geometry(weight, options);
  const rest = [weight, bias].map((operand) => operand && contiguous(lowered(operand)));
  return batched(x, weight.rank - 2, (input) =>
    lowered(first(apply('convolution', [contiguous(lowered(input)), ...rest], attributes))),
  );
}

export interface ConvolutionTransposeOptions extends ConvolutionOptions {
  /** Extra size after each axis; less than the stride or the dilation. Default 0. */
  readonly outputPadding?: PerAxis;
}

/**
 * `[n, c, s]` (or `[c, s]`), weight `[c, o/groups, k]`, bias `[o]` → `[n, o, s']` with
 * s' = (s − 1)·stride − before − after + dilation·(k − 1) + output_padding + 1.
 */
export function convolutionTranspose(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvolutionTransposeOptions = {},
): Tensor {
  const attributes = geometry(weight, options);
  const { stride, dilation } = attributes;
  const spatial = stride.length;
  const extra = perAxis(options.outputPadding ?? 0, spatial, 'output_padding');
  checkOutputPadding(extra, stride, dilation);
  // The primitive's `shape` fixes the extra size only below one stride: beyond that, less is cropped after the axis, and
  // what no kernel reaches is padded.
  const isBeyond = extra.some((n, axis) => n >= (stride[axis] ?? 1));
  const uncropped = extra.map((n, axis) =>
    isBeyond ? Math.min(n, attributes.padding[2 * axis + 1] ?? 0) : 0,
  );
  const unreached = extra.map((n, axis) => (isBeyond ? n - (uncropped[axis] ?? 0) : 0));
  const padding = attributes.padding.map((n, index) =>
    index % 2 === 1 ? n - (uncropped[(index - 1) / 2] ?? 0) : n,
  );
  const sizeOf = (n: number, axis: number): number =>
    (n - 1) * (stride[axis] ?? 1) -
    (padding[2 * axis] ?? 0) -
    (padding[2 * axis + 1] ?? 0) +
    (dilation[axis] ?? 1) * ((weight.shape[axis + 2] ?? 1) - 1) +
    (isBeyond ? 0 : (extra[axis] ?? 0)) +
    1;
  return batched(x, spatial, (input) => {
    const channels = (weight.shape[1] ?? 1) * attributes.groups;
    const shape = [input.shape[0] ?? 1, channels, ...input.shape.slice(2).map(sizeOf)];
    const operands = [input, weight, isBeyond ? null : bias];
    const inputs = operands.map((operand) => operand && contiguous(lowered(operand)));
    const output = lowered(
      first(apply('convolution_input_gradient', inputs, { ...attributes, padding, shape })),
    );
    if (!isBeyond) return output;
    const padded = pad(
      output,
      unreached.flatMap((n) => [0, n]),
    );
    if (!bias) return padded;
    return lowered(add(padded, lowered(reshape(bias, [-1, ...new Array<number>(spatial).fill(1)]))));
  });
}

function checkOutputPadding(
  extra: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
): void {
  extra.forEach((n, axis) => {
    if (n < 0) throw attributeError('negative output_padding is not supported');
    if (n >= Math.max(stride[axis] ?? 1, dilation[axis] ?? 1))
      throw new LazuliError(
        'parameter_invalid',
        `output padding must be smaller than either stride or dilation, but got output_padding: ${list(extra)} stride: ${list(stride)} dilation: ${list(dilation)}`,
      );
  });
}
