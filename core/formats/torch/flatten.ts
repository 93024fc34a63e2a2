// Lists what a pickle tree holds: tensors by their joined names, and the plain values beside them.
import {
  PickleDict,
  PickleGlobal,
  PickleList,
  PickleObject,
  PicklePersistent,
  PickleText,
  PickleTuple,
  rootGlobal,
  type PickleValue,
} from '../pickle/values';
import { globalRole } from '../pickle/globals';
import { quote, refusal } from '../refuse';
import type { EntryKind, PlainValue, TensorEntry } from '../weights';
import { checkComposite, compositeOf, emptyTensorOf, makesTensor, unwrapCall } from './composites';
import { keyIdentity, keyName } from './keys';
import { isContainer, plainValue, setItems, SmallData } from './plain';
import type { TensorBuilder } from './tensors';

/** What one object tree holds. */
export interface Flattened {
  readonly entries: readonly TensorEntry[];
  readonly values: Readonly<Record<string, PlainValue>>;
  readonly metadata: Readonly<Record<string, PlainValue>>;
  readonly versions: Readonly<Record<string, { readonly version: number }>>;
  readonly warnings: readonly string[];
}

const DEEPEST = 300;
const FREE_VISITS = 100_000;
/** Letters of names each byte of a pickle may account for: long keys that many dicts share would fill the memory. */
const LETTERS_PER_BYTE = 64;
const FREE_LETTERS = 64 * 1024 * 1024;
/** Dictionaries of a pickled `nn.Module` that are not part of a parameter's name. */
const MODULE_PARTS: ReadonlyMap<string, EntryKind | null> = new Map([
  ['_parameters', null],
  ['_buffers', 'buffer'],
  ['_modules', null],
]);

interface Place {
  readonly path: string;
  readonly depth: number;
  /** What plain tensors here are. */
  readonly kind: EntryKind | null;
  /** False inside whole modules, whose settings are not values of the checkpoint. */
  readonly keepsValues: boolean;
  /** True beside a module's parameters, where its own lists of them (`_flat_weights`) are not listed again. */
  readonly isAside: boolean;
}

