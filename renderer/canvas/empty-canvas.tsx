// What an empty graph shows: how to begin.
import { Plus, LayoutTemplate } from 'lucide-react';
import type { JSX } from 'react';

import { runCommand } from '../actions/commands';
import { insertLayer } from '../actions/insert';
import { t, useLanguage } from '../text';

export function EmptyCanvas(): JSX.Element {
  useLanguage();
  return (
    <div className="empty-canvas">
      <div className="empty-canvas-card">
        <h2>{t('emptyCanvas.drawANetwork')}</h2>
        <p>{t('emptyCanvas.startWithAnInput')}</p>
        <div className="empty-actions">
          <button
            type="button"
            className="button is-primary"
            onClick={() => {
              insertLayer('input');
            }}
          >
            <Plus size={14} aria-hidden />
            {t('emptyCanvas.addAnInput')}
          </button>
          <button
            type="button"
            className="button"
            onClick={() => {
              runCommand('file.new');
            }}
          >
            <LayoutTemplate size={14} aria-hidden />
            {t('emptyCanvas.startFromATemplate')}
          </button>
        </div>
      </div>
    </div>
  );
}
