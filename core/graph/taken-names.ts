// Which names the nodes of a list have, without a table made anew for each edit of a long one.
import type { GraphNode } from '../document/project';
import { RecentLists } from './recent-lists';

/** Names nobody else may get. */
export type Taken = Pick<ReadonlySet<string>, 'has'>;

/** Made once per list. */
export const namesOf = (nodes: readonly GraphNode[]): Taken => lists.of(nodes);

const lists = new RecentLists<GraphNode, CountedNames>(
  (nodes) => new CountedNames(counted(nodes, 1, new Map()), new Map()),
  (known, { before }, { at, removed, added }) => known.after(before.slice(at, at + removed), added),
);

/** So many names may differ from those first counted. */
const MOST_PATCHED = 1_000;

/** How many nodes have a name: a faulty graph has two of one, and taking one of them away leaves the other. */
class CountedNames implements Taken {
  constructor(
    readonly first: ReadonlyMap<string, number>,
    readonly more: ReadonlyMap<string, number>,
  ) {}

  has(name: string): boolean {
    return (this.first.get(name) ?? 0) + (this.more.get(name) ?? 0) > 0;
  }

  /** null where too much changed. */
  after(removed: readonly GraphNode[], added: readonly GraphNode[]): CountedNames | null {
    if (this.more.size + removed.length + added.length > MOST_PATCHED) return null;
    const more = counted(added, 1, counted(removed, -1, new Map(this.more)));
    return new CountedNames(this.first, more);
  }
}

function counted(nodes: readonly GraphNode[], by: number, into: Map<string, number>): Map<string, number> {
  for (const { name } of nodes) into.set(name, (into.get(name) ?? 0) + by);
  return into;
}
