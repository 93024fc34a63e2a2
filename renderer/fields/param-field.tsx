// The form field of one param, whatever it belongs to: a layer, a loss, an optimizer. Its widget, its check and its help come
// from the declaration; a value counts when it is entered (Enter, Tab, arrow keys), and what `parse` refuses is not taken.
import { RotateCcw } from 'lucide-react';
import { useId, useState, type JSX, type KeyboardEvent, type ReactNode } from 'react';
import type { ParamSpec } from '#core/layers/params';

import { helpText, saidText, t } from '../text';
import { paramToText, stepText, textToParam } from './param-text';

interface ParamFieldProps {
  readonly name: string;
  /** Default: the name. */
  readonly label?: string;
  readonly spec: ParamSpec;
  readonly value: unknown;
  /** What inference found for a blank size. */
  readonly inferred?: unknown;
  /** `512 = 32·4·4 from 'flatten'`: where that comes from. */
  readonly why?: string;
  /** What is wrong with the value beside others (`check`). */
  readonly problem?: string | undefined;
  readonly isDisabled?: boolean;
  /** undefined: back to the initial value. */
  readonly onChange: (value: unknown) => void;
  /** A value that is typed and not entered yet; null when it no longer is. */
  readonly onTyping?: ((typed: { readonly value: unknown } | null) => void) | undefined;
}

export function ParamField(props: ParamFieldProps): JSX.Element {
  const { name, label = name, spec, value, problem, isDisabled = false, onChange } = props;
  const id = useId();
  const isInitial = JSON.stringify(value) === JSON.stringify(spec.initial);
  if (spec.widget === 'boolean')
    return (
      <Row
        id={id}
        label={label}
        help={helpText(spec.help)}
        fault={problem}
        reset={isInitial ? null : () => onChange(undefined)}
      >
        <input
          id={id}
          type="checkbox"
          role="switch"
          className="switch"
          checked={value === true}
          disabled={isDisabled}
          onChange={(event) => {
            onChange(event.target.checked);
          }}
        />
      </Row>
    );
  if (spec.widget === 'choice')
    return (
      <Row
        id={id}
        label={label}
        help={helpText(spec.help)}
        fault={problem}
        reset={isInitial ? null : () => onChange(undefined)}
      >
        <select
          id={id}
          className="field-select"
          value={String(value)}
          disabled={isDisabled}
          onChange={(event) => {
            onChange(event.target.value);
          }}
        >
          {spec.options?.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
      </Row>
    );
  return <TextParam key={paramToText(spec, value)} {...props} label={label} id={id} isInitial={isInitial} />;
}

function TextParam({
  id,
  label,
  spec,
  value,
  inferred,
  why = '',
  problem,
  isInitial,
  isDisabled,
  onChange,
  onTyping,
}: ParamFieldProps & {
  readonly id: string;
  readonly label: string;
  readonly isInitial: boolean;
}): JSX.Element {
  const shown = paramToText(spec, value);
  const [text, setText] = useState(shown);
  const read = textToParam(spec, text);
  const fault = 'fault' in read ? read.fault : problem;
  const type = (next: string): void => {
    setText(next);
    const typed = textToParam(spec, next);
    const isNew = 'value' in typed && paramToText(spec, typed.value) !== shown;
    onTyping?.(isNew ? { value: typed.value } : null);
  };
  const commit = (next: string): void => {
    onTyping?.(null);
    const result = textToParam(spec, next);
    if ('value' in result && paramToText(spec, result.value) !== shown) onChange(result.value);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') commit(text);
    if (event.key === 'Escape') type(shown);
    const next =
      event.key === 'ArrowUp' || event.key === 'ArrowDown'
        ? stepText(spec, text, event.key === 'ArrowUp' ? 1 : -1)
        : null;
    if (next === null) return;
    event.preventDefault();
    setText(next);
    commit(next);
  };
  const isKnown = inferred !== undefined && value === null;
  return (
    <Row
      id={id}
      label={label}
      help={helpText(spec.help)}
      fault={fault}
      isWide={spec.widget === 'text'}
      note={isKnown ? why || t('param.inferred') : undefined}
      reset={isInitial ? null : () => onChange(undefined)}
    >
      <input
        id={id}
        className={`field-input ${isKnown ? 'is-inferred' : ''}`}
        type="text"
        inputMode={spec.widget === 'shape' || spec.widget === 'text' ? 'text' : 'numeric'}
        spellCheck={false}
        autoComplete="off"
        value={text}
        disabled={isDisabled}
        placeholder={placeholder(spec, inferred)}
        aria-invalid={fault !== undefined}
        aria-describedby={`${id}-help`}
        onChange={(event) => {
          type(event.target.value);
        }}
        onBlur={() => {
          commit(text);
        }}
        onKeyDown={onKeyDown}
      />
    </Row>
  );
}

function placeholder(spec: ParamSpec, inferred: unknown): string {
  if (inferred !== undefined) return paramToText(spec, inferred);
  if (spec.isInferred === true) return t('param.blank');
  return spec.isOptional === true ? t('param.none') : '';
}

interface RowProps {
  readonly id: string;
  readonly label: string;
  readonly help: string;
  readonly fault?: string | undefined;
  readonly note?: string | undefined;
  /** It takes all of a form's line: what is typed is an expression. */
  readonly isWide?: boolean;
  /** null: it has its initial value. */
  readonly reset: (() => void) | null;
  readonly children: ReactNode;
}

function Row({ id, label, help, fault, note, isWide = false, reset, children }: RowProps): JSX.Element {
  return (
    <div className={`field ${fault === undefined ? '' : 'has-fault'} ${isWide ? 'is-wide' : ''}`}>
      <label htmlFor={id} title={help}>
        {label}
      </label>
      <span className="field-control">
        {children}
        {reset === null ? null : (
          <button
            type="button"
            className="field-reset"
            aria-label={t('paramField.resetToTheInitial')}
            aria-describedby={`${id}-help`}
            title={t('paramField.backToTheInitial')}
            onClick={reset}
          >
            <RotateCcw size={12} aria-hidden />
          </button>
        )}
      </span>
      <p className="field-help" id={`${id}-help`}>
        {fault === undefined ? (note ?? help) : saidText(fault)}
      </p>
    </div>
  );
}
