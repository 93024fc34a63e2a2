// What every chart of the window has in common: colours from the tokens, quiet axes, the size of its box.
import type uPlot from 'uplot';

export const tokenOf = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export const axisStyle = () => ({
  stroke: tokenOf('--ink-3'),
  font: `11px ${tokenOf('--font')}`,
  grid: { stroke: tokenOf('--line'), width: 1 },
  ticks: { show: false },
});

/** A chart fills its box; one that is too small to read keeps a least size. */
export const sizeIn = (box: HTMLElement) => ({
  width: Math.max(80, box.clientWidth),
  height: Math.max(60, box.clientHeight),
});

/** Keeps a chart as large as its box; returns the end of that. */
export function followSize(plot: uPlot, box: HTMLElement): () => void {
  const observer = new ResizeObserver(() => {
    plot.setSize(sizeIn(box));
  });
  observer.observe(box);
  return () => {
    observer.disconnect();
  };
}
