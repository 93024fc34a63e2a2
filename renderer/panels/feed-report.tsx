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
        {waiting > 0 ? t('feed.uninitialized', { count: waiting }) : t('feed.allShaped')}
      </p>
    );
  return (
    <div className="feed-report" role="status">
      {feed ? (
        <p className="small">
          {t('feed.gave', { shape: formatShape(feed.sampleShape), count: feed.materialized.length })}
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
