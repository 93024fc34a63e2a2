// Between a model and weight files: a state dict as file entries, entries as a state dict, and loading that is all or nothing.
import { LazuliError } from '../errors';
import { AT_ONCE } from '../formats/gather';
import type { EntryKind, StateDictContent, StorageSource, TensorEntry } from '../formats/weights';
import { inFlight } from '../in-flight';
import { formatShape } from '../tensor/shape';
import type { Device, Storage } from '../tensor/storage';
import { Tensor } from '../tensor/tensor';
import { compareState, presentNames, type CompareOptions, type WeightVerdict } from './compare-state';
import { LayerModule } from './layer-module';
import { deviceFor, type MapLocation } from './map-location';
import type { Module } from './module';
import { Parameter } from './parameter';
import { slotsOf } from './slots';
import { readInto, Staging, type Rest } from './staging';
import { StateDict } from './state-dict';
import { allocateBytes } from './tensor-memory';
import { isLazy, pendingData, UninitializedBuffer, UninitializedParameter } from './uninitialized';

const kindOf = (tensor: Tensor): EntryKind =>
  tensor instanceof UninitializedParameter
    ? 'uninitialized_parameter'
    : isLazy(tensor)
      ? 'uninitialized_buffer'
      : tensor instanceof Parameter
        ? 'parameter'
        : 'tensor';

/** What a writer takes: one entry per tensor in order, storages shared as the tensors share them, and the metadata. */
export function stateDictContent(stateDict: StateDict): StateDictContent {
  const sources = new Map<Storage, StorageSource>();
  const entries: TensorEntry[] = [];
  for (const [name, value] of stateDict)
    if (value instanceof Tensor) entries.push(entryOf(name, value, sources));
  if (stateDict.metadata === null) return { entries };
  const metadata = [...stateDict.metadata].map(
    ([prefix, { version }]) => [prefix, { version: version ?? 1 }] as const,
  );
  return { entries, metadata: Object.fromEntries(metadata) };
}

function entryOf(name: string, tensor: Tensor, sources: Map<Storage, StorageSource>): TensorEntry {
  const common = { name, kind: kindOf(tensor), storageKey: '', requiresGrad: tensor.requiresGrad };
  if (isLazy(tensor))
    return { ...common, dtype: pendingData(tensor).dtype, shape: null, stride: [], offset: 0, storage: null };
  const { storage, dtype, shape, strides, offset } = tensor;
  const known = sources.get(storage);
  const source = known ?? {
    bytes: storage.bytes,
    memory: storage,
    read: async (from: number, length: number) => storage.read(from, length),
  };
  sources.set(storage, source);
  return { ...common, dtype, shape, stride: strides, offset, storage: source };
}

export interface FromOptions {
  /** Called between pieces of work: others may have the thread. */
  readonly rest?: Rest;
  /** torch.load's `map_location`. Default: everything goes to the CPU. */
  readonly mapLocation?: MapLocation | null;
}

/**
 * Tensors of a file's entries, each storage read once and shared as in the file; what goes to meta is not read. Nothing stays
 * allocated when reading fails. RuntimeError where `mapLocation` leads to a device that is not here.
 */
export async function stateDictFrom(
  content: StateDictContent,
  { rest, mapLocation = null }: FromOptions = {},
): Promise<StateDict> {
  const devices = new Map<StorageSource, Device>();
  for (const { storage, location = 'cpu' } of content.entries)
    if (storage && !devices.has(storage)) devices.set(storage, deviceFor(location, mapLocation));
  const storages = new Map(
    [...devices].map(([source, device]) => [source, allocateBytes(device, source.bytes, source.place)]),
  );
  const read = [...storages].filter(([, { device }]) => device !== 'meta');
  try {
    await inFlight(read, AT_ONCE, ([source, storage]) => readInto(storage, source, rest));
  } catch (error) {
    for (const storage of storages.values()) storage.dispose();
    throw error;
  }
  const stateDict = new StateDict([], content.metadata ? new Map(Object.entries(content.metadata)) : null);
  for (const entry of content.entries)
    stateDict.set(entry.name, tensorFrom(entry, entry.storage && (storages.get(entry.storage) ?? null)));
  return stateDict;
}

