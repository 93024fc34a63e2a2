// Other ways to look at the same elements. Views share storage; a `strided` one is made dense when an op needs it.
import { contiguousStrides, numel, type Shape } from '../../tensor/shape';
import { isFloatingPoint } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';
import { full } from '../create';
import { apply } from '../dispatch';
import { attributeError, list, normalizeAxis, shapeError } from '../infer/checks';
import { contiguous, first, reshape, view } from './dense';
import { sumTo } from './reductions';

export { clone, contiguous, reshape } from './dense';

/** Axes in another order: `axes[i]` is the axis of `x` that becomes axis i. */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  if (axes.length !== x.rank)
    throw attributeError(
      `permute(): number of dimensions in the tensor input does not match the length of the desired ordering of dimensions i.e. input.dim() = ${x.rank} is not equal to len(dims) = ${axes.length}`,
    );
  const order = axes.map((axis) => normalizeAxis(axis, x.rank));
  if (new Set(order).size !== order.length)
    throw attributeError('permute(): duplicate dims are not allowed.');
  const inverse = order.map((_, axis) => order.indexOf(axis));
  const layout = {
    shape: order.map((axis) => x.shape[axis] ?? 1),
    strides: order.map((axis) => x.strides[axis] ?? 0),
    offset: x.offset,
  };
  return view('permute', x, layout, (gradOutput) => permute(gradOutput, inverse));
}

/** Two axes swapped. */
export function transpose(x: Tensor, a: number, b: number): Tensor {
  const [from, to] = [normalizeAxis(a, x.rank), normalizeAxis(b, x.rank)];
  return permute(
    x,
    x.shape.map((_, axis) => (axis === from ? to : axis === to ? from : axis)),
  );
}

/** Axes of size 1 repeated without copying, and new leading axes; -1 keeps an axis. */
export function expand(x: Tensor, shape: Shape): Tensor {
  const extra = shape.length - x.rank;
  if (extra < 0)
    throw shapeError(
      `expand(${list(x.shape)}, size=${list(shape)}): the number of sizes provided (${shape.length}) must be greater or equal to the number of dimensions in the tensor (${x.rank})`,
    );
  const sizes = shape.map((n, axis) => {
    const own = axis < extra ? null : (x.shape[axis - extra] ?? 1);
    if (n === -1 && own === null)
      throw shapeError(
        `The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension ${axis}`,
      );
    const wanted = n === -1 ? (own ?? 1) : n;
    if (own !== null && own !== 1 && own !== wanted)
      throw shapeError(
        `The expanded size of the tensor (${wanted}) must match the existing size (${own}) at non-singleton dimension ${axis}.  Target sizes: ${list(shape)}.  Tensor sizes: ${list(x.shape)}`,
      );
    return wanted;
  });
  const strides = sizes.map((n, axis) => {
    const own = x.shape[axis - extra] ?? 1;
    return axis < extra || (own === 1 && n !== 1) ? 0 : (x.strides[axis - extra] ?? 0);
  });
  return view('expand', x, { shape: sizes, strides, offset: x.offset }, (gradOutput) =>
    sumTo(gradOutput, x.shape),
  );
}

export interface SliceOptions {
  /** First index; negative counts from the end. Default 0. */
  readonly start?: number;
  /** Past the last index; negative counts from the end. Default: the size. */
  readonly end?: number;
  /** Distance between elements, positive. Default 1. */
  readonly step?: number;
}

/** Elements start, start + step, ... before end along `axis`. Bounds outside the axis are clamped, as in Python. */
export function slice(x: Tensor, axis: number, { start = 0, end, step = 1 }: SliceOptions = {}): Tensor {
  if (x.rank === 0) throw attributeError('slice() cannot be applied to a 0-dim tensor.');
  if (!Number.isInteger(step) || step <= 0) throw attributeError('slice step must be positive');
  const at = normalizeAxis(axis, x.rank);
  const size = x.shape[at] ?? 1;
  const bound = (index: number): number => Math.min(Math.max(index < 0 ? index + size : index, 0), size);
  const from = bound(start);
  const count = Math.max(0, Math.ceil((bound(end ?? size) - from) / step));
  return strided('slice', x, {
    shape: x.shape.map((n, other) => (other === at ? count : n)),
    steps: x.shape.map((_, other) => (other === at ? step : 1)),
    skip: count === 0 ? [] : [at, from],
  });
}

