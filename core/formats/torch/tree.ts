// The object tree of one torch file: what readers hand to the lister and to the writer.
import type { PickleValue } from '../pickle/values';
import type { StorageTable } from './storages';

/** Which records a torch version writes beside data.pkl and the storages, and how. */
export interface TorchRecords {
  /** `1.6`: data.pkl, storages, version; `2.6` adds byteorder and serialization_id; `2.14` the format version and alignment. */
  readonly version: '1.6' | '2.6' | '2.14';
  /** Where storages start: multiples of 64 unless the writer's settings said otherwise. */
  readonly alignment: number;
  readonly hasChecksums: boolean;
  /** How the storages follow each other: by number, or as older versions by the text of their keys (`0 1 10 11 2`). */
  readonly order: 'number' | 'text';
}

export const CURRENT_RECORDS: TorchRecords = {
  version: '2.14',
  alignment: 64,
  hasChecksums: true,
  order: 'number',
};

/** One torch file as its object tree, with the storages its persistent ids name. */
export interface TorchTree {
  readonly format: 'torch' | 'torch_legacy' | 'torchscript';
  readonly root: PickleValue;
  /** Little-endian bytes by storage key. */
  readonly storages: StorageTable;
  readonly unknownGlobals: readonly string[];
  /** What `torch.load` says to the first thing it does not take by default; null where it takes all. */
  readonly torchRefusal: string | null;
  /** How the file was written; legacy files count as written by the current version. */
  readonly records: TorchRecords;
  /** Storages without a checksum in a file that has them. */
  readonly unchecked: number;
  /** Bytes of the pickle, which bound the work of walking its tree. */
  readonly pickleBytes: number;
}
