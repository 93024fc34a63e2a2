// Samples in native memory: inputs in the file's own element type, targets, and the numbers that normalize a batch.
import path from 'node:path';

import type { DataSource, InputSource, TargetSource } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { formatShape, numel, type Shape } from '#core/tensor/shape';
import { Tensor } from '#core/tensor/tensor';

import { readCsv, type CsvContent } from './csv';
import { readIdx } from './idx';
import { readNpyTable, readNpzTables } from './numpy';
import { allocateTable, bytesOf } from './table';
import { arrayTargets, cellTargets, type Targets } from './targets';
import { readTextWindows } from './text';

export interface Dataset {
  readonly source: DataSource;
  readonly samples: number;
  /** Of one sample. */
  readonly inputShape: Shape;
  /** `[samples, ...inputShape]`; uint8 stays uint8. */
  readonly inputs: Tensor;
  readonly targets: Targets | null;
  /** Further inputs by the id of the node they feed, `[samples, ...]` each. */
  readonly feeds: ReadonlyMap<string, Tensor>;
  /** Further targets by name. */
  readonly named: ReadonlyMap<string, Targets>;
  readonly columns: readonly string[];
  readonly notes: readonly string[];
  dispose(): void;
}

/** A dataset of one input and one target has none further. */
export const NOTHING_FURTHER: Pick<Dataset, 'feeds' | 'named'> = { feeds: new Map(), named: new Map() };

/** Every tensor of a dataset. */
export const tensorsOf = ({
  inputs,
  targets,
  feeds,
  named,
}: Pick<Dataset, 'inputs' | 'targets' | 'feeds' | 'named'>): readonly Tensor[] => [
  inputs,
  ...(targets ? [targets.tensor] : []),
  ...feeds.values(),
  ...[...named.values()].map(({ tensor }) => tensor),
];

/** The dataset with other tensors in place of its own. */
export function withTensors(dataset: Dataset, place: (tensor: Tensor) => Tensor): Dataset {
  const placed = (targets: Targets): Targets => ({ ...targets, tensor: place(targets.tensor) });
  return {
    ...dataset,
    inputs: place(dataset.inputs),
    targets: dataset.targets && placed(dataset.targets),
    feeds: new Map([...dataset.feeds].map(([id, tensor]) => [id, place(tensor)])),
    named: new Map([...dataset.named].map(([name, targets]) => [name, placed(targets)])),
  };
}

export interface DatasetOptions {
  /** Where relative paths start. */
  readonly folder: string | null;
  /** Element type of numbers read from text. */
  readonly dtype: 'float32' | 'float64';
  /** Class names fixed by another dataset (the one the model was trained on). */
  readonly classes?: readonly string[] | null;
  /** The same of further targets. */
  readonly namedClasses?: Readonly<Record<string, readonly string[]>>;
  /** False where a missing target is no error: predictions. */
  readonly needsTarget?: boolean;
  readonly signal?: AbortSignal;
}

type Content = Omit<Dataset, 'source' | 'samples' | 'inputShape' | 'dispose'>;

