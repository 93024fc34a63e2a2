// PyTorch's CPU random numbers, bit for bit: a generator and the fills over it. Source: at::CPUGeneratorImpl, ATen's
// distribution templates (x86 kernels with fused multiply-add, builds without MKL).
import { TorchError } from '../errors';
import { boxMullerFloat32, boxMullerFloat64 } from './box-muller';
import { fma32, fma64 } from './exact-arithmetic';
import { fromBFloat16Bits, fromFloat16Bits, toBFloat16Bits, toFloat16Bits } from '../tensor/half-precision';
import { libm } from './libm';
import { typeName } from './python-names';
import { checkProbabilities, checkProbability, checkStd, checkUniformBounds } from './random-checks';
import { MersenneTwister } from './mersenne-twister';
import type { Turned } from '../turns';
import type { StepQueue } from './steps';

/** The element types random floats come in. */
export type RandomDType = 'float32' | 'float64' | 'float16' | 'bfloat16';
/** Drawn values; float16 and bfloat16 as bit patterns. */
export interface RandomValues {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
}

/** `torch.initial_seed()` of a generator nobody seeded. */
export const DEFAULT_SEED = 67280421310721n;
const HALF = {
  float16: { to: toFloat16Bits, from: fromFloat16Bits },
  bfloat16: { to: toBFloat16Bits, from: fromBFloat16Bits },
} as const;
const WIDE_RANGE = 1n << 28n;
const BLOCK = 16;
/** Values drawn at a time where the thread must not be held for long: about a millisecond's. Multiples of a block. */
const PIECE = { float32: 4096, float64: 1024, float16: 4096, bfloat16: 4096 } as const;

/** Some of the values of a fill, from element `at` on. */
export interface Piece {
  readonly at: number;
  readonly values: Float32Array | Float64Array | Uint16Array;
}

/** A generator's state at one moment, to be given to `restore`. */
export interface GeneratorSnapshot {
  readonly state: Uint8Array;
}

const overflow = (details: { readonly expected: string; readonly got: string }): TorchError =>
  new TorchError('ValueError', 'Overflow when unpacking long long', 'parameter_invalid', details);

/** One stream of random numbers: `torch.Generator` on the CPU. */
export class Generator {
  /** Where initial values that are put off wait; null while every fill draws at once. */
  pending: StepQueue | null = null;
  readonly #engine = new MersenneTwister();

  constructor(seed: number | bigint = DEFAULT_SEED) {
    this.manualSeed(seed);
  }

  /** Starts the stream of `seed`, from -2^63 to 2^64 - 1 (negative ones wrap). Forgets the cached normal. */
  manualSeed(seed: number | bigint): this {
    if (typeof seed !== 'bigint' && !Number.isInteger(seed))
      throw new TorchError('RuntimeError', `manual_seed expected a long, but got ${typeName(seed)}`);
    const whole = BigInt(seed);
    if (whole < -(1n << 63n) || whole >= 1n << 64n)
      throw overflow({ expected: 'a seed from -2^63 to 2^64 - 1', got: String(whole) });
    this.#engine.reseed(whole);
    return this;
  }

  /** The seed, as an unsigned 64-bit number. */
  initialSeed(): bigint {
    return this.#engine.seed;
  }

  /** The next 32 bits. */
  random(): number {
    return this.#engine.random();
  }

  /** 64 bits; the first draw is the high word. */
  random64(): bigint {
    const high = BigInt(this.random());
    return (high << 32n) | BigInt(this.random());
  }

  /** The 5056 bytes of `torch.get_rng_state()`. */
  getState(): Uint8Array {
    return this.#engine.toBytes();
  }
  setState(state: Uint8Array): void {
    if (!ArrayBuffer.isView(state))
      throw new TorchError('TypeError', `expected a torch.ByteTensor, but got ${typeName(state)}`);
    if (!(state instanceof Uint8Array))
      throw new TorchError('TypeError', 'RNG state must be a torch.ByteTensor');
    this.#engine.setBytes(state);
  }
  snapshot(): GeneratorSnapshot {
    return { state: this.getState() };
  }
  restore(snapshot: GeneratorSnapshot): void {
    this.setState(snapshot.state);
  }
  /** An independent generator that continues from here. */
  fork(): Generator {
    const copy = new Generator(0);
    copy.#engine.copyFrom(this.#engine);
    return copy;
  }

