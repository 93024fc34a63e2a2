// Loss and metrics added up over the steps of a pass, weighted by samples.
import type { Accumulator, Metric, MetricValue, Statistic } from '#core/metrics/index';
import type { Turned } from '#core/turns';

import type { StepValues } from './log';

/** A metric under the name it has in results, and the statistic it reads. */
export interface MeasuredMetric extends Metric {
  readonly statistic: number;
}
export type MeasuredStatistic = Pick<Statistic, 'key' | 'create'>;

/** What a pass computes. */
export interface Measured {
  readonly metrics: readonly MeasuredMetric[];
  /** What the rows of the log hold, in order. */
  readonly statistics: readonly MeasuredStatistic[];
  /** True where the loss is a sum over the batch and not a mean. */
  readonly isSum: boolean;
  /** Names of what is kept beside the loss of each step. */
  readonly extras?: readonly string[];
}

/** Numbers by name, and metrics of more than one number. */
export interface Readings {
  readonly metrics: Readonly<Record<string, number>>;
  /** `confusion_matrix`, and metrics without an average: a number per class. */
  readonly arrays: Readonly<Record<string, Exclude<MetricValue, number>>>;
}

/** What a checkpoint keeps of totals. */
export interface SavedTotals {
  readonly numbers: Readonly<Record<string, number>>;
  /** By statistic. */
  readonly rows: Readonly<Record<string, Float64Array>>;
}

export class Totals {
  #loss = 0;
  #steps = 0;
  #samples = 0;
  readonly #extras: number[];
  readonly #metrics: readonly MeasuredMetric[];
  /** null for statistics that nothing here reads. */
  readonly #accumulators: readonly (Accumulator | null)[];

  /** `isStepwise`: only metrics that are shown for single steps. */
  constructor(
    readonly measured: Measured,
    { isStepwise = false }: { readonly isStepwise?: boolean } = {},
  ) {
    const { metrics, statistics, extras = [] } = measured;
    this.#extras = extras.map(() => 0);
    this.#metrics = metrics.filter(({ declaration }) => !isStepwise || declaration.isStepwise === true);
    const read = new Set(this.#metrics.map(({ statistic }) => statistic));
    this.#accumulators = statistics.map((each, at) => (read.has(at) ? each.create() : null));
  }

  add({ values, rows }: StepValues, batch: number): void {
    const [loss = Number.NaN, ...extras] = values;
    this.#loss += this.measured.isSum ? loss : loss * batch;
    this.#samples += batch;
    this.#steps += 1;
    extras.forEach((value, at) => (this.#extras[at] = (this.#extras[at] ?? 0) + value));
    for (const part of rows) part.forEach((row, at) => this.#accumulators[at]?.add(row));
  }
  get samples(): number {
    return this.#samples;
  }
  /** The mean over all samples. */
  get loss(): number {
    return this.#samples === 0 ? Number.NaN : this.#loss / this.#samples;
  }

  /** What it came to, in turns: ranking many answers takes long. */
  *readings(): Turned<Readings> {
    const metrics: Record<string, number> = {};
    const arrays: Record<string, Exclude<MetricValue, number>> = {};
    for (const { name, declaration, params, statistic } of this.#metrics) {
      const read = declaration.read(this.#accumulators[statistic]?.value, params);
      const value = isTurned(read) ? yield* read : read;
      if (typeof value === 'number') metrics[name] = value;
      else arrays[name] = value;
      yield;
    }
    this.measured.extras?.forEach((name, at) => {
      metrics[name] = (this.#extras[at] ?? 0) / this.#steps;
    });
    return { metrics, arrays };
  }

  save(): SavedTotals {
    const extras = this.#extras.map((value, at): [string, number] => [`extra${at}`, value]);
    const { statistics } = this.measured;
    return {
      numbers: {
        loss: this.#loss,
        samples: this.#samples,
        steps: this.#steps,
        ...Object.fromEntries(extras),
      },
      rows: Object.fromEntries(
        statistics.flatMap(({ key }, at) => {
          const row = this.#accumulators[at]?.row();
          return row && row.length > 0 ? [[key, row]] : [];
        }),
      ),
    };
  }
  load({ numbers, rows }: SavedTotals): void {
    this.#loss = numbers['loss'] ?? 0;
    this.#samples = numbers['samples'] ?? 0;
    this.#steps = numbers['steps'] ?? 0;
    this.#extras.forEach((_, at) => (this.#extras[at] = numbers[`extra${at}`] ?? 0));
    this.measured.statistics.forEach(({ key }, at) => {
      const row = rows[key];
      if (row) this.#accumulators[at]?.add(row);
    });
  }
}

const isTurned = (read: MetricValue | Turned<MetricValue>): read is Turned<MetricValue> =>
  typeof read === 'object' && 'next' in read;

/** The same names with what they are of in front. */
export const prefixed = <T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
