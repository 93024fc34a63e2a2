// Smoothing and the logarithmic axis of curves.
import type { JSX } from 'react';

import { useChart } from '../stores/chart';

export function ChartOptions(): JSX.Element {
  const { smoothing, isLog } = useChart();
  return (
    <span className="chart-options">
      <label>
        Smoothing
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
        Log scale
      </label>
    </span>
  );
}
