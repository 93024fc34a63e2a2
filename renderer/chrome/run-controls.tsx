// Start, pause, resume and stop, with the run's progress in between. Only the progress re-renders while a run goes on.
import { ListPlus, Pause, Play, Square } from 'lucide-react';
import type { JSX } from 'react';

import { pauseOrResume, stopTraining } from '../actions/training';
import { useRun } from '../stores/run';
import { useUi } from '../stores/ui';
import { showDuration } from '../panels/format';
import { remainingSeconds } from '../panels/run-progress';
import { t } from '../text';
import { IconButton } from './icon-button';

export function RunControls(): JSX.Element {
  const state = useRun((run) => run.state);
  const isStarting = useUi(({ busy }) => busy === 'start');
  if (state === 'idle')
    return (
      <IconButton
        label={t('runControls.startTraining')}
        command="model.train"
        icon={Play}
        isBusy={isStarting}
        className="is-primary"
      >
        {t('runControls.startTraining')}
      </IconButton>
    );
  return (
    <span className="run-controls">
      <RunProgress />
      <IconButton label={t('runControls.queueAnotherRun')} command="model.queue" icon={ListPlus}>
        {t('runControls.queue')}
      </IconButton>
      {state === 'paused' ? (
        <IconButton label={t('runControls.resume')} icon={Play} onClick={() => void pauseOrResume()}>
          {t('runControls.resume')}
        </IconButton>
      ) : (
        <IconButton
          label={t('runControls.pause')}
          icon={Pause}
          isDisabled={state === 'stopping'}
          onClick={() => void pauseOrResume()}
        >
          {t('runControls.pause')}
        </IconButton>
      )}
      <IconButton
        label={t('runControls.stop')}
        icon={Square}
        isBusy={state === 'stopping'}
        onClick={() => void stopTraining()}
        className="is-danger"
      >
        {t('runControls.stop')}
      </IconButton>
    </span>
  );
}

/** Re-renders when its text changes. */
function RunProgress(): JSX.Element {
  const percent = useRun(({ last }) =>
    Math.round((100 * (last?.step ?? 0)) / Math.max(1, last?.total_steps ?? 1)),
  );
  const remaining = useRun(({ last }) => (last ? showDuration(remainingSeconds(last)) : ''));
  return (
    <span className="run-progress">
      <progress max={100} value={percent} aria-label={t('runControls.trainingProgress')} />
      <span className="run-progress-text">
        {percent}%{remaining === '' ? '' : ` · ${t('run.remaining', { time: remaining })}`}
      </span>
    </span>
  );
}
