// Fields of settings that no declaration describes: a number within limits, a choice, words.
import { useId, useState, type JSX, type ReactNode } from 'react';

import { numberFault } from './number-text';

interface NumberFieldProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max?: number;
  readonly isInteger?: boolean;
  readonly help?: string;
  readonly isDisabled?: boolean;
  readonly onChange: (value: number) => void;
}

/** A number that counts when it is entered and lies within its limits. */
export function NumberField(props: NumberFieldProps): JSX.Element {
  return <NumberText key={props.value} {...props} />;
}

function NumberText(props: NumberFieldProps): JSX.Element {
  const {
    label,
    value,
    min,
    max = Number.MAX_SAFE_INTEGER,
    isInteger = true,
    help,
    isDisabled,
    onChange,
  } = props;
  const id = useId();
  const [text, setText] = useState(String(value));
  const fault = numberFault(text, { min, max, isInteger });
  const commit = (next: string): void => {
    if (numberFault(next, { min, max, isInteger }) === null && Number(next) !== value) onChange(Number(next));
  };
  return (
    <Labelled id={id} label={label} help={help} fault={fault}>
      <input
        id={id}
        className="field-input"
        type="text"
        inputMode="decimal"
        autoComplete="off"
        value={text}
        disabled={isDisabled}
        aria-invalid={fault !== null}
        onChange={(event) => {
          setText(event.target.value);
        }}
        onBlur={() => {
          commit(text);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit(text);
          if (event.key === 'Escape') setText(String(value));
          const by = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
          if (by === 0 || !isInteger) return;
          event.preventDefault();
          const next = String(Number(text) + by);
          if (numberFault(next, { min, max, isInteger }) !== null) return;
          setText(next);
          commit(next);
        }}
      />
    </Labelled>
  );
}

interface SelectFieldProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly text: string; readonly isDisabled?: boolean }[];
  readonly help?: string | undefined;
  /** Takes two columns of a form's grid. */
  readonly isDouble?: boolean;
  readonly isDisabled?: boolean;
  readonly onChange: (value: T) => void;
}

export function SelectField<T extends string>(props: SelectFieldProps<T>): JSX.Element {
  const { label, value, options, help, isDouble, isDisabled, onChange } = props;
  const id = useId();
  return (
    <Labelled id={id} label={label} help={help} isDouble={isDouble}>
      <select
        id={id}
        className="field-select"
        value={value}
        disabled={isDisabled}
        onChange={(event) => {
          const chosen = options.find((option) => option.value === event.target.value);
          if (chosen) onChange(chosen.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value} disabled={option.isDisabled}>
            {option.text}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly help?: string;
  /** Why the text cannot be taken, or null. */
  readonly check?: (text: string) => string | null;
  readonly isDisabled?: boolean;
  readonly onChange: (text: string) => void;
}

export function TextField(props: TextFieldProps): JSX.Element {
  return <TextInput key={props.value} {...props} />;
}

function TextInput({
  label,
  value,
  placeholder,
  help,
  check,
  isDisabled,
  onChange,
}: TextFieldProps): JSX.Element {
  const id = useId();
  const [text, setText] = useState(value);
  const fault = check?.(text) ?? null;
  const commit = (): void => {
    if (fault === null && text !== value) onChange(text);
  };
  return (
    <Labelled id={id} label={label} help={help} fault={fault}>
      <input
        id={id}
        className="field-input"
        type="text"
        spellCheck={false}
        autoComplete="off"
        value={text}
        placeholder={placeholder}
        disabled={isDisabled}
        aria-invalid={fault !== null}
        onChange={(event) => {
          setText(event.target.value);
        }}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
          if (event.key === 'Escape') setText(value);
        }}
      />
    </Labelled>
  );
}

function Labelled({
  id,
  label,
  help,
  fault = null,
  isDouble = false,
  children,
}: {
  readonly id: string;
  readonly label: string;
  readonly help?: string | undefined;
  readonly fault?: string | null;
  readonly isDouble?: boolean | undefined;
  readonly children: ReactNode;
}): JSX.Element {
  return (
    <div className={`field ${fault === null ? '' : 'has-fault'} ${isDouble ? 'is-double' : ''}`}>
      <label htmlFor={id} title={help}>
        {label}
      </label>
      <span className="field-control">{children}</span>
      {fault === null && help === undefined ? null : <p className="field-help">{fault ?? help}</p>}
    </div>
  );
}
