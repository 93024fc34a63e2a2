// The losses of a run: what each compares, how much it counts, and its metrics. A loss says in words what goes into its slots.
import { Plus, X } from 'lucide-react';
import type { JSX } from 'react';
import type { LossSource, LossTerm } from '#core/document/project';
import { findTrainingLoss, TRAINING_LOSSES, type LossSlot } from '#core/training/losses';
import { usualSource, type MeasuredTerm } from '#core/training/terms';

import { NumberField, SelectField } from '../fields/plain-fields';
import { useTermPlace } from '../stores/ends';
import { MetricList } from './training-metrics';
import { change, Options, shortName, withOption, withParam, type FormPart } from './training-options';
import { helpText, t } from '../text';

/** Losses as people choose them. */
export const lossNames = (): readonly { readonly value: string; readonly text: string }[] =>
  TRAINING_LOSSES.map(({ type, torch }) => ({
    value: type,
    text: type === 'output' ? t('train.outputItself') : shortName(torch),
  }));

const AUTOMATIC = '';
const write = (source: LossSource): string => JSON.stringify(source);

interface SlotProps {
  readonly term: LossTerm;
  /** Which of the project's losses it is, from 0. */
  readonly at: number;
  readonly onChange: (term: LossTerm) => void;
}

/** A choice per slot; nothing where there is nothing to choose. */
export function LossSlots({ term, at, onChange }: SlotProps): JSX.Element | null {
  const place = useTermPlace();
  const loss = findTrainingLoss(term.type);
  if (!loss) return null;
  const { slots = {} } = term;
  const isPlain = loss.slots.length <= 2 && place.outputs.length <= 1 && place.targets.length <= 1;
  if (isPlain && at === 0 && Object.keys(slots).length === 0) return null;
  const sources = [
    ...place.outputs.map(({ id, name }) => ({
      value: write({ output: id }),
      text: t('train.asOutput', { name }),
    })),
    ...place.targets.map((name) => ({ value: write({ target: name }), text: t('train.asTarget', { name }) })),
    ...place.inputs.map(({ id, name }) => ({
      value: write({ input: id }),
      text: t('train.asInput', { name }),
    })),
  ];
  const usual = (slot: LossSlot): string => {
    const source = usualSource(loss, slot, at, place);
    const found = source && sources.find(({ value }) => value === write(source));
    return found ? t('train.usual', { source: found.text.slice(0, -1) }) : t('train.nothingLeft');
  };
  return (
    <>
      {loss.slots.map((slot) => {
        const chosen = slots[slot.name];
        const value = chosen ? write(chosen) : AUTOMATIC;
        const isKnown = value === AUTOMATIC || sources.some((source) => source.value === value);
        return (
          <SelectField
            key={slot.name}
            label={t('train.slotGets', { slot: slot.name })}
            help={
              (slot.help === undefined ? undefined : helpText(slot.help)) ??
              (slot.takes === 'output' ? t('train.whatItGives') : t('train.comparedWith'))
            }
            value={value}
            options={[
              { value: AUTOMATIC, text: usual(slot) },
              ...sources,
              ...(isKnown ? [] : [{ value, text: t('train.gone') }]),
            ]}
            onChange={(next) => {
              const source = next === AUTOMATIC ? undefined : (JSON.parse(next) as LossSource);
              onChange(withSlots(term, withOption(slots, slot.name, source) as Record<string, LossSource>));
            }}
          />
        );
      })}
    </>
  );
}

function withSlots({ slots: _, ...term }: LossTerm, slots: Record<string, LossSource>): LossTerm {
  return Object.keys(slots).length === 0 ? term : { ...term, slots };
}

/** Every loss after the first, and the button that adds one. */
export function MoreLosses({ training }: FormPart): JSX.Element {
  const { losses = [] } = training;
  const place = useTermPlace();
  const set = (next: readonly MeasuredTerm[]): void => {
    change(t('step.losses'), { losses: next });
  };
  return (
    <div className="more-losses">
      {losses.map((term, index) => (
        <OtherLoss
          key={index}
          term={term}
          at={index + 1}
          onChange={(next) => {
            set(next ? losses.with(index, next) : losses.filter((_, other) => other !== index));
          }}
        />
      ))}
      {place.outputs.length > 1 || losses.length > 0 ? (
        <button
          type="button"
          className="button is-small"
          onClick={() => {
            set([...losses, { type: training.loss.type, params: {} }]);
          }}
        >
          <Plus size={13} aria-hidden /> {t('train.addLoss')}
        </button>
      ) : null}
    </div>
  );
}

interface OtherProps {
  readonly term: MeasuredTerm;
  readonly at: number;
  /** null takes it away. */
  readonly onChange: (term: MeasuredTerm | null) => void;
}

function OtherLoss({ term, at, onChange }: OtherProps): JSX.Element {
  const loss = findTrainingLoss(term.type);
  const number = at + 1;
  return (
    <fieldset className="inner-schedulers">
      <legend>{t('train.lossNumber', { number })}</legend>
      <div className="inner-scheduler">
        <div className="form-grid">
          <SelectField
            label={t('train.lossNumber', { number })}
            isDouble
            value={term.type}
            options={lossNames()}
            onChange={(type) => {
              const { slots: _, ...rest } = term;
              onChange({ ...rest, type, params: {} });
            }}
          />
          <WeightField term={term} label={t('train.weightOfLoss', { number })} onChange={onChange} />
          <LossSlots term={term} at={at} onChange={onChange} />
        </div>
        <button
          type="button"
          className="icon-button is-small"
          aria-label={t('train.removeLoss', { number })}
          onClick={() => {
            onChange(null);
          }}
        >
          <X size={13} aria-hidden />
        </button>
      </div>
      <MetricList
        term={term}
        at={at}
        metrics={term.metrics ?? []}
        onChange={(metrics) => {
          onChange({ ...term, metrics });
        }}
      />
      <Options
        title={t('train.more', { name: shortName(loss?.torch ?? '') })}
        table={loss?.params ?? {}}
        values={term.params}
        onChange={(name, value) => {
          onChange(withParam(term, name, value));
        }}
      />
    </fieldset>
  );
}

/** How much a loss counts in the sum. */
export function WeightField<T extends LossTerm>({
  term,
  label,
  onChange,
}: {
  readonly term: T;
  readonly label: string;
  readonly onChange: (term: T) => void;
}): JSX.Element {
  return (
    <NumberField
      label={label}
      value={term.weight ?? 1}
      min={-Number.MAX_VALUE}
      max={Number.MAX_VALUE}
      isInteger={false}
      onChange={(weight) => {
        onChange({ ...term, weight });
      }}
    />
  );
}
