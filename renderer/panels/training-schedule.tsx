// The schedule of a run: which scheduler moves the learning rate, when, and its options; also schedulers made of others.
import { Plus, X } from 'lucide-react';
import type { JSX } from 'react';
import type { SchedulerSettings } from '#core/document/project';
import { findScheduler, SCHEDULERS, watchesMetric, type SchedulerPart } from '#core/schedulers/index';

import { SelectField } from '../fields/plain-fields';
import { change, Fold, OptionFields, shortName, withParam, type FormPart } from './training-options';
import { t } from '../text';

const NONE = 'none';
const NAMES = SCHEDULERS.map(({ type, torch }) => ({ value: type, text: shortName(torch) }));
/** What may stand inside another scheduler, as in PyTorch. */
const INNER = NAMES.filter(({ value }) => {
  const kind = findScheduler(value)?.rule.kind;
  return kind === 'rate';
});

const start = (type: string): SchedulerPart => ({ type, params: {} });

export function Schedule({ training }: FormPart): JSX.Element {
  const scheduler = training.scheduler ?? null;
  const set = (label: string, next: SchedulerSettings | null): void => {
    change(label, { scheduler: next });
  };
  return (
    <Fold
      title={scheduler ? t('train.scheduleNamed', { name: nameOf(scheduler.type) }) : t('train.schedule')}
    >
      <div className="form-grid">
        <SelectField
          label={t('train.scheduler')}
          value={scheduler?.type ?? NONE}
          options={[{ value: NONE, text: t('train.noScheduler') }, ...NAMES]}
          onChange={(type) => {
            set(t('step.scheduler'), type === NONE ? null : start(type));
          }}
        />
        {scheduler && !watchesMetric(scheduler.type) ? (
          <SelectField
            label={t('train.movesAfter')}
            value={scheduler.interval ?? 'step'}
            options={[
              { value: 'step', text: t('train.step') },
              { value: 'epoch', text: t('train.epoch') },
            ]}
            onChange={(interval) => {
              set(t('step.interval'), { ...scheduler, interval });
            }}
          />
        ) : null}
        {scheduler ? (
          <PartFields
            part={scheduler}
            onChange={(label, params) => {
              set(label, { ...scheduler, params });
            }}
          />
        ) : null}
      </div>
    </Fold>
  );
}

const nameOf = (type: string): string => shortName(findScheduler(type)?.torch ?? type);

/** The options of one scheduler; those that are schedulers themselves as a list. */
function PartFields({
  part,
  onChange,
}: {
  readonly part: SchedulerPart;
  readonly onChange: (label: string, params: SchedulerPart['params']) => void;
}): JSX.Element {
  const { schedulers, ...table } = findScheduler(part.type)?.params ?? {};
  const set = (name: string, value: unknown): void => {
    onChange(`${t('step.scheduler')} ${name}`, withParam(part, name, value).params);
  };
  return (
    <>
      {OptionFields({ table, values: part.params, onChange: set })}
      {schedulers ? (
        <InnerSchedulers
          parts={partsOf(part.params['schedulers'] ?? schedulers.initial)}
          onChange={(parts) => {
            set('schedulers', parts);
          }}
        />
      ) : null}
    </>
  );
}

/** The list as its declaration reads it; a list that it refuses shows nothing, and the run says why. */
const partsOf = (value: unknown): readonly SchedulerPart[] =>
  Array.isArray(value) ? (value as readonly SchedulerPart[]).filter(({ type }) => findScheduler(type)) : [];

function InnerSchedulers({
  parts,
  onChange,
}: {
  readonly parts: readonly SchedulerPart[];
  readonly onChange: (parts: readonly SchedulerPart[]) => void;
}): JSX.Element {
  const replace = (at: number, part: SchedulerPart): void => {
    onChange(parts.map((each, index) => (index === at ? part : each)));
  };
  return (
    <fieldset className="inner-schedulers">
      <legend>{t('train.schedulers')}</legend>
      {parts.map((part, at) => (
        <div key={`${at} ${part.type}`} className="inner-scheduler">
          <div className="form-grid">
            <SelectField
              label={t('train.schedulerNumber', { number: at + 1 })}
              isDouble
              value={part.type}
              options={INNER}
              onChange={(type) => {
                replace(at, start(type));
              }}
            />
            {OptionFields({
              table: findScheduler(part.type)?.params ?? {},
              values: part.params,
              onChange: (name, value) => {
                replace(at, withParam(part, name, value));
              },
            })}
          </div>
          <button
            type="button"
            className="icon-button is-small"
            aria-label={t('train.removeScheduler', { number: at + 1 })}
            disabled={parts.length === 1}
            onClick={() => {
              onChange(parts.filter((_, index) => index !== at));
            }}
          >
            <X size={13} aria-hidden />
          </button>
        </div>
      ))}
      <button
        type="button"
        className="button is-small"
        onClick={() => {
          onChange([...parts, start('exponential_lr')]);
        }}
      >
        <Plus size={13} aria-hidden /> {t('train.addScheduler')}
      </button>
    </fieldset>
  );
}
