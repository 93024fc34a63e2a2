// How curves are drawn, the same for the run that goes on and for recorded ones.
import { create } from 'zustand';

interface ChartChoice {
  /** Share of the running mean that is kept, 0 (as measured) to 0.99. */
  readonly smoothing: number;
  /** Losses on a logarithmic axis. */
  readonly isLog: boolean;
}

export const useChart = create<ChartChoice>(() => ({ smoothing: 0, isLog: false }));
