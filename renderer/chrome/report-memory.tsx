// The memory that a run is predicted to take on each device, part by part, beside what the device may give and what the last run took.
import { useState, type JSX } from 'react';
import { fitsOn, partsShown, type DeviceNeed, type TrainingNeed } from '#core/session/training-memory';
import { showBytes } from '#core/units';

import { perform } from '../actions/perform';
import { flushUpdate } from '../actions/sync';
import { call } from '../client';
import { useDocument } from '../stores/document';
import { saidText, t } from '../text';

export interface RunMemory {
  readonly needs: readonly DeviceNeed[];
  /** Bytes that the last run held; null where none ran. */
  readonly measured: number | null;
}

export function ReportMemory({
  memory,
  onPredict,
}: {
  readonly memory: RunMemory | null;
  readonly onPredict: (memory: RunMemory) => void;
}): JSX.Element {
  const [isWorking, setIsWorking] = useState(false);
  const predict = async (): Promise<void> => {
    setIsWorking(true);
    await flushUpdate();
    const { project } = useDocument.getState();
    if (project) {
      const answer = await perform(t('told.theMemoryWasNotPredicted'), null, () =>
        Promise.all([call('train.needs', project), call('model.measuredMemory')]),
      );
      if (answer) onPredict({ needs: answer[0], measured: answer[1] });
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
      {memory ? <MemoryTable {...memory} /> : null}
    </section>
  );
}

function MemoryTable({ needs, measured }: RunMemory): JSX.Element {
  const chosen = useDocument(({ project }) => project?.training.device);
  const columns = needs.flatMap((on) => (on.need ? [{ ...on, need: on.need }] : []));
  const row = (title: string, of: (need: TrainingNeed) => number | null): JSX.Element => (
    <tr key={title}>
      <th scope="row">{title}</th>
      {columns.map(({ device, need }) => {
        const bytes = of(need);
        return <td key={device}>{bytes === null ? '?' : showBytes(bytes)}</td>;
      })}
    </tr>
  );
  const parts = partsShown(columns.map(({ need }) => need));
  return (
    <div className="report-devices" role="status">
      <table className="memory-table">
        <thead>
          <tr>
            <th scope="col">{t('report.predicted', { count: columns[0]?.need.batch ?? 0 })}</th>
            {columns.map(({ device, name }) => (
              <th key={device} scope="col">
                {device === chosen ? t('report.chosen', { name }) : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="memory-answer">
          {row(t('report.total'), ({ memory }) => memory.total)}
          {row(t('report.limit'), ({ limit }) => limit)}
          <tr>
            <th scope="row">{t('report.verdict')}</th>
            {columns.map((on) => (
              <td key={on.device} className={fitsOn(on) ? undefined : 'is-error'}>
                {t(fitsOn(on) ? 'report.fits' : 'report.tooLarge')}
              </td>
            ))}
          </tr>
        </tbody>
        <tbody>{parts.map((part) => row(t(`memory.${part}`), ({ memory }) => memory[part]))}</tbody>
      </table>
      {needs.map(({ device, name, problem }) =>
        problem === null ? null : (
          <p key={device} className="small muted">
            {name}: {saidText(problem)}
          </p>
        ),
      )}
      <dl className="facts">
        <div>
          <dt title={t('report.everythingHeldInNative')}>{t('report.measuredDuringTheLast')}</dt>
          <dd>{measured === null ? t('report.noRun') : showBytes(measured)}</dd>
        </div>
      </dl>
    </div>
  );
}
