// The distribution of a tensor's finite values, by equal steps from its least to its greatest.
import type { JSX } from 'react';
import type { TensorDetail } from '#core/session/parameters';

import { showCount, showLoss } from '../format';
import { t } from '../../text';

const HEIGHT = 100;

export function Histogram({ detail }: { readonly detail: TensorDetail }): JSX.Element {
  const { histogram, figures } = detail;
  const { min, max } = figures;
  const bins = histogram.length;
  if (bins === 0) return <p className="muted">{t('histogram.noFiniteValues')}</p>;
  const most = Math.max(...histogram, 1);
  const step = (max - min) / bins;
  const zero = min < 0 && max > 0 ? (-min / (max - min)) * bins : null;
  return (
    <figure
      className="histogram"
      role="img"
      aria-label={t('tensor.distribution', { min: showLoss(min), max: showLoss(max) })}
    >
      <svg viewBox={`0 0 ${bins} ${HEIGHT}`} preserveAspectRatio="none">
        {[...histogram].map((count, at) => {
          const height = count === 0 ? 0 : Math.max(1, (count / most) * HEIGHT);
          return (
            <g key={at}>
              <rect className="bar" x={at + 0.08} y={HEIGHT - height} width={0.84} height={height} />
              <rect className="bar-area" x={at} y={0} width={1} height={HEIGHT}>
                <title>{`${showLoss(min + at * step)} to ${showLoss(min + (at + 1) * step)}: ${showCount(count)}`}</title>
              </rect>
            </g>
          );
        })}
        {zero === null ? null : <line className="zero" x1={zero} x2={zero} y1={0} y2={HEIGHT} />}
      </svg>
      <figcaption>
        <span>{showLoss(min)}</span>
        {zero === null ? null : (
          <span className="zero-mark" style={{ left: `${(zero / bins) * 100}%` }}>
            0
          </span>
        )}
        <span>{showLoss(max)}</span>
      </figcaption>
    </figure>
  );
}
