// How the values of an input are scaled: the kind, and the numbers of a fixed scale.
import type { JSX } from 'react';
import type { Normalization } from '#core/document/project';

import { NumberField, SelectField } from '../fields/plain-fields';
import { t } from '../text';

const NORMALIZATIONS: Readonly<{ readonly [Kind in Normalization['kind']]: Normalization }> = {
  none: { kind: 'none' },
  scale: { kind: 'scale', offset: 0, scale: 255 },
  standardize: { kind: 'standardize' },
};

interface NormalizationProps {
  readonly label: string;
  readonly normalization: Normalization;
  readonly isDisabled: boolean;
  readonly onChange: (normalization: Normalization) => void;
}

export function NormalizationFields({
  label,
  normalization,
  isDisabled,
  onChange,
}: NormalizationProps): JSX.Element {
  return (
    <>
      <SelectField
        label={label}
        value={normalization.kind}
        options={Object.values(NORMALIZATIONS).map(({ kind }) => ({
          value: kind,
          text: t(`data.normalization.${kind}`),
        }))}
        isDisabled={isDisabled}
        onChange={(kind) => {
          onChange(NORMALIZATIONS[kind]);
        }}
      />
      {normalization.kind === 'scale' ? (
        <>
          <ScaleField label={t('data.subtract')} name="offset" {...{ normalization, isDisabled, onChange }} />
          <ScaleField label={t('data.divide')} name="scale" {...{ normalization, isDisabled, onChange }} />
        </>
      ) : null}
    </>
  );
}

function ScaleField({
  label,
  name,
  normalization,
  isDisabled,
  onChange,
}: Omit<NormalizationProps, 'normalization'> & {
  readonly name: 'offset' | 'scale';
  readonly normalization: Extract<Normalization, { readonly kind: 'scale' }>;
}): JSX.Element {
  return (
    <NumberField
      label={label}
      value={normalization[name]}
      min={name === 'scale' ? Number.MIN_VALUE : -Number.MAX_VALUE}
      max={Number.MAX_VALUE}
      isInteger={false}
      isDisabled={isDisabled}
      onChange={(value) => {
        onChange({ ...normalization, [name]: value });
      }}
    />
  );
}
