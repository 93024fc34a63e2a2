// A model and its data in memory that is only counted, on the device a run would use: for finding what the run takes.
import type { GraphModule } from '#core/graph/graph-module';
import { useBackend } from '#core/ops/dispatch';
import type { Backend, Storage } from '#core/tensor/storage';
import { Tensor } from '#core/tensor/tensor';
import type { Wrap } from '#core/turns';

import { withTensors, type Dataset } from '../datasets/dataset';

type Place = 'cpu' | 'gpu';

/** Memory that is only counted, while it is not freed. */
class ImaginedStorage implements Storage {
  isDisposed = false;
  constructor(
    readonly device: Place,
    readonly bytes: number,
    private readonly alive: Set<Storage>,
  ) {
    alive.add(this);
  }
  read(_offset: number, length: number): Uint8Array {
    return new Uint8Array(length);
  }
  write(): void {}
  copy(): ImaginedStorage {
    return new ImaginedStorage(this.device, this.bytes, this.alive);
  }
  assign(): void {}
  dispose(): void {
    this.isDisposed = true;
    this.alive.delete(this);
  }
}

const backendOn = (device: Place, alive: Set<Storage>): Backend => ({
  device,
  allocate: (bytes) => new ImaginedStorage(device, bytes, alive),
  execute: () => undefined,
});

/** Tensors of every device are only counted inside `wrap`. */
export class Imagination {
  readonly #alive = new Set<Storage>();
  readonly #backends: readonly Backend[];

  constructor(readonly device: Place) {
    const hosts = device === 'cpu' ? [] : [backendOn('cpu', new Set())];
    this.#backends = [backendOn(device, this.#alive), ...hosts];
  }

  /** What is on the device and not freed. */
  get alive(): ReadonlySet<Storage> {
    return this.#alive;
  }

  readonly wrap: Wrap = (body) => {
    const restores = this.#backends.map((backend) => useBackend(backend));
    try {
      return body();
    } finally {
      for (const restore of restores) restore();
    }
  };

  /**
   * What a run does before it starts: the model on the device, and its data, which is `counted` among what is alive, is not, or
   * stays on the `host`.
   */
  place(module: GraphModule, dataset: Dataset, data: 'counted' | 'uncounted' | 'host'): Dataset {
    if (this.device === 'cpu') return dataset;
    const moved = new Map<Storage, Storage>();
    const move = (tensor: Tensor, alive: Set<Storage>): Tensor => {
      const { dtype, shape, strides, offset, storage } = tensor;
      const there = moved.get(storage) ?? new ImaginedStorage(this.device, storage.bytes, alive);
      moved.set(storage, there);
      return new Tensor(there, { dtype, shape, strides, offset });
    };
    for (const [, tensor] of [...module.namedParameters(), ...module.namedBuffers()])
      if (tensor.device === 'cpu') tensor.setData(move(tensor.detach(), this.#alive));
    if (data === 'host') return dataset;
    const table = data === 'counted' ? this.#alive : new Set<Storage>();
    return withTensors(dataset, (tensor) => move(tensor, table));
  }
}
