// Where each item of a list stands, by id.
import type { ListChange } from '../document/change';
import { RecentLists } from './recent-lists';

interface Item {
  readonly id: string;
}

/** Where items stand in their list; nothing for an id that is not there. */
export type Places = Pick<ReadonlyMap<string, number>, 'get' | 'has'>;

/** Made once per list. */
export const placesOf = (list: readonly Item[]): Places => lists.of(list);

/** Finds where items stand, -1 for none: each next in the list without asking its places, which costs more the more edits they follow. */
export function finderIn(list: readonly Item[]): (id: string) => number {
  let next = 0;
  return (id) => {
    const at = list[next]?.id === id ? next : (placesOf(list).get(id) ?? -1);
    next = at + 1;
    return at;
  };
}

/** The items with these ids, in the order of the list. Few are found by their places, without looking through all. */
export function inOrderOf<T extends Item>(list: readonly T[], ids: ReadonlySet<string>): readonly T[] {
  if (ids.size * 8 > list.length) return list.filter(({ id }) => ids.has(id));
  const places = placesOf(list);
  return [...ids]
    .flatMap((id) => places.get(id) ?? [])
    .toSorted((a, b) => a - b)
    .flatMap((at) => list[at] ?? []);
}

const lists = new RecentLists<Item, Cuts>(
  (list) => new Cuts(new Map(list.map(({ id }, at) => [id, at])), []),
  (known, { before, now }, change) => (hasSameIds(before, now, change) ? known : known.after(change)),
);

function hasSameIds(
  before: readonly Item[],
  now: readonly Item[],
  { at, removed, added }: ListChange<Item>,
): boolean {
  if (before.length !== now.length) return false;
  for (let place = at; place < at + removed; place++)
    if (before[place]?.id !== added[place - at]?.id) return false;
  return true;
}

/** One change of the list: items from `at` on up to `end` gave way to `added`, and those behind went on by `shift`. */
interface Cut {
  readonly at: number;
  readonly end: number;
  readonly shift: number;
  readonly added: ReadonlyMap<string, number>;
}

/** After so many changes, or one so large, the places are counted anew. */
const MOST_CUTS = 10;
const MOST_ADDED = 2_000;

class Cuts implements Places {
  constructor(
    readonly first: ReadonlyMap<string, number>,
    readonly cuts: readonly Cut[],
  ) {}

  after({ at, removed, added }: ListChange<Item>): Cuts | null {
    if (this.cuts.length >= MOST_CUTS || added.length > MOST_ADDED) return null;
    const cut = {
      at,
      end: at + removed,
      shift: added.length - removed,
      added: new Map(added.map(({ id }, index) => [id, at + index])),
    };
    return new Cuts(this.first, [...this.cuts, cut]);
  }

  get(id: string): number | undefined {
    let from = this.cuts.length;
    let place: number | undefined;
    while (place === undefined && from > 0) place = this.cuts[--from]?.added.get(id);
    if (place === undefined) {
      place = this.first.get(id);
      from = -1;
    }
    if (place === undefined) return undefined;
    for (let later = from + 1; later < this.cuts.length; later++) {
      const cut = this.cuts[later];
      if (!cut || place < cut.at) continue;
      if (place < cut.end) return undefined;
      place += cut.shift;
    }
    return place;
  }

  has(id: string): boolean {
    return this.get(id) !== undefined;
  }
}
