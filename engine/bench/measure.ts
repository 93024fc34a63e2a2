// Measuring a workload: warm up, then samples for about a given time, with median and the 10th and 90th percentile.
import type { BenchRun } from './case';

export interface Measurement {
  readonly median_ms: number;
  readonly p10_ms: number;
  readonly p90_ms: number;
  /** Repetitions measured. */
  readonly steps: number;
}

/** A call lasts about so long: what JavaScript does between calls is not measured, and Ctrl-C is heard. */
const CALL_SECONDS = 0.05;
const WARM_UP = 3;

/** The value below which a part of the sorted `values` lies, between neighbours in proportion. */
export function quantile(values: Float64Array, part: number): number {
  const at = (values.length - 1) * part;
  const below = values[Math.floor(at)] ?? Number.NaN;
  const above = values[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/**
 * Runs for about `seconds`, at least three repetitions, after warming up: for `warmUp` seconds where a device raises its
 * clock only under load. Throws `interrupted` through the signal.
 */
export async function measure(
  run: BenchRun,
  seconds: number,
  { signal, warmUp = 0 }: { readonly signal?: AbortSignal | undefined; readonly warmUp?: number } = {},
): Promise<Measurement> {
  await run.run(Math.min(WARM_UP, run.most));
  let first = await run.run(1);
  for (let spent = first.seconds; spent < warmUp;) {
    const more = Math.max(1, Math.min(run.most, Math.round(CALL_SECONDS / Math.max(first.seconds, 1e-7))));
    const timing = await run.run(more);
    spent += timing.seconds;
    first = { ...timing, seconds: timing.seconds / more };
  }
  const perCall = Math.max(1, Math.min(run.most, Math.round(CALL_SECONDS / Math.max(first.seconds, 1e-7))));
  const samples: number[] = [];
  for (let spent = 0; spent < seconds || samples.length < 3;) {
    signal?.throwIfAborted();
    const timing = await run.run(perCall);
    spent += timing.seconds;
    if (timing.each.length > 0) samples.push(...timing.each);
    else samples.push(timing.seconds / perCall);
  }
  const sorted = Float64Array.from(samples).sort();
  return {
    median_ms: quantile(sorted, 0.5) * 1e3,
    p10_ms: quantile(sorted, 0.1) * 1e3,
    p90_ms: quantile(sorted, 0.9) * 1e3,
    steps: samples.length,
  };
}
