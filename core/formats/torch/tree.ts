// The object tree of one torch file: what readers hand to the lister and to the writer.
import type { PickleValue } from '../pickle/values';
import type { StorageTable } from './storages';

/** One torch file as its object tree, with the storages its persistent ids name. */
export interface TorchTree {
  readonly format: 'torch' | 'torch_legacy' | 'torchscript';
  readonly root: PickleValue;
  /** Little-endian bytes by storage key. */
  readonly storages: StorageTable;
  readonly unknownGlobals: readonly string[];
  /** Bytes of the pickle, which bound the work of walking its tree. */
  readonly pickleBytes: number;
}