  /** `count` values of `tensor.uniform_(from, to)`. */
  uniform<D extends RandomDType>(dtype: D, count: number, from?: number, to?: number): RandomValues[D];
  uniform(dtype: RandomDType, count: number, from = 0, to = 1): RandomValues[RandomDType] {
    checkUniformBounds(dtype, from, to);
    if (dtype === 'float64') return this.#uniformFloat64(count, from, to);
    const values = this.#uniformFloat32(count, from, to);
    if (dtype === 'float32') return values;
    const { to: encode } = HALF[dtype];
    // A draw that rounds up to `to` becomes `from`, so that the range stays half open.
    const limit = encode(to);
    const start = encode(from);
    return Uint16Array.from(values, (value) => {
      const pattern = encode(value);
      return pattern === limit ? start : pattern;
    });
  }

  /** `count` values of `tensor.normal_(mean, std)`; a non-contiguous tensor never takes the blocks of 16. */
  normal<D extends RandomDType>(
    dtype: D,
    count: number,
    mean?: number,
    std?: number,
    isContiguous?: boolean,
  ): RandomValues[D];
  normal(
    dtype: RandomDType,
    count: number,
    mean = 0,
    std = 1,
    isContiguous = true,
  ): RandomValues[RandomDType] {
    checkStd(std);
    if (count < BLOCK || !isContiguous) return this.#fewNormals(dtype, count, mean, std);
    if (dtype === 'float64') return this.#normalFloat64(count, mean, std);
    if (dtype === 'float32') return this.#normalFloat32(count, mean, std);
    return Uint16Array.from(this.#normalInBlocks(count, mean, std), HALF[dtype].to);
  }

  /** The values of `uniform`, in order and in pieces; what is not taken is not drawn. */
  *uniformPieces(dtype: RandomDType, count: number, from = 0, to = 1): Iterable<Piece> {
    const step = PIECE[dtype];
    if (count === 0) this.uniform(dtype, 0, from, to);
    for (let at = 0; at < count; at += step)
      yield { at, values: this.uniform(dtype, Math.min(step, count - at), from, to) };
  }
  /** The values of `normal` of a contiguous tensor, in pieces; the last one may lie over the end of the one before. */
  *normalPieces(dtype: RandomDType, count: number, mean = 0, std = 1): Iterable<Piece> {
    if (count < BLOCK) {
      yield { at: 0, values: this.normal(dtype, count, mean, std) };
      return;
    }
    const rest = count % BLOCK;
    const step = PIECE[dtype];
    for (let at = 0; at < count - rest; at += step)
      yield { at, values: this.normal(dtype, Math.min(step, count - rest - at), mean, std) };
    if (rest === 0) return;
    // float32 and float64 have drawn the rest with all the others before it is drawn afresh.
    if (dtype === 'float32' || dtype === 'float64') this.uniform(dtype, rest);
    yield { at: count - BLOCK, values: this.normal(dtype, BLOCK, mean, std) };
  }

  /** The values of `uniform` or, contiguous or not, of `normal`, as numbers; in turns. */
  *numbers(
    dtype: RandomDType,
    count: number,
    draw: 'uniform' | 'normal' | 'normal_strided',
    first?: number,
    second?: number,
  ): Turned<Float64Array> {
    const values = new Float64Array(count);
    const pieces =
      draw === 'uniform'
        ? this.uniformPieces(dtype, count, first, second)
        : draw === 'normal'
          ? this.normalPieces(dtype, count, first, second)
          : [{ at: 0, values: this.normal(dtype, count, first, second, false) }];
    for (const piece of pieces) {
      if (dtype === 'float16' || dtype === 'bfloat16')
        values.set(Array.from(piece.values, HALF[dtype].from), piece.at);
      else values.set(piece.values, piece.at);
      yield;
    }
    return values;
  }

  /** A permutation of 0 .. count - 1: `torch.randperm`. */
  randperm(count: number): Uint32Array {
    if (count < 0)
      throw new TorchError(
        'RuntimeError',
        `Trying to create tensor with negative dimension ${count}: [${count}]`,
      );
    const order = Uint32Array.from({ length: count }, (_, index) => index);
    for (let index = 0; index < count - 1; index++) {
      const other = index + (this.random() % (count - index));
      const kept = order[index] ?? 0;
      order[index] = order[other] ?? 0;
      order[other] = kept;
    }
    return order;
  }

  /** `count` integers of [low, high): `torch.randint`. Ranges from 2^28 on take 64 bits each. */
  randint(count: number, low: number | bigint, high: number | bigint): BigInt64Array {
    const start = BigInt(low);
    if (start < -(1n << 63n) || BigInt(high) >= 1n << 63n)
      throw overflow({ expected: 'bounds of 64 bits', got: `${start} and ${BigInt(high)}` });
    const range = BigInt(high) - start;
    if (range <= 0n)
      throw new TorchError(
        'RuntimeError',
        `random_ expects 'from' to be less than 'to', but got from=${start} >= to=${BigInt(high)}`,
      );
    const values = new BigInt64Array(count);
    if (range >= WIDE_RANGE)
      for (let index = 0; index < count; index++) values[index] = (this.random64() % range) + start;
    else {
      const narrow = Number(range);
      for (let index = 0; index < count; index++) values[index] = BigInt(this.random() % narrow) + start;
    }
    return values;
  }

  /** `count` values of `tensor.bernoulli_(probability)`: 1 with that probability, else 0. */
  bernoulli(count: number, probability = 0.5): Uint8Array {
    checkProbability(probability);
    const values = new Uint8Array(count);
    for (let index = 0; index < count; index++) values[index] = this.#uniform53() < probability ? 1 : 0;
    return values;
  }

  /** `torch.bernoulli(probabilities)`: one draw for each, 24 bits for float32, 53 for float64. */
  bernoulliOf(probabilities: Float32Array | Float64Array): Uint8Array {
    checkProbabilities(probabilities);
    const draw = probabilities instanceof Float64Array ? () => this.#uniform53() : () => this.#uniform24();
    return Uint8Array.from(probabilities, (probability) => (draw() < probability ? 1 : 0));
  }

  #uniform24(): number {
    return (this.#engine.random() & 0xffffff) * 2 ** -24;
  }

  /** The 53 low bits of 64: 21 of the first draw, all 32 of the second. */
  #uniform53(): number {
    const high = this.#engine.random() & 0x1fffff;
    return (high * 4294967296 + this.#engine.random()) * 2 ** -53;
  }

  #uniformFloat32(count: number, from: number, to: number): Float32Array {
    const start = Math.fround(from);
    const width = Math.fround(Math.fround(to) - start);
    const engine = this.#engine;
    const values = new Float32Array(count);
    for (let index = 0; index < count; index++)
      values[index] = fma32((engine.random() & 0xffffff) * 2 ** -24, width, start);
    return values;
  }

