// A curve of the run, drawn by uPlot on a canvas: training per step, validation per epoch. Data goes to it at most once a frame,
// past React.
import { useEffect, useRef, type JSX } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

import { useApp } from '../stores/app';
import { useRun, type Curves } from '../stores/run';
import { joinCurves, type ChartKind } from './curve-data';

const TITLES: Readonly<Record<ChartKind, string>> = { loss: 'Loss', accuracy: 'Accuracy' };

export function CurveChart({ kind }: { readonly kind: ChartKind }): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  // Colours are read from the tokens, so the chart is made anew for another theme.
  const theme = useApp((state) => state.theme);
  useEffect(() => {
    const box = ref.current;
    return box ? mountChart(box, kind) : undefined;
  }, [kind, theme]);
  return (
    <figure className="curve">
      <figcaption>
        {TITLES[kind]}
        <span className="legend is-train">train</span>
        <span className="legend is-validation">validation</span>
      </figcaption>
      <div ref={ref} className="curve-plot" />
    </figure>
  );
}

/** Up to so many validation points are marked with dots. */
const DOTS = 40;

const hasFewPoints = (plot: uPlot, series: number): boolean =>
  [...(plot.data[series] ?? [])].filter((value) => value !== null).length <= DOTS;

/** Draws into `box` and follows its size and the run; returns the end. */
function mountChart(box: HTMLDivElement, kind: ChartKind): () => void {
  const plot = new uPlot(optionsFor(box, kind), joinCurves(useRun.getState().curves, kind), box);
  let frame = 0;
  let drawn: Curves | null = null;
  const draw = (): void => {
    frame = 0;
    const { curves } = useRun.getState();
    if (curves === drawn) return;
    drawn = curves;
    plot.setData(joinCurves(curves, kind));
  };
  const schedule = (): void => {
    if (frame === 0) frame = requestAnimationFrame(draw);
  };
  const unsubscribe = useRun.subscribe(schedule);
  const observer = new ResizeObserver(() => {
    plot.setSize({ width: Math.max(80, box.clientWidth), height: Math.max(60, box.clientHeight) });
  });
  observer.observe(box);
  return () => {
    unsubscribe();
    observer.disconnect();
    cancelAnimationFrame(frame);
    plot.destroy();
  };
}

function optionsFor(box: HTMLDivElement, kind: ChartKind): uPlot.Options {
  const styles = getComputedStyle(document.documentElement);
  const token = (name: string): string => styles.getPropertyValue(name).trim();
  const font = `11px ${token('--font')}`;
  const axis = {
    stroke: token('--ink-3'),
    font,
    grid: { stroke: token('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: Math.max(80, box.clientWidth),
    height: Math.max(60, box.clientHeight),
    legend: { show: false },
    cursor: { points: { size: 7 }, drag: { x: true, y: false } },
    padding: [8, 12, 0, 0],
    scales: { x: { time: false }, y: kind === 'accuracy' ? { range: [0, 1] } : {} },
    axes: [
      { ...axis, size: 24, gap: 4 },
      {
        ...axis,
        size: 44,
        gap: 6,
        values: (_plot, values) =>
          values.map((value) => (kind === 'accuracy' ? `${Math.round(value * 100)}%` : String(value))),
      },
    ],
    series: [
      {},
      { stroke: token('--lapis'), width: 1.5, points: { show: false }, spanGaps: true },
      {
        stroke: token('--gold-line'),
        width: 2,
        spanGaps: true,
        points: { show: hasFewPoints, size: 5, fill: token('--gold-line'), stroke: token('--gold-line') },
      },
    ],
  };
}
