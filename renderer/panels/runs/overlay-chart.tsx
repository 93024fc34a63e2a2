// The curves of the chosen runs over each other, with what is drawn and along which axis.
import { useEffect, useMemo, useRef, useState, type JSX } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

import { SelectField } from '../../fields/plain-fields';
import { coloursOf, useApp } from '../../stores/app';
import { useChart } from '../../stores/chart';
import { useRuns } from '../../stores/runs';
import { ChartOptions } from '../chart-options';
import { axisStyle, followSize, sizeIn, tokenOf } from '../chart-style';
import { zoomByKeys } from '../chart-zoom';
import { t } from '../../text';
import { overlay, valueNames, type XAxis } from './overlay-data';
import { runColor } from './run-colors';

const axes = (): readonly { readonly value: XAxis; readonly text: string }[] => [
  { value: 'step', text: t('run.step') },
  { value: 'epoch', text: t('run.epoch') },
  { value: 'seconds', text: t('overlay.time') },
];

export function OverlayChart(): JSX.Element {
  const chosen = useRuns((state) => state.chosen);
  const curves = useRuns((state) => state.curves);
  const [value, setValue] = useState('loss');
  const [x, setX] = useState<XAxis>('step');
  const names = useMemo(() => valueNames(curves.values()), [curves]);
  const shown = names.includes(value) ? value : 'loss';
  return (
    <figure
      className="curve overlay"
      aria-label={t('overlay.of', {
        value: shown,
        runs: chosen.map((run) => t('overlay.run', { run: String(run) })).join(', '),
      })}
    >
      <figcaption>
        <SelectField
          label={t('overlayChart.curve')}
          value={shown}
          options={names.map((name) => ({ value: name, text: name.replaceAll('_', ' ') }))}
          isDisabled={false}
          onChange={setValue}
        />
        <SelectField
          label={t('overlayChart.along')}
          value={x}
          options={axes()}
          isDisabled={false}
          onChange={(next) => setX(next)}
        />
        <ChartOptions />
      </figcaption>
      <Plot value={shown} x={x} />
    </figure>
  );
}

function Plot({ value, x }: { readonly value: string; readonly x: XAxis }): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  const chosen = useRuns((state) => state.chosen);
  const curves = useRuns((state) => state.curves);
  const { smoothing, isLog } = useChart();
  // Colours are read from the tokens, so the chart is made anew for another theme.
  const colours = useApp(coloursOf);
  useEffect(() => {
    const box = ref.current;
    if (!box) return undefined;
    const data = overlay(
      chosen.map((id) => curves.get(id) ?? []),
      { value, x, smoothing },
    );
    const series = chosen.map((id, at) => ({
      label: t('overlay.run', { run: String(id) }),
      stroke: tokenOf(runColor(at)),
      width: 1.5,
      spanGaps: true,
      points: { show: (data[0]?.length ?? 0) < 2 },
    }));
    const plot = new uPlot(
      {
        ...sizeIn(box),
        legend: { show: false },
        cursor: { points: { size: 7 }, drag: { x: true, y: false } },
        padding: [8, 12, 0, 0],
        scales: { x: { time: false }, y: { distr: isLog ? 3 : 1 } },
        axes: [
          { ...axisStyle(), size: 24, gap: 4 },
          { ...axisStyle(), size: 52, gap: 6 },
        ],
        series: [{}, ...series],
      },
      data as uPlot.AlignedData,
      box,
    );
    const unfollow = followSize(plot, box);
    const unzoom = zoomByKeys(plot, box);
    return () => {
      unfollow();
      unzoom();
      plot.destroy();
    };
  }, [chosen, curves, value, x, smoothing, isLog, colours]);
  return (
    <div
      ref={ref}
      className="curve-plot"
      role="group"
      aria-label={`${value.replaceAll('_', ' ')}. ${t('chart.keys')}`}
      tabIndex={0}
    />
  );
}
