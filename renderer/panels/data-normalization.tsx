// How the values of an input are scaled: the kind, and the numbers of a fixed scale.
import type { JSX } from 'react';
import type { Normalization } from '#core/document/project';

import { NumberField, SelectField } from '../fields/plain-fields';

const NORMALIZATIONS: Readonly<
  Record<Normalization['kind'], { readonly text: string; readonly first: Normalization }>
> = {
  none: { text: 'none', first: { kind: 'none' } },
  scale: { text: 'scale', first: { kind: 'scale', offset: 0, scale: 255 } },
  standardize: { text: 'standardize', first: { kind: 'standardize' } },
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
        options={Object.entries(NORMALIZATIONS).map(([kind, { text }]) => ({
          value: kind as Normalization['kind'],
          text,
        }))}
        isDisabled={isDisabled}
        onChange={(kind) => {
          onChange(NORMALIZATIONS[kind].first);
        }}
      />
      {normalization.kind === 'scale' ? (
        <>
          <ScaleField label="Subtract" name="offset" {...{ normalization, isDisabled, onChange }} />
          <ScaleField label="Divide by" name="scale" {...{ normalization, isDisabled, onChange }} />
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
