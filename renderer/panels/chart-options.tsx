// Smoothing and the logarithmic axis of curves.
import type { JSX } from 'react';

import { useChart } from '../stores/chart';
import { t } from '../text';

export function ChartOptions(): JSX.Element {
  const { smoothing, isLog } = useChart();
  return (
    <span className="chart-options">
      <label>
        {t('chartOptions.smoothing')}
        <input
          type="range"
          min={0}
          max={0.99}
          step={0.01}
          value={smoothing}
          onChange={(event) => {
            useChart.setState({ smoothing: event.currentTarget.valueAsNumber });
          }}
        />
      </label>
      <label>
        <input
          type="checkbox"
          checked={isLog}
          onChange={(event) => {
            useChart.setState({ isLog: event.currentTarget.checked });
          }}
        />
        {t('chartOptions.logScale')}
      </label>
    </span>
  );
}
