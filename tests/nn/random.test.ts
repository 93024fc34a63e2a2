// The random streams against real PyTorch (scripts/golden/random_streams.py), and the algebra behind them.
import { createHash } from 'node:crypto';

import { fma32, fma64 } from '#core/nn/exact-arithmetic';
import {
  fromBFloat16Bits,
  fromFloat16Bits,
  toBFloat16Bits,
  toFloat16Bits,
} from '#core/tensor/half-precision';
import type { RandomDType } from '#core/nn/random';
import { DEFAULT_SEED, defaultGenerator, Generator } from '#core/nn/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import golden from '../golden/random.json';

type Drawn = Float32Array | Float64Array | Uint16Array | Uint8Array | BigInt64Array;
const bytesOf = (values: Drawn): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const head = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, 64)).toString('hex');

interface Case {
  steps: string;
  seed: string;
  count: number;
  dtype?: string;
  a?: number;
  b?: number;
  low?: number;
  high?: string;
}

const asDType = (name: string | undefined): RandomDType =>
  name === 'float64' || name === 'float16' || name === 'bfloat16' ? name : 'float32';

function draw(call: Case): Drawn {
  const generator = new Generator(BigInt(call.seed));
  const { count, a = 0, b = 1 } = call;
  const dtype = asDType(call.dtype);
  if (call.steps === 'uniform') return generator.uniform(dtype, count, a, b);
  if (call.steps === 'normal') return generator.normal(dtype, count, a, b);
  if (call.steps === 'randperm') return BigInt64Array.from(generator.randperm(count), BigInt);
  if (call.steps === 'bernoulli') return generator.bernoulli(count, a);
  if (call.steps === 'dropout') {
    const scale = Math.fround(1 / Math.fround(1 - a));
    return Float32Array.from(generator.bernoulli(count, 1 - a), (kept) => kept * scale);
  }
  if (call.steps === 'bernoulliOf')
    return generator.bernoulliOf(
      dtype === 'float64' ? new Float64Array(count).fill(a) : new Float32Array(count).fill(a),
    );
  return generator.randint(count, call.low ?? 0, BigInt(call.high ?? 0));
}

const RULES: Record<string, string> = {
  uniform: 'RANDOM-4',
  normal: 'RANDOM-6',
  randperm: 'RANDOM-8',
  randint: 'RANDOM-9',
  bernoulli: 'RANDOM-10',
  dropout: 'RANDOM-10',
  bernoulliOf: 'RANDOM-10',
};

/** Equal but for the last bits of at most one value in a hundred (libm's logarithm and sine against the exact ones). */
function expectLibmEqual(drawn: number[], expected: number[]): void {
  const differing = drawn.filter((value, index) => value !== expected[index]);
  expect(differing.length).toBeLessThanOrEqual(Math.ceil(drawn.length / 100));
  for (const [index, value] of drawn.entries())
    expect(Math.abs(value - (expected[index] ?? NaN))).toBeLessThanOrEqual(
      4e-16 * Math.max(1, Math.abs(value)),
    );
}

describe('random streams equal PyTorch bit for bit', () => {
  for (const call of golden.cases as (Case & { sha256: string; head: string; values?: number[] })[]) {
    const { steps, seed, dtype = 'int64', count, a, b, high } = call;
    const range = high ?? [a, b].filter((bound) => bound !== undefined).join(', ');
    it(`${RULES[steps] ?? ''} ${steps}(${range}) ${dtype} ×${count}, seed ${seed}`, () => {
      const drawn = draw(call);
      if (call.values) return expectLibmEqual(Array.from(drawn, Number), call.values);
      const bytes = bytesOf(drawn);
      expect(head(bytes)).toBe(call.head);
      expect(hash(bytes)).toBe(call.sha256);
    });
  }

  it('RANDOM-7 an odd number of single normals keeps one for the next call, whatever its dtype', () => {
    const generator = new Generator(4);
    const drawn = [
      generator.normal('float32', 7),
      generator.normal('float64', 4),
      generator.uniform('float32', 3),
      generator.normal('float32', 20),
      generator.normal('float32', 2),
    ];
    expect(drawn.map((values) => hash(bytesOf(values)))).toEqual(
      golden.sequence.map((entry) => entry.sha256),
    );
  });

  it('RANDOM-7 a strided tensor takes single normals at any size', () => {
    const values = new Generator(4).normal('float32', 16, 0, 1, false);
    expect(hash(bytesOf(values))).toBe(golden.strided.sha256);
  });

  it('RANDOM-10 bernoulli takes 53 bits for each element', () => {
    const generator = new Generator(0);
    const other = new Generator(0);
    const expected = Array.from(other.uniform('float64', 200), (value) => (value < 0.3 ? 1 : 0));
    expect(Array.from(generator.bernoulli(200, 0.3))).toEqual(expected);
    expect(generator.random()).toBe(other.random());
  });
});

