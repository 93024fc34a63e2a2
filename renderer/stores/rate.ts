// The last search for a learning rate: its points, and the one that is chosen.
import { create } from 'zustand';
import type { RateSearch } from '#core/session/session';

interface RateState {
  readonly search: RateSearch | null;
  /** Index of a point. */
  readonly chosen: number;
}

export const useRate = create<RateState>(() => ({ search: null, chosen: 0 }));

/** Shows a search; the suggested rate is chosen first, or the middle one where there is no suggestion. */
export function showSearch(search: RateSearch): void {
  const suggested = search.points.findIndex(({ lr }) => lr === search.suggestion);
  const chosen = suggested >= 0 ? suggested : Math.floor(search.points.length / 2);
  useRate.setState({ search, chosen });
}
