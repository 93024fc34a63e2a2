// Samples in native memory: inputs in the file's own element type, targets, and the numbers that normalize a batch.
import path from 'node:path';

import type { DataSource } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { elementSize, type DType } from '#core/tensor/dtype';
import { formatShape, numel, type Shape } from '#core/tensor/shape';
import { Tensor } from '#core/tensor/tensor';

import { readCsv } from './csv';
import { readIdx } from './idx';
import { readNpyTable, readNpzTables } from './numpy';
import { allocateTable, bytesOf, readRows } from './table';
import { classTargets, numberTargets, type Targets } from './targets';

export interface Dataset {
  readonly source: DataSource;
  readonly samples: number;
  /** Of one sample. */
  readonly inputShape: Shape;
  /** `[samples, ...inputShape]`; uint8 stays uint8. */
  readonly inputs: Tensor;
  readonly targets: Targets | null;
  readonly columns: readonly string[];
  readonly notes: readonly string[];
  dispose(): void;
}

export interface DatasetOptions {
  /** Where relative paths start. */
  readonly folder: string | null;
  /** Element type of numbers read from text. */
  readonly dtype: 'float32' | 'float64';
  /** Class names fixed by another dataset (the one the model was trained on). */
  readonly classes?: readonly string[] | null;
  /** False where a missing target is no error: predictions. */
  readonly needsTarget?: boolean;
  readonly signal?: AbortSignal;
}

interface Content {
  readonly inputs: Tensor;
  readonly targets: Targets | null;
  readonly columns: readonly string[];
  readonly notes: readonly string[];
}

