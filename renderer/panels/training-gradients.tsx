// What happens to gradients before a step: added up over several batches, cut, and how products are computed.
import type { JSX } from 'react';
import { CLIPPING } from '#core/training/options';

import { NumberField, SelectField } from '../fields/plain-fields';
import { change, Fold, OptionFields, withOption, type FormPart } from './training-options';

export function Gradients({ training }: FormPart): JSX.Element {
  const clipping = training.clipping ?? {};
  return (
    <Fold title="Gradients and precision">
      <div className="form-grid">
        <SelectField
          label="Precision"
          value={training.precision ?? 'full'}
          options={[
            { value: 'full', text: 'Full' },
            { value: 'bfloat16', text: 'bfloat16 (mixed)' },
          ]}
          onChange={(precision) => {
            change('precision', { precision });
          }}
        />
        <NumberField
          label="Batches per step"
          value={training.accumulate ?? 1}
          min={1}
          max={4096}
          onChange={(accumulate) => {
            change('batches per step', { accumulate });
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
