// log, exp, pow, sin and cos of a double to the nearest double on every host: V8's own differ between versions and from libm.
// Evaluated in double-double arithmetic (about 100 bits), then rounded once.

/** An unevaluated sum high + low. */
type Pair = readonly [high: number, low: number];

const SPLITTER = 134217729;

function product(a: number, b: number): Pair {
  const high = a * b;
  const aHigh = a * SPLITTER - (a * SPLITTER - a);
  const bHigh = b * SPLITTER - (b * SPLITTER - b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  return [high, aLow * bLow - (high - aHigh * bHigh - aLow * bHigh - aHigh * bLow)];
}

function sum(a: number, b: number): Pair {
  const high = a + b;
  const back = high - a;
  return [high, a - (high - back) + (b - back)];
}

function add(a: Pair, b: Pair): Pair {
  const [high, low] = sum(a[0], b[0]);
  return sum(high, low + a[1] + b[1]);
}

function multiply(a: Pair, b: Pair): Pair {
  const [high, low] = product(a[0], b[0]);
  return sum(high, low + a[0] * b[1] + a[1] * b[0]);
}

function divide(a: Pair, b: Pair): Pair {
  const first = a[0] / b[0];
  const [high, low] = product(first, b[0]);
  const rest = a[0] - high - low + a[1] - first * b[1];
  return sum(first, rest / b[0]);
}

/** 1/n as a pair. */
const reciprocal = (n: number): Pair => divide([1, 0], [n, 0]);

/** Σ coefficients[i]·x^i; coefficients from `precise` on contribute too little to need a pair. */
function polynomial(coefficients: readonly Pair[], x: Pair, precise: number): Pair {
  let tail = 0;
  for (let index = coefficients.length - 1; index >= precise; index--)
    tail = tail * x[0] + (coefficients[index]?.[0] ?? 0);
  let result: Pair = [tail, 0];
  for (let index = precise - 1; index >= 0; index--)
    result = add(multiply(result, x), coefficients[index] ?? [0, 0]);
  return result;
}

const LN2: Pair = [0.6931471805599453, 2.3190468138462996e-17];
// atanh(s)/s in powers of s².
const ATANH = Array.from({ length: 24 }, (_, index) => reciprocal(2 * index + 1));
const SQRT_HALF = Math.SQRT1_2;
const bits = new DataView(new ArrayBuffer(8));

/** Natural logarithm of a positive, normal double. */
export const preciseLog = (value: number): number => logarithm(value)[0];

function logarithm(value: number): Pair {
  if (value === 1) return [0, 0];
  bits.setFloat64(0, value);
  let exponent = (bits.getUint16(0) >>> 4) - 1022;
  bits.setUint16(0, (bits.getUint16(0) & 0x800f) | 0x3fe0);
  let mantissa = bits.getFloat64(0);
  if (mantissa < SQRT_HALF) {
    mantissa *= 2;
    exponent -= 1;
  }
  const ratio = divide([mantissa - 1, 0], sum(mantissa, 1));
  const half = multiply(ratio, polynomial(ATANH, multiply(ratio, ratio), 12));
  return add(multiply(LN2, [exponent, 0]), [2 * half[0], 2 * half[1]]);
}

/** 1/n! as pairs: the Taylor series of the exponential. */
const EXPONENTIAL = Array.from({ length: 28 }, (_, n) => n).reduce<Pair[]>(
  (terms, n) => [...terms, n === 0 ? [1, 0] : divide(terms[n - 1] ?? [1, 0], [n, 0])],
  [],
);

/** base^exponent for a base that is not negative; the result neither overflows nor is subnormal. */
export function precisePower(base: number, exponent: number): number {
  if (exponent === 0 || base === 1) return 1;
  if (base === 0) return exponent > 0 ? 0 : Infinity;
  if (exponent === 1) return base;
  return exponential(multiply(logarithm(base), [exponent, 0]));
}

/** e^value; the result neither overflows nor is subnormal. */
export const preciseExp = (value: number): number => exponential([value, 0]);

function exponential(power: Pair): number {
  const doublings = Math.round(power[0] / LN2[0]);
  const rest = add(power, multiply(LN2, [-doublings, 0]));
  return polynomial(EXPONENTIAL, rest, 16)[0] * 2 ** doublings;
}

/** (-1)^i / (2i + first)! as pairs: the Taylor series in powers of x². */
function alternatingFactorials(first: number): Pair[] {
  const result: Pair[] = [];
  let term: Pair = [1, 0];
  for (let index = 0; index < 15; index++) {
    result.push(term);
    const next = 2 * index + first;
    term = divide(term, [-(next + 1) * (next + 2), 0]);
  }
  return result;
}
const SINE = alternatingFactorials(1);
const COSINE = alternatingFactorials(0);
const HALF_PI: readonly [number, number, number] = [
  1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33,
];

/** Sine and cosine of an angle of modest size (Box–Muller's, from 0 to 2π). */
export function preciseSineCosine(angle: number): { readonly sine: number; readonly cosine: number } {
  const quarters = Math.round(angle / HALF_PI[0]);
  const [high, low] = product(-quarters, HALF_PI[0]);
  const rest = add(add(sum(angle, high), [low, 0]), product(-quarters, HALF_PI[1]));
  const x = add(rest, [-quarters * HALF_PI[2], 0]);
  const square = multiply(x, x);
  const sine = multiply(x, polynomial(SINE, square, 9))[0];
  const cosine = polynomial(COSINE, square, 9)[0];
  switch (quarters & 3) {
    case 0:
      return { sine, cosine };
    case 1:
      return { sine: cosine, cosine: -sine };
    case 2:
      return { sine: -sine, cosine: -cosine };
    default:
      return { sine: -cosine, cosine: sine };
  }
}

const LOG1P = [
  6.666666666666735130e-1, 3.999999999940941908e-1, 2.857142874366239149e-1, 2.222219843214978396e-1,
  1.818357216161805012e-1, 1.531383769920937332e-1, 1.479819860511658591e-1,
] as const; // prettier-ignore
const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;

/**
 * log(1 + x) for -1 < x ≤ 0 as glibc computes it, not to the nearest: PyTorch calls libm's log1p, whose last bit
 * often differs. Method: fdlibm's s_log1p (Sun Microsystems, 1993) with glibc's order of summation.
 */
export function libmLog1p(x: number): number {
  if (x === 0 || x > -(2 ** -54)) return x;
  if (x > -(2 ** -29)) return x - x * x * 0.5;
  let exponent = 0;
  let fraction = x;
  let correction = 0;
  if (x <= -0.2928934335708618) {
    const mantissa = 1 + x;
    bits.setFloat64(0, mantissa);
    let high = bits.getUint32(0);
    exponent = (high >>> 20) - 1023;
    correction = (x - (mantissa - 1)) / mantissa;
    high &= 0x000fffff;
    if (high < 0x6a09e) bits.setUint32(0, high | 0x3ff00000);
    else {
      exponent += 1;
      bits.setUint32(0, high | 0x3fe00000);
      high = (0x00100000 - high) >>> 2;
    }
    fraction = bits.getFloat64(0) - 1;
    if (high === 0) return shortLog1p(fraction, exponent, correction);
  }
  const halfSquare = 0.5 * fraction * fraction;
  const s = fraction / (2 + fraction);
  const z = s * s;
  const z2 = z * z;
  const z4 = z2 * z2;
  const series =
    z * LOG1P[0] +
    z2 * (LOG1P[1] + z * LOG1P[2]) +
    z4 * (LOG1P[3] + z * LOG1P[4]) +
    z4 * z2 * (LOG1P[5] + z * LOG1P[6]);
  if (exponent === 0) return fraction - (halfSquare - s * (halfSquare + series));
  const low = exponent * LN2_LOW + correction;
  return exponent * LN2_HIGH - (halfSquare - (s * (halfSquare + series) + low) - fraction);
}

/** The branch for |fraction| < 2^-20. */
function shortLog1p(fraction: number, exponent: number, correction: number): number {
  if (fraction === 0) return exponent === 0 ? 0 : exponent * LN2_HIGH + (correction + exponent * LN2_LOW);
  const rest = 0.5 * fraction * fraction * (1 - 0.6666666666666666 * fraction);
  if (exponent === 0) return fraction - rest;
  return exponent * LN2_HIGH - (rest - (exponent * LN2_LOW + correction) - fraction);
}