describe('seeds and states', () => {
  it('RANDOM-1 a generator nobody seeded has PyTorch’s default seed', () => {
    expect(String(DEFAULT_SEED)).toBe(golden.initialSeed);
    expect(String(new Generator().initialSeed())).toBe(golden.initialSeed);
    expect(defaultGenerator).toBeInstanceOf(Generator);
  });

  it('RANDOM-2 only the low 32 bits of a seed reach the stream, and negative ones wrap', () => {
    expect(new Generator(2n ** 32n + 7n).random()).toBe(new Generator(7).random());
    expect(new Generator(-1).random()).toBe(new Generator(2n ** 64n - 1n).random());
    expect(new Generator(-1).initialSeed()).toBe(2n ** 64n - 1n);
    expect(() => new Generator(2n ** 64n)).toThrow('Overflow when unpacking long long');
    expect(() => new Generator(0.5)).toThrow('manual_seed expected a long, but got float');
  });

  it('RANDOM-2 random64 draws the high word first', () => {
    const [words, wide] = [new Generator(3), new Generator(3)];
    expect(wide.random64()).toBe((BigInt(words.random()) << 32n) | BigInt(words.random()));
  });

  it('RANDOM-3 state bytes are those of torch.get_rng_state', () => {
    const generator = new Generator(11);
    const hex = (): string => Buffer.from(generator.getState()).toString('hex');
    expect(hex()).toBe(golden.states.fresh);
    generator.normal('float32', 3);
    expect(hex()).toBe(golden.states['after 3 normals']);
    generator.uniform('float32', 2000);
    expect(hex()).toBe(golden.states['after 2000 uniforms']);
  });

  it('RANDOM-3 a state set, restored or forked continues the same stream, cached normal included', () => {
    const generator = new Generator(5);
    generator.normal('float64', 3);
    const [state, snapshot, fork] = [generator.getState(), generator.snapshot(), generator.fork()];
    const expected = Array.from(generator.normal('float64', 700));
    expect(Array.from(fork.normal('float64', 700))).toEqual(expected);
    generator.restore(snapshot);
    expect(Array.from(generator.normal('float64', 700))).toEqual(expected);
    const fresh = new Generator(0);
    fresh.setState(state);
    expect(Array.from(fresh.normal('float64', 700))).toEqual(expected);
  });

  it('RANDOM-3 bytes that are no state are refused and change nothing', () => {
    const generator = new Generator(5);
    const before = generator.getState();
    expect(() => generator.setState(new Uint8Array(10))).toThrow(
      'Expected a CPUGeneratorImplState of size 5056 but found the input RNG state size to be 10',
    );
    expect(() => generator.setState(new Uint8Array(5056))).toThrow('Invalid mt19937 state');
    expect(generator.getState()).toEqual(before);
  });

  it('RANDOM-5 impossible ranges are refused with PyTorch’s words', () => {
    const generator = new Generator(0);
    expect(() => generator.uniform('float32', 1, 1, 0)).toThrow(
      'uniform_ expects to return a [from, to) range, but found from=1 > to=0',
    );
    expect(() => generator.normal('float32', 1, 0, -1)).toThrow(
      'normal expects std >= 0.0, but found std -1',
    );
    expect(() => generator.bernoulli(1, 2)).toThrow('bernoulli_ expects p to be in [0, 1], but got p=2');
    expect(() => generator.randint(1, 3, 3)).toThrow(
      "random_ expects 'from' to be less than 'to', but got from=3 >= to=3",
    );
  });

  it('RANDOM-11 a fill of a million draws a million numbers', () => {
    const filled = new Generator(0);
    filled.uniform('float32', 1_000_000, -0.1, 0.1);
    const stepped = new Generator(0);
    for (let drawn = 0; drawn < 1_000_000; drawn++) stepped.random();
    expect(filled.random()).toBe(stepped.random());
  });
});

