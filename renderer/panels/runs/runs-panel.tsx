// The Runs panel: every recorded run on the left; on the right the chosen ones, their curves over each other and what differs.
import { FileDown, History, Trash2, Undo2 } from 'lucide-react';
import { useEffect, type JSX } from 'react';

import { deleteRuns, exportRuns, loadRuns, restoreRun } from '../../actions/runs';
import { useDocument } from '../../stores/document';
import { useRun } from '../../stores/run';
import { useRuns } from '../../stores/runs';
import { ComparedSettings } from './compared-settings';
import { OverlayChart } from './overlay-chart';
import { RunTable } from './run-table';
import './runs.css';

export function RunsPanel(): JSX.Element {
  const runs = useRuns((state) => state.runs);
  const chosen = useRuns((state) => state.chosen);
  const file = useDocument((state) => state.file?.token);
  useEffect(() => {
    void loadRuns();
  }, [file]);
  if (!runs || runs.length === 0)
    return (
      <div className="panel-empty">
        <History size={22} aria-hidden className="muted" />
        <p>Every training is kept here: its settings, its curve and its best weights.</p>
      </div>
    );
  return (
    <div className="runs">
      <div className="runs-list">
        <Actions />
        <div className="runs-scroll" role="region" aria-label="Recorded runs" tabIndex={0}>
          <RunTable runs={runs} />
        </div>
      </div>
      {chosen.length > 0 ? (
        <div className="runs-compared" role="region" aria-label="Chosen runs" tabIndex={0}>
          <OverlayChart />
          <ComparedSettings />
        </div>
      ) : (
        <div className="panel-empty">
          <p>Choose runs to see their curves over each other and what differs between them.</p>
        </div>
      )}
    </div>
  );
}

/** What can be done with the chosen runs. */
function Actions(): JSX.Element {
  const chosen = useRuns((state) => state.chosen);
  const isIdle = useRun(({ state }) => state === 'idle');
  const [only] = chosen;
  return (
    <div className="runs-actions" role="toolbar" aria-label="Chosen runs">
      <button
        type="button"
        className="button is-small"
        disabled={chosen.length !== 1 || !isIdle}
        title="Brings back the project as it was and the best weights; can be undone"
        onClick={() => {
          if (only !== undefined) void restoreRun(only);
        }}
      >
        <Undo2 size={14} aria-hidden />
        Restore
      </button>
      <button
        type="button"
        className="button is-small"
        disabled={chosen.length === 0}
        onClick={() => void deleteRuns(chosen)}
      >
        <Trash2 size={14} aria-hidden />
        Delete…
      </button>
      <span className="bar-space" />
      <button type="button" className="button is-small" onClick={() => void exportRuns(chosen, 'runs')}>
        <FileDown size={14} aria-hidden />
        Export runs…
      </button>
      <button type="button" className="button is-small" onClick={() => void exportRuns(chosen, 'curves')}>
        <FileDown size={14} aria-hidden />
        Export curves…
      </button>
    </div>
  );
}
