// Means, variances and covariances of numbers and their targets, per column, merged batch by batch without loss.
// Source: Chan, Golub and LeVeque 1983, https://doi.org/10.1080/00031305.1983.10483115.
import * as ops from '../../ops';
import type { Accumulator, Statistic } from '../declaration';
import { constant, rowOf, wide } from './shared';

/** Of one column of answers p and targets t, with e = t - p; sums are of products of distances from the means. */
export interface Moments {
  readonly count: number;
  readonly meanError: number;
  readonly errors: number;
  readonly answers: number;
  readonly targets: number;
  readonly products: number;
}

/** Columns of a row after the count: means of p, t and e, then the sums of pp, tt, ee and pt. */
const PARTS = 7;
const SUMS: readonly (readonly [left: number, right: number])[] = [
  [0, 0],
  [1, 1],
  [2, 2],
  [0, 1],
];

class MergedMoments implements Accumulator<readonly Moments[]> {
  #row: Float64Array | null = null;

  add(row: Float64Array): void {
    const total = this.#row;
    if (!total) this.#row = row.slice();
    else merge(total, row);
  }
  row(): Float64Array {
    return this.#row ?? new Float64Array(0);
  }
  get value(): readonly Moments[] {
    const row = this.row();
    const columns = Math.max(0, (row.length - 1) / PARTS);
    const part = (at: number, column: number): number => row[1 + at * columns + column] ?? 0;
    return Array.from({ length: columns }, (_, column) => ({
      count: row[0] ?? 0,
      meanError: part(2, column),
      answers: part(3, column),
      targets: part(4, column),
      errors: part(5, column),
      products: part(6, column),
    }));
  }
}

/** Adds another row's moments to `total`. */
function merge(total: Float64Array, row: Float64Array): void {
  const columns = (total.length - 1) / PARTS;
  const [a = 0, b = 0] = [total[0], row[0]];
  const place = (part: number, column: number): number => 1 + part * columns + column;
  for (let column = 0; column < columns; column++) {
    const at = (values: Float64Array, part: number): number => values[place(part, column)] ?? 0;
    const shifts = [0, 1, 2].map((part) => at(row, part) - at(total, part));
    SUMS.forEach(([left, right], sum) => {
      const between = ((shifts[left] ?? 0) * (shifts[right] ?? 0) * (a * b)) / (a + b);
      total[place(3 + sum, column)] = at(total, 3 + sum) + at(row, 3 + sum) + between;
    });
    shifts.forEach((shift, part) => (total[place(part, column)] = at(total, part) + (shift * b) / (a + b)));
  }
  total[0] = a + b;
}

export const momentStatistic: Statistic<readonly Moments[]> = {
  key: 'moments',
  lower({ output, target }) {
    const rows = output.shape[0] ?? 1;
    const answers = ops.reshape(wide(output), [rows, -1]);
    const targets = ops.reshape(wide(target), [rows, -1]);
    const columns = [answers, targets, ops.sub(targets, answers)];
    const means = columns.map((column) => ops.mean(column, [0]));
    const distances = columns.map((column, at) => ops.sub(column, means[at] ?? 0));
    const sums = SUMS.flatMap(([left, right]) => {
      const [a, b] = [distances[left], distances[right]];
      return a && b ? [ops.sum(ops.mul(a, b), [0])] : [];
    });
    return rowOf(constant([], rows, answers), ...means, ...sums);
  },
  create: () => new MergedMoments(),
};
