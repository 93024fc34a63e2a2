// What somebody set on a tensor beyond its own fields.
import type { Tensor } from '../tensor/tensor';

const TENSOR_FIELDS = new Set(['storage', 'dtype', 'offset', 'strides', 'grad', 'gradFn', 'sizes']);

/** Python's `__dict__` of a tensor. */
export function attributesOf(tensor: Tensor): Record<string, unknown> {
  return Object.fromEntries(Object.entries(tensor).filter(([name]) => !TENSOR_FIELDS.has(name)));
}
