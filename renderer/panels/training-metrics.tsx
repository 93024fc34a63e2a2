// The metrics of a run: a list that is added to, each with its options; what means nothing beside the loss is said so.
import { Plus, X } from 'lucide-react';
import type { JSX } from 'react';
import { findLoss } from '#core/losses/index';
import { findMetric, fits, METRICS, writeMetric } from '#core/metrics/index';

import { SelectField } from '../fields/plain-fields';
import { useDocument } from '../stores/document';
import { change, Fold, OptionFields, type FormPart } from './training-options';

export function Metrics({ training }: FormPart): JSX.Element {
  const kind = useDocument((state) => (state.project?.data?.targetKind === 'number' ? 'value' : 'class'));
  const hasData = useDocument((state) => (state.project?.data ?? null) !== null);
  const loss = findLoss(training.loss.type);
  const target = hasData ? kind : loss?.targets[0] === 'class' ? 'class' : 'value';
  const offered = METRICS.filter((metric) => loss && fits(metric, loss, target));
  const { metrics } = training;
  const set = (label: string, next: readonly string[]): void => {
    change(label, { metrics: next });
  };
  const free = offered.find(
    ({ type }) => !metrics.some((name) => findMetric(name)?.declaration.type === type),
  );
  return (
    <Fold title={metrics.length === 0 ? 'Metrics' : `Metrics: ${metrics.join(', ')}`}>
      {metrics.map((name, at) => (
        <ChosenMetric
          key={`${at} ${name}`}
          name={name}
          number={at + 1}
          offered={offered.map(({ type }) => type)}
          onChange={(next) => {
            const others = metrics.filter((_, index) => index !== at);
            if (next === null) set('metrics', others);
            else if (!others.includes(next)) set('metrics', metrics.with(at, next));
          }}
        />
      ))}
      <button
        type="button"
        className="button is-small"
        disabled={!free}
        onClick={() => {
          if (free) set('metrics', [...metrics, free.type]);
        }}
      >
        <Plus size={13} aria-hidden /> Add metric
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
          label={`Metric ${number}`}
          isDouble
          help={isOffered ? summary : 'It means nothing beside this loss and is left out.'}
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
        aria-label={`Remove metric ${number}`}
        onClick={() => {
          onChange(null);
        }}
      >
        <X size={13} aria-hidden />
      </button>
    </div>
  );
}
