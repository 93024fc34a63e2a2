// What the colours of the cards say while a cost is shown on them: the scale, the sum, where the numbers come from; and the choice.
import { Panel } from '@xyflow/react';
import { X } from 'lucide-react';
import type { JSX } from 'react';
import type { StepPart, StepProfile } from '#core/session/profile';
import { showSeconds } from '#core/units';

import { sourceText } from '../inspector/node-costs';
import { showCost } from '../panels/cost-text';
import { COSTS, needsProfile, showHeat, useHeat, type Cost } from '../stores/heat';
import { useProfile, useProfileWatch } from '../stores/profile';

export function HeatLegend(): JSX.Element | null {
  const { cost, largest, total } = useHeat();
  const { profile, error } = useProfile();
  useProfileWatch(needsProfile(cost));
  if (cost === null) return null;
  const isMissing = needsProfile(cost) && profile === null;
  return (
    <Panel position="top-right" className="heat-legend" role="region" aria-label="Cost on the cards">
      <div className="heat-head">
        <select
          className="field-input"
          aria-label="Cost shown on the cards"
          value={cost}
          onChange={({ target }) => showHeat(target.value as Cost)}
        >
          {Object.entries(COSTS).map(([name, title]) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
        <button
          type="button"
          className="icon-button is-small"
          aria-label="Hide the cost on the cards"
          onClick={() => showHeat(null)}
        >
          <X size={14} aria-hidden />
        </button>
      </div>
      {isMissing ? (
        <p className="small muted" role="status">
          {error === null
            ? 'Measuring…'
            : `${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`}
        </p>
      ) : (
        <>
          <div className="heat-scale" aria-hidden />
          <p className="heat-ends">
            <span>0</span>
            <span>{showCost[cost](largest)}</span>
          </p>
          <p className="small muted">
            These cards: {showCost[cost](total)}.{' '}
            {cost === 'parameters' || !profile ? '' : sourceText(profile)}
          </p>
          {cost === 'time' && profile ? <Parts profile={profile} /> : null}
        </>
      )}
    </Panel>
  );
}

const PARTS: Readonly<Record<StepPart, string>> = {
  data: 'taking samples',
  loss: 'loss and metrics',
  update: 'optimizer',
  other: 'other',
};

/** What of a step is no layer's. */
function Parts({ profile }: { readonly profile: StepProfile }): JSX.Element {
  const parts = Object.entries(PARTS).filter(
    ([part]) => profile.parts[part as StepPart] > profile.seconds / 200,
  );
  return (
    <p className="small muted">
      The step: {showSeconds(profile.seconds)}
      {parts.map(([part, title]) => `, ${title} ${showSeconds(profile.parts[part as StepPart])}`).join('')}.
    </p>
  );
}
