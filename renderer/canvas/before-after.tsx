// `64×16×8×8 → 64×12×8×8`: a shape as it is and as it would be; and how many layers a change would reach, said while it is looked at.
import { Panel } from '@xyflow/react';
import { ArrowRight } from 'lucide-react';
import type { JSX } from 'react';
import { formatShape, type PartialShape } from '#core/tensor/shape';

import { useAfter } from '../stores/after';
import { t } from '../text';

export function BeforeAfter({
  before,
  after,
}: {
  readonly before: string;
  readonly after: PartialShape;
}): JSX.Element {
  return (
    <span className="before-after">
      <span className="is-before">{before}</span>
      <ArrowRight size={10} aria-label={t('after.wouldBecome')} />
      <span className="is-after">{formatShape(after)}</span>
    </span>
  );
}

export function AfterStatus(): JSX.Element {
  const count = useAfter((state) => state.cards.size);
  return (
    <Panel position="top-center" className="after-status" role="status">
      {count === 0 ? null : (
        <span>
          {t('after.before')} <ArrowRight size={11} aria-hidden /> {t('after.count', { count })}
        </span>
      )}
    </Panel>
  );
}
