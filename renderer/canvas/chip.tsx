// One parameter on a card: hollow and dashed while uninitialized, with what it waits for; solid with its shape afterwards.
// It re-renders when its own info changes, and twice per feed when it lights up.
import { memo, type JSX } from 'react';
import { formatShape, type PartialShape } from '#core/tensor/shape';

import { useLive, type ChipInfo } from '../stores/live';
import { useModel } from '../stores/model';
import { provenanceText, t, useLanguage } from '../text';
import { BeforeAfter } from './before-after';

/** Steps of the wave that runs through the graph when shapes arrive. */
const WAVE_MS = 45;
const WAVE_LIMIT = 16;

interface ChipProps {
  readonly chip: ChipInfo;
  /** The node's id: its place in the running order is its turn in the wave. */
  readonly node: string;
  /** Its shape after a change that is looked at; null where it stays. */
  readonly after: PartialShape | null;
}

export const Chip = memo(function Chip({ chip, node, after }: ChipProps): JSX.Element {
  useLanguage();
  const isFresh = useModel((state) => state.fresh.has(chip.key));
  if (chip.state === 'uninitialized')
    return (
      <li className="chip is-hollow" data-state={chip.state} title={describe(chip)}>
        <span className="chip-name">{chip.name}</span>
        <span className="chip-state"> {t('chip.uninitialized')}</span>
        {chip.waitsFor === null ? null : (
          <span className="chip-waits">{` · ${t('chip.waitsFor', { what: chip.waitsFor })}`}</span>
        )}
      </li>
    );
  const style = isFresh ? { animationDelay: `${turnOf(node) * WAVE_MS}ms` } : undefined;
  return (
    <li
      className={`chip is-solid ${isFresh ? 'is-fresh' : ''}`}
      data-state={chip.state}
      title={describe(chip)}
      style={style}
    >
      <span className="chip-name">{chip.name}</span>{' '}
      <span className="chip-shape">
        {after ? <BeforeAfter before={formatShape(chip.shape)} after={after} /> : formatShape(chip.shape)}
      </span>
    </li>
  );
});

function turnOf(node: string): number {
  const order = useLive.getState().inference?.order.nodes ?? [];
  return Math.min(
    WAVE_LIMIT,
    order.findIndex(({ id }) => id === node),
  );
}

/** The tooltip: the whole truth about a tensor in a few lines. */
function describe({ key, dtype, shape, state, waitsFor, provenance }: ChipInfo): string {
  const first = `${key}: ${formatShape(shape)} ${dtype}`;
  if (state === 'uninitialized')
    return [
      first,
      waitsFor === null ? t('chip.feed') : t('chip.uninitializedWaits', { what: waitsFor }),
    ].join('\n');
  return [first, t(`tensor.state.${state}`), ...(provenance === '' ? [] : [provenanceText(provenance)])].join(
    '\n',
  );
}
