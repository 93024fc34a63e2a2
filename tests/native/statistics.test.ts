// Figures of tensors: against sums written out here, for every element type, with values that are not finite and sizes at the edges.
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { DTYPES, elementSize, type DType } from '#core/tensor/dtype';
import { encodeElements } from '#core/tensor/elements';
import { numel, type Shape } from '#core/tensor/shape';
import { openCpuBackend, type CpuBackend } from '#native';

const backend = openCpuBackend();
const ALL = { bins: 8, rows: 128, columns: 128 };

async function measure(
  values: readonly number[],
  shape: Shape = [values.length],
  dtype: DType = 'float64',
  picture = ALL,
): ReturnType<CpuBackend['measure']> {
  const storage = backend.allocate(numel(shape) * elementSize(dtype));
  const isWide = dtype === 'int64';
  storage.write(
    0,
    encodeElements(
      dtype,
      values.map((value) => (isWide ? BigInt(value) : value)),
      values.length,
    ),
  );
  try {
    return await backend.measure({ storage, dtype, shape, offset: 0 }, picture);
  } finally {
    storage.dispose();
  }
}

test('figures of ordinary values', async () => {
  const found = await measure([3, -1, 0, 2]);
  expect(found).toMatchObject({ count: 4, nan: 0, zeros: 1, min: -1, max: 3, mean: 1 });
  expect(found.norm).toBeCloseTo(Math.sqrt(14), 12);
  expect(found.std).toBeCloseTo(Math.sqrt(10 / 3), 12);
  // Steps of 0.5 from -1; the greatest value belongs to the last.
  expect([...found.histogram]).toEqual([1, 0, 1, 0, 0, 0, 1, 1]);
  expect(found.grid).toEqual({ rows: 1, columns: 4, values: Float32Array.of(3, -1, 0, 2) });
});

test('values that are not finite are counted, and only finite ones are summed', async () => {
  const found = await measure([NaN, 1, Infinity, -Infinity, Infinity, 3]);
  expect(found).toMatchObject({
    nan: 1,
    positive_infinity: 2,
    negative_infinity: 1,
    min: 1,
    max: 3,
    mean: 2,
  });
  expect([...found.histogram].reduce((sum, count) => sum + count)).toBe(2);
  expect([...found.grid.values]).toEqual([NaN, 1, NaN, NaN, NaN, 3]);
});

test('no values, one value, no finite value', async () => {
  const empty = await measure([], [0, 3]);
  expect(empty).toMatchObject({ count: 0, min: NaN, mean: NaN, std: NaN, norm: 0 });
  expect(empty.histogram).toHaveLength(0);
  expect(empty.grid).toEqual({ rows: 0, columns: 0, values: new Float32Array() });
  expect(await measure([5], [])).toMatchObject({ count: 1, min: 5, max: 5, mean: 5, std: NaN, norm: 5 });
  expect(await measure([NaN])).toMatchObject({ count: 1, nan: 1, min: NaN, max: NaN, norm: 0 });
});

test('the largest and the smallest numbers neither overflow nor vanish', async () => {
  const big = await measure([Number.MAX_VALUE, -Number.MAX_VALUE]);
  expect(big).toMatchObject({ mean: 0, max: Number.MAX_VALUE });
  expect([...big.histogram]).toEqual([1, 0, 0, 0, 0, 0, 0, 1]);
  const small = await measure([3e-200, 4e-200]);
  expect(small.norm / 5e-200).toBeCloseTo(1, 12);
});

const NUMERIC = (Object.keys(DTYPES) as DType[]).filter(
  (dtype) =>
    !['uint16', 'uint32', 'uint64'].includes(dtype) &&
    DTYPES[dtype].kind !== 'complex' &&
    DTYPES[dtype].kind !== 'opaque',
);
test.each(NUMERIC)('%s', async (dtype) => {
  const values = dtype === 'bool' ? [1, 0, 1, 1] : [1, 0, 7, 4];
  const found = await measure(values, [2, 2], dtype);
  const sum = values.reduce((total, value) => total + value);
  expect(found).toMatchObject({ count: 4, zeros: 1, mean: sum / 4, max: Math.max(...values) });
  expect([...found.grid.values]).toEqual(values);
});

test('each cell of the picture is the mean of its values, whatever the sizes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 7 }),
      async (rows, columns, most, across) => {
        const values = Array.from({ length: rows * columns }, (_, at) => (at % 13) - 5);
        const { grid } = await measure(values, [rows, columns], 'float32', {
          bins: 0,
          rows: most,
          columns: across,
        });
        const [down, over] = [Math.min(rows, most), Math.min(columns, across)];
        const sums = Array.from({ length: down * over }, () => ({ sum: 0, count: 0 }));
        values.forEach((value, at) => {
          const row = Math.floor((Math.floor(at / columns) * down) / rows);
          const cell = sums[row * over + Math.floor(((at % columns) * over) / columns)];
          if (!cell) throw new Error('outside');
          cell.sum += value;
          cell.count++;
        });
        expect(grid).toMatchObject({ rows: down, columns: over });
        grid.values.forEach((value, at) => {
          const { sum = 0, count = 0 } = sums[at] ?? {};
          expect(value).toBe(Math.fround(sum / count));
        });
      },
    ),
    { numRuns: 60 },
  );
});

test('wrong requests are refused', async () => {
  await expect(measure([1], [1], 'float64', { ...ALL, bins: 5000 })).rejects.toThrow(/bins/);
  await expect(measure([1], [1], 'float64', { ...ALL, rows: -1 })).rejects.toThrow(/rows/);
});
