// The storages of one torch file: which bytes a persistent id means, checked against the record that holds them.
import { DTYPES, elementSize, type DType } from '../../tensor/dtype';
import { isDevice } from '../pickle/calls';
import { PickleGlobal, PickleText, PickleTuple, describeValue, type PickleValue } from '../pickle/values';
import { quote, refusal } from '../refuse';
import type { StorageSource } from '../weights';
import { swapped } from './transforms';

/** One storage as a tensor's rebuild call names it. */
export interface TorchStorage {
  readonly source: StorageSource;
  readonly key: string;
  /** The storage class's dtype; null for untyped storages, whose tensors bring their own. */
  readonly dtype: DType | null;
  /** `qint8` and the like when the storage class is a quantized one. */
  readonly quantized: string | null;
  /** How many numbers a byte holds: more than one for the quantized types of four and two bits. */
  readonly perByte: number;
  /** In elements; not 0 only for views in legacy files. */
  readonly offset: number;
  /** In elements of `dtype`, or in bytes. */
  readonly count: number;
  /** The device it was saved from: `cpu`, `cuda:0`. */
  readonly location: string;
}

/** What a storage class is called without module and "Storage". */
interface StorageClass {
  readonly dtype: DType | null;
  readonly quantized: string | null;
  readonly perByte: number;
  readonly bytes: number;
}

const QUANTIZED: ReadonlyMap<string, Pick<TorchStorage, 'quantized' | 'dtype' | 'perByte'>> = new Map([
  ['QInt8', { quantized: 'qint8', dtype: 'int8', perByte: 1 }],
  ['QUInt8', { quantized: 'quint8', dtype: 'uint8', perByte: 1 }],
  ['QInt32', { quantized: 'qint32', dtype: 'int32', perByte: 1 }],
  ['QUInt4x2', { quantized: 'quint4x2', dtype: 'uint8', perByte: 2 }],
  ['QUInt2x4', { quantized: 'quint2x4', dtype: 'uint8', perByte: 4 }],
]);

/** The dtype whose torch storage class is `name` without "Storage". */
const TYPED: ReadonlyMap<string, DType> = new Map(
  typedNames().flatMap((dtype) => {
    const { torchStorage } = DTYPES[dtype];
    return torchStorage === null ? [] : [[torchStorage, dtype] as const];
  }),
);

function typedNames(): DType[] {
  return Object.keys(DTYPES).filter((name): name is DType => Object.hasOwn(DTYPES, name));
}

function storageClass(global: PickleGlobal): StorageClass | null {
  const match = /^torch\.(?:cuda\.|storage\.)?(\w+)Storage$/.exec(global.path);
  const name = match?.[1];
  if (name === undefined) return null;
  const plain = { dtype: TYPED.get(name) ?? null, quantized: null, perByte: 1 };
  if (name === 'Untyped') return { ...plain, bytes: 1 };
  const found = QUANTIZED.get(name) ?? plain;
  return found.dtype === null ? null : { ...found, bytes: elementSize(found.dtype) };
}

/** A storage's parts in a persistent id. */
export interface StorageId {
  readonly key: string;
  readonly storageClass: StorageClass;
  readonly count: number;
  readonly bytes: number;
  readonly location: string;
  /** `(key, offset, size)` of a view in legacy files. */
  readonly view: { readonly key: string; readonly offset: number; readonly size: number } | null;
}

/** Parses `('storage', class, key, location, numel[, view])`. Source: spec/torch-semantics.md sections 10 and 12. */
export function parseStorageId(file: string, id: PickleValue, where: string): StorageId {
  const malformed = (got: PickleValue, expected: string): Error =>
    refusal(file, 'a reference to a storage is malformed', where, { expected, got: describeValue(got) });
  if (!(id instanceof PickleTuple)) throw malformed(id, 'a tuple');
  const [kind = null, type = null, key = null, location = null, count = null, view = null] = id.items;
  if (!(kind instanceof PickleText) || kind.value !== 'storage') throw malformed(kind, "'storage'");
  if (!(type instanceof PickleGlobal)) throw malformed(type, 'a storage class');
  const parsed = storageClass(type);
  if (parsed === null) {
    throw refusal(file, `a tensor has the unknown storage class ${quote(type.path)}`, where, {
      expected: 'a storage class of torch',
      got: type.path,
    });
  }
  if (!(key instanceof PickleText)) throw malformed(key, 'a key as text');
  if (!(location instanceof PickleText)) throw malformed(location, 'a device as text');
  if (!isDevice(location.value)) {
    throw refusal(file, 'a storage lies on a device that is not known', where, {
      expected: 'cpu, cuda:0 and the like',
      got: quote(location.value),
    });
  }
  const elements = parseCount(count);
  if (elements === null || !Number.isSafeInteger(elements * parsed.bytes)) {
    throw malformed(count, 'a size from 0 to 2^53 bytes');
  }
  return {
    key: key.value,
    storageClass: parsed,
    count: elements,
    bytes: elements * parsed.bytes,
    location: location.value,
    view: view === null ? null : parseView(view, malformed),
  };
}

