// Runs of floats from one type to another, as files hold them: little-endian bytes.
import { fromBFloat16Bits, fromFloat16Bits, toBFloat16Bits, toFloat16Bits } from '../tensor/half-precision';

export type FloatType = 'float16' | 'bfloat16' | 'float32' | 'float64';

/** Element by element between float types, both little-endian. float64 is rounded to float32 first. */
export function convertFloats(bytes: Uint8Array, from: FloatType, to: FloatType): Uint8Array {
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [fromSize, read] = READERS[from];
  const [toSize, write] = WRITERS[to];
  const count = Math.floor(bytes.length / fromSize);
  const result = new Uint8Array(count * toSize);
  const target = new DataView(result.buffer);
  for (let index = 0; index < count; index++) write(target, index * toSize, read(source, index * fromSize));
  return result;
}

type Reader = readonly [number, (view: DataView, at: number) => number];
type Writer = readonly [number, (view: DataView, at: number, value: number) => void];

const READERS: Readonly<Record<FloatType, Reader>> = {
  float16: [2, (view, at) => fromFloat16Bits(view.getUint16(at, true))],
  bfloat16: [2, (view, at) => fromBFloat16Bits(view.getUint16(at, true))],
  float32: [4, (view, at) => view.getFloat32(at, true)],
  float64: [8, (view, at) => view.getFloat64(at, true)],
};

const WRITERS: Readonly<Record<FloatType, Writer>> = {
  float16: [
    2,
    (view, at, value) => {
      view.setUint16(at, toFloat16Bits(value), true);
    },
  ],
  bfloat16: [
    2,
    (view, at, value) => {
      view.setUint16(at, toBFloat16Bits(value), true);
    },
  ],
  float32: [
    4,
    (view, at, value) => {
      view.setFloat32(at, value, true);
    },
  ],
  float64: [
    8,
    (view, at, value) => {
      view.setFloat64(at, value, true);
    },
  ],
};
