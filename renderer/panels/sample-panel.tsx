// The Sample panel: which data, how it is read, its first items, and the step that gives every parameter its shape.
import { Database, FolderOpen, RotateCcw, Sparkles } from 'lucide-react';
import { useEffect, type JSX } from 'react';

import { runCommand } from '../actions/commands';
import { chooseData } from '../actions/data';
import { useEnabled } from '../chrome/use-enabled';
import { NumberField } from '../fields/plain-fields';
import { changeSettings, useDocument } from '../stores/document';
import { loadPreview } from '../stores/preview';
import { useRun } from '../stores/run';
import { useUi } from '../stores/ui';
import { t } from '../text';
import { DataForm } from './data-form';
import { DataItems } from './data-items';
import { FeedReport } from './feed-report';

export function SamplePanel(): JSX.Element {
  const data = useDocument((state) => state.project?.data ?? null);
  const file = useDocument((state) => state.file?.token);
  useEffect(() => {
    void loadPreview(data);
  }, [data, file]);
  if (!data) return <NoData />;
  return (
    <div className="sample">
      <div className="sample-form">
        <ChooseButton name={data.file} />
        <DataForm data={data} />
      </div>
      <DataItems />
      <FeedColumn />
    </div>
  );
}

function ChooseButton({ name }: { readonly name: string }): JSX.Element {
  const isRunning = useRun(({ state }) => state !== 'idle');
  return (
    <div className="choose-data">
      <span className="choose-data-file" title={name}>
        <Database size={14} aria-hidden />
        <span>{name.split(/[\\/]/).at(-1)}</span>
      </span>
      <button
        type="button"
        className="button is-small"
        disabled={isRunning}
        onClick={() => void chooseData()}
      >
        {t('sample.chooseData')}
      </button>
    </div>
  );
}

function NoData(): JSX.Element {
  return (
    <div className="panel-empty">
      <Database size={22} aria-hidden className="muted" />
      <p>{t('sample.chooseTheDataThis')}</p>
      <button type="button" className="button is-primary" onClick={() => void chooseData()}>
        <FolderOpen size={14} aria-hidden />
        {t('sample.chooseData')}
      </button>
    </div>
  );
}

/** Batch size, the feeding itself, and what it did. */
function FeedColumn(): JSX.Element {
  const batchSize = useDocument((state) => state.project?.sample.batchSize ?? 1);
  const busy = useUi((state) => state.busy);
  const canFeed = useEnabled('model.feed');
  const canReset = useEnabled('model.backToUninitialized');
  return (
    <div className="feed">
      <NumberField
        label={t('sample.sampleBatchSize')}
        value={batchSize}
        min={1}
        max={2 ** 31 - 1}
        onChange={(value) => {
          changeSettings(t('step.sampleBatchSize'), (project) => ({
            ...project,
            sample: { batchSize: value },
          }));
        }}
      />
      <button
        type="button"
        className="button is-gold is-wide"
        disabled={!canFeed}
        aria-busy={busy === 'feed'}
        onClick={() => {
          runCommand('model.feed');
        }}
      >
        <Sparkles size={15} aria-hidden />
        {t('sample.feedItems', { count: batchSize })}
      </button>
      <button
        type="button"
        className="button is-wide"
        disabled={!canReset}
        onClick={() => {
          runCommand('model.backToUninitialized');
        }}
      >
        <RotateCcw size={14} aria-hidden />
        {t('sample.backToUninitialized')}
      </button>
      <FeedReport />
    </div>
  );
}
