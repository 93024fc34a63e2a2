// `lazuli bench`: how long the named workloads take on this machine, with the same shapes and steps as the peer script.
import { LazuliError } from '#core/errors';
import {
  BENCH_CASES,
  BENCH_DEFAULT,
  benchCases,
  runBench,
  type BenchCase,
  type BenchResult,
} from '#engine/bench/index';
import { coreCount } from '#engine/index';

import type { Output } from '../output';
import { bytes, table } from '../text';
import type { OptionSpec, Verb } from '../verb';

const OPTIONS: readonly OptionSpec[] = [
  { flag: 'list', help: 'only list the workloads' },
  { flag: 'device', value: 'device', help: 'cpu (default), gpu or gpu:N' },
  { flag: 'threads', value: 'number', help: 'threads; 0, the default, takes all cores' },
  { flag: 'dtype', value: 'dtype', help: 'float32 (default), float64 or bfloat16' },
  { flag: 'seconds', value: 'number', help: 'how long to measure each; default 1' },
  { flag: 'batch', value: 'number', help: 'another batch size for training steps' },
  { flag: 'sweep', help: 'each with 1 to all threads and, of training steps, with batches of 1 to 256' },
  { flag: 'profile', help: "also where a repetition's time goes, instruction by instruction" },
];

/** Batch sizes of a sweep. */
const SWEPT_BATCHES = [1, 8, 32, 64, 128, 256];

interface Point {
  readonly each: BenchCase;
  readonly threads: number;
  readonly batch: number | null;
}

function pointsOf(
  cases: readonly BenchCase[],
  threads: number,
  batch: number | null,
  isSwept: boolean,
): Point[] {
  if (!isSwept) return cases.map((each) => ({ each, threads, batch }));
  const most = threads === 0 ? coreCount() : threads;
  const counts = Array.from({ length: most }, (_, at) => at + 1);
  return cases.flatMap((each) =>
    (each.group === 'step' && batch === null ? SWEPT_BATCHES : [batch]).flatMap((size) =>
      counts.map((count) => ({ each, threads: count, batch: size })),
    ),
  );
}

export const bench: Verb = {
  name: 'bench',
  summary: 'how fast training steps, products, convolutions and other work run on this machine',
  arguments: [
    {
      name: 'name',
      help: `workloads, such as ${BENCH_DEFAULT.join(' ')} (the default) or 'gemm_*'; --list shows all`,
      isOptional: true,
      isVariadic: true,
    },
  ],
  options: OPTIONS,
  example: 'lazuli bench mlp_b64 cnn_b64 --threads 2',
  async run({ args, options, output, signal }) {
    if (options.isSet('list')) return list(output);
    const cases = benchCases(args.values.length > 0 ? args.values : BENCH_DEFAULT);
    const settings = {
      device: options.device('device') ?? 'cpu',
      dtype: options.choice('dtype', ['float32', 'float64', 'bfloat16']) ?? 'float32',
      seconds: options.number('seconds', 0.001, 3600) ?? 1,
      signal,
    } as const;
    const threads = options.integer('threads', 0, 256) ?? 0;
    const points = pointsOf(cases, threads, options.integer('batch', 1), options.isSet('sweep'));
    const width = Math.max(...points.map(({ each }) => each.name.length));
    if (!output.isJson) output.line(null, output.paint('bold', title(width)));
    for (const { each, ...point } of points) {
      if (signal.aborted) throw new LazuliError('interrupted', 'the measurement was interrupted');
      const result = await runBench(
        each,
        { ...settings, ...point },
        { isProfiled: options.isSet('profile') },
      );
      output.line(documentOf(result), row(result, width));
      if (result.profile) output.line(null, profileText(result, output));
    }
  },
};

function list(output: Output): void {
  output.result(
    BENCH_CASES.map(({ name, group, flops, dtypes }) => ({ name, group, flops: flops ?? null, dtypes })),
    () =>
      table(
        [{ title: 'workload' }, { title: 'group' }, { title: 'GFLOP', align: 'right' }],
        BENCH_CASES.map(({ name, group, flops }) => [
          name,
          group,
          flops === undefined ? '' : (flops / 1e9).toPrecision(3),
        ]),
        output.paint,
      ),
  );
}

/** Seconds of the profile as milliseconds, like everything else in the line. */
const documentOf = ({ profile, ...result }: BenchResult) => ({
  ...result,
  ...(profile
    ? { profile: profile.map(({ op, text, layers, seconds }) => ({ op, text, layers, ms: seconds * 1e3 })) }
    : {}),
});

const TITLES = ['threads', 'batch', 'median ms', 'p10', 'p90', 'steps', 'rate', 'peak', 'minimum'];
const cells = (name: string, width: number, texts: readonly string[]): string =>
  [name.padEnd(width), ...texts.map((text, at) => text.padStart(Math.max(TITLES[at]?.length ?? 0, 9)))].join(
    '  ',
  );
const title = (width: number): string => cells('workload', width, TITLES);

function row(result: BenchResult, width: number): string {
  const { name, threads, batch, median_ms, p10_ms, p90_ms, steps } = result;
  const shown = (ms: number): string => ms.toPrecision(4);
  return cells(name, width, [
    String(threads),
    batch === undefined ? '' : String(batch),
    shown(median_ms),
    shown(p10_ms),
    shown(p90_ms),
    String(steps),
    rateOf(result),
    bytes(result.peak_bytes),
    result.minimum_bytes === undefined ? '' : bytes(result.minimum_bytes),
  ]);
}

function rateOf({ gflops, ns_per_unit, gigabytes_per_second, of_disk = 0, of_fresh }: BenchResult): string {
  if (gflops !== undefined) return `${gflops.toFixed(0)} GF/s`;
  if (ns_per_unit !== undefined) return `${ns_per_unit.toPrecision(3)} ns`;
  if (gigabytes_per_second === undefined) return '';
  const fresh = of_fresh === undefined ? '' : ` (${percent(of_fresh)} into fresh memory)`;
  return `${gigabytes_per_second.toFixed(2)} GB/s, ${percent(of_disk)} of the disk${fresh}`;
}

const percent = (part: number): string => `${(part * 100).toFixed(0)}%`;

function profileText({ profile = [] }: BenchResult, output: Output): string {
  const total = profile.reduce((sum, { seconds }) => sum + seconds, 0);
  return table(
    [
      { title: 'µs', align: 'right' },
      { title: '%', align: 'right' },
      { title: 'for' },
      { title: 'instruction' },
    ],
    profile.map(({ seconds, text, layers }) => [
      (seconds * 1e6).toFixed(1),
      ((100 * seconds) / total).toFixed(1),
      layers.join(', '),
      text.length > 150 ? `${text.slice(0, 150)}…` : text,
    ]),
    output.paint,
  );
}
