// The Runs panel: every recorded run on the left; on the right the chosen ones, their curves over each other and what differs.
import {
  FileChartLine,
  FileDown,
  HardDrive,
  History,
  Play,
  Trash2,
  Undo2,
  type LucideIcon,
} from 'lucide-react';
import { useEffect, type JSX } from 'react';
import type { ShownRun } from '#core/ipc/api';
import { showBytes } from '#core/units';

import { continueRun, deleteFiles, deleteRuns, exportRuns, loadRuns, restoreRun } from '../../actions/runs';
import { useApp } from '../../stores/app';
import { useDocument } from '../../stores/document';
import { useRun } from '../../stores/run';
import { useRuns } from '../../stores/runs';
import { openDialog } from '../../stores/ui';
import { t } from '../../text';
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
        <p>{t('runs.none')}</p>
      </div>
    );
  return (
    <div className="runs">
      <div className="runs-list">
        <Actions runs={runs} />
        <div className="runs-scroll" role="region" aria-label={t('runs.recorded')} tabIndex={0}>
          <RunTable runs={runs} />
        </div>
        <Use runs={runs} />
      </div>
      {chosen.length > 0 ? (
        <div className="runs-compared" role="region" aria-label={t('runs.chosen')} tabIndex={0}>
          <OverlayChart />
          <ComparedSettings />
        </div>
      ) : (
        <div className="panel-empty">
          <p>{t('runs.choose')}</p>
        </div>
      )}
    </div>
  );
}

interface RunsProps {
  readonly runs: readonly ShownRun[];
}

/** What can be done with the chosen runs. */
function Actions({ runs }: RunsProps): JSX.Element {
  const ids = useRuns((state) => state.chosen);
  const isIdle = useRun(({ state }) => state === 'idle');
  const chosen = runs.filter(({ id }) => ids.includes(id));
  const only = chosen.length === 1 ? chosen[0] : undefined;
  const holding = chosen.filter(({ bytes, state }) => bytes > 0 && state !== 'running');
  return (
    <div className="runs-actions" role="toolbar" aria-label={t('runs.chosen')}>
      <ActionButton
        icon={Undo2}
        text={t('runs.restore')}
        help={t('runs.restore.help')}
        isDisabled={!only || !isIdle}
        onClick={() => only && restoreRun(only.id)}
      />
      <ActionButton
        icon={Play}
        text={t('runs.continue')}
        help={only && !only.canContinue ? t('runs.continue.none') : t('runs.continue.help')}
        isDisabled={only?.canContinue !== true || !isIdle}
        onClick={() => only && continueRun(only.id)}
      />
      <ActionButton
        icon={HardDrive}
        text={t('runs.deleteFiles')}
        help={t('runs.deleteFiles.help')}
        isDisabled={holding.length === 0}
        onClick={() => deleteFiles(holding.map(({ id }) => id))}
      />
      <ActionButton
        icon={Trash2}
        text={t('runs.delete')}
        isDisabled={ids.length === 0}
        onClick={() => deleteRuns(ids)}
      />
      <span className="bar-space" />
      <ActionButton
        isBare
        icon={FileDown}
        text={t('runs.exportRuns')}
        onClick={() => exportRuns(ids, 'runs')}
      />
      <ActionButton
        isBare
        icon={FileChartLine}
        text={t('runs.exportCurves')}
        onClick={() => exportRuns(ids, 'curves')}
      />
    </div>
  );
}

interface ActionButtonProps {
  readonly icon: LucideIcon;
  readonly text: string;
  readonly help?: string;
  readonly isDisabled?: boolean;
  /** Its text is only its name. */
  readonly isBare?: boolean;
  readonly onClick: () => unknown;
}

function ActionButton({
  icon: Icon,
  text,
  help,
  isDisabled,
  isBare = false,
  onClick,
}: ActionButtonProps): JSX.Element {
  return (
    <button
      type="button"
      className="button is-small"
      disabled={isDisabled}
      title={help ?? (isBare ? text : undefined)}
      aria-label={isBare ? text : undefined}
      onClick={() => void onClick()}
    >
      <Icon size={14} aria-hidden />
      {isBare ? null : text}
    </button>
  );
}

/** What the weights of all runs take, and which runs keep theirs. */
function Use({ runs }: RunsProps): JSX.Element {
  const keptRuns = useApp((state) => state.preferences.keptRuns);
  const keptMegabytes = useApp((state) => state.preferences.keptMegabytes);
  const holding = runs.filter(({ bytes }) => bytes > 0);
  const bytes = holding.reduce((sum, run) => sum + run.bytes, 0);
  const rules = [
    ...(keptRuns === null ? [] : [t('runs.use.some', { count: keptRuns })]),
    ...(keptMegabytes === null ? [] : [t('runs.use.size', { megabytes: keptMegabytes })]),
  ];
  return (
    <footer className="runs-use muted">
      <span>
        {[
          t('runs.use', { bytes: showBytes(bytes), count: holding.length }),
          ...(rules.length === 0 ? [t('runs.use.all')] : rules),
        ].join(' · ')}
      </span>
      <button
        type="button"
        className="button is-small is-quiet"
        onClick={() => {
          openDialog({ kind: 'settings', search: t('section.runs') });
        }}
      >
        {t('runs.limits')}
      </button>
    </footer>
  );
}
