// torch.nn.init.trunc_normal_: a normal distribution cut off at both ends, by rejection as PyTorch does it since 2.13.
import { TorchError } from '../errors';
import { encodeElements } from '../tensor/elements';
import { elementSize } from '../tensor/dtype';
import type { Tensor } from '../tensor/tensor';
import { randomDType } from './init';
import { defaultGenerator, type Generator, type RandomDType } from './random';
import { convertBytes, isDense, writeDense } from './tensor-memory';

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

/** Fills with normal(mean, std) between `a` and `b`. Throws ValueError where no value lies between them. */
export function truncNormal_(tensor: Tensor, options: TruncNormalOptions = {}): Tensor {
  const { mean = 0, std = 1, a = -2, b = 2, generator = defaultGenerator } = options;
  tensor.assertUsable('<method new_tensor>');
  const dtype = randomDType(tensor.dtype, 'normal_');
  if (!(a < b) || !(std > 0))
    throw new TorchError(
      'ValueError',
      `trunc_normal_ expects a < b and std > 0, but got a=${a}, b=${b}, std=${std}`,
    );
  if (tensor.device === 'meta') return tensor;
  const draw = new Draws(dtype, tensor.numel(), generator, tensor.isContiguous());
  const inside = normalBelow((b - mean) / std) - normalBelow((a - mean) / std);
  const values = inside > MOSTLY_INSIDE ? redrawn(draw, mean, std, a, b) : rejected(draw, mean, std, a, b);
  const bytes = encodeElements(tensor.dtype, Array.from(values), values.length);
  if (isDense(tensor)) tensor.storage.write(tensor.offset * elementSize(tensor.dtype), bytes);
  else writeDense(tensor, bytes);
  return tensor;
}

/** Fills of one dtype as numbers. */
class Draws {
  constructor(
    readonly dtype: RandomDType,
    readonly count: number,
    readonly generator: Generator,
    readonly isContiguous: boolean,
  ) {}

  normal(mean: number, std: number): Float64Array {
    return this.#numbers(this.generator.normal(this.dtype, this.count, mean, std, this.isContiguous));
  }
  uniform(from: number, to: number): Float64Array {
    return this.#numbers(this.generator.uniform(this.dtype, this.count, from, to));
  }
  /** A number as the dtype holds it. */
  round(value: number): number {
    if (this.dtype === 'float64') return value;
    if (this.dtype === 'float32') return Math.fround(value);
    return decode(encodeElements(this.dtype, [value], 1), this.dtype)[0] ?? NaN;
  }
  #numbers({ buffer, byteOffset, byteLength }: Float32Array | Float64Array | Uint16Array): Float64Array {
    return decode(new Uint8Array(buffer, byteOffset, byteLength), this.dtype);
  }
}

const decode = (bytes: Uint8Array, dtype: RandomDType): Float64Array =>
  new Float64Array(convertBytes(bytes, dtype, 'float64').slice().buffer);

function redrawn(draw: Draws, mean: number, std: number, a: number, b: number): Float64Array {
  const [low, high] = [draw.round(a), draw.round(b)];
  const values = draw.normal(mean, std);
  const isOutside = (value: number): boolean => value < low || value > high;
  while (values.some(isOutside)) {
    const fresh = draw.normal(mean, std);
    values.forEach((value, at) => {
      if (isOutside(value)) values[at] = fresh[at] ?? NaN;
    });
  }
  return values;
}

function rejected(draw: Draws, mean: number, std: number, a: number, b: number): Float64Array {
  const mode = Math.max(a, Math.min(mean, b));
  const logPeak = -0.5 * ((mode - mean) / std) ** 2;
  const round = (value: number): number => draw.round(value);
  const logDensity = (value: number): number => {
    const scaled = round(round(value - mean) / std);
    return round(round(round(scaled * scaled) * -0.5) - logPeak);
  };
  const values = new Float64Array(draw.count);
  const isPending = new Array<boolean>(draw.count).fill(true);
  while (isPending.includes(true)) {
    const candidates = draw.uniform(a, b);
    const thresholds = draw.uniform(0, 1);
    for (let at = 0; at < draw.count; at++) {
      if (isPending[at] !== true) continue;
      const candidate = candidates[at] ?? NaN;
      values[at] = candidate;
      isPending[at] = round(Math.log(thresholds[at] ?? 0)) > logDensity(candidate);
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