/** Element `index` along `axis`, which disappears. */
export function select(x: Tensor, axis: number, index: number): Tensor {
  if (x.rank === 0) throw attributeError('select() cannot be applied to a 0-dim tensor.');
  const at = normalizeAxis(axis, x.rank);
  const size = x.shape[at] ?? 1;
  if (!Number.isInteger(index) || index < -size || index >= size)
    throw attributeError(
      `select(): index ${index} out of range for tensor of size ${list(x.shape)} at dimension ${at}`,
    );
  const from = index < 0 ? index + size : index;
  return squeeze(slice(x, at, { start: from, end: from + 1 }), at);
}

/** The elements whose indices along `a` and `b`, two axes of one size, are equal: axis `b` disappears. */
export function diagonal(x: Tensor, a: number, b: number): Tensor {
  const [kept, gone] = [normalizeAxis(a, x.rank), normalizeAxis(b, x.rank)];
  const [size, other] = [x.shape[kept], x.shape[gone]];
  if (kept === gone || size !== other)
    throw shapeError(
      `diagonal(): axes ${kept} and ${gone} of ${list(x.shape)} must differ and be of one size`,
    );
  const merged = (strides: readonly number[]): number[] =>
    strides
      .map((stride, axis) => (axis === kept ? stride + (strides[gone] ?? 0) : stride))
      .toSpliced(gone, 1);
  const layout = { shape: x.shape.toSpliced(gone, 1), strides: merged(x.strides), offset: x.offset };
  return view('diagonal', x, layout, (gradOutput) =>
    scattered(gradOutput, x.shape, merged(contiguousStrides(x.shape)), 0),
  );
}

/** A gradient of elements at these places of zeros of `shape`. */
const scattered = (gradOutput: Tensor, shape: Shape, strides: readonly number[], offset: number): Tensor =>
  first(apply('strided_scatter', [contiguous(gradOutput)], { shape, strides, offset }));

/** A regular part of `x`: the gradient scatters back into zeros. */
function strided(
  name: string,
  x: Tensor,
  part: { readonly shape: Shape; readonly steps: readonly number[]; readonly skip: readonly number[] },
): Tensor {
  const [axis = 0, from = 0] = part.skip;
  // A part of nothing must not begin past the end of its memory.
  const skipped = numel(part.shape) === 0 ? 0 : from;
  const offsetIn = (strides: readonly number[]): number => skipped * (strides[axis] ?? 0);
  const stepped = (strides: readonly number[]): number[] =>
    strides.map((stride, other) => stride * (part.steps[other] ?? 1));
  const dense = contiguousStrides(x.shape);
  const layout = { shape: part.shape, strides: stepped(x.strides), offset: x.offset + offsetIn(x.strides) };
  return view(name, x, layout, (gradOutput) =>
    scattered(gradOutput, x.shape, stepped(dense), offsetIn(dense)),
  );
}

/** A new axis of size 1 before `axis` (negative counts from the new end). */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  const at = normalizeAxis(axis, x.rank + 1);
  const stride = (x.strides[at] ?? 1) * (x.shape[at] ?? 1);
  const layout = {
    shape: x.shape.toSpliced(at, 0, 1),
    strides: x.strides.toSpliced(at, 0, stride),
    offset: x.offset,
  };
  return view('unsqueeze', x, layout, (gradOutput) => squeeze(gradOutput, at));
}

/** Without `axis` if its size is 1; without any axis of size 1 when none is named. */
export function squeeze(x: Tensor, axis: number | null = null): Tensor {
  const only = axis === null ? null : normalizeAxis(axis, x.rank);
  const kept = x.shape.flatMap((n, at) => (n === 1 && (only === null || only === at) ? [] : [at]));
  if (kept.length === x.rank) return x;
  const layout = {
    shape: kept.map((at) => x.shape[at] ?? 1),
    strides: kept.map((at) => x.strides[at] ?? 0),
    offset: x.offset,
  };
  return view('squeeze', x, layout, (gradOutput) => reshape(gradOutput, x.shape));
}

/** Axes from `startAxis` to `endAxis`, both included, as one. A scalar becomes one element. */
export function flatten(x: Tensor, startAxis = 0, endAxis = -1): Tensor {
  if (x.rank === 0) return reshape(x, [1]);
  const [from, to] = [normalizeAxis(startAxis, x.rank), normalizeAxis(endAxis, x.rank)];
  if (from > to) throw attributeError('flatten() has invalid args: start_dim cannot come after end_dim');
  return reshape(x, [
    ...x.shape.slice(0, from),
    numel(x.shape.slice(from, to + 1)),
    ...x.shape.slice(to + 1),
  ]);
}

