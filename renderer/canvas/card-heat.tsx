// The cost of a card while costs are shown: a tint by its share of the largest, and the number. Re-renders with its own value only.
import type { JSX } from 'react';

import { showCost } from '../panels/cost-text';
import { useHeat } from '../stores/heat';
import { t } from '../text';

export function CardHeat({ id }: { readonly id: string }): JSX.Element | null {
  const cost = useHeat((state) => state.cost);
  const value = useHeat((state) => state.values.get(id));
  const share = useHeat((state) =>
    state.largest > 0 ? Math.round((100 * (state.values.get(id) ?? 0)) / state.largest) : 0,
  );
  if (cost === null || value === undefined) return null;
  return (
    <>
      <span className="card-heat" style={{ opacity: share / 100 }} aria-hidden />
      <span className="card-cost" title={t(`heat.${cost}`)}>
        {showCost[cost](value)}
      </span>
    </>
  );
}