/** Walks the tree once. `limit` bounds the visits, so shared containers cannot multiply without end. */
export function flatten(
  file: string,
  root: PickleValue,
  tensors: TensorBuilder,
  pickleBytes: number,
): Flattened {
  const walker = new Walker(file, tensors, {
    visits: Math.max(FREE_VISITS, pickleBytes * 4),
    letters: Math.max(FREE_LETTERS, pickleBytes * LETTERS_PER_BYTE),
  });
  walker.visit(root, { path: '', depth: 0, kind: null, keepsValues: true, isAside: false });
  return walker.result();
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

interface Limits {
  readonly visits: number;
  readonly letters: number;
}

class Walker {
  readonly #file: string;
  readonly #tensors: TensorBuilder;
  readonly #limits: Limits;
  readonly #small = new SmallData(() => {
    this.#count('');
  });
  readonly #entries: TensorEntry[] = [];
  readonly #names = new Set<string>();
  readonly #values = new Map<string, PlainValue>();
  readonly #metadata = new Map<string, PlainValue>();
  readonly #versions = new Map<string, { version: number }>();
  readonly #warnings: string[] = [];
  readonly #open = new Set<PickleValue>();
  readonly #listed = new Set<PickleObject>();
  #visits = 0;
  #letters = 0;

  constructor(file: string, tensors: TensorBuilder, limits: Limits) {
    this.#file = file;
    this.#tensors = tensors;
    this.#limits = limits;
  }

  result(): Flattened {
    return {
      entries: this.#entries,
      values: Object.fromEntries(this.#values),
      metadata: Object.fromEntries(this.#metadata),
      versions: Object.fromEntries(this.#versions),
      warnings: this.#warnings,
    };
  }

  visit(value: PickleValue, place: Place): void {
    this.#count(place.path);
    if (place.depth > DEEPEST) {
      throw refusal(this.#file, 'the values are nested too deeply', describePlace(place.path), {
        expected: `at most ${String(DEEPEST)} levels`,
      });
    }
    if (this.#open.has(value)) {
      this.#warnings.push(`${describePlace(place.path)} contains itself and is listed once`);
      return;
    }
    if (value === null || typeof value !== 'object') this.#keep(place, value);
    else {
      this.#open.add(value);
      this.#visitObject(value, place);
      this.#open.delete(value);
    }
  }

  #visitObject(value: Exclude<PickleValue, null | boolean | number | bigint>, place: Place): void {
    if (value instanceof PickleDict) this.#visitPairs(value.items, place);
    else if (value instanceof PickleObject) this.#visitCall(value, place);
    else if (value instanceof PickleList || value instanceof PickleTuple)
      this.#visitItems(value.items, place);
    else if (value instanceof PicklePersistent)
      this.#warnings.push(`${describePlace(place.path)} is a bare storage`);
    else this.#visitPlain(value, place);
  }

  /** Of a set that holds tensors these are listed, in the order the file has them. */
  #visitPlain(value: PickleValue, place: Place): void {
    const items = setItems(value);
    if (items !== null && this.#small.holdsTensor(items)) this.#visitItems(items, place);
    else this.#keep(place, this.#plain(value));
  }

  #visitCall(object: PickleObject, place: Place): void {
    if (place.isAside && this.#listed.has(object)) return;
    const tensor = this.#tensors.build(object, describePlace(place.path));
    if (tensor !== null) {
      const { note, ...entry } = tensor;
      const kind = entry.kind === 'tensor' ? (place.kind ?? 'tensor') : entry.kind;
      if (note !== undefined) this.#warnings.push(`${describePlace(place.path)}: ${note}`);
      this.#entries.push({ ...entry, kind, name: this.#unique(place.path) });
      this.#listed.add(object);
      return;
    }
    const role = object.callable instanceof PickleGlobal ? globalRole(object.callable) : 'unknown';
    if (role === 'dict') this.#visitDictObject(object, place);
    else if (role === 'data') this.#visitData(object, place);
    else this.#visitOpaque(object, place);
  }

  #visitDictObject(object: PickleObject, place: Place): void {
    const [initial] = object.args.items;
    if (initial instanceof PickleDict) this.#visitPairs(initial.items, place);
    else if (object.items.length > 0 || place.path === '') this.#visitPairs(object.items, place);
    else this.#keep(place, {});
    if (object.state instanceof PickleDict) this.#readMetadata(object.state, place);
  }

  /** torch's `state_dict()._metadata`: module prefix to `{version: n}`. */
  #readMetadata(state: PickleDict, place: Place): void {
    for (const [key, metadata] of state.items) {
      if (!(key instanceof PickleText) || key.value !== '_metadata') continue;
      if (!(metadata instanceof PickleObject || metadata instanceof PickleDict)) continue;
      for (const [prefix, info] of metadata.items) {
        this.#count(place.path);
        if (!(prefix instanceof PickleText) || !(info instanceof PickleDict)) continue;
        const name = prefix.value === '' ? place.path : join(place.path, prefix.value);
        const version = info.items.find(
          ([field]) => field instanceof PickleText && field.value === 'version',
        )?.[1];
        if (typeof version !== 'number') continue;
        this.#metadata.set(name, String(version));
        this.#versions.set(name, { version });
      }
    }
  }

  #visitData(object: PickleObject, place: Place): void {
    const call = unwrapCall(object);
    const where = describePlace(place.path);
    const composite = compositeOf(call);
    const empty = emptyTensorOf(call);
    if (composite !== null) {
      checkComposite(composite, (part, name) => this.#tensors.build(part, name), this.#file, where);
      const names = composite.parts.map(([name]) => name).join(', ');
      this.#warnings.push(`${where} is ${composite.what}: its ${names} are listed`);
      for (const [name, part] of composite.parts)
        this.visit(part, { ...place, path: join(place.path, name), depth: place.depth + 1 });
    } else if (empty !== null) {
      this.#tensors.checkEmpty(empty.parts, where);
      this.#warnings.push(`${where} is ${empty.what}: the file has no bytes for it`);
    } else if (makesTensor(rootGlobal(object).path)) this.#visitOpaque(object, place);
    else this.#visitPlain(object, place);
  }

  /** An object of an unknown class: its arguments and state are searched for tensors. */
  #visitOpaque(object: PickleObject, place: Place): void {
    const inside = { ...place, depth: place.depth + 1 };
    this.#count(place.path, object.args.items.length);
    for (const [index, item] of object.args.items.entries())
      if (isContainer(item))
        this.visit(item, { ...inside, path: join(place.path, String(index)), keepsValues: false });
    if (object.items.length > 0) this.#visitPairs(object.items, inside);
    if (object.list.length > 0) this.#visitItems(object.list, inside);
    for (const state of statesOf(object)) {
      if (state instanceof PickleDict) this.#count(place.path, state.items.length);
      const isModule = state instanceof PickleDict && state.items.some(([key]) => isModulePart(key));
      if (state instanceof PickleDict)
        this.#visitState(state, { ...inside, keepsValues: place.keepsValues && !isModule });
      else this.visit(state, { ...inside, keepsValues: false });
    }
  }

  #visitState(state: PickleDict, place: Place): void {
    for (const [key, value] of state.items) {
      if (isModulePart(key)) {
        this.visit(value, { ...place, kind: MODULE_PARTS.get(key.value) ?? null, keepsValues: false });
      } else if (isContainer(value) || place.keepsValues) {
        this.visit(value, { ...place, path: join(place.path, keyName(key)), kind: null, isAside: true });
      }
    }
  }

  #visitPairs(pairs: readonly (readonly [PickleValue, PickleValue])[], place: Place): void {
    const seen = new Set<unknown>();
    for (const [key, value] of pairs) {
      const name = keyName(key);
      this.#spell(name, place.path);
      const identity = keyIdentity(key);
      if (seen.has(identity)) {
        throw refusal(this.#file, `a dict has the key ${quote(name)} twice`, describePlace(place.path));
      }
      seen.add(identity);
      this.visit(value, { ...place, path: join(place.path, name), depth: place.depth + 1 });
    }
    if (pairs.length === 0 && place.path !== '' && place.depth > 0) this.#keep(place, {});
  }

  #visitItems(items: readonly PickleValue[], place: Place): void {
    this.#count(place.path, items.length);
    if (items.every((item) => !isContainer(item) || this.#small.has(item))) {
      if (place.keepsValues)
        this.#keep(
          place,
          items.map((item) => this.#plain(item)),
        );
      return;
    }
    for (const [index, item] of items.entries()) {
      this.visit(item, { ...place, path: join(place.path, String(index)), depth: place.depth + 1 });
    }
  }

  #plain(value: PickleValue): PlainValue {
    return plainValue(value, () => {
      this.#count('');
    });
  }

  #keep(place: Place, value: PlainValue): void {
    if (!place.keepsValues) return;
    this.#values.set(this.#uniqueValue(place.path), value);
  }

  #uniqueValue(path: string): string {
    return this.#free(path, 'values', (name) => this.#values.has(name));
  }

  #unique(path: string): string {
    const name = this.#free(path, 'tensors', (other) => this.#names.has(other));
    this.#names.add(name);
    return name;
  }

  #free(path: string, what: string, isTaken: (name: string) => boolean): string {
    this.#spell(path, path);
    let name = path;
    for (let copy = 2; isTaken(name); copy++) name = `${path}#${String(copy)}`;
    if (name !== path)
      this.#warnings.push(`two ${what} would be called ${quote(path)}: one is listed as ${quote(name)}`);
    return name;
  }

  #spell(name: string, path: string): void {
    this.#letters += name.length;
    if (this.#letters > this.#limits.letters)
      throw refusal(this.#file, 'the names of the values are far longer than the file', describePlace(path), {
        expected: `at most ${String(this.#limits.letters)} letters in all`,
      });
  }

  #count(path: string, values = 1): void {
    this.#visits += values;
    if (this.#visits <= this.#limits.visits) return;
    throw refusal(this.#file, 'the same values are nested in each other far too often', describePlace(path), {
      expected: `at most ${String(this.#limits.visits)} values`,
      hint: 'This is what a decompression bomb made of references looks like.',
    });
  }
}

const describePlace = (path: string): string => (path === '' ? 'the top-level value' : quote(path));

/** What BUILD gives an object: its attributes, or a pair of those and of what stands in its class's slots. */
function statesOf({ state }: PickleObject): readonly PickleValue[] {
  if (state === undefined) return [];
  const isPair =
    state instanceof PickleTuple &&
    state.items.length === 2 &&
    state.items.every((part) => part === null || part instanceof PickleDict);
  return isPair ? state.items.filter((part) => part !== null) : [state];
}

const isModulePart = (key: PickleValue): key is PickleText =>
  key instanceof PickleText && MODULE_PARTS.has(key.value);
