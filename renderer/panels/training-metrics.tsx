// The metrics of a run: a list that is added to, each with its options; what means nothing beside the loss is said so.
import { Plus, X } from 'lucide-react';
import type { JSX } from 'react';
import { MAIN_TARGET, type LossTerm } from '#core/document/project';
import type { TargetKind } from '#core/losses/index';
import { findMetric, fits, METRICS, writeMetric } from '#core/metrics/index';
import { findTrainingLoss } from '#core/training/losses';
import { usualSource } from '#core/training/terms';

import { SelectField } from '../fields/plain-fields';
import { useDocument } from '../stores/document';
import { helpText, t } from '../text';
import { useTermPlace } from '../stores/ends';
import { change, Fold, OptionFields, type FormPart } from './training-options';

/** The metrics beside the first loss. */
export const Metrics = ({ training }: FormPart): JSX.Element => (
  <MetricList
    term={training.loss}
    at={0}
    metrics={training.metrics}
    onChange={(metrics) => {
      change(t('step.metrics'), { metrics });
    }}
  />
);

interface ListProps {
  readonly term: LossTerm;
  /** Which of the project's losses it is, from 0. */
  readonly at: number;
  readonly metrics: readonly string[];
  readonly onChange: (metrics: readonly string[]) => void;
}

/** What kind of target a loss looks at; what it usually takes where the data does not tell. */
function useTargetKind({ term, at }: Pick<ListProps, 'term' | 'at'>): TargetKind {
  const place = useTermPlace();
  const data = useDocument((state) => state.project?.data ?? null);
  const loss = findTrainingLoss(term.type);
  const slot = loss?.slots.find(({ name }) => name === 'target');
  const source = loss && slot && (term.slots?.[slot.name] ?? usualSource(loss, slot, at, place));
  if (source && !('target' in source)) return 'value';
  const usual = loss?.meaning?.targets[0] ?? 'class';
  if (!data) return usual;
  const name = source?.target ?? MAIN_TARGET;
  const kind = name === MAIN_TARGET ? data.targetKind : data.targets?.[name]?.kind;
  return kind === undefined ? usual : kind === 'number' ? 'value' : 'class';
}

/** A list that is added to, under a title that names what is in it. */
export function MetricList({ term, at: place, metrics, onChange }: ListProps): JSX.Element {
  const target = useTargetKind({ term, at: place });
  const meaning = findTrainingLoss(term.type)?.meaning ?? null;
  const offered = METRICS.filter((metric) => meaning && fits(metric, meaning, target));
  const title = place === 0 ? t('train.metrics') : t('train.metricsOf', { number: place + 1 });
  const free = offered.find(
    ({ type }) => !metrics.some((name) => findMetric(name)?.declaration.type === type),
  );
  return (
    <Fold title={metrics.length === 0 ? title : `${title}: ${metrics.join(', ')}`}>
      {metrics.map((name, at) => (
        <ChosenMetric
          key={`${at} ${name}`}
          name={name}
          number={at + 1}
          offered={offered.map(({ type }) => type)}
          onChange={(next) => {
            const others = metrics.filter((_, index) => index !== at);
            if (next === null) onChange(others);
            else if (!others.includes(next)) onChange(metrics.with(at, next));
          }}
        />
      ))}
      <button
        type="button"
        className="button is-small"
        disabled={!free}
        onClick={() => {
          if (free) onChange([...metrics, free.type]);
        }}
      >
        <Plus size={13} aria-hidden /> {t('train.addMetric')}
      </button>
    </Fold>
  );
}

interface ChosenProps {
  readonly name: string;
  readonly number: number;
  /** Types that fit the loss. */
  readonly offered: readonly string[];
  /** null takes it away. */
  readonly onChange: (name: string | null) => void;
}

/** One metric of the list. A name that is not known is shown, so that it can be changed. */
function ChosenMetric({ name, number, offered, onChange }: ChosenProps): JSX.Element {
  const metric = findMetric(name);
  const type = metric?.declaration.type ?? name;
  const isOffered = offered.includes(type);
  const options = (isOffered ? offered : [type, ...offered]).map((value) => ({
    value,
    text: value.replaceAll('_', ' '),
  }));
  const { summary = '', params: table = {} } = metric?.declaration ?? {};
  return (
    <div className="inner-scheduler">
      <div className="form-grid">
        <SelectField
          label={t('train.metricNumber', { number })}
          isDouble
          help={isOffered ? helpText(summary) : t('train.metricLeftOut')}
          value={type}
          options={options}
          onChange={onChange}
        />
        {OptionFields({
          table,
          values: metric?.params ?? {},
          onChange: (option, value) => {
            onChange(writeMetric(type, table, { ...metric?.params, [option]: value }));
          },
        })}
      </div>
      <button
        type="button"
        className="icon-button is-small"
        aria-label={t('train.removeMetric', { number })}
        onClick={() => {
          onChange(null);
        }}
      >
        <X size={13} aria-hidden />
      </button>
    </div>
  );
}
