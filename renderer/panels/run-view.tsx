// The run as it goes: curves, progress, speed, remaining time; afterwards what came of it, or what went wrong.
// Re-renders with the run's events, a few times a second; the curves are drawn outside React.
import { ChartSpline } from 'lucide-react';
import type { JSX } from 'react';
import type { RunEvent } from '#core/session/session';

import { continueOnCpu } from '../actions/runs';
import { ErrorNotice } from '../chrome/error-notice';
import { useDocument } from '../stores/document';
import { useRun, type Curves } from '../stores/run';
import { t } from '../text';
import { CurveChart } from './curve-chart';
import { showCount, showDuration, showLoss, showShare } from './format';
import { ChartOptions } from './chart-options';
import { QueueList } from './runs/queue-list';
import { remainingSeconds } from './run-progress';
import { RunMetrics } from './run-metrics';

export function RunView(): JSX.Element {
  const hasRun = useRun(({ last, state }) => last !== null || state !== 'idle');
  const hasAccuracy = useRun(({ curves }) => curves.accuracy.some((value) => !Number.isNaN(value)));
  return (
    <div className="run">
      <RunError />
      <QueueList />
      {hasRun ? (
        <>
          <RunFacts />
          <RunMetrics />
          <div className="curves">
            <CurveChart kind="loss" />
            {hasAccuracy ? <CurveChart kind="accuracy" /> : null}
          </div>
        </>
      ) : (
        <div className="panel-empty">
          <ChartSpline size={22} aria-hidden className="muted" />
          <p>{t('runView.theCurvesOfA')}</p>
        </div>
      )}
    </div>
  );
}

const DEVICE_FAULTS = ['device_lost', 'out_of_memory'];

export function RunError(): JSX.Element | null {
  const error = useRun((run) => run.error);
  const device = useDocument(({ project }) => project?.training.device ?? 'cpu');
  if (!error) return null;
  return (
    <ErrorNotice error={error}>
      {device !== 'cpu' && DEVICE_FAULTS.includes(error.code) ? (
        <button type="button" className="button" onClick={() => void continueOnCpu()}>
          {t('runView.goOnWithTheCpu')}
        </button>
      ) : null}
    </ErrorNotice>
  );
}

function RunFacts(): JSX.Element | null {
  const last = useRun((run) => run.last);
  const state = useRun((run) => run.state);
  const curves = useRun((run) => run.curves);
  if (!last) return null;
  const { epoch, total_epochs, step, total_steps, samples_per_second } = last;
  return (
    <div className="run-facts">
      <div className="run-head">
        <p className={`run-line is-${state}`} role="status">
          {resultLine(last, state, curves)}
        </p>
        <ChartOptions />
      </div>
      <dl className="run-numbers">
        <Figure name={t('run.epoch')} value={`${Math.min(epoch, total_epochs)} / ${total_epochs}`} />
        <Figure name={t('run.step')} value={`${showCount(step)} / ${showCount(total_steps)}`} />
        <Figure name={t('run.training')} value={showLoss(latest(curves.loss))} tone="train" />
        <Validation curves={curves} />
        <Figure name={t('run.samples')} value={showCount(Math.round(samples_per_second))} />
      </dl>
    </div>
  );
}

/** Loss and accuracy of the last validation in one figure. */
function Validation({ curves }: { readonly curves: Curves }): JSX.Element | null {
  const loss = latest(curves.validationLoss);
  const accuracy = latest(curves.validationAccuracy);
  if (loss === undefined && accuracy === undefined) return null;
  const parts = [
    ...(loss === undefined ? [] : [showLoss(loss)]),
    ...(accuracy === undefined ? [] : [showShare(accuracy)]),
  ];
  return <Figure name={t('run.validation')} value={parts.join(' · ')} tone="validation" />;
}

/** The figures of a curve name its colour, for all charts below. */
function Figure({
  name,
  value,
  tone = '',
}: {
  readonly name: string;
  readonly value: string;
  readonly tone?: string;
}): JSX.Element {
  return (
    <div data-tone={tone}>
      <dt className={tone === '' ? '' : 'legend'}>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

const latest = (values: readonly number[]): number | undefined =>
  values.findLast((value) => !Number.isNaN(value));

/** One sentence: what the run does, or what it came to. */
export function resultLine(
  last: RunEvent,
  state: string,
  curves: Pick<Curves, 'validationLoss' | 'validationAccuracy'>,
): string {
  if (state === 'running') return t('run.left', { time: showDuration(remainingSeconds(last)) });
  if (state === 'paused') return t('run.paused', { step: showCount(last.step) });
  if (state === 'stopping') return t('run.stopping');
  const accuracy = latest(curves.validationAccuracy);
  const loss = latest(curves.validationLoss);
  const result =
    accuracy !== undefined
      ? t('run.validationAccuracy', { value: showShare(accuracy) })
      : loss !== undefined
        ? t('run.validationLoss', { value: showLoss(loss) })
        : t('run.loss', { value: showLoss(last.loss) });
  const word =
    last.outcome === 'stopped'
      ? t('run.stopped')
      : last.outcome === 'failed'
        ? t('run.failed')
        : t('run.finished');
  return t('run.after', { word, time: showDuration(last.seconds), result });
}
