// The memory that a run would take, asked for a moment after the last edit and shown before anything starts.
import { useEffect, useState, type JSX } from 'react';
import { refuseTooLarge, type TrainingNeed } from '#core/session/training-memory';
import { showBytes } from '#core/units';

import { call } from '../client';
import { useDocument } from '../stores/document';
import { useRun } from '../stores/run';
import { saidText, t } from '../text';

/** Milliseconds without an edit before the engine is asked. */
const REST = 800;

export function TrainingNeedLine(): JSX.Element | null {
  const project = useDocument((state) => state.project);
  const isIdle = useRun(({ state }) => state === 'idle');
  const [need, setNeed] = useState<TrainingNeed | null>(null);
  useEffect(() => {
    if (!project?.data || !isIdle) return;
    let isAsking = true;
    const timer = setTimeout(() => {
      void call('train.need', project)
        // A project that cannot train yet says so elsewhere.
        .catch(() => null)
        .then((found) => {
          if (isAsking) setNeed(found);
        });
    }, REST);
    return () => {
      isAsking = false;
      clearTimeout(timer);
    };
  }, [project, isIdle]);
  if (!need) return null;
  const { memory, limit } = need;
  const problem = refusalOf(need);
  const streamed =
    memory.streamed > 0 ? ` · ${t('training.streamed', { size: showBytes(memory.streamed) })}` : '';
  return (
    <p
      className={problem === null ? 'training-need' : 'training-need is-error'}
      title={partsOf(need)}
      role="note"
    >
      {problem ?? `${memoryText(memory.total, limit)}${streamed}`}
    </p>
  );
}

const memoryText = (total: number, limit: number | null): string =>
  limit === null
    ? t('train.memory', { bytes: showBytes(total) })
    : t('train.memoryOf', { bytes: showBytes(total), limit: showBytes(limit) });

function refusalOf(need: TrainingNeed): string | null {
  try {
    refuseTooLarge(need);
    return null;
  } catch (error) {
    return saidText(error instanceof Error ? error.message : String(error));
  }
}

/** What it is made of, a line each. */
const partsOf = ({ memory }: TrainingNeed): string =>
  Object.entries<number>({ ...memory })
    .map(([name, bytes]) => `${name.replaceAll('_', ' ')}: ${showBytes(bytes)}`)
    .join('\n');
