// The learning-rate finder of the Training panel: the loss over growing rates, and the rate to take. The curve is drawn outside React.
import { useEffect, useRef, type JSX } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

import { applyRate, findRate, roundedRate, stopFinding } from '../actions/find-rate';
import { coloursOf, useApp } from '../stores/app';
import { useRate } from '../stores/rate';
import { useRun } from '../stores/run';
import { showNote } from '../stores/toasts';
import { useUi } from '../stores/ui';
import { t } from '../text';
import { axisStyle, followSize, sizeIn, tokenOf } from './chart-style';
import { Fold } from './training-options';

export function RateFinder(): JSX.Element {
  const isIdle = useRun(({ state }) => state === 'idle');
  const busy = useUi((state) => state.busy);
  const search = useRate((state) => state.search);
  return (
    <Fold title={t('rateFinder.findALearningRate')}>
      <div className="rate-finder">
        {busy === 'rate' ? (
          <button type="button" className="button is-small" onClick={() => void stopFinding()}>
            {t('rateFinder.stopSearching')}
          </button>
        ) : (
          <button
            type="button"
            className="button is-small"
            disabled={!isIdle || busy !== null}
            onClick={() => void findRate()}
          >
            {t('rateFinder.tryGrowingRates')}
          </button>
        )}
        {search ? <Found /> : <p>{t('rateFinder.aHundredStepsAt')}</p>}
      </div>
    </Fold>
  );
}

/** The curve with the chosen rate in it. */
function Found(): JSX.Element {
  const { search, chosen } = useRate();
  const points = search?.points ?? [];
  const end = useRef<HTMLLabelElement>(null);
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'nearest' });
  }, [search]);
  const rate = points[chosen]?.lr ?? Number.NaN;
  return (
    <>
      <span role="status">
        {search?.suggestion === null
          ? t('rate.never')
          : t('rate.suggested', { rate: String(roundedRate(search?.suggestion ?? Number.NaN)) })}
      </span>
      <RateChart />
      <label ref={end} className="rate-choice">
        {t('rate.rate', { rate: String(roundedRate(rate)) })}
        <input
          type="range"
          aria-label={t('rateFinder.rateOnTheCurve')}
          aria-valuetext={String(roundedRate(rate))}
          min={0}
          max={points.length - 1}
          value={chosen}
          onChange={(event) => {
            useRate.setState({ chosen: event.currentTarget.valueAsNumber });
          }}
        />
        <button
          type="button"
          className="button is-small is-primary"
          onClick={() => {
            applyRate(rate);
            showNote(t('rate.taken', { rate: String(roundedRate(rate)) }));
          }}
        >
          {t('rateFinder.useThisRate')}
        </button>
      </label>
    </>
  );
}

/** Powers of ten, of the lines of a logarithmic axis. */
const powersOfTen = (_plot: uPlot, rates: readonly number[]): (number | null)[] =>
  rates.map((rate) => {
    const power = Math.log10(rate);
    return Math.abs(power - Math.round(power)) < 1e-9 ? rate : null;
  });

function RateChart(): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  const search = useRate((state) => state.search);
  const colours = useApp(coloursOf);
  useEffect(() => {
    const box = ref.current;
    if (!box || !search) return undefined;
    const { points } = search;
    const line = (plot: uPlot): void => {
      const at = plot.valToPos(points[useRate.getState().chosen]?.lr ?? 0, 'x', true);
      plot.ctx.fillStyle = tokenOf('--gold-line');
      plot.ctx.fillRect(at - 1, plot.bbox.top, 2, plot.bbox.height);
    };
    const axis = axisStyle();
    const plot = new uPlot(
      {
        ...sizeIn(box),
        legend: { show: false },
        cursor: { points: { size: 7 }, drag: { x: false, y: false } },
        padding: [8, 12, 0, 0],
        scales: { x: { time: false, distr: 3 }, y: {} },
        axes: [
          {
            ...axis,
            size: 24,
            gap: 4,
            filter: powersOfTen,
            grid: { ...axis.grid, filter: powersOfTen },
            ticks: { ...axis.ticks, filter: powersOfTen },
            values: (_plot, rates) => rates.map((rate) => (rate === null ? '' : rate.toExponential(0))),
          },
          { ...axis, size: 44, gap: 6 },
        ],
        series: [{}, { stroke: tokenOf('--lapis'), width: 1.5, points: { show: false } }],
        hooks: { draw: [line] },
      },
      [points.map(({ lr }) => lr), points.map(({ smoothed }) => smoothed)],
      box,
    );
    const onClick = (): void => {
      const { idx } = plot.cursor;
      if (typeof idx === 'number') useRate.setState({ chosen: idx });
    };
    plot.over.addEventListener('click', onClick);
    const unsubscribe = useRate.subscribe(({ chosen }, before) => {
      if (chosen !== before.chosen) plot.redraw(false);
    });
    const unfollow = followSize(plot, box);
    return () => {
      unsubscribe();
      unfollow();
      plot.destroy();
    };
  }, [search, colours]);
  return <div ref={ref} className="rate-plot" role="img" aria-label={t('rateFinder.lossOverTheLearning')} />;
}
