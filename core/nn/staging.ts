// Values on their way from a file into a model: each tensor's are streamed into memory of its own first, so that a read that
// fails changes nothing and what is in JavaScript's memory at a time stays small.
import { LazuliError } from '../errors';
import { contiguousBytes, readContiguousInto } from '../formats/gather';
import type { StorageSource, TensorEntry } from '../formats/weights';
import { elementSize } from '../tensor/dtype';
import { formatShape, shapesEqual } from '../tensor/shape';
import type { Storage } from '../tensor/storage';
import type { Tensor } from '../tensor/tensor';
import { convertBytes, denseBytes, newTensor, writeDense } from './tensor-memory';
import { isLazy, materializeWith } from './uninitialized';

/** Most bytes that are copied at a time; files are read in pieces of 4 MiB. */
const STEP = 16 * 1024 * 1024;

interface Staged {
  readonly key: string;
  readonly data: Tensor;
}

export class Staging {
  readonly #staged = new Map<Tensor, Staged>();

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
    const data = before?.data ?? newTensor(shape, tensor.dtype, tensor.device);
    this.#staged.set(tensor, { key, data });
    if (data.device === 'meta') return;
    const run = dtype === data.dtype ? readContiguousInto(entry, data.storage) : null;
    if (run !== null) return run;
    let at = 0;
    for await (const chunk of contiguousBytes(entry)) {
      const bytes = convertBytes(chunk, dtype, data.dtype);
      data.storage.write(at, bytes);
      at += bytes.byteLength;
    }
  }

  /** Gives the values to the tensors: uninitialized ones take over the memory, others keep theirs and get a copy. */
  commit(): void {
    for (const [tensor, { data }] of this.#staged) {
      if (isLazy(tensor)) materializeWith(tensor, data);
      else {
        copyInSteps(tensor, data);
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
export async function readInto(storage: Storage, source: StorageSource): Promise<void> {
  const run = source.bytes === 0 ? null : (source.readInto?.(storage, 0, 0, source.bytes) ?? null);
  if (run !== null) return run;
  for (let at = 0; at < source.bytes; at += STEP)
    storage.write(at, await source.read(at, Math.min(STEP, source.bytes - at)));
}
