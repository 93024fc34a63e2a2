// A tree ready to be written: its storages in the order torch.save meets them, numbered from 0, with references of the present form.
import { globalRole } from '../pickle/globals';
import {
  PickleDict,
  PickleGlobal,
  PickleObject,
  PickleText,
  PickleTuple,
  rootGlobal,
  type PicklePersistent,
  type PickleValue,
} from '../pickle/values';
import { persistentIds } from '../pickle/walk';
import type { StorageSource } from '../weights';
import type { TorchTree } from './tree';

const UNINITIALIZED = new Set([
  'torch.nn.parameter.UninitializedParameter',
  'torch.nn.parameter.UninitializedBuffer',
]);

/**
 * True for trees that can be saved as objects again: no program, no names that are unknown here (a file we write names none),
 * no views of storages as files before 1.6 had them.
 */
export function isWritableTree(tree: TorchTree): boolean {
  if (tree.format === 'torchscript' || tree.unknownGlobals.length > 0) return false;
  for (const id of persistentIds(tree.root)) if (viewOf(id) !== null) return false;
  return true;
}

const viewOf = (id: PickleValue): PickleValue => (id instanceof PickleTuple ? (id.items[5] ?? null) : null);

/** The storages of a tree and what its references become: `('storage', class, number, location, count)`. */
export function renumberStorages(tree: TorchTree): {
  readonly storages: readonly StorageSource[];
  readonly idOf: (reference: PicklePersistent) => PickleValue;
} {
  const keys = new Map<StorageSource, PickleText>();
  const sourceOf = (id: PickleValue): StorageSource => tree.storages.resolve(id, 'the object tree').source;
  let isNumbered = true;
  for (const id of persistentIds(tree.root)) {
    const source = sourceOf(id);
    const key = id instanceof PickleTuple ? id.items[2] : null;
    const number = keys.get(source)?.value ?? String(keys.size);
    const isSame = key instanceof PickleText && key.value === number;
    isNumbered &&= isSame;
    if (!keys.has(source)) keys.set(source, isSame ? key : new PickleText(number));
  }
  const storages = [...keys.keys()];
  if (isNumbered && tree.format === 'torch') return { storages, idOf: ({ id }) => id };
  return {
    storages,
    idOf: ({ id }) => {
      const [kind = null, type = null, , location = null, count = null] =
        id instanceof PickleTuple ? id.items : [];
      return new PickleTuple([kind, type, keys.get(sourceOf(id)) ?? null, location, count]);
    },
  };
}

/** The same value without the uninitialized entries of its dicts, and of dicts in them; lists keep theirs. */
export function withoutUninitialized(root: PickleValue): PickleValue {
  const made = new Map<PickleValue, PickleValue>();
  const isKept = ([, value]: readonly [PickleValue, PickleValue]): boolean =>
    !(value instanceof PickleObject && UNINITIALIZED.has(rootGlobal(value).path));
  const visit = (value: PickleValue): PickleValue => {
    const known = made.get(value);
    if (known !== undefined) return known;
    const isDictObject =
      value instanceof PickleObject &&
      value.callable instanceof PickleGlobal &&
      globalRole(value.callable) === 'dict';
    if (!(value instanceof PickleDict) && !isDictObject) return value;
    const copy = isDictObject ? new PickleObject(value.callable, value.args, value.isNew) : new PickleDict();
    made.set(value, copy);
    for (const [key, item] of value.items.filter(isKept)) copy.items.push([key, visit(item)]);
    if (isDictObject && copy instanceof PickleObject) copy.state = value.state;
    return copy;
  };
  return visit(root);
}
