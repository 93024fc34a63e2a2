// The recorded runs as a table; chosen ones are compared beside it.
import { Star } from 'lucide-react';
import type { JSX } from 'react';
import type { ShownRun } from '#core/ipc/api';
import { RUN_LIMITS } from '#core/session/runs';
import { showBytes } from '#core/units';

import { compare, starRun, toggleRun } from '../../actions/runs';
import { languageOf, useApp } from '../../stores/app';
import { useRuns } from '../../stores/runs';
import { t } from '../../text';
import { showCount, showDuration, showLoss, showShare } from '../format';
import { runColor } from './run-colors';

const time = (started: string): string =>
  new Intl.DateTimeFormat(languageOf(useApp.getState()), {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(started));

/** The share of right answers a run came to: validation's where there is one. */
const accuracyOf = ({ metrics }: ShownRun): number | undefined =>
  metrics['validation_accuracy'] ?? metrics['accuracy'] ?? undefined;

/** In their order. */
const COLUMNS = [
  'run',
  'started',
  'state',
  'epochs',
  'optimizer',
  'rate',
  'batch',
  'seed',
  'loss',
  'validation',
  'accuracy',
  'best',
  'time',
  'weights',
] as const;

export function RunTable({ runs }: { readonly runs: readonly ShownRun[] }): JSX.Element {
  const chosen = useRuns((state) => state.chosen);
  const most = Math.min(runs.length, RUN_LIMITS.compared);
  return (
    <table className="table is-numbers run-table">
      <thead>
        <tr>
          <th scope="col">
            <input
              type="checkbox"
              ref={(box) => {
                if (box) box.indeterminate = chosen.length > 0 && chosen.length < most;
              }}
              aria-label={t(chosen.length > 0 ? 'runTable.compareNoRun' : 'runTable.compareAll')}
              disabled={runs.length === 0}
              checked={runs.length > 0 && chosen.length >= most}
              onChange={() => void compare(chosen.length > 0 ? [] : runs.slice(0, most).map(({ id }) => id))}
            />
          </th>
          {COLUMNS.map((name) => (
            <th key={name} scope="col">
              {t(`runTable.${name}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <Row key={run.id} run={run} place={chosen.indexOf(run.id)} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ run, place }: { readonly run: ShownRun; readonly place: number }): JSX.Element {
  const isChosen = place >= 0;
  return (
    <tr className={isChosen ? 'is-chosen' : ''} onClick={() => void toggleRun(run.id)}>
      <td>
        <input
          type="checkbox"
          aria-label={t('runs.compare', { run: run.id })}
          checked={isChosen}
          onChange={() => void toggleRun(run.id)}
          onClick={(event) => {
            event.stopPropagation();
          }}
        />
      </td>
      <th scope="row">
        <span
          className="run-swatch"
          style={isChosen ? { background: `var(${runColor(place)})` } : undefined}
          aria-hidden
        />
        {run.id}
        <button
          type="button"
          className="run-star"
          aria-label={t('runs.star', { run: run.id })}
          aria-pressed={run.starred}
          onClick={(event) => {
            event.stopPropagation();
            void starRun(run.id, !run.starred);
          }}
        >
          <Star size={13} aria-hidden />
        </button>
        {run.continues === null ? null : (
          <span className="muted" title={t('runs.continues', { run: run.continues })}>
            ↳ {run.continues}
          </span>
        )}
      </th>
      <td>{time(run.started)}</td>
      <td className={`run-state is-${run.state}`} title={run.error ?? undefined}>
        {t(`runState.${run.state}`)}
      </td>
      <td>
        {showCount(run.epochs)} / {showCount(run.total_epochs)}
      </td>
      <td>{run.optimizer}</td>
      <td>{run.lr ?? '–'}</td>
      <td>{run.batch_size}</td>
      <td>{run.seed}</td>
      <td>{showLoss(run.loss ?? undefined)}</td>
      <td>{showLoss(run.metrics['validation_loss'] ?? undefined)}</td>
      <td>{showShare(accuracyOf(run))}</td>
      <td title={run.best?.monitor.replaceAll('_', ' ')}>
        {run.best === null ? '–' : `${showLoss(run.best.value)} in ${run.best.epoch}`}
      </td>
      <td>{showDuration(run.seconds)}</td>
      <td>{run.bytes === 0 ? '–' : showBytes(run.bytes)}</td>
    </tr>
  );
}
