// Errors and notes over the window. An error shows where, what was expected, what was got and what to do, and stays until dismissed.
import { CircleAlert, CircleCheck, X } from 'lucide-react';
import type { JSX } from 'react';

import { dismissToast, useToasts, type Toast } from '../stores/toasts';
import { saidText, t } from '../text';

export function Toasts(): JSX.Element {
  const toasts = useToasts((state) => state.toasts);
  return (
    <div className="toasts" role="region" aria-label={t('toasts.notifications')}>
      {toasts.map((toast) => (
        <ToastCard key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function ToastCard({ toast: { id, tone, title, error } }: { readonly toast: Toast }): JSX.Element {
  const Icon = tone === 'error' ? CircleAlert : CircleCheck;
  return (
    <article className={`toast is-${tone}`} role={tone === 'error' ? 'alert' : 'status'}>
      <Icon size={16} aria-hidden className="toast-icon" />
      <div className="toast-body">
        <h3>{title}</h3>
        {error ? <p>{saidText(error.message)}</p> : null}
        {error ? (
          <dl className="toast-facts">
            {(['where', 'expected', 'got'] as const).map((name) => {
              const value = error[name];
              return value === undefined || value === '' ? null : (
                <div key={name}>
                  <dt>{t(`toast.${name}`)}</dt>
                  <dd>{saidText(value)}</dd>
                </div>
              );
            })}
          </dl>
        ) : null}
        {error?.hint === undefined ? null : <p className="toast-hint">{saidText(error.hint)}</p>}
      </div>
      <button
        type="button"
        className="icon-button is-small"
        aria-label={t('toasts.dismiss')}
        onClick={() => {
          dismissToast(id);
        }}
      >
        <X size={14} aria-hidden />
      </button>
    </article>
  );
}
