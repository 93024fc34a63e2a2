// The samples as cards, of which only those on the screen exist: the picture (or the row's values), the true and the likeliest classes.
import { useVirtualizer } from '@tanstack/react-virtual';
import { Check, X } from 'lucide-react';
import { useEffect, useRef, useState, type JSX } from 'react';
import { isWrong, type ClassVerdicts, type JudgedSamples, type NumberVerdicts } from '#core/session/judged';
import type { DataPreview } from '#core/session/session';

import { useJudged, wantItems } from '../../stores/judged';
import { showLoss, showShare } from '../format';
import { Picture } from '../picture';
import { t } from '../../text';

const CARD = { width: 188, height: 84 };

export function SampleGrid({
  judged,
  listed,
}: {
  readonly judged: JudgedSamples;
  readonly listed: readonly number[];
}): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [columns, setColumns] = useState(4);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setColumns(Math.max(1, Math.floor(entry.contentRect.width / CARD.width)));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  // oxlint-disable-next-line react-hooks/incompatible-library -- its functions answer anew each time; nothing here memoizes them
  const virtual = useVirtualizer({
    count: Math.ceil(listed.length / columns),
    getScrollElement: () => box.current,
    estimateSize: () => CARD.height,
    overscan: 2,
  });
  const lines = virtual.getVirtualItems();
  const first = (lines[0]?.index ?? 0) * columns;
  const last = ((lines.at(-1)?.index ?? -1) + 1) * columns;
  const shown = listed.slice(first, last);
  const items = useJudged((state) => state.items);
  useEffect(() => {
    void wantItems(listed.slice(first, last).map((at) => judged.rows[at] ?? 0));
  }, [judged, listed, first, last, items]);
  return (
    <div ref={box} className="samples" role="region" aria-label={t('predict.grid')} tabIndex={0}>
      <ul
        style={{ height: virtual.getTotalSize(), gridTemplateColumns: `repeat(${columns}, 1fr)` }}
        aria-label={t('predict.gridCount', { count: listed.length })}
      >
        {shown.map((at, place) => (
          <li
            key={at}
            aria-setsize={listed.length}
            aria-posinset={first + place + 1}
            style={{
              width: `${100 / columns}%`,
              height: CARD.height,
              transform: `translate(${(place % columns) * 100}%, ${(lines[0]?.start ?? 0) + Math.floor(place / columns) * CARD.height}px)`,
            }}
          >
            <SampleCard judged={judged} at={at} item={items.get(judged.rows[at] ?? -1)} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function SampleCard({
  judged,
  at,
  item,
}: {
  readonly judged: JudgedSamples;
  readonly at: number;
  readonly item: DataPreview['items'][number] | undefined;
}): JSX.Element {
  const { verdicts, rows } = judged;
  const isBad = isWrong(verdicts, at);
  return (
    <article
      className={`sample-card ${isBad ? 'is-wrong' : ''}`}
      title={t('predict.row', { row: rows[at] ?? '' })}
    >
      <div className="sample-input">
        {item?.kind === 'picture' ? <Picture item={item} target={item.target} /> : null}
        {item?.kind === 'row' ? <RowValues values={item.values} /> : null}
      </div>
      {verdicts.kind === 'class' ? (
        <Classes verdicts={verdicts} at={at} isBad={isBad} />
      ) : (
        <Numbers verdicts={verdicts} at={at} />
      )}
    </article>
  );
}

const SHOWN_VALUES = 4;

function RowValues({ values }: { readonly values: readonly number[] }): JSX.Element {
  const columns = useJudged((state) => state.columns);
  return (
    <dl>
      {values.slice(0, SHOWN_VALUES).map((value, at) => (
        <div key={at} title={columns[at]}>
          <dt>{columns[at] ?? at}</dt>
          <dd>{Number(value.toPrecision(4))}</dd>
        </div>
      ))}
    </dl>
  );
}

function Classes({
  verdicts,
  at,
  isBad,
}: {
  readonly verdicts: ClassVerdicts;
  readonly at: number;
  readonly isBad: boolean;
}): JSX.Element {
  const { classes, target, given, top, probabilities, shown } = verdicts;
  const wanted = target[at] ?? -1;
  const nameOf = (index: number): string => classes[index] ?? String(index);
  const Icon = isBad ? X : Check;
  return (
    <div className="sample-words">
      <p className="sample-truth">
        <Icon size={13} aria-label={isBad ? t('predict.isWrong') : t('predict.isRight')} />
        {t('predict.true')} <strong>{nameOf(wanted)}</strong>
        <span className="muted">{showShare(given[at] ?? 0)}</span>
      </p>
      <ol aria-label={t('predict.likeliest')}>
        {Array.from(top.subarray(at * shown, (at + 1) * shown), (index, place) => {
          const share = probabilities[at * shown + place] ?? 0;
          return (
            <li key={index} className={index === wanted ? 'is-true' : ''}>
              <span className="sample-bar" style={{ width: `${Math.round(100 * share)}%` }} aria-hidden />
              <span className="sample-class">{nameOf(index)}</span>
              <span>{showShare(share)}</span>
            </li>
          );
        })}
      </ol>
    </div>
  );
}

function Numbers({ verdicts, at }: { readonly verdicts: NumberVerdicts; readonly at: number }): JSX.Element {
  const { width, target, predicted, error } = verdicts;
  const text = (values: Float32Array): string =>
    Array.from(values.subarray(at * width, (at + 1) * width), (value) => showLoss(value)).join(', ');
  return (
    <dl className="sample-words is-numbers">
      <div>
        <dt>{t('predict.true')}</dt>
        <dd>{text(target)}</dd>
      </div>
      <div>
        <dt>{t('predict.predicted')}</dt>
        <dd>{text(predicted)}</dd>
      </div>
      <div>
        <dt>{t('predict.error')}</dt>
        <dd>{showLoss(error[at] ?? 0)}</dd>
      </div>
    </dl>
  );
}
