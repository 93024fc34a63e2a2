// Fused multiply-add with one rounding, which JavaScript lacks and PyTorch's x86 kernels use. Nothing else.

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
const quad = new BigUint64Array(float.buffer);

/** `a + b` rounded to odd: exact, or the neighbour whose last bit is 1 (Boldo and Melquiond, 2008). */
function addRoundingToOdd(a: number, b: number): number {
  const sum = a + b;
  const back = sum - a;
  const error = a - (sum - back) + (b - back);
  if (error === 0) return sum;
  float[0] = sum;
  const low = words[0] ?? 0;
  if ((low & 1) === 1) return sum;
  if (error > 0 === sum > 0) words[0] = low + 1;
  else if (low !== 0) words[0] = low - 1;
  else {
    words[0] = 0xffffffff;
    words[1] = (words[1] ?? 0) - 1;
  }
  return float[0];
}

/** fma of three float32 values, rounded once to float32. The double product is exact; the sum is rounded to odd first. */
export function fma32(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  const back = sum - product;
  const error = product - (sum - back) + (c - back);
  return Math.fround(error === 0 ? sum : addRoundingToOdd(product, c));
}

const SPLITTER = 134217729; // 2^27 + 1
const LEAST = 2 ** -900;
const MOST = 2 ** 900;
const isModest = (x: number): boolean => {
  const size = Math.abs(x);
  return size === 0 || (size > LEAST && size < MOST);
};

/** fma of three float64 values, rounded once. Error-free transforms; integers where exponents are extreme. */
export function fma64(a: number, b: number, c: number): number {
  const product = a * b;
  if (!isModest(product) || !isModest(a) || !isModest(b) || !isModest(c)) return fmaByIntegers(a, b, c);
  if (product === 0) return product + c;
  const aHigh = a * SPLITTER - (a * SPLITTER - a);
  const bHigh = b * SPLITTER - (b * SPLITTER - b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  const productLow = aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
  const upper = c + productLow;
  const upperBack = upper - c;
  const upperLow = c - (upper - upperBack) + (productLow - upperBack);
  const total = product + upper;
  const totalBack = total - product;
  const totalLow = product - (total - totalBack) + (upper - totalBack);
  return total + addRoundingToOdd(totalLow, upperLow);
}

/** A finite double as `mantissa · 2^exponent`. */
function decompose(x: number): [mantissa: bigint, exponent: number] {
  float[0] = x;
  const bits = quad[0] ?? 0n;
  const field = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const size = field === 0 ? fraction : fraction | 0x10000000000000n;
  return [bits >> 63n === 1n ? -size : size, Math.max(field, 1) - 1075];
}

const bitLength = (x: bigint): number => x.toString(2).length;

/** `mantissa · 2^exponent` as the nearest double, ties to even, subnormals included. */
function compose(mantissa: bigint, exponent: number): number {
  const isNegative = mantissa < 0n;
  let size = isNegative ? -mantissa : mantissa;
  const shift = Math.max(bitLength(size) - 53, -1074 - exponent, 0);
  let scale = exponent;
  if (shift > 0) {
    const half = 1n << BigInt(shift - 1);
    const rest = size & ((half << 1n) - 1n);
    size >>= BigInt(shift);
    if (rest > half || (rest === half && (size & 1n) === 1n)) size += 1n;
    scale += shift;
  }
  // Two factors, since 2^scale alone can leave the range while the product does not.
  const first = Math.trunc(scale / 2);
  const value = Number(size) * 2 ** first * 2 ** (scale - first);
  return isNegative ? -value : value;
}

function fmaByIntegers(a: number, b: number, c: number): number {
  if (!Number.isFinite(a) || !Number.isFinite(b)) return a * b + c;
  if (!Number.isFinite(c)) return c;
  if (a === 0 || b === 0) return a * b + c;
  const [aMantissa, aExponent] = decompose(a);
  const [bMantissa, bExponent] = decompose(b);
  const [cMantissa, cExponent] = decompose(c);
  const exponent = Math.min(aExponent + bExponent, cExponent);
  const sum =
    ((aMantissa * bMantissa) << BigInt(aExponent + bExponent - exponent)) +
    (cMantissa << BigInt(cExponent - exponent));
  return sum === 0n ? a * b + c : compose(sum, exponent);
}
