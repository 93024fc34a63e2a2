// Python values to be saved: plain JavaScript, tensors and state dicts, lowered to the tree the pickle writer takes.
import { LazuliError } from '../../errors';
import { DTYPES, elementSize, type DType } from '../../tensor/dtype';
import {
  PickleDict,
  PickleFloat,
  PickleGlobal,
  PickleList,
  PickleObject,
  PicklePersistent,
  PickleText,
  PickleTuple,
  type PickleValue,
} from '../pickle/values';
import type { StateDictContent, StorageSource, TensorEntry } from '../weights';

/** A Python tuple. */
export class TorchTuple {
  constructor(readonly items: readonly TorchValue[]) {}
}

/** A Python float, for whole numbers that must not become ints. */
export class TorchFloat {
  constructor(readonly value: number) {}
}

/** A tensor, Parameter, Buffer or uninitialized one, by the entry's kind; its name is not used. */
export class TorchTensorValue {
  constructor(readonly entry: TensorEntry) {}
}

/** What `module.state_dict()` returns. */
export class TorchStateDict {
  constructor(readonly content: StateDictContent) {}
}

/**
 * What `writeTorchValue` saves. Numbers that are integers are Python ints, others floats; arrays are lists; objects
 * are dicts with text keys, Maps are dicts with any keys.
 */
export type TorchValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | TorchTuple
  | TorchFloat
  | TorchTensorValue
  | TorchStateDict
  | readonly TorchValue[]
  | ReadonlyMap<string | number, TorchValue>
  | { readonly [key: string]: TorchValue };

/** A tree and the storages its persistent ids name, in the order of their keys. */
export interface BuiltTree {
  readonly root: PickleValue;
  readonly storages: readonly StorageSource[];
}

/** Longer module prefixes are no module's. */
const LONGEST_PREFIX = 4096;

const global = (module: string, name: string): PickleGlobal => new PickleGlobal(module, name);
const ORDERED_DICT = global('collections', 'OrderedDict');
const call = (callable: PickleGlobal, ...args: PickleValue[]): PickleObject =>
  new PickleObject(callable, new PickleTuple(args), false);

/** Lowers a value. Throws `not_supported` for two dtypes over one storage, as torch does. */
export function buildTree(value: TorchValue): BuiltTree {
  const builder = new TreeBuilder();
  return { root: builder.value(value), storages: builder.storages };
}

interface KnownStorage {
  readonly key: PickleText;
  readonly typed: DType | null;
}

class TreeBuilder {
  readonly storages: StorageSource[] = [];
  readonly #known = new Map<StorageSource, KnownStorage>();
  readonly #texts = new Map<string, PickleText>();

  value(value: TorchValue): PickleValue {
    if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return value;
    if (typeof value === 'number')
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? value : new PickleFloat(value);
    if (typeof value === 'string') return this.#text(value);
    if (value instanceof TorchFloat) return new PickleFloat(value.value);
    if (value instanceof TorchTuple) return new PickleTuple(value.items.map((item) => this.value(item)));
    if (value instanceof TorchTensorValue) return this.#entry(value.entry, false);
    if (value instanceof TorchStateDict) return this.#stateDict(value.content);
    return this.#container(value);
  }

