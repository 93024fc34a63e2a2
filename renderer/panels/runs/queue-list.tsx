// The runs that wait for the one that goes on, in their order.
import { ArrowDown, ArrowUp, X } from 'lucide-react';
import type { JSX } from 'react';
import type { QueuedRun } from '#core/ipc/api';

import { cancelQueued, moveQueued } from '../../actions/training';
import { useRuns } from '../../stores/runs';
import { t } from '../../text';
import './runs.css';

const describe = ({ optimizer, lr, epochs, batchSize, seed, device }: QueuedRun): string =>
  [
    lr === null ? optimizer : t('queue.rate', { optimizer, rate: String(lr) }),
    t('queue.epochs', { epochs: String(epochs), batch: String(batchSize) }),
    t('queue.seed', { seed: String(seed) }),
    ...(device === 'cpu' ? [] : [device]),
  ].join(', ');

export function QueueList(): JSX.Element | null {
  const queue = useRuns((state) => state.queue);
  if (queue.length === 0) return null;
  return (
    <ol className="queue" aria-label={t('queueList.waitingRuns')}>
      {queue.map((run, at) => (
        <li key={run.id}>
          <span>{t('queue.waiting', { at: at + 1, run: describe(run) })}</span>
          <Small
            label={t('queue.up', { at: at + 1 })}
            isDisabled={at === 0}
            onClick={() => void moveQueued(run.id, -1)}
          >
            <ArrowUp size={13} aria-hidden />
          </Small>
          <Small
            label={t('queue.down', { at: at + 1 })}
            isDisabled={at === queue.length - 1}
            onClick={() => void moveQueued(run.id, 1)}
          >
            <ArrowDown size={13} aria-hidden />
          </Small>
          <Small label={t('queue.cancel', { at: at + 1 })} onClick={() => void cancelQueued(run.id)}>
            <X size={13} aria-hidden />
          </Small>
        </li>
      ))}
    </ol>
  );
}

function Small({
  label,
  isDisabled = false,
  onClick,
  children,
}: {
  readonly label: string;
  readonly isDisabled?: boolean;
  readonly onClick: () => void;
  readonly children: JSX.Element;
}): JSX.Element {
  return (
    <button
      type="button"
      className="icon-button is-small"
      aria-label={label}
      disabled={isDisabled}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
