// torch.nn.init.trunc_normal_: a normal distribution cut off at both ends, by rejection as PyTorch does it since 2.13.
import { TorchError } from '../errors';
import { encodeElements, readElement } from '../tensor/elements';
import { Tensor } from '../tensor/tensor';
import type { Turned } from '../turns';
import { randomDType } from './init';
import { applyLibm } from './libm';
import { defaultGenerator, type Generator, type RandomDType } from './random';
import { runSteps, type Steps } from './steps';
import { isDense, writeNumbers } from './tensor-memory';
import { warn } from './warnings';

export interface TruncNormalOptions {
  /** Defaults: 0, 1, -2, 2. */
  readonly mean?: number;
  readonly std?: number;
  readonly a?: number;
  readonly b?: number;
  readonly generator?: Generator;
}

/** Above this share of the normal inside the range, values outside are simply drawn again. */
const MOSTLY_INSIDE = 0.3;
/** Values looked at between two rests. */
const PIECE = 4096;

/** Fills with normal(mean, std) between `a` and `b`. Throws ValueError where no value lies between them. */
export function truncNormal_(tensor: Tensor, options: TruncNormalOptions = {}): Tensor {
  runSteps(truncNormalSteps(tensor, options));
  return tensor;
}

/** The same in steps. */
export function* truncNormalSteps(tensor: Tensor, options: TruncNormalOptions = {}): Steps {
  const { mean = 0, std = 1, a = -2, b = 2, generator = defaultGenerator } = options;
  tensor.assertUsable('<method new_tensor>');
  const dtype = randomDType(tensor.dtype, 'normal_');
  if (!(a < b) || !(std > 0))
    throw new TorchError(
      'ValueError',
      `trunc_normal_ expects a < b and std > 0, but got a=${a}, b=${b}, std=${std}`,
    );
  if (tensor.device !== 'meta' && (mean < a - 2 * std || mean > b + 2 * std))
    warn(
      'UserWarning',
      'mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be incorrect.',
    );
  tensor.noteChange();
  if (tensor.device === 'meta') return;
  const draw = new Draws(dtype, tensor.numel(), generator, tensor.isContiguous());
  const inside = normalBelow((b - mean) / std) - normalBelow((a - mean) / std);
  const values = yield* inside > MOSTLY_INSIDE
    ? redrawn(draw, mean, std, a, b)
    : rejected(draw, mean, std, a, b);
  // In memory order where the elements lie dense in another one.
  const { storage, offset } = tensor;
  const flat = { dtype: tensor.dtype, shape: [values.length], offset };
  yield* writeNumbers(isDense(tensor) ? new Tensor(storage, flat) : tensor, values);
}

/** Fills of one dtype as numbers. */
class Draws {
  constructor(
    readonly dtype: RandomDType,
    readonly count: number,
    readonly generator: Generator,
    readonly isContiguous: boolean,
  ) {}

  normal(mean: number, std: number): Turned<Float64Array> {
    const draw = this.isContiguous ? 'normal' : 'normal_strided';
    return this.generator.numbers(this.dtype, this.count, draw, mean, std);
  }
  uniform(from: number, to: number): Turned<Float64Array> {
    return this.generator.numbers(this.dtype, this.count, 'uniform', from, to);
  }
  /** A number as the dtype holds it. */
  round(value: number): number {
    if (this.dtype === 'float64') return value;
    if (this.dtype === 'float32') return Math.fround(value);
    const { buffer, byteOffset } = encodeElements(this.dtype, [value], 1);
    return Number(readElement(new DataView(buffer, byteOffset), 0, this.dtype));
  }
}

function* redrawn(draw: Draws, mean: number, std: number, a: number, b: number): Turned<Float64Array> {
  const [low, high] = [draw.round(a), draw.round(b)];
  const values = yield* draw.normal(mean, std);
  const isOutside = (value: number): boolean => value < low || value > high;
  for (let left = yield* countOf(values, isOutside); left > 0;) {
    const fresh = yield* draw.normal(mean, std);
    left = 0;
    for (let at = 0; at < values.length; at++) {
      if (isOutside(values[at] ?? 0)) {
        values[at] = fresh[at] ?? NaN;
        if (isOutside(values[at] ?? 0)) left += 1;
      }
      if (at % PIECE === 0) yield;
    }
  }
  return values;
}

function* countOf(values: Float64Array, isMeant: (value: number) => boolean): Turned<number> {
  let count = 0;
  for (let at = 0; at < values.length; at++) {
    if (isMeant(values[at] ?? 0)) count += 1;
    if (at % PIECE === 0) yield;
  }
  return count;
}

function* rejected(draw: Draws, mean: number, std: number, a: number, b: number): Turned<Float64Array> {
  const mode = Math.max(a, Math.min(mean, b));
  const logPeak = -0.5 * ((mode - mean) / std) ** 2;
  const round = (value: number): number => draw.round(value);
  const logDensity = (value: number): number => {
    const scaled = round(round(value - mean) / std);
    return round(round(round(scaled * scaled) * -0.5) - logPeak);
  };
  const values = new Float64Array(draw.count);
  const isPending = new Uint8Array(draw.count).fill(1);
  for (let left = draw.count; left > 0;) {
    const candidates = yield* draw.uniform(a, b);
    const thresholds = yield* draw.uniform(0, 1);
    for (let at = 0; at < draw.count; at++) {
      if (at % PIECE === 0) {
        applyLibm('log', thresholds.subarray(at, at + PIECE));
        yield;
      }
      if (isPending[at] === 0) continue;
      const candidate = candidates[at] ?? NaN;
      values[at] = candidate;
      if (round(thresholds[at] ?? NaN) > logDensity(candidate)) continue;
      isPending[at] = 0;
      left -= 1;
    }
  }
  return values;
}

/** The share of a standard normal below `x`. */
const normalBelow = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;

/** 2/√π · exp(-x²) · Σ 2ⁿ x²ⁿ⁺¹ / (2n+1)!!: all terms of one sign, so nothing cancels. Source: Abramowitz and Stegun 7.1.6. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
