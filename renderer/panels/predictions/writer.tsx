// What a model of characters writes: the prompt, how it draws, and the text as it grows.
import { PenLine, Square } from 'lucide-react';
import type { JSX } from 'react';
import { TEXT_LIMITS } from '#core/session/generated';

import { ErrorNotice } from '../../chrome/error-notice';
import { NumberField } from '../../fields/plain-fields';
import { changeRequest, stopWriting, useWritten, write } from '../../stores/written';
import { t } from '../../text';
import './writer.css';

export function Writer(): JSX.Element {
  const { request, isWriting } = useWritten();
  const { characters, temperature, seed } = request;
  return (
    <div className="writer">
      <form
        className="writer-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (isWriting) stopWriting();
          else void write();
        }}
      >
        <label className="field">
          <span className="field-label">{t('write.prompt')}</span>
          <textarea
            className="field-input writer-prompt"
            rows={2}
            value={request.prompt}
            maxLength={TEXT_LIMITS.prompt / 2}
            placeholder={t('write.anything')}
            onChange={({ target }) => changeRequest({ prompt: target.value })}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey))
                event.currentTarget.form?.requestSubmit();
            }}
          />
        </label>
        <div className="form-grid">
          <NumberField
            label={t('write.characters')}
            value={characters}
            min={1}
            max={TEXT_LIMITS.characters}
            onChange={(value) => changeRequest({ characters: value })}
          />
          <NumberField
            label={t('write.temperature')}
            help={t('write.temperature.help')}
            value={temperature}
            min={0}
            max={TEXT_LIMITS.temperature}
            isInteger={false}
            onChange={(value) => changeRequest({ temperature: value })}
          />
          <NumberField
            label={t('write.seed')}
            value={seed}
            min={0}
            max={Number.MAX_SAFE_INTEGER}
            onChange={(value) => changeRequest({ seed: value })}
          />
        </div>
        <button type="submit" className="button is-primary">
          {isWriting ? <Square size={14} aria-hidden /> : <PenLine size={14} aria-hidden />}
          {isWriting ? t('write.stop') : t('write.write')}
        </button>
      </form>
      <Text />
    </div>
  );
}

function Text(): JSX.Element {
  const { prompt, text, isWriting, error } = useWritten();
  if (error)
    return (
      <div className="writer-text">
        <ErrorNotice error={error} />
      </div>
    );
  return (
    <div
      className="writer-text"
      role="region"
      aria-label={t('write.text')}
      aria-busy={isWriting}
      tabIndex={0}
    >
      {prompt === '' && text === '' ? (
        <p className="muted">{t('write.nothing')}</p>
      ) : (
        <p className="writer-lines">
          <b>{prompt}</b>
          {text}
        </p>
      )}
    </div>
  );
}
