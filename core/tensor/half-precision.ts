// float16 and bfloat16 as bit patterns: JavaScript has no typed array for them. Rounding is to nearest, ties to even.

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The float16 bit pattern nearest to `value`, which is first rounded to float32 as PyTorch does. */
export function toFloat16Bits(value: number): number {
  float[0] = value;
  const pattern = bits[0] ?? 0;
  const sign = (pattern >>> 16) & 0x8000;
  const size = pattern & 0x7fffffff;
  if (size >= 0x7f800000) return sign | (size > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (size >= 0x477ff000) return sign | 0x7c00;
  if (size < 0x38800000) return sign | roundHalfEven(Math.abs(float[0]) * 2 ** 24);
  const rounded = size - 0x38000000 + 0xfff + ((size >>> 13) & 1);
  return sign | (rounded >>> 13);
}

export function fromFloat16Bits(pattern: number): number {
  const exponent = (pattern >>> 10) & 0x1f;
  const fraction = pattern & 0x3ff;
  const size =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
        ? fraction === 0
          ? Infinity
          : NaN
        : (1024 + fraction) * 2 ** (exponent - 25);
  return pattern & 0x8000 ? -size : size;
}

/** The bfloat16 bit pattern nearest to `value`, which is first rounded to float32. */
export function toBFloat16Bits(value: number): number {
  float[0] = value;
  const pattern = bits[0] ?? 0;
  if ((pattern & 0x7fffffff) > 0x7f800000) return 0x7fc0;
  return ((pattern + 0x7fff + ((pattern >>> 16) & 1)) >>> 16) & 0xffff;
}

export function fromBFloat16Bits(pattern: number): number {
  bits[0] = pattern << 16;
  return float[0] ?? 0;
}

/** Rounds a non-negative number below 2^53. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
