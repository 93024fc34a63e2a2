// What is known of a long list (where each item stands, which edges end where), kept while the list lives. Every edit makes a new list
// that says nearly the same: what is known of it follows from what was known of the list before, at the cost of what changed.
import { listChange, type ListChange } from '../document/change';

/** Lists that are remembered to follow from. */
const MOST = 4;
/** A shorter list is looked through again. */
const LONG = 256;
/** A change of so few items is followed at once. */
const FEW = 256;

export class RecentLists<T extends object, Known> {
  readonly #known = new WeakMap<readonly T[], Known>();
  /** Held, so that there is always one to follow from. */
  #last: readonly T[] | null = null;
  #earlier: readonly WeakRef<readonly T[]>[] = [];

  /**
   * @param make what is known of a list, from the list alone
   * @param follow the same from what was known of the list `before` the change; null where that would cost more than it saves
   */
  constructor(
    readonly make: (list: readonly T[]) => Known,
    readonly follow: (
      known: Known,
      lists: { readonly before: readonly T[]; readonly now: readonly T[] },
      change: ListChange<T>,
    ) => Known | null,
  ) {}

  of(list: readonly T[]): Known {
    let known = this.#known.get(list);
    if (known === undefined) {
      known = this.#followed(list) ?? this.make(list);
      this.#known.set(list, known);
      if (list.length >= LONG) {
        if (this.#last) this.#earlier = [new WeakRef(this.#last), ...this.#earlier].slice(0, MOST - 1);
        this.#last = list;
      }
    }
    return known;
  }

  #followed(now: readonly T[]): Known | null {
    if (now.length < LONG) return null;
    let best: { readonly before: readonly T[]; readonly change: ListChange<T> } | null = null;
    for (const before of [this.#last, ...this.#earlier.map((reference) => reference.deref())]) {
      if (!before) continue;
      const change = listChange(before, now);
      if (best === null || sizeOf(change) < sizeOf(best.change)) best = { before, change };
      // Comparing with the others as well would cost more than it could save.
      if (sizeOf(change) <= FEW) break;
    }
    const known = best && this.#known.get(best.before);
    return best && known !== undefined && known !== null
      ? this.follow(known, { before: best.before, now }, best.change)
      : null;
  }
}

const sizeOf = ({ removed, added }: ListChange<unknown>): number => removed + added.length;
