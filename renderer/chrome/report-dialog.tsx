// The report of the model: a row per layer, totals, the memory a run is predicted to take beside what the last one took; to be copied.
import { useState, type JSX } from 'react';
import { memoryMarkdown, reportCsv, reportMarkdown, stepText } from '#core/session/report';

import { perform } from '../actions/perform';
import { call } from '../client';
import { useDocument } from '../stores/document';
import { useModel } from '../stores/model';
import { useProfile, useProfileWatch } from '../stores/profile';
import { showNote } from '../stores/toasts';
import { faultText, saidText, t } from '../text';
import { Modal } from './modal';
import { ReportMemory, type RunMemory } from './report-memory';
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
    return memory ? `${table}\n${memoryMarkdown(memory.needs, memory.measured)}` : table;
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
        <ReportMemory memory={memory} onPredict={setMemory} />
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
