// What the parts of the training form share: how a setting changes, and the options of a declaration.
import type { JSX, ReactNode } from 'react';
import type { Project, TrainingSettings } from '#core/document/project';
import type { ParamTable } from '#core/layers/params';

import { ParamField } from '../fields/param-field';
import { changeSettings } from '../stores/document';
import { t } from '../text';

export type Params = Readonly<Record<string, unknown>>;

/** What every part of the form is given. */
export interface FormPart {
  readonly training: TrainingSettings;
}

/** Changes training settings under a name that undo shows. */
export const change = (label: string, next: Partial<TrainingSettings>): void => {
  changeSettings(t('step.change', { what: label }), (project: Project) => ({
    ...project,
    training: { ...project.training, ...next },
  }));
};

/** `torch.optim.Adam` as people call it. */
export const shortName = (torch: string): string => torch.split('.').at(-1) ?? torch;

/** An option set, or taken away so that it has its initial value. */
export function withOption(params: Params, name: string, value: unknown): Params {
  const { [name]: _, ...rest } = params;
  return value === undefined ? rest : { ...rest, [name]: value };
}
export const withParam = <T extends { readonly params: Params }>(
  typed: T,
  name: string,
  value: unknown,
): T => ({
  ...typed,
  params: withOption(typed.params, name, value),
});

/** A part that folds away. */
export const Fold = ({
  title,
  isOpen = false,
  children,
}: {
  readonly title: string;
  readonly isOpen?: boolean;
  readonly children: ReactNode;
}): JSX.Element => (
  <details className="more" open={isOpen}>
    <summary>{title}</summary>
    {children}
  </details>
);

interface OptionsProps {
  readonly table: ParamTable;
  readonly values: Params;
  readonly onChange: (name: string, value: unknown) => void;
}

/** A field per option of a declaration. */
export const OptionFields = ({ table, values, onChange }: OptionsProps): JSX.Element[] =>
  Object.entries(table).map(([name, spec]) => (
    <ParamField
      key={name}
      name={name}
      spec={spec}
      value={name in values ? values[name] : spec.initial}
      onChange={(value) => {
        onChange(name, value);
      }}
    />
  ));

/** The same, folded away under a title; nothing where there are no options. */
export function Options({ title, ...fields }: OptionsProps & { readonly title: string }): JSX.Element | null {
  if (Object.keys(fields.table).length === 0) return null;
  return (
    <Fold title={title}>
      <div className="form-grid">{OptionFields(fields)}</div>
    </Fold>
  );
}
