// Eager temporaries and their memory: a scope frees every storage allocated inside it that does not leave it.
import type { Storage } from '../tensor/storage';
import { Tensor } from '../tensor/tensor';

let current: Set<Storage> | null = null;

/** Remembers a new storage in the innermost scope. Called by dispatch. */
export function track(storage: Storage): Storage {
  current?.add(storage);
  return storage;
}

/**
 * Runs `body` and disposes every storage allocated inside, but those of the tensors it returns (alone, or in arrays, maps
 * and plain objects, with all that their gradients need) and of tensors given to `keep`. What leaves an inner scope
 * belongs to the outer one. If `body` throws, everything is disposed.
 */
export function scope<T>(body: () => T): T {
  const outer = current;
  const inner = new Set<Storage>();
  current = inner;
  try {
    const result = body();
    for (const storage of reachable(result)) leave(inner, outer, storage);
    return result;
  } finally {
    current = outer;
    for (const storage of inner) storage.dispose();
  }
}

/** Lets a tensor outlive every open scope; for what is stored somewhere else than in the returned value. */
export function keep<T extends Tensor>(tensor: T): T {
  current?.delete(tensor.storage);
  return tensor;
}

function leave(inner: Set<Storage>, outer: Set<Storage> | null, storage: Storage): void {
  if (inner.delete(storage)) outer?.add(storage);
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
