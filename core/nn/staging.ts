// Values on their way from a file into a model: each tensor's are streamed into memory of its own first, so that a read that
// fails changes nothing and what is in JavaScript's memory at a time stays small. The model then takes that memory over.
import { LazuliError } from '../errors';
import { contiguousBytes, placeOf, readContiguousInto } from '../formats/gather';
import type { StorageSource, TensorEntry } from '../formats/weights';
import { elementSize } from '../tensor/dtype';
import { formatShape, shapesEqual } from '../tensor/shape';
import type { Storage } from '../tensor/storage';
import type { Tensor } from '../tensor/tensor';
import { convertBytes, denseBytes, fillsStorage, newTensor, writeDense } from './tensor-memory';
import { isLazy, materializeWith } from './uninitialized';

/** Most bytes that are copied at a time; files are read in pieces of 4 MiB. */
const STEP = 4 * 1024 * 1024;
/** Elements of another dtype converted at a time: about a millisecond's work. */
const CONVERTED = 16 * 1024;
/** Lets others have the thread where the turn is over. */
export type Rest = () => Promise<void>;
const goOn: Rest = () => Promise.resolve();

interface Staged {
  readonly key: string;
  readonly data: Tensor;
}

export class Staging {
  readonly #staged = new Map<Tensor, Staged>();

  /** `rest` is called between pieces of work. */
  constructor(readonly rest: Rest = goOn) {}

  /** Reads an entry's values for `tensor`, in its dtype. Of two keys of one tied tensor the last counts, as in PyTorch. */
  async read(key: string, tensor: Tensor, entry: TensorEntry): Promise<void> {
    const { shape, storage, dtype } = entry;
    if (shape === null || storage === null)
      throw new LazuliError('internal', `entry '${entry.name}' has no values`);
    const before = this.#staged.get(tensor);
    if (before && !shapesEqual(before.data.shape, shape))
      throw new LazuliError(
        'weights_mismatch',
        `the weights do not fit the model:\n  ${key} is tied to ${before.key}: expected ${formatShape(before.data.shape)}, got ${formatShape(shape)}`,
        { where: key, expected: formatShape(before.data.shape), got: formatShape(shape) },
      );
    const data = before?.data ?? newTensor(shape, tensor.dtype, tensor.device, placeOf(entry));
    this.#staged.set(tensor, { key, data });
    if (data.device === 'meta') return;
    const run = dtype === data.dtype ? readContiguousInto(entry, data.storage) : null;
    if (run !== null) return run;
    let at = 0;
    const step = dtype === data.dtype ? STEP : CONVERTED * elementSize(dtype);
    for await (const chunk of contiguousBytes(entry))
      for (let from = 0; from < chunk.byteLength; from += step) {
        const bytes = convertBytes(chunk.subarray(from, from + step), dtype, data.dtype);
        data.storage.write(at, bytes);
        at += bytes.byteLength;
        await this.rest();
      }
  }

  /**
   * Gives the values to the tensors, all at once: uninitialized ones take over the memory, the storages of others take over the
   * bytes. Only a view of a larger storage gets a copy, here and now.
   */
  commit(): void {
    for (const [tensor, { data }] of this.#staged) {
      if (isLazy(tensor)) materializeWith(tensor, data);
      else {
        if (fillsStorage(tensor)) tensor.storage.assign(data.storage);
        else copyInSteps(tensor, data);
        data.storage.dispose();
      }
    }
    this.#staged.clear();
  }

  /** Frees what was read and not committed. */
  dispose(): void {
    for (const { data } of this.#staged.values()) data.storage.dispose();
    this.#staged.clear();
  }
}

function copyInSteps(target: Tensor, source: Tensor): void {
  if (target.device === 'meta') return;
  if (!target.isContiguous()) return writeDense(target, denseBytes(source));
  const start = target.offset * elementSize(target.dtype);
  const bytes = target.numel() * elementSize(target.dtype);
  for (let at = 0; at < bytes; at += STEP)
    target.storage.write(start + at, source.storage.read(at, Math.min(STEP, bytes - at)));
}

/** Fills a storage from a source, in steps where it cannot be done at once. */
export async function readInto(storage: Storage, source: StorageSource, rest: Rest = goOn): Promise<void> {
  const run = source.bytes === 0 ? null : (source.readInto?.(storage, 0, 0, source.bytes) ?? null);
  if (run !== null) return run;
  for (let at = 0; at < source.bytes; at += STEP) {
    storage.write(at, await source.read(at, Math.min(STEP, source.bytes - at)));
    await rest();
  }
}
