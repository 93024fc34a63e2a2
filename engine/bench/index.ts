// The table of workloads that `lazuli bench` knows, and running one of them. A new family is one line in BENCH_CASES.
import { LazuliError } from '#core/errors';
import { nearest } from '#core/layers/suggest';

import { cpuBackend, gpuBackend, useThreads } from '../backend';
import type { BenchCase, BenchSettings, InstructionTime } from './case';
import { IO_CASES } from './io';
import { measure, type Measurement } from './measure';
import { PRIMITIVE_CASES } from './primitives';
import { STEP_CASES } from './steps';

export type { BenchCase, BenchGroup, InstructionTime } from './case';
export { BENCH_GROUPS } from './case';

export const BENCH_CASES: readonly BenchCase[] = [...STEP_CASES, ...PRIMITIVE_CASES, ...IO_CASES];

/** What `bench` runs when nothing is named. */
export const BENCH_DEFAULT = ['mlp_b64', 'mlp_b8', 'cnn_b64', 'tenc_b16'];

/** The workloads of some names, in the order given; a name may end in `*`. Throws `usage` for one that is unknown. */
export function benchCases(names: readonly string[]): readonly BenchCase[] {
  return names.flatMap((name) => {
    const fits = name.endsWith('*')
      ? BENCH_CASES.filter((each) => each.name.startsWith(name.slice(0, -1)))
      : BENCH_CASES.filter((each) => each.name === name);
    if (fits.length > 0) return fits;
    const meant = nearest(
      name,
      BENCH_CASES.map((each) => each.name),
    );
    throw new LazuliError('usage', `there is no workload '${name}'`, {
      where: 'name',
      expected: 'a name that lazuli bench --list shows',
      got: name,
      ...(meant === null ? {} : { hint: `did you mean ${meant}?` }),
    });
  });
}

export interface BenchOptions extends BenchSettings {
  /** 0: as many as there are cores. */
  readonly threads: number;
  /** About how long to measure. */
  readonly seconds: number;
  readonly signal?: AbortSignal;
}

/** One line of `lazuli bench --json`. */
export interface BenchResult extends Measurement {
  readonly name: string;
  readonly device: string;
  readonly threads: number;
  readonly dtype: string;
  readonly batch?: number;
  /** Native memory at its fullest: values, arena and scratch. */
  readonly peak_bytes: number;
  /** What no plan could do without; absent where that is not known. */
  readonly minimum_bytes?: number;
  readonly gflops?: number;
  /** Time per op or element, of workloads made of equal parts. */
  readonly ns_per_unit?: number;
  /** Of workloads of files: the rate, and its part of what the disk gives. */
  readonly gigabytes_per_second?: number;
  readonly of_disk?: number;
  /** Of loading: its part of what reading plainly into fresh memory gives. */
  readonly of_fresh?: number;
  readonly profile?: readonly InstructionTime[];
}

/** Seconds after which a GPU that was idle runs at its full clock. */
const GPU_WARM_UP = 0.6;

/** Prepares, measures and frees one workload. */
export async function runBench(
  each: BenchCase,
  { threads, seconds, signal, ...settings }: BenchOptions,
  { isProfiled = false }: { readonly isProfiled?: boolean } = {},
): Promise<BenchResult> {
  if (!each.dtypes.includes(settings.dtype))
    throw new LazuliError('usage', `${each.name} is not measured in ${settings.dtype}`, {
      where: '--dtype',
      expected: each.dtypes.join(' or '),
      got: settings.dtype,
    });
  if (settings.dtype === 'bfloat16' && settings.device === 'cpu' && each.group !== 'step')
    throw new LazuliError('not_supported', `${each.name} in bfloat16 is measured on a GPU`, {
      where: '--device',
      expected: 'gpu',
      got: 'cpu',
    });
  const used = useThreads(threads);
  const { native } = cpuBackend();
  native.resetMemoryPeak();
  const before = native.live().bytes;
  const run = await each.prepare(settings);
  const isGpu = settings.device !== 'cpu';
  try {
    const measured = await measure(run, seconds, { signal, warmUp: isGpu ? GPU_WARM_UP : 0 });
    const profile = isProfiled ? await run.profile?.(Math.min(run.most, 64)) : undefined;
    const { minimumBytes } = run;
    return {
      name: each.name,
      device: isGpu ? gpuBackend(settings.device).native.info().name : settings.device,
      threads: used,
      dtype: settings.dtype,
      ...(settings.batch === null ? {} : { batch: settings.batch }),
      ...measured,
      peak_bytes: isGpu ? gpuBackend(settings.device).native.live().bytes : native.memoryPeak() - before,
      ...(minimumBytes === undefined ? {} : { minimum_bytes: minimumBytes }),
      ...(each.flops === undefined ? {} : { gflops: each.flops / measured.median_ms / 1e6 }),
      ...(each.units === undefined ? {} : { ns_per_unit: (measured.median_ms * 1e6) / each.units }),
      ...run.facts?.(),
      ...(profile ? { profile } : {}),
    };
  } finally {
    await run.dispose();
  }
}
