// A curve of the run, drawn by uPlot on a canvas: training per step, validation per epoch. Data goes to it at most once a frame,
// past React.
import { useEffect, useRef, type JSX } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

import { coloursOf, useApp } from '../stores/app';
import { useChart } from '../stores/chart';
import { useRun, type Curves } from '../stores/run';
import { t } from '../text';
import { axisStyle, followSize, sizeIn, tokenOf } from './chart-style';
import { setDataKeeping, zoomByKeys } from './chart-zoom';
import { joinCurves, type ChartKind } from './curve-data';

export function CurveChart({ kind }: { readonly kind: ChartKind }): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  // Colours are read from the tokens, so the chart is made anew for another theme.
  const colours = useApp(coloursOf);
  const { smoothing, isLog } = useChart();
  useEffect(() => {
    const box = ref.current;
    return box ? mountChart(box, { kind, smoothing, isLog: isLog && kind === 'loss' }) : undefined;
  }, [kind, colours, smoothing, isLog]);
  const name = kind === 'loss' ? t('train.loss') : t('runTable.accuracy');
  return (
    <figure className="curve">
      <figcaption title={t('chart.keys')}>{name}</figcaption>
      <div
        ref={ref}
        className="curve-plot"
        role="group"
        aria-label={`${name}. ${t('chart.keys')}`}
        tabIndex={0}
      />
    </figure>
  );
}

/** What is drawn, and how. */
interface Look {
  readonly kind: ChartKind;
  readonly smoothing: number;
  readonly isLog: boolean;
}

/** Up to so many validation points are marked with dots. */
const DOTS = 40;

const hasFewPoints = (plot: uPlot, series: number): boolean =>
  [...(plot.data[series] ?? [])].filter((value) => value !== null).length <= DOTS;

/** Draws into `box` and follows its size and the run; returns the end. */
function mountChart(box: HTMLDivElement, look: Look): () => void {
  const data = (curves: Curves): ReturnType<typeof joinCurves> =>
    joinCurves(curves, look.kind, look.smoothing);
  const plot = new uPlot(optionsFor(box, look), data(useRun.getState().curves), box);
  let frame = 0;
  let drawn: Curves | null = null;
  const draw = (): void => {
    frame = 0;
    const { curves } = useRun.getState();
    if (curves === drawn) return;
    drawn = curves;
    setDataKeeping(plot, data(curves));
  };
  const schedule = (): void => {
    if (frame === 0) frame = requestAnimationFrame(draw);
  };
  const unsubscribe = useRun.subscribe(schedule);
  const unfollow = followSize(plot, box);
  const unzoom = zoomByKeys(plot, box);
  return () => {
    unsubscribe();
    unfollow();
    unzoom();
    cancelAnimationFrame(frame);
    plot.destroy();
  };
}

function optionsFor(box: HTMLDivElement, { kind, isLog }: Look): uPlot.Options {
  const axis = axisStyle();
  return {
    ...sizeIn(box),
    legend: { show: false },
    cursor: { points: { size: 7 }, drag: { x: true, y: false } },
    padding: [8, 12, 0, 0],
    scales: { x: { time: false }, y: kind === 'accuracy' ? { range: [0, 1] } : { distr: isLog ? 3 : 1 } },
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
      { stroke: tokenOf('--lapis'), width: 1.5, points: { show: false }, spanGaps: true },
      {
        stroke: tokenOf('--gold-line'),
        width: 2,
        spanGaps: true,
        points: { show: hasFewPoints, size: 5, fill: tokenOf('--gold-line'), stroke: tokenOf('--gold-line') },
      },
    ],
  };
}
