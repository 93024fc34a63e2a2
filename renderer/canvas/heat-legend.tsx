// What the colours of the cards say while a cost is shown on them: the scale, the sum, where the numbers come from; and the choice.
// A line under the canvas, so that it covers no card.
import { X } from 'lucide-react';
import { useEffect, type JSX } from 'react';
import type { StepPart, StepProfile } from '#core/session/profile';
import { showSeconds } from '#core/units';

import { sourceText } from '../inspector/node-costs';
import { showCost } from '../panels/cost-text';
import { COSTS, needsProfile, showHeat, useHeat, type Cost } from '../stores/heat';
import { useProfile, useProfileWatch } from '../stores/profile';
import { faultText, t } from '../text';
import { keepFit } from './viewport';

export function HeatLegend(): JSX.Element | null {
  const { cost, largest, total } = useHeat();
  const { profile, error } = useProfile();
  useProfileWatch(needsProfile(cost));
  const isShown = cost !== null;
  useEffect(keepFit, [isShown]);
  if (cost === null) return null;
  const isMissing = needsProfile(cost) && profile === null;
  return (
    <section className="heat-legend" aria-label={t('heat.legend')}>
      <select
        className="field-select"
        aria-label={t('heat.shown')}
        value={cost}
        onChange={({ target }) => showHeat(target.value as Cost)}
      >
        {COSTS.map((name) => (
          <option key={name} value={name}>
            {t(`heat.${name}`)}
          </option>
        ))}
      </select>
      {isMissing ? (
        <p className="heat-text" role="status">
          {error === null ? t('common.measuring') : faultText(error)}
        </p>
      ) : (
        <>
          <span className="heat-scale">
            0<span aria-hidden />
            {showCost[cost](largest)}
          </span>
          <p className="heat-text">
            {t('heat.cards', { total: showCost[cost](total) })}{' '}
            {cost === 'parameters' || !profile ? '' : sourceText(profile)}
            {cost === 'time' && profile ? ` ${partsText(profile)}` : ''}
          </p>
        </>
      )}
      <button
        type="button"
        className="icon-button is-small"
        aria-label={t('heat.hide')}
        onClick={() => showHeat(null)}
      >
        <X size={14} aria-hidden />
      </button>
    </section>
  );
}

const PARTS: readonly StepPart[] = ['data', 'loss', 'update', 'other'];

/** What of a step is no layer's. */
function partsText({ seconds, parts }: StepProfile): string {
  const shown = PARTS.filter((part) => parts[part] > seconds / 200);
  const each = shown.map((part) => `${t(`heat.part.${part}`)} ${showSeconds(parts[part])}`);
  return `${[t('heat.step', { time: showSeconds(seconds) }), ...each].join(', ')}.`;
}