function tensorFrom(entry: TensorEntry, storage: Storage | null): Tensor {
  const { kind, dtype, shape, stride, offset, requiresGrad } = entry;
  if (kind === 'uninitialized_parameter') return new UninitializedParameter({ dtype, requiresGrad });
  if (storage === null || shape === null) return new UninitializedBuffer({ dtype, requiresGrad });
  const tensor = new Tensor(storage, { dtype, shape, strides: stride, offset });
  if (kind === 'parameter') return new Parameter(tensor, { requiresGrad });
  tensor.requiresGrad = requiresGrad;
  return tensor;
}

export interface LoadEntriesOptions extends CompareOptions {
  /** Keys that are missing or unexpected are left alone instead of refused. Default false. */
  readonly partial?: boolean;
  /** Called between pieces of work: others may have the thread. */
  readonly rest?: Rest;
}

/**
 * Loads entries by name, lazy layers included (they then show their real sizes). Known sizes are checked first; throws
 * `weights_mismatch` that lists every key that does not fit, and then nothing has changed. A read that fails changes
 * nothing either.
 */
export async function loadEntries(
  root: Module,
  entries: readonly TensorEntry[],
  options: LoadEntriesOptions = {},
): Promise<WeightVerdict[]> {
  const verdicts = compareState(root, entries, options);
  refuseMismatches(verdicts, options.partial ?? false);
  refuseStrangers(verdicts, entries);
  const slots = slotsOf(root);
  const given = new Map(presentNames(slots, entries).map(({ name, entry }) => [name, entry]));
  const isLoadable = new Set(
    verdicts
      .filter(({ verdict }) => verdict === 'fits' || verdict === 'will_materialize')
      .map(({ key }) => key),
  );
  const staging = new Staging(options.rest);
  try {
    const reads = slots.flatMap(({ key, tensor }) => {
      const entry = given.get(key);
      return entry === undefined || entry.shape === null || !isLoadable.has(key)
        ? []
        : [{ key, tensor, entry }];
    });
    // Tied tensors are one memory, which the last of their keys fills.
    const isTied = new Set(reads.map(({ tensor }) => tensor)).size < reads.length;
    await inFlight(reads, isTied ? 1 : AT_ONCE, ({ key, tensor, entry }) => staging.read(key, tensor, entry));
    staging.commit();
  } finally {
    staging.dispose();
  }
  for (const module of root.modules()) if (module instanceof LayerModule) module.settle();
  return verdicts;
}

const REFUSALS = {
  conflicts: 'does not fit',
  missing: 'is missing from the file',
  unexpected: 'is not in the model',
} as const;

function refuseMismatches(verdicts: readonly WeightVerdict[], isPartial: boolean): void {
  const lines = verdicts.flatMap(({ key, verdict, expected, got }) => {
    if (verdict === 'fits' || verdict === 'will_materialize') return [];
    if (isPartial && verdict !== 'conflicts') return [];
    const sizes = verdict === 'conflicts' ? `: expected ${shown(expected)}, got ${shown(got)}` : '';
    return [`${key} ${REFUSALS[verdict]}${sizes}`];
  });
  if (lines.length === 0) return;
  throw new LazuliError('weights_mismatch', `the weights do not fit the model:\n  ${lines.join('\n  ')}`, {
    hint: 'compare the file with the model; load with partial to skip missing and unexpected keys',
  });
}

/** Loading a part is no mistake; loading nothing of a file is one. */
function refuseStrangers(verdicts: readonly WeightVerdict[], entries: readonly TensorEntry[]): void {
  if (
    entries.length === 0 ||
    verdicts.some(({ verdict }) => verdict === 'fits' || verdict === 'will_materialize')
  )
    return;
  throw new LazuliError('weights_mismatch', 'no key of the weights is in the model', {
    expected: verdicts.find(({ verdict }) => verdict === 'missing')?.key ?? 'a key of the model',
    got: entries[0]?.name ?? 'nothing',
    hint: 'rename the keys: --strip-prefix module. or --rename PATTERN=>REPLACEMENT',
  });
}

const shown = (shape: WeightVerdict['expected']): string =>
  shape === null ? 'an uninitialized entry' : formatShape(shape);
