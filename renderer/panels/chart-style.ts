// What every chart of the window has in common: colours from the tokens, quiet axes.

export const tokenOf = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export const axisStyle = () => ({
  stroke: tokenOf('--ink-3'),
  font: `11px ${tokenOf('--font')}`,
  grid: { stroke: tokenOf('--line'), width: 1 },
  ticks: { show: false },
});
