// Unsaved work of an earlier start, one row each: restore it, or give it up. Closing the dialog keeps it for the next start.
import { FileClock } from 'lucide-react';
import type { JSX } from 'react';
import type { Leftover } from '#core/ipc/api';

import { discardLeftover, restoreLeftover } from '../actions/project';
import { useApp } from '../stores/app';
import { openDialog } from '../stores/ui';
import { t } from '../text';
import { Modal } from './modal';

export function RecoveryDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const leftovers = useApp((state) => state.leftovers);
  return (
    <Modal title={t('recovery.unsavedWorkWasFound')} className="recovery" onClose={onClose}>
      <p className="recovery-about">{t('recovery.lazuliEndedBeforeThis')}</p>
      <ul className="recovery-list">
        {leftovers.map((left) => (
          <Row key={left.key} left={left} />
        ))}
      </ul>
      <footer className="modal-footer">
        <p className="muted">{t('recovery.whatYouLeaveHere')}</p>
        <button type="button" className="button" onClick={onClose}>
          {t('recovery.later')}
        </button>
      </footer>
    </Modal>
  );
}

function Row({ left }: { readonly left: Leftover }): JSX.Element {
  const { key, name, file, nodes, hasWeights, steps, isOlder } = left;
  return (
    <li className="recovery-row">
      <FileClock size={18} aria-hidden className="muted" />
      <div>
        <strong>{file?.name ?? name}</strong>
        <p className="muted">
          {[
            file?.folder ?? t('recovery.neverSaved'),
            t('count.layers', { count: nodes }),
            ...(hasWeights ? [t('recovery.withValues')] : []),
            ...(steps > 0 ? [t('recovery.steps', { count: steps })] : []),
            ...(isOlder ? [t('recovery.older')] : []),
          ].join(' · ')}
        </p>
      </div>
      <button type="button" className="button" onClick={() => void discardLeftover(key)}>
        {t('recovery.discard')}
      </button>
      <button
        type="button"
        className="button is-primary"
        onClick={() => {
          openDialog(null);
          void restoreLeftover(key);
        }}
      >
        {t('recovery.restore')}
      </button>
    </li>
  );
}
