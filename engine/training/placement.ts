// A model and its data on another device than the CPU: moved there for a run, evaluation or prediction, and back. What the
// host holds stays as a copy of the last moment kept, for the case that the device is lost.
import type { GraphModule } from '#core/graph/graph-module';
import { LazuliError } from '#core/errors';
import { backendOf } from '#core/ops/dispatch';
import type { Storage } from '#core/tensor/storage';
import { Tensor } from '#core/tensor/tensor';
import type { NativeBackend } from '#native';

import { tensorsOf, withTensors } from '../datasets/dataset';
import type { Feed } from './batches';
import type { Numbers, Place } from './checkpoint';
import type { Optimizer, OptimizerState } from './optimizer';
import type { OptimizerSnapshot } from './optimizer-state';

/** Where a GPU's data is: there whole, or on the host, from where each step's rows are copied. The numbers are the same. */
export type DataPlace = 'device' | 'host';

/** Where the data of something short goes (a run knows better): on the device where it leaves half of what is free to the rest. */
function placeOfData(backend: NativeBackend, { dataset }: Feed): DataPlace {
  const { limit, bytes } = backend.device === 'gpu' ? backend.native.live() : { limit: Infinity, bytes: 0 };
  const storages = new Set(tensorsOf(dataset).map(({ storage }) => storage));
  const data = [...storages].reduce((sum, storage) => sum + storage.bytes, 0);
  return data > (limit - bytes) / 2 ? 'host' : 'device';
}

/** Bytes copied at once: JavaScript's own memory between host and device. */
const PIECE = 16 << 20;

function copyStorage(from: Storage, to: Storage): void {
  for (let at = 0; at < from.bytes; at += PIECE)
    to.write(at, from.read(at, Math.min(PIECE, from.bytes - at)));
}

const viewOf = ({ dtype, shape, strides, offset }: Tensor, storage: Storage): Tensor =>
  new Tensor(storage, { dtype, shape, strides, offset });

export class Placement {
  readonly feed: Feed;
  /** Where the run stood when the host's copies were made, and the optimizer's states then. */
  kept: { readonly optimizer: OptimizerSnapshot; readonly place: Place; readonly best: Numbers } | null =
    null;
  /** Host memory to device memory. */
  readonly #moved = new Map<Storage, Storage>();
  readonly #tensors: readonly { readonly tensor: Tensor; readonly host: Tensor }[];
  readonly #owned: (() => void)[] = [];
  readonly #states = new Map<Storage, Tensor>();

  /** Throws `out_of_memory` with everything back in its place. */
  constructor(
    readonly backend: NativeBackend,
    readonly module: GraphModule,
    feed: Feed,
    readonly dataPlace: DataPlace,
  ) {
    const named = [...module.namedParameters(), ...module.namedBuffers()].map(([, tensor]) => tensor);
    this.#tensors = named.map((tensor) => ({ tensor, host: tensor.detach() }));
    try {
      for (const { host } of this.#tensors) this.#move(host.storage);
      this.feed = this.#moveFeed(feed);
      for (const { tensor, host } of this.#tensors)
        tensor.setData(viewOf(host, this.#moved.get(host.storage) ?? host.storage));
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /** Makes the host's copies of the model what the device holds now. Throws `device_lost`. */
  pull(): void {
    for (const [host, device] of this.#moved) if (this.#isModel(host)) copyStorage(device, host);
  }

  /** The same, with the optimizer and where the run stands: what is left when the device is lost. */
  keep(optimizer: Optimizer, place: Place, best: Numbers): void {
    this.pull();
    const { declaration, schedule } = optimizer;
    const states = new Map<string, OptimizerState>();
    for (const [key, state] of optimizer.states)
      states.set(
        key,
        Object.fromEntries(Object.entries(state).map(([name, tensor]) => [name, this.#hostOf(tensor)])),
      );
    const stood = schedule?.state() ?? null;
    const groups = optimizer.groups.map((group) => ({ ...group }));
    this.kept = {
      optimizer: { declaration, groups, states, schedule: stood && { state: () => stood } },
      place,
      best,
    };
  }

  /** Puts the host's tensors back into the module. */
  restore(): void {
    for (const { tensor, host } of this.#tensors) if (tensor.device !== 'cpu') tensor.setData(host);
  }

  /** The same, and frees the device's memory. Twice is allowed. */
  release(): void {
    this.restore();
    for (const free of this.#owned.splice(0)) free();
    for (const { storage } of this.#states.values()) storage.dispose();
    this.#states.clear();
    this.#moved.clear();
  }

  #isModel(storage: Storage): boolean {
    return this.#tensors.some(({ host }) => host.storage === storage);
  }
  #move(storage: Storage): Storage {
    const known = this.#moved.get(storage);
    if (known) return known;
    const copy = this.backend.allocate(storage.bytes);
    this.#owned.push(() => copy.dispose());
    copyStorage(storage, copy);
    this.#moved.set(storage, copy);
    return copy;
  }

  #moveFeed(feed: Feed): Feed {
    const { dataset, normalizers } = feed;
    const moved = (tensor: Tensor): Tensor =>
      this.dataPlace === 'host' ? tensor : viewOf(tensor, this.#move(tensor.storage));
    const scaled = normalizers.map((normalizer) => normalizer.on(this.backend.device));
    this.#owned.push(() => scaled.forEach((each) => each.dispose()));
    return {
      ...feed,
      normalizers: scaled,
      dataset: withTensors(dataset, moved),
    };
  }

  /** The host's copy of a state tensor, as it is now. */
  #hostOf(tensor: Tensor): Tensor {
    const cpu = backendOf('cpu');
    if (!cpu) throw new LazuliError('internal', 'the CPU backend is not open');
    const host = this.#states.get(tensor.storage) ?? viewOf(tensor, cpu.allocate(tensor.storage.bytes));
    this.#states.set(tensor.storage, host);
    copyStorage(tensor.storage, host.storage);
    return host;
  }
}

/** The placement of a model for a backend; null on the CPU, where it already is. */
export const placementOn = (
  backend: NativeBackend,
  module: GraphModule,
  feed: Feed,
  dataPlace: DataPlace = placeOfData(backend, feed),
): Placement | null => (backend.device === 'cpu' ? null : new Placement(backend, module, feed, dataPlace));