/** One axis as several, of which one size may be -1. */
export function unflatten(x: Tensor, axis: number, sizes: Shape): Tensor {
  if (sizes.length === 0) throw attributeError('unflatten: sizes must be non-empty');
  const at = normalizeAxis(axis, x.rank);
  const size = x.shape[at] ?? 1;
  const known = numel(sizes.filter((n) => n !== -1));
  const isFit = sizes.includes(-1) ? known > 0 && size % known === 0 : known === size;
  if (!isFit)
    throw shapeError(
      `unflatten: Provided sizes ${list(sizes)} don't multiply up to the size of dim ${at} (${size}) in the input tensor`,
    );
  const resolved = sizes.map((n) => (n === -1 ? size / known : n));
  return reshape(x, [...x.shape.slice(0, at), ...resolved, ...x.shape.slice(at + 1)]);
}

/** Tensors joined along `axis`; all other sizes agree. */
export function concatenate(tensors: readonly Tensor[], axis = 0): Tensor {
  const [head] = tensors;
  const at = head && head.rank > 0 ? normalizeAxis(axis, head.rank) : axis;
  return first(apply('concatenate', tensors.map(contiguous), { axis: at }));
}

/** Tensors of one shape joined along a new axis. */
export const stack = (tensors: readonly Tensor[], axis = 0): Tensor => {
  const at = tensors[0] ? normalizeAxis(axis, tensors[0].rank + 1) : 0;
  return concatenate(
    tensors.map((tensor) => unsqueeze(tensor, at)),
    at,
  );
};

/** Consecutive parts of `sizes` along `axis`, which they fill. */
export function split(x: Tensor, sizes: readonly number[], axis = 0): Tensor[] {
  const at = normalizeAxis(axis, x.rank);
  const total = sizes.reduce((sum, n) => sum + n, 0);
  if (total !== x.shape[at])
    throw shapeError(
      `split_with_sizes expects split_sizes to sum exactly to ${x.shape[at] ?? 1} (input tensor's size at dimension ${at}), but got split_sizes=${list(sizes)}`,
    );
  let start = 0;
  return sizes.map((n) => slice(x, at, { start, end: (start += n) }));
}

export interface PadOptions {
  /** constant (with `value`), reflect, replicate or circular. Default constant. */
  readonly mode?: 'constant' | 'reflect' | 'replicate' | 'circular';
  readonly value?: number;
}

/** `x` without `amounts` at the ends of its last axes: [before, after] for each. */
function cropped(x: Tensor, amounts: readonly number[]): Tensor {
  const firstAxis = x.rank - amounts.length / 2;
  return amounts.reduce((source, amount, index) => {
    if (amount <= 0) return source;
    const axis = firstAxis + Math.floor(index / 2);
    const size = source.shape[axis] ?? 0;
    if (size < amount) throw shapeError('narrow(): length must be non-negative.');
    return slice(source, axis, index % 2 === 0 ? { start: amount } : { end: size - amount });
  }, x);
}

/** Whole numbers and truths with `value` around them, or, where it is null, their own other end. */
function joinedAround(x: Tensor, amounts: readonly number[], value: number | null): Tensor {
  const firstAxis = x.rank - amounts.length / 2;
  return amounts.reduce((source, amount, index) => {
    const [axis, isBefore] = [firstAxis + Math.floor(index / 2), index % 2 === 0];
    if (amount === 0) return source;
    // What goes after must not see what was put before: the circle is that of `x`.
    const start = isBefore ? (x.shape[axis] ?? 0) - amount : (amounts[index - 1] ?? 0);
    const around =
      value === null
        ? slice(source, axis, { start, end: start + amount })
        : full(source.shape.with(axis, amount), value, x.dtype, x.device);
    return concatenate(isBefore ? [around, source] : [source, around], axis);
  }, x);
}

/**
 * Pads the last axes: `padding` is [before, after] for each, outermost first (`torch.nn.functional.pad` lists the last
 * axis first). Negative numbers crop: what is cropped is still seen in a mirror, but not around a circle.
 */
export function pad(
  x: Tensor,
  padding: readonly number[],
  { mode = 'constant', value = 0 }: PadOptions = {},
): Tensor {
  const removed = padding.map((amount) => Math.max(-amount, 0));
  const added = padding.map((amount) => Math.max(amount, 0));
  const isMirror = mode === 'reflect' || mode === 'replicate';
  const source = isMirror ? x : cropped(x, removed);
  const isJoined = !isFloatingPoint(x.dtype) && !isMirror;
  const padded = added.every((amount) => amount === 0)
    ? source
    : isJoined
      ? joinedAround(source, added, mode === 'constant' ? value : null)
      : first(apply('pad', [contiguous(source)], { padding: added, mode, value }));
  return isMirror ? cropped(padded, removed) : padded;
}
