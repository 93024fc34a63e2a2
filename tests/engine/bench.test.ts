// The workloads of `lazuli bench`: that each named one runs, what a measurement says, and that nothing stays in memory.
import { expect, test } from 'vitest';

import { cpuBackend } from '#engine/backend';
import { BENCH_CASES, BENCH_DEFAULT, benchCases, runBench, type BenchOptions } from '#engine/bench/index';
import { quantile } from '#engine/bench/measure';

const brief: BenchOptions = { device: 'cpu', dtype: 'float32', batch: 2, threads: 2, seconds: 0.001 };

test.each(BENCH_DEFAULT)('the training step %s is measured with its memory', async (name) => {
  const { native } = cpuBackend();
  const before = native.live();
  const [each] = benchCases([name]);
  if (!each) throw new Error(name);
  const result = await runBench(each, brief, { isProfiled: true });
  expect(result).toMatchObject({ name, device: 'cpu', threads: 2, dtype: 'float32', batch: 2 });
  expect(result.steps).toBeGreaterThanOrEqual(3);
  expect(result.p10_ms).toBeGreaterThan(0);
  expect(result.median_ms).toBeGreaterThanOrEqual(result.p10_ms);
  expect(result.p90_ms).toBeGreaterThanOrEqual(result.median_ms);
  expect(result.peak_bytes).toBeGreaterThanOrEqual(result.minimum_bytes ?? Infinity);
  const profile = result.profile ?? [];
  expect(profile.map(({ op }) => op)).toContain('adam_step');
  expect(profile.every(({ seconds, text }) => seconds > 0 && text.length > 0)).toBe(true);
  expect(native.live()).toMatchObject({ storages: before.storages, programs: before.programs });
});

test.each(BENCH_DEFAULT)(
  'the training step %s takes at most 1.15 times the least memory there is',
  async (name) => {
    const [each] = benchCases([name]);
    if (!each) throw new Error(name);
    const { peak_bytes, minimum_bytes = NaN } = await runBench(each, { ...brief, batch: null });
    expect(peak_bytes / minimum_bytes).toBeGreaterThanOrEqual(1);
    expect(peak_bytes / minimum_bytes).toBeLessThanOrEqual(1.15);
  },
);

test('every small workload runs in float32 and float64', async () => {
  const small = BENCH_CASES.filter(
    ({ name, group }) => group === 'overhead' || /_64x64x64$|opt_adam_mlp|_64x1->32x28$/.test(name),
  );
  expect(small.length).toBeGreaterThan(10);
  for (const each of small)
    for (const dtype of ['float32', 'float64'] as const) {
      const { median_ms } = await runBench(each, { ...brief, batch: null, dtype });
      expect(median_ms, `${each.name} ${dtype}`).toBeGreaterThan(0);
    }
});

test('names are unique, a star takes all that begin so, and an unknown one is refused with a suggestion', () => {
  const names = BENCH_CASES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(benchCases(['gemm_nt_*']).every(({ name }) => name.startsWith('gemm_nt_'))).toBe(true);
  expect(() => benchCases(['mlp_b63'])).toThrow(/no workload 'mlp_b63'/);
});

test('a dtype that a workload does not have is refused', async () => {
  const [each] = benchCases(['io_save_1g']);
  if (!each) throw new Error('io_save_1g');
  await expect(runBench(each, { ...brief, dtype: 'bfloat16' })).rejects.toThrow(/not measured in bfloat16/);
});

test('quantiles lie between neighbours', () => {
  const values = Float64Array.of(1, 2, 4, 8);
  expect([0, 0.5, 1].map((part) => quantile(values, part))).toEqual([1, 3, 8]);
});
