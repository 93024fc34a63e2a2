// Walking a pickle tree without recursion: its persistent ids in writing order.
import {
  PickleDict,
  PickleList,
  PickleObject,
  PicklePersistent,
  PickleSet,
  PickleTuple,
  type PickleValue,
} from './values';

/** The ids of all persistent references below `root`, depth first in the order a pickler writes them. */
export function* persistentIds(root: PickleValue): Generator<PickleValue> {
  const seen = new Set<PickleValue>();
  const pending: PickleValue[] = [root];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (value === null || typeof value !== 'object' || seen.has(value)) continue;
    seen.add(value);
    if (value instanceof PicklePersistent) yield value.id;
    else for (const child of childrenOf(value).reverse()) pending.push(child);
  }
}

function childrenOf(value: Exclude<PickleValue, null | boolean | number | bigint>): PickleValue[] {
  if (value instanceof PickleTuple || value instanceof PickleList || value instanceof PickleSet)
    return [...value.items];
  if (value instanceof PickleDict) return value.items.flat();
  if (!(value instanceof PickleObject)) return [];
  const state = value.state === undefined ? [] : [value.state];
  return [value.callable, value.args, ...value.list, ...value.items.flat(), ...state];
}
