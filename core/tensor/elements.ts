// Elements as numbers and as little-endian bytes, for every dtype numbers can stand for.
import { LazuliError } from '../errors';
import { DTYPES, elementSize, type DType } from './dtype';
import { fromFloat8Bits, isFloat8, toFloat8Bits } from './float8';
import { fromBFloat16Bits, fromFloat16Bits, toBFloat16Bits, toFloat16Bits } from './half-precision';

type Element = number | bigint;

const refuse = (dtype: DType): never => {
  throw new LazuliError('not_supported', `elements of ${dtype} cannot be read or written as numbers`, {
    got: dtype,
  });
};

/** Element at byte `at`; 64-bit integers as bigint, bool as 0 or 1. */
export function readElement(view: DataView, at: number, dtype: DType): Element {
  switch (dtype) {
    case 'float32':
      return view.getFloat32(at, true);
    case 'float64':
      return view.getFloat64(at, true);
    case 'float16':
      return fromFloat16Bits(view.getUint16(at, true));
    case 'bfloat16':
      return fromBFloat16Bits(view.getUint16(at, true));
    case 'int64':
      return view.getBigInt64(at, true);
    case 'uint64':
      return view.getBigUint64(at, true);
    case 'int32':
      return view.getInt32(at, true);
    case 'uint32':
      return view.getUint32(at, true);
    case 'int16':
      return view.getInt16(at, true);
    case 'uint16':
      return view.getUint16(at, true);
    case 'int8':
      return view.getInt8(at);
    case 'uint8':
      return view.getUint8(at);
    case 'bool':
      return view.getUint8(at) === 0 ? 0 : 1;
    default:
      return isFloat8(dtype) ? fromFloat8Bits(view.getUint8(at), dtype) : refuse(dtype);
  }
}

/** Writes `value` at byte `at`: a fraction is cut off for integers, anything but 0 is true for bool. */
export function writeElement(view: DataView, at: number, dtype: DType, value: Element): void {
  switch (dtype) {
    case 'float32':
      return view.setFloat32(at, Number(value), true);
    case 'float64':
      return view.setFloat64(at, Number(value), true);
    case 'float16':
      return view.setUint16(at, toFloat16Bits(Number(value)), true);
    case 'bfloat16':
      return view.setUint16(at, toBFloat16Bits(Number(value)), true);
    case 'int64':
      return view.setBigInt64(at, toBigInt(value), true);
    case 'uint64':
      return view.setBigUint64(at, toBigInt(value), true);
    case 'int32':
    case 'uint32':
      return view.setInt32(at, Math.trunc(Number(value)), true);
    case 'int16':
    case 'uint16':
      return view.setInt16(at, Math.trunc(Number(value)), true);
    case 'int8':
    case 'uint8':
      return view.setInt8(at, Math.trunc(Number(value)));
    case 'bool':
      return view.setUint8(at, Number(value) !== 0 ? 1 : 0);
    default:
      return isFloat8(dtype) ? view.setUint8(at, toFloat8Bits(Number(value), dtype)) : refuse(dtype);
  }
}

const toBigInt = (value: Element): bigint =>
  typeof value === 'bigint' ? value : Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;

/** True when elements of the dtype are bigint in JavaScript. */
export const isBigInteger = (dtype: DType): boolean => dtype === 'int64' || dtype === 'uint64';

/** The dense bytes of `values`. */
export function encodeElements(dtype: DType, values: Iterable<Element | boolean>, count: number): Uint8Array {
  if (DTYPES[dtype].kind === 'complex') refuse(dtype);
  const size = elementSize(dtype);
  const bytes = new Uint8Array(count * size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const value of values) {
    writeElement(view, at, dtype, typeof value === 'boolean' ? Number(value) : value);
    at += size;
  }
  return bytes;
}
