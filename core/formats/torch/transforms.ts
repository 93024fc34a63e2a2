// Storages whose bytes must be changed on the way in: big-endian files, and torch's lazy conjugate and negative bits.
import { DTYPES, elementSize, type DType } from '../../tensor/dtype';
import type { StorageSource } from '../weights';

/** Reads whole elements around the asked range, lets `change` rewrite them, and returns the range. */
function transformed(
  source: StorageSource,
  unit: number,
  change: (bytes: Uint8Array) => void,
): StorageSource {
  return {
    bytes: source.bytes,
    read: async (offset, length) => {
      const start = offset - (offset % unit);
      const end = Math.min(Math.ceil((offset + length) / unit) * unit, source.bytes);
      const bytes = (await source.read(start, end - start)).slice();
      change(bytes);
      return bytes.subarray(offset - start, offset - start + length);
    },
  };
}

/** The size of one number: half an element for complex types. */
const partSize = (dtype: DType): number =>
  DTYPES[dtype].kind === 'complex' ? elementSize(dtype) / 2 : elementSize(dtype);

/** Big-endian bytes as little-endian ones; complex numbers by component. Source: spec/torch-semantics.md section 9. */
export function swapped(source: StorageSource, dtype: DType): StorageSource {
  const unit = partSize(dtype);
  if (unit === 1) return source;
  return transformed(source, unit, (bytes) => {
    for (let at = 0; at + unit <= bytes.length; at += unit) bytes.subarray(at, at + unit).reverse();
  });
}

/**
 * Flips the sign bits torch left unresolved when it saved `x.conj()` or its imaginary part: `conj` the imaginary
 * parts, `neg` every part. Source: torch tensor docs (conj_physical, resolve_neg), spec section 10.
 */
export function resolved(
  source: StorageSource,
  dtype: DType,
  bits: { readonly conj: boolean; readonly neg: boolean },
): StorageSource {
  const unit = elementSize(dtype);
  const part = partSize(dtype);
  return transformed(source, unit, (bytes) => {
    for (let at = part - 1; at < bytes.length; at += part) {
      const isImaginary = at % unit >= part;
      const flips = bits.neg !== (bits.conj && isImaginary);
      if (flips) bytes[at] = (bytes[at] ?? 0) ^ 0x80;
    }
  });
}