  #container(
    value:
      | readonly TorchValue[]
      | ReadonlyMap<string | number, TorchValue>
      | { readonly [key: string]: TorchValue },
  ): PickleValue {
    if (isList(value)) {
      const list = new PickleList();
      for (const item of value) list.items.push(this.value(item));
      return list;
    }
    const dict = new PickleDict();
    const pairs = isMap(value) ? [...value] : Object.entries(value);
    for (const [key, item] of pairs) dict.items.push([this.value(key), this.value(item)]);
    return dict;
  }

  /** Texts in a program's source are one object each time, so equal texts are shared. */
  #text(text: string): PickleText {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const created = new PickleText(text);
    this.#texts.set(text, created);
    return created;
  }

  /** Keys with a dot are put together at run time, so each is an object of its own; the others are attribute names. */
  #stateDictKey(name: string): PickleText {
    return name.includes('.') ? new PickleText(name) : this.#text(name);
  }

  /** Prefixes are slices, new objects too, but CPython has only one object for each text of at most one character. */
  #metadataKey(prefix: string): PickleText {
    return prefix.length > 1 ? new PickleText(prefix) : this.#text(prefix);
  }

  #stateDict(content: StateDictContent): PickleObject {
    const dict = call(ORDERED_DICT);
    for (const entry of content.entries)
      dict.items.push([this.#stateDictKey(entry.name), this.#entry(entry, true)]);
    if (content.metadata === undefined) return dict;
    const metadata = call(ORDERED_DICT);
    for (const prefix of moduleOrder(Object.keys(content.metadata))) {
      const version = content.metadata[prefix]?.version ?? null;
      const info = new PickleDict();
      info.items.push([this.#text('version'), version]);
      metadata.items.push([this.#metadataKey(prefix), info]);
    }
    const state = new PickleDict();
    state.items.push([this.#text('_metadata'), metadata]);
    dict.state = state;
    return dict;
  }

  /** In a state dict parameters and buffers are plain detached tensors. */
  #entry(entry: TensorEntry, isDetached: boolean): PickleObject {
    if (entry.shape === null || entry.storage === null) {
      const name = entry.kind === 'uninitialized_buffer' ? 'UninitializedBuffer' : 'UninitializedParameter';
      return call(global('torch.nn.parameter', name), entry.requiresGrad);
    }
    const isParameter = entry.kind === 'parameter';
    const requiresGrad =
      entry.kind === 'tensor' || (!isDetached && !isParameter) ? entry.requiresGrad : false;
    const tensor = this.#tensor(entry, entry.storage, entry.shape, requiresGrad);
    if (isDetached || entry.kind === 'tensor') return tensor;
    if (isParameter)
      return call(
        global('torch._utils', '_rebuild_parameter'),
        tensor,
        entry.requiresGrad,
        call(ORDERED_DICT),
      );
    const state = new PickleDict();
    state.items.push([this.#text('persistent'), true], [this.#text('_is_buffer'), true]);
    const rebuild = tensor.callable;
    return call(
      global('torch._tensor', '_rebuild_from_type_v2'),
      rebuild,
      global('torch', 'Tensor'),
      tensor.args,
      state,
    );
  }

  #tensor(
    entry: TensorEntry,
    storage: StorageSource,
    shape: readonly number[],
    requiresGrad: boolean,
  ): PickleObject {
    const { torchStorage } = DTYPES[entry.dtype];
    const args: PickleValue[] = [
      new PicklePersistent(this.#storageId(entry, storage)),
      entry.offset,
      new PickleTuple(shape),
      new PickleTuple(entry.stride),
      requiresGrad,
      call(ORDERED_DICT),
    ];
    if (torchStorage !== null) return call(global('torch._utils', '_rebuild_tensor_v2'), ...args);
    return call(global('torch._utils', '_rebuild_tensor_v3'), ...args, global('torch', entry.dtype));
  }

  #storageId(entry: TensorEntry, storage: StorageSource): PickleTuple {
    const { torchStorage } = DTYPES[entry.dtype];
    const typed = torchStorage === null ? null : entry.dtype;
    let known = this.#known.get(storage);
    if (known === undefined) {
      known = { key: new PickleText(String(this.storages.length)), typed };
      this.#known.set(storage, known);
      this.storages.push(storage);
    } else if (known.typed !== null && typed !== null && known.typed !== typed) {
      throw new LazuliError(
        'not_supported',
        'Cannot save multiple tensors or storages that view the same data as different types',
        { where: `tensor '${entry.name}'`, expected: known.typed, got: typed },
      );
    }
    const storageClass =
      torchStorage === null
        ? global('torch.storage', 'UntypedStorage')
        : global('torch', `${torchStorage}Storage`);
    const count =
      torchStorage === null ? storage.bytes : Math.floor(storage.bytes / elementSize(entry.dtype));
    return new PickleTuple([this.#text('storage'), storageClass, known.key, this.#text('cpu'), count]);
  }
}

/**
 * Module prefixes parents first and depth first, as `state_dict` meets them: a JavaScript object has moved keys such
 * as `0` to its front.
 */
function moduleOrder(prefixes: readonly string[]): string[] {
  const children = new Map<string, Set<string>>();
  for (const prefix of prefixes) {
    for (let path = prefix; path !== '' && prefix.length <= LONGEST_PREFIX;) {
      const parent = path.slice(0, Math.max(path.lastIndexOf('.'), 0));
      const siblings = children.get(parent) ?? new Set();
      children.set(parent, siblings.add(path));
      path = parent;
    }
  }
  const known = new Set(prefixes);
  const order: string[] = [];
  const pending = [''];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (known.delete(path)) order.push(path);
    pending.push(...[...(children.get(path) ?? [])].reverse());
  }
  return [...order, ...known];
}

const isList = (value: object): value is readonly TorchValue[] => Array.isArray(value);

const isMap = (value: object): value is ReadonlyMap<string | number, TorchValue> => value instanceof Map;