function parseView(
  view: PickleValue,
  malformed: (got: PickleValue, expected: string) => Error,
): { key: string; offset: number; size: number } {
  const expected = 'a view as (key, offset, size)';
  if (!(view instanceof PickleTuple)) throw malformed(view, expected);
  const [key = null, offset = null, size = null] = view.items;
  const start = parseCount(offset);
  const length = parseCount(size);
  if (!(key instanceof PickleText) || start === null || length === null) throw malformed(view, expected);
  return { key: key.value, offset: start, size: length };
}

/** A count from 0 to 2^53, or null. */
export const parseCount = (value: PickleValue | undefined): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;

/** Gives every key its storage once, so that tensors over one storage share one object. */
export class StorageTable {
  readonly #file: string;
  readonly #find: (key: string, where: string) => StorageSource;
  readonly #isBigEndian: boolean;
  readonly #known = new Map<string, { storage: TorchStorage; bytes: number }>();

  /** torch makes the storages of legacy files larger when a tensor asks for it, before it reads them. */
  readonly isResizable: boolean;

  /** `find` gives the raw bytes of a key and throws `file_refused` when there are none. */
  constructor(
    file: string,
    find: (key: string, where: string) => StorageSource,
    { isBigEndian, isResizable }: { readonly isBigEndian: boolean; readonly isResizable: boolean },
  ) {
    this.#file = file;
    this.#find = find;
    this.#isBigEndian = isBigEndian;
    this.isResizable = isResizable;
  }

  /** The storage a persistent id names. Throws `file_refused` when its size is not its record's size. */
  resolve(id: PickleValue, where: string): TorchStorage {
    const parsed = parseStorageId(this.#file, id, where);
    const { dtype, quantized, perByte } = parsed.storageClass;
    const root = { ...this.#root(parsed, where), dtype, quantized, perByte };
    if (parsed.view === null) return { ...root, count: parsed.count };
    const { offset, size } = parsed.view;
    if (size > parsed.count - offset) {
      throw refusal(this.#file, 'a storage view lies outside its storage', where, {
        expected: `at most ${String(parsed.count)} elements`,
        got: `${String(size)} elements from ${String(offset)}`,
      });
    }
    return { ...root, offset, count: size };
  }

  #root(parsed: StorageId, where: string): TorchStorage {
    const { dtype, quantized, perByte } = parsed.storageClass;
    const known = this.#known.get(parsed.key);
    if (known === undefined) {
      const raw = this.#find(parsed.key, where);
      if (raw.bytes !== parsed.bytes) {
        throw refusal(this.#file, `the record of storage ${quote(parsed.key)} has the wrong size`, where, {
          torch:
            `record size (${String(raw.bytes)} bytes) does not match expected size (${String(parsed.bytes)} bytes = ` +
            `${String(parsed.bytes)} elements * 1 bytes/element) for dtype Byte`,
          expected: `${String(parsed.bytes)} bytes`,
          got: `${String(raw.bytes)} bytes`,
          hint: 'The file is damaged, or was made to read memory it does not own.',
        });
      }
      const source = this.#isBigEndian && dtype !== null ? swapped(raw, dtype) : raw;
      const { key, count, location } = parsed;
      const storage = { source, key, dtype, quantized, perByte, offset: 0, count, location };
      this.#known.set(key, { storage, bytes: parsed.bytes });
      return storage;
    }
    // Nothing may be named as of any type: PyTorch saves views of an empty tensor so.
    const isOther =
      known.bytes > 0 && known.storage.dtype !== null && dtype !== null && known.storage.dtype !== dtype;
    if (known.bytes !== parsed.bytes || isOther) {
      throw refusal(this.#file, `storage ${quote(parsed.key)} is named with two sizes or types`, where, {
        expected: `${String(known.bytes)} bytes of ${known.storage.dtype ?? 'any type'}`,
        got: `${String(parsed.bytes)} bytes of ${dtype ?? 'any type'}`,
      });
    }
    return known.storage;
  }
}