/** Reads a data source whole. Throws `file_not_found`, `file_refused` or `data_invalid`; nothing stays allocated then. */
export async function openDataset(source: DataSource, options: DatasetOptions): Promise<Dataset> {
  const content = await READERS[source.format](source, options);
  const dispose = (): void => {
    content.inputs.storage.dispose();
    content.targets?.tensor.storage.dispose();
  };
  try {
    const { inputs, targets } = content;
    const samples = inputs.shape[0] ?? 0;
    const counted = targets?.tensor.shape[0] ?? samples;
    if (counted !== samples)
      throw new LazuliError(
        'data_invalid',
        `${source.targetFile ?? source.file} has ${counted} targets for ${samples} samples`,
        {
          where: source.targetFile ?? source.file,
          expected: `${samples} targets`,
          got: String(counted),
        },
      );
    const inputShape = sampleShape(source, inputs.shape.slice(1));
    const shaped = new Tensor(inputs.storage, { dtype: inputs.dtype, shape: [samples, ...inputShape] });
    return { source, samples, inputShape, ...content, inputs: shaped, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** The file of a source as the system finds it. */
export const resolveFile = (file: string, folder: string | null): string =>
  path.resolve(folder ?? process.cwd(), file);

/** What the source says a sample looks like, checked against the values there are; pictures without channels get one. */
function sampleShape(source: DataSource, found: Shape): Shape {
  const wanted = source.inputShape;
  if (!wanted) return source.format === 'idx' && found.length === 2 ? [1, ...found] : found;
  if (numel(wanted) === numel(found)) return wanted;
  throw new LazuliError(
    'data_invalid',
    `${source.file}: a sample has ${numel(found)} values (${formatShape(found)}), not ${formatShape(wanted)}`,
    {
      where: `${source.file}, input shape`,
      expected: `${formatShape(wanted)} = ${numel(wanted)} values`,
      got: `${numel(found)} values`,
      hint: 'change the input shape or the input columns',
    },
  );
}

type Reader = (source: DataSource, options: DatasetOptions) => Promise<Content>;

const READERS: Readonly<Record<DataSource['format'], Reader>> = {
  async csv(source, options) {
    const file = resolveFile(source.file, options.folder);
    const isTargetOptional = options.needsTarget === false;
    const content = await readCsv(file, { ...source, isTargetOptional }, options.signal);
    const width = content.inputs.length;
    const inputs = allocateTable(options.dtype, [content.rows, width]);
    let at = 0;
    for (const block of content.blocks) {
      const bytes = bytesOf(options.dtype === 'float64' ? block : Float32Array.from(block));
      inputs.storage.write(at, bytes);
      at += bytes.byteLength;
    }
    return {
      inputs,
      targets: content.target === null ? null : targetsOf(source, options, content.targets, file, inputs),
      columns: content.columns,
      notes: content.notes,
    };
  },

  async idx(source, options) {
    const inputs = await readIdx(resolveFile(source.file, options.folder), options.signal);
    const { targetFile } = source;
    if (targetFile === null || targetFile === undefined)
      return { inputs, targets: null, columns: [], notes: [] };
    const read = (): Promise<Tensor> => readIdx(resolveFile(targetFile, options.folder), options.signal);
    return { inputs, targets: await arrayTargets(read, source, options, inputs), columns: [], notes: [] };
  },

  async npy(source, options) {
    const inputs = await readNpyTable(resolveFile(source.file, options.folder), options.signal);
    const { targetFile } = source;
    if (targetFile === null || targetFile === undefined)
      return { inputs, targets: null, columns: [], notes: [] };
    const read = (): Promise<Tensor> => readNpyTable(resolveFile(targetFile, options.folder), options.signal);
    return { inputs, targets: await arrayTargets(read, source, options, inputs), columns: [], notes: [] };
  },

  async npz(source, options) {
    const name = (value: string | number | null | undefined): string | null =>
      typeof value === 'string' ? value : null;
    const wanted = {
      input: name(source.inputs?.[0]),
      target: name(source.target),
      hasTarget: options.needsTarget !== false,
    };
    const { names, inputs, target } = await readNpzTables(
      resolveFile(source.file, options.folder),
      wanted,
      options.signal,
    );
    const targets = target ? await arrayTargets(async () => target, source, options, inputs) : null;
    return { inputs, targets, columns: names, notes: [] };
  },
};

/** Targets that come as an array; when they cannot be had the inputs are freed too. */
async function arrayTargets(
  read: () => Promise<Tensor>,
  source: DataSource,
  options: DatasetOptions,
  inputs: Tensor,
): Promise<Targets> {
  const file = source.targetFile ?? source.file;
  let tensor: Tensor | null = null;
  try {
    tensor = await read();
    const isFloat = tensor.dtype.startsWith('float');
    const isColumn = numel(tensor.shape.slice(1)) === 1;
    if (source.targetKind === 'number' && isFloat)
      return {
        tensor: new Tensor(tensor.storage, {
          dtype: tensor.dtype,
          shape: [tensor.shape[0] ?? 0, numel(tensor.shape.slice(1))],
        }),
        classes: [],
      };
    if (!isColumn)
      throw new LazuliError(
        'data_invalid',
        `${file}: a target has the shape ${formatShape(tensor.shape.slice(1))}`,
        { where: file, expected: 'one number per sample', got: formatShape(tensor.shape) },
      );
    const cells = readRows(tensor, 0, tensor.shape[0] ?? 0).map(String);
    const targets = targetsOf(source, options, cells, file, null);
    tensor.storage.dispose();
    return targets;
  } catch (error) {
    tensor?.storage.dispose();
    inputs.storage.dispose();
    throw error;
  }
}

function targetsOf(
  source: DataSource,
  options: DatasetOptions,
  cells: readonly string[],
  file: string,
  owned: Tensor | null,
): Targets {
  try {
    return source.targetKind === 'class'
      ? classTargets(cells, source.classes ?? options.classes ?? null, file)
      : numberTargets(cells, options.dtype, file);
  } catch (error) {
    owned?.storage.dispose();
    throw error;
  }
}

/** Bytes of one sample in the table. */
export const sampleBytes = (dtype: DType, shape: Shape): number => numel(shape) * elementSize(dtype);
