// Arrays of .npy and .npz files as tables: streamed into native memory in their own element type.
import { LazuliError } from '#core/errors';
import { contiguousBytes, readNumpy, readNumpyArchive } from '#core/formats/index';
import { printable } from '#core/formats/refuse';
import type { TensorEntry, WeightFile } from '#core/formats/weights';
import type { Tensor } from '#core/tensor/tensor';

import { withFile } from '../files';
import { allocateTable, isTableDType } from './table';

export interface NumpyArrays {
  readonly names: readonly string[];
  readonly inputs: Tensor;
  readonly target: Tensor | null;
  /** Further arrays by key; one that is not needed may be missing. */
  readonly others: ReadonlyMap<string, Tensor>;
}

/** What of an archive is wanted. */
export interface WantedArrays {
  readonly input: string | null;
  readonly target: string | null;
  readonly hasTarget: boolean;
  readonly others: readonly { readonly key: string; readonly array: string; readonly isNeeded: boolean }[];
}

/** Names by which .npz files of samples usually call their arrays. */
const INPUT_NAMES = ['x', 'x_train', 'X', 'inputs', 'images', 'data', 'features', 'arr_0'];
const TARGET_NAMES = ['y', 'y_train', 'Y', 'targets', 'target', 'labels', 'label', 'arr_1'];

/** The one array of an .npy file. */
export const readNpyTable = (file: string, signal?: AbortSignal): Promise<Tensor> =>
  withFile(file, async (source) => load(await listArrays(source, readNumpy), null, file, signal));

/** Inputs and targets of an .npz file; names left out are guessed from the usual ones. `own` gets each tensor as it is read. */
export const readNpzTables = (
  file: string,
  wanted: WantedArrays,
  own: (tensor: Tensor) => Tensor,
  signal?: AbortSignal,
): Promise<NumpyArrays> =>
  withFile(file, async (source) => {
    const listed = await listArrays(source, readNumpyArchive);
    const names = listed.entries.map(({ name }) => name);
    const taken = new Set(wanted.others.map(({ array }) => array));
    const guess = (among: readonly string[]): string | null =>
      among.find((name) => names.includes(name) && !taken.has(name)) ?? null;
    const target = wanted.target ?? (wanted.hasTarget ? guess(TARGET_NAMES) : null);
    const left = names.filter((name) => name !== target && !taken.has(name));
    const input = wanted.input ?? guess(INPUT_NAMES) ?? left[0] ?? null;
    const read = async (name: string | null): Promise<Tensor> => own(await load(listed, name, file, signal));
    const inputs = await read(input ?? wanted.others[0]?.array ?? null);
    const others = new Map<string, Tensor>();
    for (const { key, array, isNeeded } of wanted.others)
      if (isNeeded || names.includes(array)) others.set(key, await read(array));
    return { names, inputs, target: target === null ? null : await read(target), others };
  });

async function listArrays<S>(source: S, read: (source: S) => Promise<WeightFile>): Promise<WeightFile> {
  return read(source);
}

async function load(
  listed: WeightFile,
  name: string | null,
  file: string,
  signal: AbortSignal | undefined,
): Promise<Tensor> {
  const entry =
    name === null ? listed.entries[0] : listed.entries.find((candidate) => candidate.name === name);
  if (!entry) throw missing(listed.entries, name, file);
  const { dtype, shape } = entry;
  if (!shape || !isTableDType(dtype))
    throw new LazuliError('data_invalid', `${file}: arrays of ${dtype} cannot be used as samples`, {
      where: `${file}, array ${printable(entry.name)}`,
      expected: 'float32, float64, int64, int32, int16, int8, uint8 or bool',
      got: dtype,
    });
  if (shape.length === 0 || shape.includes(0))
    throw new LazuliError('data_invalid', `${file}: the array has no samples`, {
      where: `${file}, array ${printable(entry.name)}`,
      expected: 'a first axis that counts samples',
      got: `[${shape.join(', ')}]`,
    });
  const tensor = allocateTable(dtype, shape);
  try {
    let at = 0;
    for await (const chunk of contiguousBytes(entry)) {
      signal?.throwIfAborted();
      tensor.storage.write(at, chunk);
      at += chunk.byteLength;
    }
    return tensor;
  } catch (error) {
    tensor.storage.dispose();
    throw error;
  }
}

function missing(entries: readonly TensorEntry[], name: string | null, file: string): LazuliError {
  const names = entries.map((entry) => printable(entry.name)).join(', ');
  return new LazuliError('data_invalid', `${file} has no array '${printable(name ?? '')}'`, {
    where: file,
    expected: `one of ${names || 'none: the file is empty'}`,
    got: name ?? 'nothing',
  });
}
