// One setting of the user: its name, what it does, and the control its kind asks for.
import { useId, useState, type JSX } from 'react';
import { PREFERENCES, type Preference, type PreferenceName } from '#core/preferences';
import { LANGUAGES } from '#core/text/text';
import { EN } from '#core/text/en';

import { prefer } from '../actions/preferences';
import { useApp } from '../stores/app';
import { t } from '../text';

/** What one of the words of a choice is called; languages by their own names. */
function wordText(name: PreferenceName, word: string): string {
  if (name === 'language' && word in LANGUAGES) return LANGUAGES[word as keyof typeof LANGUAGES];
  const key = `setting.${name}.${word}`;
  return key in EN ? t(key as 'setting.theme.dark') : word;
}

/** Everything a setting is found by besides its name. */
export function settingTexts(name: PreferenceName): readonly string[] {
  const preference: Preference = PREFERENCES[name];
  const words = preference.kind === 'choice' ? preference.words.map((word) => wordText(name, word)) : [];
  return [t(`setting.${name}.help`), ...words];
}

export function SettingControl({ name }: { readonly name: PreferenceName }): JSX.Element {
  const id = useId();
  const value = useApp((state) => state.preferences[name]);
  const preference: Preference = PREFERENCES[name];
  const change = (next: string | boolean | number | null): void => void prefer({ [name]: next });
  return (
    <div className="setting">
      <label htmlFor={id}>{t(`setting.${name}`)}</label>
      <p id={`${id}-help`} className="muted">
        {t(`setting.${name}.help`)}
      </p>
      {preference.kind === 'choice' ? (
        <select
          id={id}
          className="field-select"
          aria-describedby={`${id}-help`}
          value={String(value)}
          onChange={({ target }) => change(target.value)}
        >
          {preference.words.map((word) => (
            <option key={word} value={word}>
              {wordText(name, word)}
            </option>
          ))}
        </select>
      ) : preference.kind === 'switch' ? (
        <input
          id={id}
          type="checkbox"
          aria-describedby={`${id}-help`}
          checked={value === true}
          onChange={({ target }) => change(target.checked)}
        />
      ) : (
        <LimitField
          id={id}
          key={String(value)}
          most={preference.most}
          value={typeof value === 'number' ? value : null}
          onChange={change}
        />
      )}
    </div>
  );
}

interface LimitFieldProps {
  readonly id: string;
  readonly most: number;
  readonly value: number | null;
  readonly onChange: (value: number | null) => void;
}

/** A whole number that counts when it is entered; empty is no limit. */
function LimitField({ id, most, value, onChange }: LimitFieldProps): JSX.Element {
  const [text, setText] = useState(value === null ? '' : String(value));
  const next = text.trim() === '' ? null : Number(text);
  const isRight = next === null || (Number.isInteger(next) && next >= 1 && next <= most);
  const commit = (): void => {
    if (isRight && next !== value) onChange(next);
  };
  return (
    <input
      id={id}
      className="field-input"
      inputMode="numeric"
      aria-describedby={`${id}-help`}
      aria-invalid={!isRight}
      placeholder={t('settings.noLimit')}
      title={isRight ? undefined : t('settings.wholeNumber', { most })}
      value={text}
      onChange={({ target }) => setText(target.value)}
      onBlur={commit}
      onKeyDown={({ key }) => {
        if (key === 'Enter') commit();
      }}
    />
  );
}
