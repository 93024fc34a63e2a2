// A dataset as a model's program sees it: rows gathered by a permuted index, normalized, in the dtype the input node wants.
import type { GraphModule } from '#core/graph/graph-module';
import { PLAN } from '#core/graph/graph-module';
import { LazuliError } from '#core/errors';
import { inputDType } from '#core/layers/io';
import { newTensor } from '#core/nn/index';
import * as ops from '#core/ops/index';
import { isFloatingPoint, type DType } from '#core/tensor/dtype';
import type { Shape } from '#core/tensor/shape';
import type { Device } from '#core/tensor/storage';
import type { Tensor } from '#core/tensor/tensor';

import { MAIN_TARGET } from '#core/document/project';
import type { Dataset } from '../datasets/dataset';
import type { Targets } from '../datasets/targets';
import type { Scaling } from '../datasets/normalization';
import { bytesOf } from '../datasets/table';

/** An end of the graph: an input or output node. */
export interface End {
  readonly id: string;
  readonly name: string;
}

/** The ends of a graph that data goes through, in running order. */
export interface Ends {
  readonly inputs: readonly (End & { readonly dtype: DType })[];
  readonly outputs: readonly End[];
}

/** The ends that can run; none where the graph has none. */
export function endsIn(module: GraphModule, dtype: DType): Ends {
  const { inputNames, outputNames, graph } = module[PLAN];
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const endOf = (name: string): End => ({ id: nodes.get(name)?.id ?? '', name });
  const inputs = inputNames.map((name) => ({
    ...endOf(name),
    dtype: inputDType(nodes.get(name)?.params ?? {}, dtype),
  }));
  return { inputs, outputs: outputNames.map(endOf) };
}

/** The same; throws `graph_invalid` where nothing leads from an input to an output. */
export function endsOf(module: GraphModule, dtype: DType): Ends {
  const ends = endsIn(module, dtype);
  if (ends.inputs.length > 0 && ends.outputs.length > 0) return ends;
  throw new LazuliError('graph_invalid', 'the graph has no input that leads to an output', {
    where: 'graph',
    hint: 'connect an input node through layers to an output node',
  });
}

/**
 * The table of each input: its own in the data, or for the one that has none what the data's first fields tell. Throws
 * `data_invalid` where more than one has none.
 */
export function tablesFor(
  dataset: Pick<Dataset, 'inputs' | 'feeds'>,
  inputs: readonly End[],
): readonly Tensor[] {
  const [, second] = inputs.filter(({ id }) => !dataset.feeds.has(id));
  if (second)
    throw new LazuliError('data_invalid', `the data does not say what feeds the input '${second.name}'`, {
      where: `node '${second.name}'`,
      expected: `data of its own for each of ${inputs.map(({ name }) => name).join(', ')}, but for one`,
      got: dataset.feeds.size === 0 ? 'data for one input' : `data of its own for ${dataset.feeds.size}`,
      hint: 'choose its columns, array or file in the Sample panel',
    });
  return inputs.map(({ id }) => dataset.feeds.get(id) ?? dataset.inputs);
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
  /** One per input of the graph, in the order of `ends`. */
  readonly normalizers: readonly Normalizer[];
}

/** Tensors by an id or name. */
export type Given = Readonly<Record<string, Tensor>>;

/** Records the next batch of every input, by the input's name; numbers are normalized, class and word numbers pass as they are. */
export function nextInputs({ dataset, ends, normalizers }: Feed, cursor: Cursor, batch: number): Given {
  const tables = tablesFor(dataset, ends.inputs);
  const entries = ends.inputs.map(({ name, dtype }, at): [string, Tensor] => {
    const table = tables[at];
    if (!table) throw new LazuliError('internal', `no table for the input '${name}'`);
    const rows = cursor.take(table, batch, dtype);
    return [name, isFloatingPoint(dtype) ? (normalizers[at]?.apply(rows) ?? rows) : rows];
  });
  return Object.fromEntries(entries);
}

/** Every target of a dataset by name. */
export const targetsOf = ({
  targets,
  named,
}: Pick<Dataset, 'targets' | 'named'>): ReadonlyMap<string, Targets> =>
  new Map([...(targets ? [[MAIN_TARGET, targets] as const] : []), ...named]);

/** Records the next targets of these names: int64 classes, or numbers in the model's dtype. */
export function nextTargets(
  { dataset }: Feed,
  names: readonly string[],
  cursor: Cursor,
  { batch, dtype }: { readonly batch: number; readonly dtype: DType },
): Given {
  const targets = targetsOf(dataset);
  return Object.fromEntries(
    names.flatMap((name) => {
      const target = targets.get(name);
      if (!target) return [];
      return [[name, cursor.take(target.tensor, batch, target.kind === 'class' ? 'int64' : dtype)] as const];
    }),
  );
}
