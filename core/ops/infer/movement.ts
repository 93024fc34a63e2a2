// Inference of the ops that move, convert or make elements without computing with them.
import { LazuliError } from '../../errors';
import { DTYPES, isDType, type DType } from '../../tensor/dtype';
import { numel, type Shape } from '../../tensor/shape';
import {
  attributeError,
  checkDType,
  checkSizes,
  floatType,
  given,
  list,
  shapeError,
  size,
  type Infer,
} from './checks';

/** What cast reads and writes. */
const NUMERIC: readonly DType[] = ['float32', 'float64', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'];
const HALVES: readonly DType[] = ['float16', 'bfloat16'];

function checkDTypeName(name: string): DType {
  if (!isDType(name)) throw attributeError(`unknown dtype '${name}'`);
  return name;
}

/** Checks that every index of a strided view of `count` elements stays inside them. */
function checkStrides(
  op: 'strided_copy' | 'strided_scatter',
  shape: Shape,
  strides: Shape,
  offset: number,
  count: number,
) {
  if (strides.length !== shape.length)
    throw attributeError(`${op}: ${strides.length} strides for ${shape.length} dimensions`);
  if (numel(shape) === 0) return;
  const last = shape.reduce((sum, n, axis) => sum + (n - 1) * (strides[axis] ?? 0), offset);
  if (offset < 0 || strides.some((stride) => stride < 0) || last >= count)
    throw shapeError(
      `${op}: sizes ${list(shape)}, strides ${list(strides)} and offset ${offset} leave the ${count} elements`,
    );
}

export const stridedCopy: Infer<'strided_copy'> = (inputs, { shape, strides, offset }) => {
  const x = given('strided_copy', inputs, 0);
  checkSizes('strided_copy', shape);
  checkStrides('strided_copy', shape, strides, offset, numel(x.shape));
  return [{ dtype: x.dtype, shape }];
};

export const stridedScatter: Infer<'strided_scatter'> = (inputs, { shape, strides, offset }) => {
  const x = given('strided_scatter', inputs, 0);
  checkSizes('strided_scatter', shape);
  checkStrides('strided_scatter', x.shape, strides, offset, numel(shape));
  return [{ dtype: floatType('strided_scatter', inputs), shape }];
};

export const concatenate: Infer<'concatenate'> = (inputs, { axis }) => {
  if (inputs.length === 0) throw shapeError('torch.cat(): expected a non-empty list of Tensors');
  const first = given('concatenate', inputs, 0);
  const rank = first.shape.length;
  if (rank === 0) throw shapeError('zero-dimensional tensor (at position 0) cannot be concatenated');
  let total = 0;
  for (let index = 0; index < inputs.length; index++) {
    const input = given('concatenate', inputs, index);
    checkDType('concatenate', `tensor number ${index}`, input, first.dtype);
    if (input.shape.length !== rank)
      throw shapeError(`Tensors must have same number of dimensions: got ${rank} and ${input.shape.length}`);
    input.shape.forEach((n, at) => {
      if (at !== axis && n !== first.shape[at])
        throw shapeError(
          `Sizes of tensors must match except in dimension ${axis}. Expected size ${size(first.shape, at)} but got size ${n} for tensor number ${index} in the list.`,
          list(first.shape),
          list(input.shape),
        );
    });
    total += size(input.shape, axis);
  }
  return [{ dtype: first.dtype, shape: first.shape.map((n, at) => (at === axis ? total : n)) }];
};

export const cast: Infer<'cast'> = (inputs, attributes) => {
  const { dtype: from, shape } = given('cast', inputs, 0);
  const to = checkDTypeName(attributes.dtype);
  const isHalf = (dtype: DType) => HALVES.includes(dtype);
  const isFloat = (dtype: DType) => dtype === 'float32' || dtype === 'float64';
  const isPossible =
    (NUMERIC.includes(from) && NUMERIC.includes(to)) ||
    (isHalf(from) && isFloat(to)) ||
    (isFloat(from) && isHalf(to));
  if (from !== to && !isPossible)
    throw new LazuliError('not_supported', `cast from ${from} to ${to} is not available`, {
      got: `${from} to ${to}`,
    });
  return [{ dtype: to, shape }];
};

export const fill: Infer<'fill'> = (_inputs, { shape, dtype: name }) => {
  const dtype = checkDTypeName(name);
  checkSizes('fill', shape);
  if (DTYPES[dtype].kind === 'opaque' || DTYPES[dtype].kind === 'complex')
    throw new LazuliError('not_supported', `fill of ${dtype} is not available`);
  return [{ dtype, shape }];
};

/** Sizes after padding the last axes. Negative padding is not a kernel's business: functional `pad` crops first. */
function paddedShape(shape: Shape, padding: readonly number[], mode: string): number[] {
  if (padding.length % 2 !== 0) throw attributeError('Padding length must be divisible by 2');
  const axes = padding.length / 2;
  if (axes > shape.length)
    throw shapeError(
      `Padding length should be less than or equal to two times the input dimension but got padding length ${padding.length} and input of dimension ${shape.length}`,
    );
  const first = shape.length - axes;
  return shape.map((n, axis) => {
    if (axis < first) return n;
    const before = padding[(axis - first) * 2] ?? 0;
    const after = padding[(axis - first) * 2 + 1] ?? 0;
    if (before < 0 || after < 0)
      throw attributeError(`negative padding is not supported, got ${list(padding)}`);
    if (mode === 'reflect' && (before >= n || after >= n))
      throw shapeError(
        `Argument #4: Padding size should be less than the corresponding input dimension, but got: padding (${before}, ${after}) at dimension ${axis} of input ${list(shape)}`,
      );
    if (mode === 'circular' && (before > n || after > n))
      throw shapeError('Padding value causes wrapping around more than once.');
    if (mode === 'replicate' && n === 0 && before + after > 0)
      throw shapeError(`Expected non-zero size for dimension ${axis} of input ${list(shape)}`);
    return n + before + after;
  });
}

const PAD_MODES = ['constant', 'reflect', 'replicate', 'circular'];
function checkPadMode(mode: string): void {
  if (!PAD_MODES.includes(mode)) throw attributeError(`Unrecognised padding mode ${mode}`);
}

export const pad: Infer<'pad'> = (inputs, { padding, mode }) => {
  checkPadMode(mode);
  const { shape } = given('pad', inputs, 0);
  return [{ dtype: floatType('pad', inputs), shape: paddedShape(shape, padding, mode) }];
};

export const padGradient: Infer<'pad_gradient'> = (inputs, { padding, mode, shape }) => {
  checkPadMode(mode);
  const gy = given('pad_gradient', inputs, 0);
  const expected = paddedShape(shape, padding, mode);
  if (numel(gy.shape) !== numel(expected))
    throw shapeError(`pad_gradient: expected the gradient of shape ${list(expected)}, got ${list(gy.shape)}`);
  return [{ dtype: floatType('pad_gradient', inputs), shape }];
};