/** Reads a data source whole. Throws `file_not_found`, `file_refused` or `data_invalid`; nothing stays allocated then. */
export async function openDataset(source: DataSource, options: DatasetOptions): Promise<Dataset> {
  const opened: Tensor[] = [];
  const dispose = (): void => {
    for (const { storage } of opened) if (!storage.isDisposed) storage.dispose();
  };
  try {
    const content = await READERS[source.format](source, options, (tensor) => {
      opened.push(tensor);
      return tensor;
    });
    const { inputs } = content;
    const samples = inputs.shape[0] ?? 0;
    checkCounts(source, content, samples);
    const inputShape = sampleShape(source, inputs.shape.slice(1));
    const feeds = new Map(
      [...content.feeds].map(([id, tensor]) => {
        const { shape: wanted, file } = source.feeds?.[id] ?? {};
        const part = { file: file ?? source.file, format: source.format, inputShape: wanted ?? null };
        return [id, reshaped(tensor, samples, sampleShape(part, tensor.shape.slice(1)))] as const;
      }),
    );
    return {
      source,
      samples,
      inputShape,
      ...content,
      feeds,
      inputs: reshaped(inputs, samples, inputShape),
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

const reshaped = ({ storage, dtype }: Tensor, samples: number, shape: Shape): Tensor =>
  new Tensor(storage, { dtype, shape: [samples, ...shape] });

/** Every input and target has as many samples. */
function checkCounts(source: DataSource, { targets, feeds, named }: Content, samples: number): void {
  const refuse = (file: string, what: string, got: number): never => {
    throw new LazuliError('data_invalid', `${file} has ${got} ${what} for ${samples} samples`, {
      where: file,
      expected: `${samples} ${what}`,
      got: String(got),
    });
  };
  const check = (file: string, what: string, tensor: Tensor): void => {
    const [got = 0] = tensor.shape;
    if (got !== samples) refuse(file, what, got);
  };
  if (targets) check(source.targetFile ?? source.file, 'targets', targets.tensor);
  for (const [id, tensor] of feeds)
    check(source.feeds?.[id]?.file ?? source.file, `rows of the input '${id}'`, tensor);
  for (const [name, { tensor }] of named)
    check(source.targets?.[name]?.file ?? source.file, `targets '${name}'`, tensor);
}

/** The file of a source as the system finds it. */
export const resolveFile = (file: string, folder: string | null): string =>
  path.resolve(folder ?? process.cwd(), file);

/** What the source says a sample looks like, checked against the values there are; pictures without channels get one. */
function sampleShape(source: Pick<DataSource, 'file' | 'format' | 'inputShape'>, found: Shape): Shape {
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

/** Remembers a tensor that is freed when reading fails later. */
type Own = (tensor: Tensor) => Tensor;
type Reader = (source: DataSource, options: DatasetOptions, own: Own) => Promise<Content>;

const READERS: Readonly<Record<DataSource['format'], Reader>> = {
  async csv(source, options, own) {
    const file = resolveFile(source.file, options.folder);
    const isTargetOptional = options.needsTarget === false;
    const content = await readCsv(file, { ...source, isTargetOptional }, options.signal);
    const [inputs, ...others] = tablesOf(content, options.dtype).map(own);
    const ids = [...content.feeds.keys()];
    const { classes, kind } = mainTarget(source, options);
    const targets =
      content.target === null
        ? null
        : cellTargets(content.targets, { kind, classes, width: 1 }, options.dtype, file);
    if (targets) own(targets.tensor);
    const named = new Map(
      [...content.cells].map(([name, cells]) => {
        const width = content.named.get(name)?.length ?? 1;
        const found = cellTargets(
          cells,
          { ...namedTarget(source, options, name), width },
          options.dtype,
          file,
        );
        own(found.tensor);
        return [name, found] as const;
      }),
    );
    return {
      inputs: inputs ?? own(allocateTable(options.dtype, [content.rows, 0])),
      targets,
      feeds: new Map(others.map((tensor, at) => [ids[at] ?? '', tensor] as const)),
      named,
      columns: content.columns,
      notes: content.notes,
    };
  },

  idx: (source, options, own) => readFiles(source, options, own, readIdx),

  npy: (source, options, own) => readFiles(source, options, own, readNpyTable),

  async text(source, options, own) {
    const further = Object.keys({ ...source.feeds, ...source.targets });
    if (further.length > 0)
      throw new LazuliError('data_invalid', `${source.file}: a text feeds one input and has one target`, {
        where: `data, ${further.join(', ')}`,
        expected: 'no further inputs and targets',
        got: String(further.length),
      });
    const { classes } = mainTarget(source, options);
    const file = resolveFile(source.file, options.folder);
    const content = await readTextWindows(file, source, { classes, own, signal: options.signal });
    return { ...content, ...NOTHING_FURTHER, columns: [] };
  },

  async npz(source, options, own) {
    const name = (value: string | number | null | undefined): string | null =>
      typeof value === 'string' ? value : null;
    const needsTarget = options.needsTarget !== false;
    const wanted = {
      input: name(source.inputs?.[0]),
      target: name(source.target),
      hasTarget: needsTarget,
      others: [
        ...Object.entries(source.feeds ?? {}).map(([id, { columns }]) => ({
          key: `feed ${id}`,
          array: name(columns?.[0]) ?? id,
          isNeeded: true,
        })),
        ...Object.entries(source.targets ?? {}).map(([target, { columns }]) => ({
          key: `target ${target}`,
          array: name(columns?.[0]) ?? target,
          isNeeded: needsTarget,
        })),
      ],
    };
    const file = resolveFile(source.file, options.folder);
    const { names, inputs, target, others } = await readNpzTables(file, wanted, own, options.signal);
    const keyed = (kind: string): readonly (readonly [string, Tensor])[] =>
      [...others].flatMap(([key, tensor]) =>
        key.startsWith(kind) ? [[key.slice(kind.length), tensor] as const] : [],
      );
    const targets = target
      ? arrayTargets(target, mainTarget(source, options), source.targetFile ?? source.file, options.dtype)
      : null;
    if (targets) own(targets.tensor);
    const named = keyed('target ').map(([each, tensor]) => {
      const found = arrayTargets(tensor, namedTarget(source, options, each), source.file, options.dtype);
      own(found.tensor);
      return [each, found] as const;
    });
    return {
      inputs,
      targets,
      feeds: new Map(keyed('feed ')),
      named: new Map(named),
      columns: names,
      notes: [],
    };
  },
};

const mainTarget = ({ targetKind, classes }: DataSource, options: DatasetOptions) => ({
  kind: targetKind,
  classes: classes ?? options.classes ?? null,
});

const namedTarget = (
  { targets = {} }: DataSource,
  options: DatasetOptions,
  name: string,
): Pick<TargetSource, 'kind'> & { readonly classes: readonly string[] | null } => ({
  kind: targets[name]?.kind ?? 'number',
  classes: targets[name]?.classes ?? options.namedClasses?.[name] ?? null,
});

/** The columns of the inputs, and of each further one, as tables of their own. */
function tablesOf(
  { rows, blocks, inputs, feeds }: CsvContent,
  dtype: 'float32' | 'float64',
): readonly Tensor[] {
  const widths = [inputs.length, ...[...feeds.values()].map(({ length }) => length)];
  const total = widths.reduce((sum, width) => sum + width, 0);
  let first = 0;
  return widths.map((width) => {
    const from = first;
    first += width;
    const table = allocateTable(dtype, [rows, width]);
    let at = 0;
    for (const block of blocks) {
      const own = width === total ? block : cut(block, total, from, width);
      const bytes = bytesOf(dtype === 'float64' ? own : Float32Array.from(own));
      if (bytes.byteLength > 0) table.storage.write(at, bytes);
      at += bytes.byteLength;
    }
    return table;
  });
}

/** `width` columns from `from` on of rows of `total`. */
function cut(block: Float64Array, total: number, from: number, width: number): Float64Array {
  const rows = block.length / total;
  const part = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++)
    part.set(block.subarray(row * total + from, row * total + from + width), row * width);
  return part;
}

/** Inputs and targets that are a file each. */
async function readFiles(
  source: DataSource,
  options: DatasetOptions,
  own: Own,
  readTable: (file: string, signal?: AbortSignal) => Promise<Tensor>,
): Promise<Content> {
  const read = async (file: string): Promise<Tensor> =>
    own(await readTable(resolveFile(file, options.folder), options.signal));
  const inputs = await read(source.file);
  const asTargets = async (file: string, wanted: ReturnType<typeof mainTarget>): Promise<Targets> => {
    const found = arrayTargets(await read(file), wanted, file, options.dtype);
    own(found.tensor);
    return found;
  };
  const { targetFile = null } = source;
  const targets = targetFile === null ? null : await asTargets(targetFile, mainTarget(source, options));
  const feeds = new Map<string, Tensor>();
  for (const [id, feed] of Object.entries<InputSource>(source.feeds ?? {}))
    feeds.set(id, await read(fileOf(feed, `input '${id}'`)));
  const named = new Map<string, Targets>();
  for (const [name, target] of Object.entries<TargetSource>(source.targets ?? {}))
    if (options.needsTarget !== false || typeof target.file === 'string')
      named.set(
        name,
        await asTargets(fileOf(target, `target '${name}'`), namedTarget(source, options, name)),
      );
  return { inputs, targets, feeds, named, columns: [], notes: [] };
}

function fileOf({ file }: { readonly file?: string | null }, what: string): string {
  if (typeof file === 'string') return file;
  throw new LazuliError('data_invalid', `the ${what} names no file`, {
    where: `data, ${what}`,
    expected: 'a file of its own: one of this format holds one array',
    got: 'none',
  });
}
