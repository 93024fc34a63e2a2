// What the cards' heat shows: one kind of cost, as the share that each card of the open graph has of the largest.
import { create } from 'zustand';
import { PATH } from '#core/graph/flatten';
import { addWork, type StepProfile, type Work } from '#core/session/profile';
import { parameterCount } from '#core/session/report';
import type { NodeInfo } from '#core/session/session';

import { scopePath, useDocument } from './document';
import { useModel } from './model';
import { useProfile } from './profile';

/** In the order of the choice; each has a text `heat.<name>`. */
export const COSTS = ['time', 'memory', 'flops', 'parameters'] as const;
export type Cost = (typeof COSTS)[number];

interface Heat {
  readonly cost: Cost | null;
  /** By node of the open graph; absent where nothing is known. */
  readonly values: ReadonlyMap<string, number>;
  readonly largest: number;
  readonly total: number;
}

const NOTHING = { values: new Map<string, number>(), largest: 0, total: 0 };

export const useHeat = create<Heat>(() => ({ cost: null, ...NOTHING }));

/** The share of the largest by card, for drawing; null while no cost is shown. */
export function heatNow(): ((id: string) => number) | null {
  const { cost, values, largest } = useHeat.getState();
  return cost === null || largest === 0 ? null : (id) => (values.get(id) ?? 0) / largest;
}

/** Shows a cost, or hides the heat where it shows that one. */
export function toggleHeat(cost: Cost): void {
  showHeat(useHeat.getState().cost === cost ? null : cost);
}
export function showHeat(cost: Cost | null): void {
  useHeat.setState({ cost, ...NOTHING });
  refresh();
}

export const needsProfile = (cost: Cost | null): boolean => cost !== null && cost !== 'parameters';

/** Every node of the flat graph with its cost; null where it is not known. */
function* costsOf(
  cost: Cost,
  profile: StepProfile | null,
  infos: readonly NodeInfo[],
): Generator<readonly [string, number | null]> {
  if (cost === 'parameters') for (const info of infos) yield [info.id, parameterCount(info)];
  else
    for (const [id, { forward, backward }] of Object.entries(profile?.nodes ?? {}))
      yield [id, sums[cost](addWork(forward, backward))];
}

const sums: Readonly<Record<Exclude<Cost, 'parameters'>, (work: Work) => number>> = {
  time: ({ seconds }) => seconds,
  memory: ({ bytes }) => bytes,
  flops: ({ flops }) => flops,
};

function refresh(): void {
  const { cost } = useHeat.getState();
  if (cost === null) return;
  const path = scopePath(useDocument.getState());
  const { profile } = useProfile.getState();
  const infos = useModel.getState().model?.nodes ?? [];
  const values = new Map<string, number>();
  let [largest, total] = [0, 0];
  for (const [id, value] of costsOf(cost, profile, infos)) {
    if (!id.startsWith(path) || value === null) continue;
    // What lies inside a block counts with the block's card.
    const [card = ''] = id.slice(path.length).split(PATH, 1);
    const sum = (values.get(card) ?? 0) + value;
    values.set(card, sum);
    largest = Math.max(largest, sum);
    total += value;
  }
  useHeat.setState({ values, largest, total });
}

useProfile.subscribe(refresh);
useModel.subscribe(refresh);
useDocument.subscribe((state, before) => {
  if (state.project?.graph !== before.project?.graph || state.scope !== before.scope) refresh();
});
