// Conversion between float32 and the two 16-bit float types, rounding to nearest even.

const scratch = new DataView(new ArrayBuffer(8));

/** The bits of the float32 nearest to `value`. */
function float32Bits(value: number): number {
  scratch.setFloat32(0, value);
  return scratch.getUint32(0);
}

function fromFloat32Bits(bits: number): number {
  scratch.setUint32(0, bits);
  return scratch.getFloat32(0);
}

/** bfloat16 bits of a float32: its upper half, rounded to nearest even; NaN stays NaN. */
export function toBfloat16(value: number): number {
  const bits = float32Bits(value);
  if ((bits & 0x7fffffff) > 0x7f800000) return ((bits >>> 16) | 0x0040) & 0xffff;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** The float32 that bfloat16 bits mean; exact. */
export const fromBfloat16 = (bits: number): number => fromFloat32Bits((bits << 16) >>> 0);

/** float16 bits of a float32, rounded to nearest even, subnormals and overflow included. Source: IEEE 754-2008. */
export function toFloat16(value: number): number {
  const bits = float32Bits(value);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
  // 65520 and above round to infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // Below 2^-14 results are multiples of 2^-24, which is the spacing of float32 at 0.5: adding 0.5 rounds there.
  if (magnitude < 0x38800000) {
    const rounded = Math.fround(fromFloat32Bits(magnitude) + 0.5);
    return sign | (float32Bits(rounded) - 0x3f000000);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

/** The float32 that float16 bits mean; exact. */
export function fromFloat16(bits: number): number {
  const sign = (bits & 0x8000) !== 0 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

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
  float16: [2, (view, at) => fromFloat16(view.getUint16(at, true))],
  bfloat16: [2, (view, at) => fromBfloat16(view.getUint16(at, true))],
  float32: [4, (view, at) => view.getFloat32(at, true)],
  float64: [8, (view, at) => view.getFloat64(at, true)],
};

const WRITERS: Readonly<Record<FloatType, Writer>> = {
  float16: [
    2,
    (view, at, value) => {
      view.setUint16(at, toFloat16(value), true);
    },
  ],
  bfloat16: [
    2,
    (view, at, value) => {
      view.setUint16(at, toBfloat16(value), true);
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
