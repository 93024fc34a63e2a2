// What the window says while files are dragged over it.
import { FileInput } from 'lucide-react';
import type { JSX } from 'react';

import { useUi } from '../stores/ui';

export function DropArea(): JSX.Element | null {
  const isFileOver = useUi((state) => state.isFileOver);
  if (!isFileOver) return null;
  return (
    <div className="drop-area" aria-hidden>
      <div className="drop-area-card">
        <FileInput size={22} aria-hidden />
        <p>Drop to open</p>
        <p className="muted">a project, weights or data</p>
      </div>
    </div>
  );
}
