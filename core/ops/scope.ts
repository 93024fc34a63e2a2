// Eager temporaries and their memory: a scope frees every storage allocated inside it that does not leave it.
import { assert } from '../errors';
import type { Storage } from '../tensor/storage';
import { Tensor } from '../tensor/tensor';
import { within, type Turned } from '../turns';

interface Scope {
  readonly storages: Set<Storage>;
  readonly outer: Scope | null;
}
let current: Scope | null = null;

/** Remembers a new storage in the innermost scope. Called by dispatch. */
export function track(storage: Storage): Storage {
  current?.storages.add(storage);
  return storage;
}

/**
 * Runs `body` and disposes every storage allocated inside, but those of the tensors it returns (alone, or in arrays, maps
 * and plain objects, with all that their gradients need) and of tensors given to `keep`. What leaves an inner scope
 * belongs to the outer one. If `body` throws, everything is disposed. It may
 * not be async.
 */
export function scope<T>(body: () => T): T {
  const inner: Scope = { storages: new Set(), outer: current };
  current = inner;
  try {
    const result = body();
    assert(!(result instanceof Promise), 'scope() frees when its body returns: the body may not be async');
    for (const storage of reachable(result))
      if (inner.storages.delete(storage)) inner.outer?.storages.add(storage);
    return result;
  } finally {
    current = inner.outer;
    for (const storage of inner.storages) storage.dispose();
  }
}

/** `scope` for work cut into turns: what others allocate in between is theirs. */
export function* scopeInTurns<T>(work: Turned<T>): Turned<T> {
  const own: Scope = { storages: new Set(), outer: null };
  const inside = <R>(body: () => R): R => {
    const before = current;
    current = own;
    try {
      return body();
    } finally {
      current = before;
    }
  };
  try {
    const result = yield* within(inside, work);
    for (const storage of reachable(result)) if (own.storages.delete(storage)) track(storage);
    return result;
  } finally {
    for (const storage of own.storages) storage.dispose();
  }
}

/**
 * Lets a tensor outlive the open scopes, for what is stored somewhere else than in a returned value. With an `owner`
 * that some scope will dispose, it lives exactly as long: a leaf's gradient goes with the leaf.
 */
export function keep<T extends Tensor>(tensor: T, owner: Tensor | null = null): T {
  let home = current;
  while (home && !(owner && home.storages.has(owner.storage))) home = home.outer;
  for (let open = current; open; open = open.outer) open.storages.delete(tensor.storage);
  home?.storages.add(tensor.storage);
  return tensor;
}

/** Storages of all tensors in a value, including those their gradient graph holds. */
function reachable(value: unknown): Set<Storage> {
  const storages = new Set<Storage>();
  const seen = new Set<object>();
  const open: unknown[] = [value];
  for (let next = open.pop(); open.length > 0 || next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    if (next instanceof Tensor) {
      storages.add(next.storage);
      open.push(next.grad, ...(next.gradFn ? [...next.gradFn.inputs, ...next.gradFn.outputs] : []));
    } else if (Array.isArray(next)) open.push(...(next as unknown[]));
    else if (next instanceof Map) open.push(...(next.values() as Iterable<unknown>));
    else if (Object.getPrototypeOf(next) === Object.prototype)
      open.push(...(Object.values(next) as unknown[]));
  }
  return storages;
}
