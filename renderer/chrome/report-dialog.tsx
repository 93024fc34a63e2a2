// The report of the model: a row per layer, totals, the memory a run is predicted to take beside what the last one took; to be copied.
import { useState, type JSX } from 'react';
import { memoryMarkdown, reportCsv, reportMarkdown, stepText } from '#core/session/report';
import type { TrainingNeed } from '#core/session/training-memory';
import { showBytes } from '#core/units';

import { perform } from '../actions/perform';
import { flushUpdate } from '../actions/sync';
import { call } from '../client';
import { useDocument } from '../stores/document';
import { useModel } from '../stores/model';
import { useProfile, useProfileWatch } from '../stores/profile';
import { showNote } from '../stores/toasts';
import { faultText, saidText, t } from '../text';
import { Modal } from './modal';
import { ReportTable } from './report-table';

async function copy(text: string, what: string): Promise<void> {
  await perform(t('told.nothingWasCopied'), null, () => call('clipboard.write', text));
  showNote(t('report.copied', { what }));
}

export function ReportDialog({ onClose }: { readonly onClose: () => void }): JSX.Element | null {
  const model = useModel((state) => state.model);
  const name = useDocument((state) => state.project?.name ?? '');
  const [isMeasured, setIsMeasured] = useState(false);
  useProfileWatch(isMeasured);
  const [memory, setMemory] = useState<RunMemory | null>(null);
  const { profile: known, error } = useProfile();
  if (!model) return null;
  const profile = isMeasured ? known : null;
  const markdown = (): string => {
    const table = reportMarkdown(model, profile);
    return memory ? `${table}\n${memoryMarkdown(memory.need, memory.measured)}` : table;
  };
  return (
    <Modal title={t('report.title', { name })} onClose={onClose} className="report">
      <ReportTable model={model} profile={profile} />
      <div className="report-more">
        <label className="report-choice">
          <input
            type="checkbox"
            checked={isMeasured}
            onChange={({ target }) => setIsMeasured(target.checked)}
          />
          {t('report.measure')}
        </label>
        {isMeasured ? (
          <p className="small muted" role="status">
            {profile
              ? saidText(stepText(profile))
              : error === null
                ? t('common.measuring')
                : faultText(error)}
          </p>
        ) : null}
        <Memory memory={memory} onPredict={setMemory} />
      </div>
      <div className="modal-footer">
        <button type="button" className="button" onClick={() => void copy(reportCsv(model, profile), 'CSV')}>
          {t('report.copyAsCsv')}
        </button>
        <button
          type="button"
          className="button is-primary"
          data-autofocus
          onClick={() => void copy(markdown(), 'Markdown')}
        >
          {t('report.copyAsMarkdown')}
        </button>
      </div>
    </Modal>
  );
}

/** The parts of a run's memory; each has a text `memory.<part>`. */
const PARTS = [
  'parameters',
  'buffers',
  'optimizer_state',
  'arena',
  'gradients',
  'other_arenas',
  'data',
  'streamed',
  'scratch',
  'records',
] as const satisfies readonly (keyof TrainingNeed['memory'])[];

/** What a run is predicted to take, and what the last one held. */
interface RunMemory {
  readonly need: TrainingNeed;
  readonly measured: number | null;
}

/** Part by part, with what the run's device may give. */
function Memory({
  memory,
  onPredict,
}: {
  readonly memory: RunMemory | null;
  readonly onPredict: (memory: RunMemory) => void;
}): JSX.Element {
  const [isWorking, setIsWorking] = useState(false);
  const predicted = memory?.need;
  const measured = memory?.measured ?? null;
  const predict = async (): Promise<void> => {
    setIsWorking(true);
    await flushUpdate();
    const { project } = useDocument.getState();
    if (project) {
      const answer = await perform(t('told.theMemoryWasNotPredicted'), null, () =>
        Promise.all([call('train.need', project), call('model.measuredMemory')]),
      );
      if (answer) onPredict({ need: answer[0], measured: answer[1] });
    }
    setIsWorking(false);
  };
  return (
    <section className="report-memory" aria-label={t('report.memoryOfARun')}>
      <button
        type="button"
        className="button is-small"
        disabled={isWorking}
        aria-busy={isWorking}
        onClick={() => void predict()}
      >
        {t('report.predictTheMemoryOf')}
      </button>
      {predicted ? (
        <dl className="facts" role="status">
          {PARTS.filter((part) => part !== 'streamed' || predicted.memory.streamed > 0).map((part) => (
            <div key={part}>
              <dt>{t(`memory.${part}`)}</dt>
              <dd>{showBytes(predicted.memory[part])}</dd>
            </div>
          ))}
          <div>
            <dt>{t('report.predicted', { count: predicted.batch })}</dt>
            <dd>{showBytes(predicted.memory.total)}</dd>
          </div>
          <div>
            <dt title={t('report.everythingHeldInNative')}>{t('report.measuredDuringTheLast')}</dt>
            <dd>{measured === null ? t('report.noRun') : showBytes(measured)}</dd>
          </div>
          {predicted.limit === null ? null : (
            <div>
              <dt>{t('report.limit')}</dt>
              <dd>{showBytes(predicted.limit)}</dd>
            </div>
          )}
        </dl>
      ) : null}
    </section>
  );
}
