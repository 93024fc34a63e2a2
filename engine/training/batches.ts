// A dataset as a model's program sees it: rows gathered by a permuted index, normalized, in the dtype the input node wants.
import type { GraphModule } from '#core/graph/graph-module';
import { PLAN } from '#core/graph/graph-module';
import { LazuliError } from '#core/errors';
import { newTensor } from '#core/nn/index';
import * as ops from '#core/ops/index';
import type { DType } from '#core/tensor/dtype';
import type { Shape } from '#core/tensor/shape';
import type { Device } from '#core/tensor/storage';
import type { Tensor } from '#core/tensor/tensor';

import type { Dataset } from '../datasets/dataset';
import type { Scaling } from '../datasets/normalization';
import { bytesOf } from '../datasets/table';

/** The name, dtype and result of the one input and output that data is fed through. */
export interface Ends {
  readonly input: string;
  readonly dtype: DType;
  readonly output: string;
}

/** Throws `graph_invalid` unless the graph has one input; of several outputs the first is trained. */
export function endsOf(module: GraphModule, dtype: DType): Ends {
  const { inputNames, outputNames, graph } = module[PLAN];
  const [input, ...others] = inputNames;
  const [output] = outputNames;
  if (input === undefined || output === undefined)
    throw new LazuliError('graph_invalid', 'the graph has no input that leads to an output', {
      where: 'graph',
      hint: 'connect an input node through layers to an output node',
    });
  if (others.length > 0)
    throw new LazuliError(
      'graph_invalid',
      `the graph has ${inputNames.length} inputs, and the data feeds one`,
      {
        where: `node '${others[0] ?? ''}'`,
        expected: 'one input node',
        got: inputNames.join(', '),
      },
    );
  const node = graph.nodes.find(({ name }) => name === input);
  return { input, output, dtype: node?.params['dtype'] === 'int64' ? 'int64' : dtype };
}

/** Where a pass over samples stands: their order, and how far it got. Native, so that programs move it themselves. */
export class Cursor {
  readonly #index: Tensor;
  readonly #at: Tensor;

  constructor(
    readonly capacity: number,
    device: Device = 'cpu',
  ) {
    this.#index = newTensor([Math.max(capacity, 1)], 'int64', device);
    this.#at = newTensor([], 'int64', device);
  }

  /** Starts a pass over `rows` from sample `from` on. */
  start(rows: readonly number[], from = 0): void {
    // Row numbers are below 2^31: the low word of each int64 says it all.
    const words = new Int32Array(2 * rows.length);
    rows.forEach((row, at) => (words[2 * at] = row));
    this.#index.storage.write(0, bytesOf(words));
    this.seek(from);
  }
  /** Goes back to the first sample of the same order. */
  rewind(): void {
    this.seek(0);
  }
  /** Goes to a sample of the same order. */
  seek(sample: number): void {
    this.#at.storage.write(0, bytesOf(BigInt64Array.of(BigInt(sample))));
  }
  /** Records taking the next `batch` rows of a table. */
  take(table: Tensor, batch: number, dtype: DType): Tensor {
    return ops.takeRows(table, this.#index, this.#at, { batch, dtype });
  }
  /** Records moving on. */
  advance(batch: number): void {
    ops.advance(this.#at, [batch]);
  }
  dispose(): void {
    this.#index.storage.dispose();
    this.#at.storage.dispose();
  }
}

/** x → (x - offset) / scale, with the numbers of a Scaling held as tensors beside the program. */
export class Normalizer {
  readonly #offset: Tensor | null;
  readonly #scale: Tensor | null;

  constructor(
    readonly scaling: Scaling | null,
    readonly dtype: DType,
    device: Device = 'cpu',
  ) {
    const make = (values: readonly number[], shape: Shape): Tensor => {
      const tensor = newTensor(shape, dtype, device);
      tensor.storage.write(
        0,
        bytesOf(dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values)),
      );
      return tensor;
    };
    const isIdentity = (values: readonly number[], neutral: number): boolean =>
      values.every((value) => value === neutral);
    this.#offset = scaling && !isIdentity(scaling.offset, 0) ? make(scaling.offset, scaling.shape) : null;
    this.#scale = scaling && !isIdentity(scaling.scale, 1) ? make(scaling.scale, scaling.shape) : null;
  }
  /** The same numbers on another device. */
  on(device: Device): Normalizer {
    return new Normalizer(this.scaling, this.dtype, device);
  }
  apply(batch: Tensor): Tensor {
    const centred = this.#offset ? ops.sub(batch, this.#offset) : batch;
    return this.#scale ? ops.div(centred, this.#scale) : centred;
  }
  dispose(): void {
    this.#offset?.storage.dispose();
    this.#scale?.storage.dispose();
  }
}

/** What programs over one dataset share. */
export interface Feed {
  readonly dataset: Dataset;
  readonly ends: Ends;
  readonly normalizer: Normalizer;
}

/** Records the next batch: the model's input, normalized. Class and word numbers pass as they are. */
export function nextInput({ dataset, ends, normalizer }: Feed, cursor: Cursor, batch: number): Tensor {
  const rows = cursor.take(dataset.inputs, batch, ends.dtype);
  return ends.dtype === 'int64' ? rows : normalizer.apply(rows);
}

/** Records the next targets: int64 classes, or numbers in the model's dtype. */
export function nextTarget({ dataset }: Feed, cursor: Cursor, batch: number, dtype: DType): Tensor {
  const { targets } = dataset;
  if (!targets) throw new LazuliError('data_invalid', `${dataset.source.file} has no targets`);
  const kind = targets.tensor.dtype === 'int64' ? 'int64' : dtype;
  return cursor.take(targets.tensor, batch, kind);
}
