// Box–Muller on blocks of 16 uniforms, as PyTorch's normal_ does from 16 contiguous elements on. No drawing here.
import { fma32, fma64 } from './exact-arithmetic';
import { applyLibm } from './libm';

const round = Math.fround;

// Cephes logf and sincosf (Moshier), with the products fused as the compiler fuses them on x86.
const LOG = [
  7.0376836292e-2, -1.151461031e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
].map(round); // prettier-ignore
const [LOG_LEAD = 0, ...LOG_REST] = LOG;
const LOG_Q1 = round(-2.1219444e-4);
const LOG_Q2 = round(0.693359375);
const SQRT_HALF = round(0.7071067811865475);
const LEAST_NORMAL = 2 ** -126;
const PI_1 = round(-0.78515625);
const PI_2 = round(-2.4187564849853516e-4);
const PI_3 = round(-3.774894977445941e-8);
const SIN_1 = round(-1.9515295891e-4);
const SIN_2 = round(8.3321608736e-3);
const SIN_3 = round(-1.6666654611e-1);
const COS_1 = round(2.443315711809948e-5);
const COS_2 = round(-1.388731625493765e-3);
const COS_3 = round(4.166664568298827e-2);
const FOUR_OVER_PI = round(1.27323954473516);
const TWO_PI = round(2 * Math.PI);

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** Natural logarithm of a positive float32. */
export function logFloat32(value: number): number {
  float[0] = Math.max(value, LEAST_NORMAL);
  const pattern = bits[0] ?? 0;
  let exponent = (pattern >>> 23) - 0x7e;
  bits[0] = (pattern & 0x807fffff) | 0x3f000000;
  let x = float[0];
  if (x < SQRT_HALF) {
    exponent -= 1;
    x = round(round(x - 1) + x);
  } else x = round(x - 1);
  const z = round(x * x);
  let y = LOG_LEAD;
  for (const coefficient of LOG_REST) y = fma32(y, x, coefficient);
  y = round(y * x);
  y = fma32(y, z, round(exponent * LOG_Q1));
  y = round(y - z * 0.5);
  return fma32(exponent, LOG_Q2, round(x + y));
}

/** Writes sine and cosine of a non-negative float32 angle into `out`. */
function sineAndCosine(angle: number, out: Float32Array): void {
  const octant = (Math.trunc(round(angle * FOUR_OVER_PI)) + 1) & ~1;
  let x = fma32(octant, PI_1, angle);
  x = fma32(octant, PI_2, x);
  x = fma32(octant, PI_3, x);
  const z = round(x * x);
  let cosine = fma32(COS_1, z, COS_2);
  cosine = round(fma32(cosine, z, COS_3) * z);
  cosine = round(fma32(cosine, z, -z * 0.5) + 1);
  let sine = fma32(SIN_1, z, SIN_2);
  sine = round(fma32(sine, z, SIN_3) * z);
  sine = fma32(sine, x, x);
  const isSineFirst = (octant & 2) === 0;
  const outSine = isSineFirst ? sine : cosine;
  const outCosine = isSineFirst ? cosine : sine;
  out[0] = (octant & 4) === 0 ? outSine : -outSine;
  out[1] = ((octant - 2) & 4) === 0 ? -outCosine : outCosine;
}

const pair = new Float32Array(2);

/** Turns 16 float32 uniforms at `at` into 16 normals, in place. mean and std are float32 values. */
export function boxMullerFloat32(data: Float32Array, at: number, mean: number, std: number): void {
  for (let index = at; index < at + 8; index++) {
    const radius = round(Math.sqrt(round(-2 * logFloat32(round(1 - (data[index] ?? 0))))));
    sineAndCosine(round(TWO_PI * (data[index + 8] ?? 0)), pair);
    data[index] = fma32(round(radius * (pair[1] ?? 0)), std, mean);
    data[index + 8] = fma32(round(radius * (pair[0] ?? 0)), std, mean);
  }
}

/** Turns blocks of 16 float64 uniforms from `at` on into normals, in place; `count` is a multiple of 16. */
export function boxMullerFloat64(
  data: Float64Array,
  at: number,
  count: number,
  mean: number,
  std: number,
): void {
  const places = Array.from({ length: count / 2 }, (_, pair) => at + pair + 8 * Math.floor(pair / 8));
  const radii = Float64Array.from(places, (place) => 1 - (data[place] ?? 0));
  applyLibm('log', radii).forEach((value, pair) => (radii[pair] = Math.sqrt(-2 * value)));
  const angles = Float64Array.from(places, (place) => 2 * Math.PI * (data[place + 8] ?? 0));
  const sines = applyLibm('sin', angles.slice());
  const cosines = applyLibm('cos', angles);
  places.forEach((place, pair) => {
    const radius = radii[pair] ?? 0;
    data[place] = fma64(radius * (cosines[pair] ?? 0), std, mean);
    data[place + 8] = fma64(radius * (sines[pair] ?? 0), std, mean);
  });
}
