// Numbers that change from step to step without a new trace: written ahead by the run, taken by its program one step at a time.
import { newTensor } from '#core/nn/index';
import * as ops from '#core/ops/index';
import type { Device } from '#core/tensor/storage';
import { Tensor } from '#core/tensor/tensor';

import { bytesOf } from '../datasets/table';

/** Steps that can be written ahead. */
const CAPACITY = 512;

export class RateTable {
  readonly capacity = CAPACITY;
  readonly #columns: readonly Tensor[];
  readonly #index: Tensor;
  readonly #at: Tensor;

  constructor(columns: number, device: Device = 'cpu') {
    this.#index = newTensor([CAPACITY], 'int64', device);
    this.#at = newTensor([], 'int64', device);
    this.#columns = Array.from({ length: columns }, () => newTensor([CAPACITY], 'float64', device));
    const rows = BigInt64Array.from({ length: CAPACITY }, (_, row) => BigInt(row));
    this.#index.storage.write(0, bytesOf(rows));
  }

  /** Writes the numbers of the next steps, a row per step; the program starts with the first. */
  write(rows: readonly (readonly number[])[]): void {
    this.#columns.forEach((column, at) => {
      const values = Float64Array.from(rows, (row) => row[at] ?? Number.NaN);
      column.storage.write(0, bytesOf(values));
    });
    this.#at.storage.write(0, bytesOf(BigInt64Array.of(0n)));
  }
  /** Records taking this step's number of a column: a float64 scalar. */
  take(column: number): Tensor {
    const numbers = this.#columns[column] ?? ops.zeros([CAPACITY], 'float64');
    return ops.reshape(ops.takeRows(numbers, this.#index, this.#at, { batch: 1 }), []);
  }
  /** The number of the first row, where no step differs from another. */
  first(column: number): Tensor {
    const storage = (this.#columns[column] ?? this.#at).storage;
    return new Tensor(storage, { dtype: 'float64', shape: [] });
  }
  /** Records moving on to the next step. */
  advance(): void {
    ops.advance(this.#at, [1]);
  }
  dispose(): void {
    for (const { storage } of [...this.#columns, this.#index, this.#at]) storage.dispose();
  }
}
