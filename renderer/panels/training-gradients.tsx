// What happens to gradients before a step: added up over several batches, cut, and how products are computed.
import type { JSX } from 'react';
import { CLIPPING } from '#core/training/options';

import { NumberField, SelectField } from '../fields/plain-fields';
import { change, Fold, OptionFields, withOption, type FormPart } from './training-options';
import { t } from '../text';

export function Gradients({ training }: FormPart): JSX.Element {
  const clipping = training.clipping ?? {};
  return (
    <Fold title={t('train.gradients')}>
      <div className="form-grid">
        <SelectField
          label={t('train.precision')}
          value={training.precision ?? 'full'}
          options={[
            { value: 'full', text: t('train.full') },
            { value: 'bfloat16', text: t('train.mixed') },
          ]}
          onChange={(precision) => {
            change(t('step.precision'), { precision });
          }}
        />
        <NumberField
          label={t('train.batchesPerStep')}
          value={training.accumulate ?? 1}
          min={1}
          max={4096}
          onChange={(accumulate) => {
            change(t('step.batchesPerStep'), { accumulate });
          }}
        />
        {OptionFields({
          table: CLIPPING.params,
          values: clipping,
          onChange: (name, value) => {
            const next = withOption(clipping, name, value);
            change(`clipping ${name}`, { clipping: Object.keys(next).length === 0 ? null : next });
          },
        })}
      </div>
    </Fold>
  );
}
