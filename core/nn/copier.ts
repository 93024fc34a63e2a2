// What a deepcopy and a round trip through pickle have in common: the walk through modules, collections and plain data, in which an
// object met again is the same copy. How a tensor is copied is theirs.
import type { Storage } from '../tensor/storage';
import { Tensor } from '../tensor/tensor';
import { HookList } from './hooks';
import { Module } from './module';
import type { StatePurpose } from './module-state';
import { isModule } from './registry';
import { StateDict } from './state-dict';
import { allocateBytes } from './tensor-memory';

/** What was copied so far: an object met again is the same copy, so sharing survives. */
export type Memo = Map<object, object>;

export class Copier {
  constructor(
    private readonly memo: Memo,
    private readonly purpose: Exclude<StatePurpose, 'copy'>,
    private readonly copyTensor: (tensor: Tensor, copier: Copier) => Tensor,
  ) {}

  /** Functions, plain values and instances of other classes are themselves. */
  copy(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    const known = this.memo.get(value);
    if (known !== undefined) return known;
    if (value instanceof Tensor) return this.remember(value, this.copyTensor(value, this));
    if (isModule(value)) return this.#module(value);
    if (value instanceof HookList) {
      const copy = this.remember(value, new HookList());
      copy.take(value);
      return copy;
    }
    return this.#collection(value) ?? value;
  }

  remember<T extends object>(original: object, copy: T): T {
    this.memo.set(original, copy);
    return copy;
  }

  /** A copy of memory that tensors share. */
  storage(storage: Storage): Storage {
    const known = this.memo.get(storage) as Storage | undefined;
    if (known !== undefined) return known;
    return this.remember(storage, copyOfStorage(storage));
  }

  #collection(value: object): object | null {
    if (value instanceof StateDict) {
      const copy = this.#map(value, new StateDict());
      copy.metadata =
        value.metadata && new Map([...value.metadata].map(([key, entry]) => [key, { ...entry }]));
      return copy;
    }
    if (value instanceof Map) return this.#map(value, new Map<unknown, unknown>());
    if (value instanceof Set) {
      const copy = this.remember(value, new Set<unknown>());
      for (const item of value as Set<unknown>) copy.add(this.copy(item));
      return copy;
    }
    if (Array.isArray(value)) {
      const copy: unknown[] = this.remember(value, []);
      for (const item of value as unknown[]) copy.push(this.copy(item));
      return copy;
    }
    if (ArrayBuffer.isView(value) && 'slice' in value)
      return this.remember(value, (value as Uint8Array).slice());
    if (Object.getPrototypeOf(value) !== Object.prototype) return null;
    const copy: Record<string, unknown> = this.remember(value, {});
    for (const [key, item] of Object.entries(value)) copy[key] = this.copy(item);
    return copy;
  }

  #map<K, V, M extends Map<K, V>>(source: Map<K, V>, target: M): M {
    const copy = this.remember(source, target);
    for (const [key, item] of source) copy.set(key, this.copy(item) as V);
    return copy;
  }

  #module(module: Module): Module {
    const copy = this.remember(module, bareLike(module));
    const shared = new Set<PropertyKey>(module.sharedFields());
    const state = module.getState(this.purpose);
    copy.setState(
      new Map([...state].map(([key, value]) => [key, shared.has(key) ? value : this.copy(value)])),
    );
    return copy;
  }
}

export function copyOfStorage(storage: Storage): Storage {
  const copy = allocateBytes(storage.device, storage.bytes);
  if (storage.device !== 'meta' && storage.bytes > 0) copy.write(0, storage.read(0, storage.bytes));
  return copy;
}

/** A module of the same class whose constructor has not run; computed fields come along. */
export function bareLike(module: Module): Module {
  const copy = Module.bare(Object.getPrototypeOf(module) as object);
  for (const key of Reflect.ownKeys(module)) {
    const descriptor = Object.getOwnPropertyDescriptor(module, key);
    if (descriptor && !('value' in descriptor)) Object.defineProperty(copy, key, descriptor);
  }
  return copy;
}
