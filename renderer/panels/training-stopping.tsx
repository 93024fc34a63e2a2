// The best epoch: what it is judged by, and whether the run ends when none was better for long.
import type { JSX } from 'react';
import { EARLY_STOPPING } from '#core/training/options';
import { metricOf, termNames, termsIn } from '#core/training/terms';

import { SelectField } from '../fields/plain-fields';
import { useTermPlace } from '../stores/ends';
import { change, Fold, OptionFields, withOption, type FormPart } from './training-options';
import { t } from '../text';

const AUTOMATIC = '';

export function Stopping({ training }: FormPart): JSX.Element {
  const stopping = training.earlyStopping ?? null;
  const place = useTermPlace();
  const terms = termsIn(training);
  const termsBy = termNames(terms, place);
  const told = terms.flatMap(({ metrics = [] }, at) => {
    const term = termsBy[at] ?? '';
    return [...metrics, ...(term === '' ? [] : ['loss'])].map((metric) => metricOf(term, metric));
  });
  const own = ['loss', ...told];
  const names = [...own, ...(training.validationSplit > 0 ? own.map((name) => `validation_${name}`) : [])];
  const monitor = training.monitor ?? AUTOMATIC;
  // A name that the run would refuse is shown, so that it can be changed.
  const shown = monitor === AUTOMATIC || names.includes(monitor) ? names : [...names, monitor];
  return (
    <Fold title={stopping ? t('train.stopsEarly') : t('train.best')}>
      <div className="form-grid">
        <SelectField
          label={t('train.judgedBy')}
          value={monitor}
          options={[
            {
              value: AUTOMATIC,
              text: training.validationSplit > 0 ? t('train.validationLoss') : t('train.loss'),
            },
            ...shown.map((name) => ({ value: name, text: name })),
          ]}
          onChange={(name) => {
            change(t('step.monitor'), { monitor: name === AUTOMATIC ? null : name });
          }}
        />
        <SelectField
          label={t('train.earlyStopping')}
          value={stopping ? 'on' : 'off'}
          options={[
            { value: 'off', text: t('train.off') },
            { value: 'on', text: t('train.on') },
          ]}
          onChange={(value) => {
            change(t('step.earlyStopping'), { earlyStopping: value === 'on' ? {} : null });
          }}
        />
        {stopping
          ? OptionFields({
              table: EARLY_STOPPING.params,
              values: stopping,
              onChange: (name, value) => {
                change(`${t('step.earlyStopping')} ${name}`, {
                  earlyStopping: withOption(stopping, name, value),
                });
              },
            })
          : null}
      </div>
    </Fold>
  );
}
