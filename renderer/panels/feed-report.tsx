// What the last feed did: the sample's shape, what took its shape, what the sample never reached.
import type { JSX } from 'react';
import { formatShape } from '#core/tensor/shape';

import { focusNode } from '../canvas/focus-node';
import { useModel } from '../stores/model';
import { t } from '../text';

export function FeedReport(): JSX.Element {
  const feed = useModel((state) => state.lastFeed);
  const model = useModel((state) => state.model);
  const unreached = feed?.unreached ?? model?.unreached ?? [];
  const waiting = model?.totals.uninitialized ?? 0;
  if (!feed && unreached.length === 0)
    return (
      <p className="muted small">
        {waiting > 0
          ? `${waiting} tensors are uninitialized. Feeding gives each its shape and its first values; it can be undone.`
          : 'Every tensor has its shape.'}
      </p>
    );
  return (
    <div className="feed-report" role="status">
      {feed ? (
        <p className="small">
          A sample of <span className="shape">{formatShape(feed.sampleShape)}</span> gave{' '}
          <strong>{feed.materialized.length}</strong> tensors their shape.
        </p>
      ) : null}
      {unreached.length === 0 ? null : (
        <>
          <p className="small is-gold">{t('feedReport.notReachedByThe')}</p>
          <ul className="key-list" aria-label={t('feedReport.parametersNotReached')}>
            {unreached.map((key) => (
              <li key={key}>
                <button
                  type="button"
                  className="link mono"
                  onClick={() => {
                    const node = model?.nodes.find(({ name }) => key.startsWith(`${name}.`));
                    if (node) focusNode(node.id);
                  }}
                >
                  {key}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
