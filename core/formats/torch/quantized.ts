// Quantized tensors: which schemes fit them, and the numbers of less than a byte.
import { contiguousStrides, numel } from '../../tensor/shape';
import { PickleFloat, PickleGlobal, type PickleTuple, type PickleValue } from '../pickle/values';
import type { TorchStorage } from './storages';
import type { TorchTensor } from './tensors';

/**
 * Whether a scheme is one torch rebuilds and fits a tensor of `shape`; `lengthOf` gives how many scales or zero points there are.
 * Source: torch/_utils.py, `_rebuild_qtensor`.
 */
export function isScheme(
  items: readonly PickleValue[],
  shape: readonly number[],
  lengthOf: (part: PickleValue) => number | null,
): boolean {
  const [scheme = null, scale = null, zeroPoint = null, axis = null] = items;
  const name = scheme instanceof PickleGlobal ? scheme.path : '';
  if (name === 'torch.per_tensor_affine')
    return items.length === 3 && scale instanceof PickleFloat && typeof zeroPoint === 'number';
  const isPerChannel = ['torch.per_channel_affine', 'torch.per_channel_affine_float_qparams'].includes(name);
  const length = typeof axis === 'number' ? shape[axis] : undefined;
  if (!isPerChannel || items.length !== 4 || length === undefined) return false;
  return [scale, zeroPoint].every((part) => lengthOf(part) === length);
}

/** `(scheme, scale, zero_point)`, or with one scale for each index of an axis `(scheme, scales, zero_points, axis)`. */
export function describeScheme(scheme: PickleTuple): string {
  const [, scale = null, zeroPoint = null, axis = null] = scheme.items;
  if (scale instanceof PickleFloat && typeof zeroPoint === 'number')
    return `: value = ${String(scale.value)} × (integer - ${String(zeroPoint)})`;
  return typeof axis === 'number' ? `, with a scale for each index of axis ${String(axis)}` : '';
}

/**
 * The bytes that hold quantized numbers of four or two bits, as `int_repr()` gives them: one axis of uint8. Numbers that do not
 * follow each other from a whole byte on are listed as all of their storage.
 */
export function packedBytes(
  numbers: TorchTensor,
  { perByte, count, quantized, offset }: TorchStorage,
): TorchTensor {
  const size = numbers.shape ?? [];
  const dense = contiguousStrides(size);
  const start = (numbers.offset - offset) / perByte;
  const isDense = size.every((length, axis) => length <= 1 || numbers.stride[axis] === dense[axis]);
  const isWhole = !isDense || !Number.isInteger(start);
  return {
    ...numbers,
    shape: [isWhole ? count : Math.ceil(numel(size) / perByte)],
    stride: [1],
    offset: isWhole ? offset : offset + start,
    note: `${quantized ?? ''} values of size (${size.join(', ')}), listed as the bytes that hold ${String(perByte)} of them each`,
  };
}
