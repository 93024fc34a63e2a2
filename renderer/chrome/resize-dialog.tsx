// What a sample of another size would start anew, before anything happens.
import { useEffect, type JSX } from 'react';
import type { FeedPreview } from '#core/session/session';
import { formatShape } from '#core/tensor/shape';

import { rematerialize } from '../actions/model';
import { clearAfter, showAfterFeed } from '../stores/after';
import { t } from '../text';
import { Modal } from './modal';

/** Rows that are drawn; the rest is counted. */
const ROWS = 200;

export function ResizeDialog({
  preview: { resized, inputs },
  onClose,
}: {
  readonly preview: FeedPreview;
  readonly onClose: () => void;
}): JSX.Element {
  const more = resized.length - ROWS;
  // Beside the canvas, whose cards show what they would become.
  useEffect(() => {
    showAfterFeed(inputs);
    return clearAfter;
  }, [inputs]);
  return (
    <Modal title={t('resize.thisSampleChangesSizes')} className="weights is-beside" onClose={onClose}>
      <div className="table-scroll" tabIndex={0} role="region" aria-label={t('resize.whatChangesItsSize')}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('common.key')}</th>
              <th scope="col">{t('resize.now')}</th>
              <th scope="col">{t('resize.after')}</th>
            </tr>
          </thead>
          <tbody>
            {resized.slice(0, ROWS).map(({ key, before, after }) => (
              <tr key={key}>
                <td className="mono">{key}</td>
                <td className="shape">{formatShape(before)}</td>
                <td className="shape">{formatShape(after)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {more > 0 ? <p className="muted">{t('resize.more', { count: more })}</p> : null}
      </div>
      <footer className="modal-footer">
        <p role="status">{t('resize.what', { count: resized.length })}</p>
        <button type="button" className="button" onClick={onClose}>
          {t('common.cancel')}
        </button>
        <button type="button" className="button is-primary" onClick={() => void rematerialize()}>
          {t('common.initializeAnew')}
        </button>
      </footer>
    </Modal>
  );
}