/** Exact a·b + c as a fraction of 2^-k integers, compared with the result's two neighbours. */
const asInteger = (x: number): bigint => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const field = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const size = (field === 0 ? fraction : fraction | (1n << 52n)) << BigInt(Math.max(field, 1) - 1);
  return bits >> 63n === 1n ? -size : size;
};
const magnitude = (x: bigint): bigint => (x < 0n ? -x : x);

describe('exact arithmetic', () => {
  const ONE = asInteger(1);
  const double = fc.double({ noNaN: true, noDefaultInfinity: true });
  const modest = fc.double({ min: -4, max: 4, noNaN: true });
  const neighbours = (x: number): number[] => {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, x);
    const bits = view.getBigInt64(0);
    return [bits + 1n, bits - 1n].map((value) => {
      view.setBigInt64(0, value);
      return view.getFloat64(0);
    });
  };
  const isNearest = (a: number, b: number, c: number): void => {
    const result = fma64(a, b, c);
    if (!Number.isFinite(result)) return;
    const exact = asInteger(a) * asInteger(b) + asInteger(c) * ONE;
    const distance = magnitude(exact - asInteger(result) * ONE);
    for (const other of neighbours(result))
      if (Number.isFinite(other)) expect(distance <= magnitude(exact - asInteger(other) * ONE)).toBe(true);
  };

  it('RANDOM-4 fma64 rounds once, for any exponents', () => {
    fc.assert(fc.property(modest, modest, modest, isNearest), { numRuns: 2000 });
    fc.assert(fc.property(double, double, double, isNearest), { numRuns: 500 });
    fc.assert(
      fc.property(double, modest, (a, b) => isNearest(a, b, -(a * b))),
      { numRuns: 500 },
    );
    expect(fma64(0.1, 10, -1)).toBe(2 ** -54);
    expect(fma64(2 ** -600, 2 ** -474, 0)).toBe(2 ** -1074);
    expect(fma64(1e200, 1e200, -Infinity)).toBe(-Infinity);
  });

  it('RANDOM-4 fma32 rounds once where doubles round twice', () => {
    // 1 + 2^-24 lies between two floats; the 2^-80 beyond it decides.
    expect(fma32(2 ** -40, 2 ** -40, 1 + 2 ** -24)).toBe(1 + 2 ** -23);
    expect(fma32(-(2 ** -40), 2 ** -40, 1 + 2 ** -24)).toBe(1);
    expect(fma32(1, 2 ** -24, 1)).toBe(1);
  });

  it('RANDOM-4 half precision patterns round to nearest even and back', () => {
    for (let pattern = 0; pattern < 65536; pattern++) {
      const half = fromFloat16Bits(pattern);
      if (!Number.isNaN(half)) expect(toFloat16Bits(half)).toBe(pattern);
      const brain = fromBFloat16Bits(pattern);
      if (!Number.isNaN(brain)) expect(toBFloat16Bits(brain)).toBe(pattern);
    }
    expect(fromFloat16Bits(toFloat16Bits(65519.99))).toBe(65504);
    expect(fromFloat16Bits(toFloat16Bits(65520))).toBe(Infinity);
    expect(fromFloat16Bits(toFloat16Bits(2 ** -25))).toBe(0);
    expect(fromFloat16Bits(toFloat16Bits(1 + 2 ** -11))).toBe(1);
    expect(fromFloat16Bits(toFloat16Bits(1 + 3 * 2 ** -11))).toBe(1 + 2 ** -9);
    expect(fromBFloat16Bits(toBFloat16Bits(1 + 2 ** -8))).toBe(1);
    expect(toFloat16Bits(NaN)).toBe(0x7e00);
    expect(toBFloat16Bits(NaN)).toBe(0x7fc0);
  });
});