  #uniformFloat64(count: number, from: number, to: number): Float64Array {
    const width = to - from;
    const values = new Float64Array(count);
    for (let index = 0; index < count; index++) values[index] = fma64(this.#uniform53(), width, from);
    return values;
  }

  /** One value at a time, in double, whatever the dtype; an odd one is kept for the next call. */
  #fewNormals(dtype: RandomDType, count: number, mean: number, std: number): RandomValues[RandomDType] {
    const values = new Float64Array(count);
    for (let index = 0; index < count; index++) values[index] = fma64(this.#nextNormal(), std, mean);
    if (dtype === 'float64') return values;
    return dtype === 'float32' ? Float32Array.from(values) : Uint16Array.from(values, HALF[dtype].to);
  }

  #nextNormal(): number {
    const engine = this.#engine;
    const kept = engine.cachedNormal;
    if (kept !== null) {
      engine.cachedNormal = null;
      return kept;
    }
    const angle = 2 * Math.PI * this.#uniform53();
    const radius = Math.sqrt(-2 * libm('log1p', -this.#uniform53()));
    engine.cachedNormal = radius * libm('sin', angle);
    return radius * libm('cos', angle);
  }

  #normalFloat32(count: number, mean: number, std: number): Float32Array {
    const center = Math.fround(mean);
    const spread = Math.fround(std);
    const data = this.#uniformFloat32(count, 0, 1);
    for (let at = 0; at + BLOCK <= count; at += BLOCK) boxMullerFloat32(data, at, center, spread);
    if (count % BLOCK !== 0) {
      data.set(this.#uniformFloat32(BLOCK, 0, 1), count - BLOCK);
      boxMullerFloat32(data, count - BLOCK, center, spread);
    }
    return data;
  }

  /** As float16 and bfloat16 are drawn: block after block, so the rest of a last block is never drawn twice. */
  #normalInBlocks(count: number, mean: number, std: number): Float32Array {
    const center = Math.fround(mean);
    const spread = Math.fround(std);
    const data = new Float32Array(count);
    for (let at = 0; at < count; at += BLOCK) {
      const start = Math.min(at, count - BLOCK);
      data.set(this.#uniformFloat32(BLOCK, 0, 1), start);
      boxMullerFloat32(data, start, center, spread);
    }
    return data;
  }

  #normalFloat64(count: number, mean: number, std: number): Float64Array {
    const data = this.#uniformFloat64(count, 0, 1);
    const rest = count % BLOCK;
    boxMullerFloat64(data, 0, count - rest, mean, std);
    if (rest !== 0) {
      data.set(this.#uniformFloat64(BLOCK, 0, 1), count - BLOCK);
      boxMullerFloat64(data, count - BLOCK, BLOCK, mean, std);
    }
    return data;
  }
}

/** The generator used where none is given: `torch.default_generator`. */
export const defaultGenerator = new Generator();
