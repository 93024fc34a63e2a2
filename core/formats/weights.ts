// What every weight-file reader returns and every writer takes: tensors by reference, never a whole file in memory.
import type { DType } from '../tensor/dtype';
import type { Shape } from '../tensor/shape';
import type { Storage } from '../tensor/storage';

/** Random access to bytes: a file on disk or bytes in memory. `name` is what error messages call it. */
export interface ByteSource {
  readonly name: string;
  readonly size: number;
  /** Exactly `length` bytes from `offset`; throws `file_refused` past the end. The result may be a view: do not write to it. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /**
   * Fills `length` bytes of a backend's memory from byte `at` on without passing through JavaScript; resolves with their
   * CRC-32. Null (or no method) where `read` is the way.
   */
  readInto?(storage: Storage, at: number, offset: number, length: number): Promise<number> | null;
  /** Writes `length` bytes to a sink as `readInto` fills memory; resolves with their CRC-32. Null where `read` is the way. */
  copyTo?(sink: ByteSink, offset: number, length: number): Promise<number> | null;
}

/** Where a writer puts its bytes, in order. */
export interface ByteSink {
  /** At least so many bytes are to come: room for them is made where that helps, and throws `write_failed` where there is none. */
  expect?(bytes: number): Promise<void>;
  /** The bytes may change as soon as the promise is fulfilled. */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Leaves room for `length` bytes that are known later and returns what writes them. With this method what is written after
   * `writeFrom` and `writeFromFile` need not wait for them: their places are settled when they are called.
   */
  later?(length: number): (bytes: Uint8Array) => Promise<void>;
  /** Writes bytes of a backend's memory; resolves with their CRC-32. Null (or no method) where `write` is the way. */
  writeFrom?(storage: Storage, offset: number, length: number): Promise<number> | null;
  /** Writes bytes of another open file, by its descriptor; resolves with their CRC-32. Null (or no method) where `write` is the way. */
  writeFromFile?(descriptor: number, position: number, length: number): Promise<number> | null;
}

export type EntryKind =
  'parameter' | 'buffer' | 'tensor' | 'uninitialized_parameter' | 'uninitialized_buffer';

/** A run of raw little-endian bytes several tensors may share (torch's StorageImpl). Sharing is by object identity. */
export interface StorageSource {
  readonly bytes: number;
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Fills a backend's memory from byte `at` on; null (or no method) where `read` is the way. Throws what `read` throws. */
  readInto?(storage: Storage, at: number, offset: number, length: number): Promise<void> | null;
  /** Writes bytes to a sink without passing through JavaScript; resolves with their CRC-32. Null (or no method) as above. */
  copyTo?(sink: ByteSink, offset: number, length: number): Promise<number> | null;
  /** Where in its file the first byte lies, where the bytes are a file's. */
  readonly place?: number;
  /** The backend's memory these bytes are, from its first byte on, where they are that. */
  readonly memory?: Storage;
}

/** One named tensor of a state dict; `shape` and `storage` are null while it is uninitialized. */
export interface TensorEntry {
  /** State-dict key; nested containers join their keys with `.`. */
  readonly name: string;
  readonly kind: EntryKind;
  readonly dtype: DType;
  readonly shape: Shape | null;
  /** In elements. */
  readonly stride: readonly number[];
  /** In elements from the start of the storage. */
  readonly offset: number;
  readonly storage: StorageSource | null;
  /** The storage's key in its file, '' when the format has none. */
  readonly storageKey: string;
  readonly requiresGrad: boolean;
  /** Where it lay when a torch file was written, `cuda:0`; absent for the CPU and for formats that do not say. */
  readonly location?: string;
}

/** A value beside the tensors of a checkpoint (epoch, learning rate, names ...), as plain data. */
export type PlainValue =
  null | boolean | number | bigint | string | readonly PlainValue[] | { readonly [key: string]: PlainValue };

/** Saves a torch file's whole object again: every value beside the tensors, sharing and order kept. */
export type ObjectWriter = (
  sink: ByteSink,
  options: { readonly directory: string; readonly uninitialized: 'keep' | 'skip' },
) => Promise<void>;

/** What is in a weight file, listed without reading the tensors' bytes. */
export interface WeightFile {
  readonly format: 'torch' | 'torch_legacy' | 'torchscript' | 'safetensors' | 'npy' | 'npz';
  readonly entries: readonly TensorEntry[];
  readonly values: Readonly<Record<string, PlainValue>>;
  /** safetensors `__metadata__`, or a state dict's `_metadata` as `{prefix: version}` strings. */
  readonly metadata: Readonly<Record<string, PlainValue>>;
  /** A state dict's `_metadata` in the form writers take it; absent when the file has none. */
  readonly stateDictMetadata?: Readonly<Record<string, { readonly version: number }>>;
  /** Present for torch files whose object can be written again: no program, and no name that is unknown here. */
  readonly writeObject?: ObjectWriter;
  /** What `torch.load` says where it refuses the file by default (`weights_only=True`). */
  readonly torchRefusal?: string;
  /** Globals a pickle names that are unknown: listed, never called. */
  readonly globals: readonly string[];
  readonly warnings: readonly string[];
}

/** What a writer is given: entries plus the state dict's `_metadata` (module prefix → `{version}`). */
export interface StateDictContent {
  readonly entries: readonly TensorEntry[];
  readonly metadata?: Readonly<Record<string, { readonly version: number }>>;
}
