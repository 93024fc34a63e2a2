// Sizes from JavaScript against arithmetic without limits: what does not fit is refused, however its product would wrap.
// RELIABILITY 22.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { loadNative } from '#native';

const native = loadNative();
const MOST = 2n ** 53n;
const BYTES = 4096;
const SIZES = { float32: 4n, float64: 8n, int64: 8n, uint8: 1n, bool: 1n } as const;
type Typed = keyof typeof SIZES;

/** Sizes around every power of two that matters, and small ones, so that many calls fit. */
const size = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 9 }) },
  { weight: 2, arbitrary: fc.constantFrom(16, 31, 32, 33, 255, 256, 1023, 1024, 4096) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(15, 16, 31, 32, 33, 40, 48, 52, 53), fc.integer({ min: -1, max: 1 }))
      .map(([power, more]) => Math.min(2 ** power + more, 2 ** 53)),
  },
);
const dtype = fc.constantFrom(...(Object.keys(SIZES) as Typed[]));
const offset = fc.oneof(size, fc.nat({ max: BYTES }));

/** Sizes of 0 count for the elements, not for whether the rest can be counted. */
const product = (sizes: readonly number[]): bigint => sizes.reduce((all, each) => all * BigInt(each), 1n);

function fits(shape: readonly number[], at: number, type: Typed): boolean {
  const needed = product(shape) * SIZES[type];
  return (
    product(shape.filter((each) => each !== 0)) <= MOST &&
    BigInt(at) % SIZES[type] === 0n &&
    BigInt(at) <= BigInt(BYTES) &&
    needed <= BigInt(BYTES) - BigInt(at)
  );
}

function isTaken(body: () => void): boolean {
  try {
    body();
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/^(native_failed|out_of_memory)$/) as string });
    return false;
  }
}

describe('sizes', () => {
  it('of a tensor in a storage are taken exactly where they fit', () => {
    const storage = native.allocate(BYTES);
    fc.assert(
      fc.property(fc.array(size, { maxLength: 6 }), offset, dtype, (shape, at, type) => {
        const tensor = { storage, offset: at, dtype: type, shape };
        const taken = isTaken(() => native.execute('fill', [], [tensor], { shape, dtype: type, value: 0 }));
        // As an attribute a size is below 2^53, and a shape, sizes of 0 left out, has at most 2^48 elements.
        const isAttribute =
          shape.every((each) => each < 2 ** 53) && product(shape.filter((each) => each !== 0)) <= 2n ** 48n;
        expect(taken).toBe(isAttribute && fits(shape, at, type));
      }),
      { numRuns: 3000 },
    );
    storage.dispose();
  });

  it('of a buffer in a program’s arena are taken exactly where they fit', () => {
    fc.assert(
      fc.property(fc.array(size, { maxLength: 6 }), offset, dtype, (shape, at, type) => {
        const taken = isTaken(() =>
          native
            .createProgram({
              buffers: [{ kind: 'arena', offset: at, dtype: type, shape }],
              instructions: [],
              arenaBytes: BYTES,
            })
            .dispose(),
        );
        expect(taken).toBe(fits(shape, at, type));
      }),
      { numRuns: 1000 },
    );
  });

  it('and strides reach exactly what lies inside', () => {
    const [from, to] = [native.allocate(64), native.allocate(BYTES)];
    const source = { storage: from, offset: 0, dtype: 'float32', shape: [16] };
    const stride = fc.oneof(fc.integer({ min: -8, max: 8 }), size);
    const axes = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), stride), { maxLength: 4 });
    fc.assert(
      fc.property(axes, fc.oneof(fc.integer({ min: 0, max: 16 }), size), (given, start) => {
        const [shape, strides] = [given.map(([n]) => n), given.map(([, step]) => step)];
        const target = { storage: to, offset: 0, dtype: 'float32', shape };
        const ends = given.map(([n, step]) => BigInt(n - 1) * BigInt(step));
        const least = ends.reduce((sum, end) => (end < 0n ? sum + end : sum), BigInt(start));
        const most = ends.reduce((sum, end) => (end > 0n ? sum + end : sum), BigInt(start));
        const isInside = shape.includes(0) || (least >= 0n && most < 16n);
        const taken = isTaken(() =>
          native.execute('strided_copy', [source], [target], { shape, strides, offset: start }),
        );
        expect(taken).toBe(isInside);
      }),
      { numRuns: 2000 },
    );
    from.dispose();
    to.dispose();
  });

  it('of storages past what a machine has are refused', () => {
    fc.assert(
      fc.property(fc.integer({ min: 42, max: 53 }), fc.nat({ max: 1000 }), (power, less) => {
        expect(isTaken(() => native.allocate(2 ** power - less).dispose())).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  it('whose bytes wrap to 4 are refused', () => {
    const shape = [5, 5581, 8681, 49477, 384773];
    expect((product(shape) * 4n) % 2n ** 64n).toBe(4n);
    const storage = native.allocate(BYTES);
    const tensor = { storage, offset: 0, dtype: 'float32', shape };
    expect(() => native.execute('fill', [], [tensor], { shape, dtype: 'float32', value: 0 })).toThrow(
      /2\^53|64 bits/,
    );
    storage.dispose();
  });
});
