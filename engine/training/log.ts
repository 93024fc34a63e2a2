// What the steps of a pass leave behind: losses, and rows of what metrics are made of, written natively and read in slices.
import * as ops from '#core/ops/index';
import { newTensor } from '#core/nn/index';
import type { Device } from '#core/tensor/storage';
import type { Tensor } from '#core/tensor/tensor';
import { LazuliError } from '#core/errors';

import { bytesOf } from '../datasets/table';

/** What one step left. */
export interface StepValues {
  /** The loss, then what else is kept of a step: the gradient's norm. */
  readonly values: readonly number[];
  /** Of each part of the batch, a row per statistic. */
  readonly rows: readonly (readonly Float64Array[])[];
}

/** Bytes of rows kept before they are read: reading them takes JavaScript a few milliseconds. */
const MOST_BYTES = 4 << 20;

/** A log is read and rewound after every slice of steps. */
export class StepLog {
  readonly #columns: readonly Tensor[];
  /** A table per statistic, made when the first row is recorded: a full batch's, the widest. */
  #tables: readonly Tensor[] = [];
  readonly #step: Tensor;
  readonly #part: Tensor;
  #most: number;

  /** For at most `capacity` steps of `parts` parts each; `extras` numbers are kept beside the loss. */
  constructor(
    capacity: number,
    readonly options: { readonly extras?: number; readonly parts?: number; readonly device?: Device } = {},
  ) {
    const { extras = 0, device = 'cpu' } = options;
    this.#most = Math.max(capacity, 1);
    this.#step = newTensor([], 'int64', device);
    this.#part = newTensor([], 'int64', device);
    this.#columns = Array.from({ length: extras + 1 }, () => newTensor([this.#most], 'float64', device));
  }

  /** Steps that fit before the next `rewind`. */
  get most(): number {
    return this.#most;
  }
  /** Starts over. */
  rewind(): void {
    for (const position of [this.#step, this.#part]) position.storage.write(0, bytesOf(BigInt64Array.of(0n)));
  }

  /** Records a part's rows, `[k]` each. */
  recordRows(rows: readonly Tensor[]): void {
    if (rows.length === 0) return;
    if (this.#tables.length === 0) this.#tables = this.#newTables(rows);
    rows.forEach((row, at) => {
      const table = this.#tables[at];
      if (!table) throw new LazuliError('internal', `a row for statistic ${at} of ${this.#tables.length}`);
      ops.record(row, table, this.#part);
    });
    ops.advance(this.#part, [1]);
  }
  /** Records a step's loss and what else is kept. */
  record(values: readonly Tensor[]): void {
    this.#columns.forEach((column, at) => {
      const value = values[at];
      if (value) ops.record(value, column, this.#step);
    });
    ops.advance(this.#step, [1]);
  }

  /** The steps since the last rewind, each of so many parts. */
  read(steps: number, parts = 1): readonly StepValues[] {
    const columns = this.#columns.map((column) => numbers(column, steps));
    const tables = this.#tables.map((table) => {
      const width = table.shape[1] ?? 1;
      return { width, values: numbers(table, steps * parts * width) };
    });
    return Array.from({ length: steps }, (_, step) => ({
      values: columns.map((column) => column[step] ?? Number.NaN),
      rows: Array.from({ length: tables.length === 0 ? 0 : parts }, (__, part) =>
        tables.map(({ values, width }) => {
          const from = (step * parts + part) * width;
          return values.subarray(from, from + width);
        }),
      ),
    }));
  }
  dispose(): void {
    for (const tensor of [...this.#columns, ...this.#tables, this.#step, this.#part])
      tensor.storage.dispose();
  }

  #newTables(rows: readonly Tensor[]): readonly Tensor[] {
    const { parts = 1, device = 'cpu' } = this.options;
    const width = rows.reduce((sum, row) => sum + row.numel(), 0);
    this.#most = Math.max(1, Math.min(this.#most, Math.floor(MOST_BYTES / (8 * width * parts))));
    return rows.map((row) => newTensor([this.#most * parts, row.numel()], 'float64', device));
  }
}

function numbers({ storage }: Tensor, count: number): Float64Array {
  const bytes = storage.read(0, count * 8);
  return new Float64Array(bytes.buffer, bytes.byteOffset, count);
}
