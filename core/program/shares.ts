// Who a fused instruction works for: the shares of what it was made of.
import type { Instruction, Share } from './instructions';

type Shared = Pick<Instruction, 'shares'>;

const isSame = (a: Share, b: Share): boolean => a.phase === b.phase && a.node === b.node;

/** The shares of an op that does the work of both: time is told by the number of ops each brings. */
export const sharedBy = (first: Shared, second: Shared): Shared => shared(first, second.shares ?? []);

/** The shares of `main` with `inside` done on the way, at next to no cost: its time counts with `main`'s. */
export const doneInside = (main: Shared, inside: Shared): Shared =>
  shared(
    main,
    (inside.shares ?? []).map((share) => ({ ...share, weight: 0 })),
  );

function shared({ shares = [] }: Shared, more: readonly Share[]): Shared {
  const all = [...shares];
  for (const share of more) {
    const at = all.findIndex((other) => isSame(other, share));
    const known = all[at];
    if (known) all[at] = { ...known, weight: known.weight + share.weight };
    else all.push(share);
  }
  return all.length > 0 ? { shares: all } : {};
}
