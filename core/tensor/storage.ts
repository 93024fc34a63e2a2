// Where a tensor's bytes live, and the interface a compute backend implements. Implementations are elsewhere.
import type { AttributeValue, OpName } from '../ops/signatures';
import type { DType } from './dtype';
import type { Shape } from './shape';

export type Device = 'cpu' | 'gpu' | 'meta';

/** A block of bytes owned by a backend. Several tensors may view one storage; identity is what sharing means. */
export interface Storage {
  readonly device: Device;
  readonly bytes: number;
  /** A copy of `length` bytes from `offset`. Throws on `meta` and on a disposed storage. */
  read(offset: number, length: number): Uint8Array;
  write(offset: number, bytes: Uint8Array): void;
  /** The same bytes as a storage of its own. On 'cpu' it costs nothing: the memory is shared until one of the two is written. */
  copy(): Storage;
  /**
   * Gives up its bytes for those of `source`, of the same device and size, which stays as it is; who views this storage sees them.
   * On 'cpu' at no cost, as `copy`.
   */
  assign(source: Storage): void;
  /** Frees the memory now; later use throws. Calling it twice is allowed. */
  dispose(): void;
  readonly isDisposed: boolean;
}

/** What a backend sees of a tensor: dense row-major elements of a storage. Every contiguous `Tensor` is one. */
export interface DenseTensor {
  readonly storage: Storage;
  readonly dtype: DType;
  readonly shape: Shape;
  /** Elements from the storage's start. */
  readonly offset: number;
}

/** Functions of a double whose last bit is the C library's own. */
export type LibmFunction = 'log' | 'log1p' | 'sin' | 'cos';

/** Runs primitive ops on storages it allocated. Outputs are allocated by the caller, dense and row-major. */
export interface Backend {
  readonly device: Device;
  /**
   * Zero-filled memory; throws `out_of_memory` when the budget does not allow it. `place` is where in a file its bytes will come from:
   * a backend may choose the address so that they are read without a copy.
   */
  allocate(bytes: number, place?: number): Storage;
  /** Runs one primitive at once. Inputs are dense; an absent optional input is null. */
  execute(
    op: OpName,
    inputs: readonly (DenseTensor | null)[],
    outputs: readonly DenseTensor[],
    attributes: Readonly<Record<string, AttributeValue>>,
  ): void;
  /** Replaces each value by the C library's function of it; absent where there is none to call. */
  libm?(name: LibmFunction, values: Float64Array): void;
}
