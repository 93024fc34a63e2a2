// StateDict: PyTorch's OrderedDict of named tensors with its `_metadata`. Reading and writing files is elsewhere.
import { TorchError } from '../errors';
import { classRepr } from './python-names';

/** What a module notes about itself: `version`, and PyTorch's `assign_to_params_buffers` once it was loaded with assign. */
export interface ModuleMetadata {
  version?: number | null;
  assign_to_params_buffers?: boolean;
}

/** Metadata by module prefix without its final dot; '' is the root. */
export type Metadata = Map<string, ModuleMetadata>;

/** Entries in PyTorch's order. Values are tensors, or whatever extra state a module saves. */
export class StateDict extends Map<string, unknown> {
  /** Absent (null) in a plain dict, which changes how batch norms report missing keys. */
  metadata: Metadata | null;

  constructor(entries: Iterable<readonly [string, unknown]> = [], metadata: Metadata | null = null) {
    super(entries);
    this.metadata = metadata;
  }

  /** A shallow copy that keeps the metadata, as `copy.copy` does. */
  clone(): StateDict {
    return new StateDict(this, this.metadata);
  }
  /** A shallow copy without metadata: Python's `dict.copy()` and `OrderedDict(sd)` lose it. */
  copy(): StateDict {
    return new StateDict(this);
  }
  override toString(): string {
    return `OrderedDict(${[...this.keys()].join(', ')})`;
  }
}

/** Anything dict-like that can be loaded. */
export type StateDictLike = StateDict | ReadonlyMap<string, unknown> | Readonly<Record<string, unknown>>;

/** The entries and metadata of a dict-like value. TypeError, in PyTorch's words, for anything else. */
export function asStateDict(value: unknown): StateDict {
  if (value instanceof StateDict) return value;
  if (value instanceof Map) return new StateDict(value as Map<string, unknown>);
  const prototype: unknown =
    typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined;
  if (typeof value === 'object' && value !== null && (prototype === Object.prototype || prototype === null))
    return new StateDict(Object.entries(value));
  throw new TorchError(
    'TypeError',
    `Expected state_dict to be dict-like, got ${classRepr(value)}.`,
    'weights_mismatch',
  );
}
