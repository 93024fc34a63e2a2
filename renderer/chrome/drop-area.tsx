// What the window says while files are dragged over it.
import { FileInput } from 'lucide-react';
import type { JSX } from 'react';

import { useUi } from '../stores/ui';
import { t } from '../text';

export function DropArea(): JSX.Element | null {
  const isFileOver = useUi((state) => state.isFileOver);
  if (!isFileOver) return null;
  return (
    <div className="drop-area" aria-hidden>
      <div className="drop-area-card">
        <FileInput size={22} aria-hidden />
        <p>{t('drop.title')}</p>
        <p className="muted">{t('drop.what')}</p>
      </div>
    </div>
  );
}
