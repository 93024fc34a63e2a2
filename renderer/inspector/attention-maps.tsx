// Attention weights of the first sample: a picture per head, query steps down and key steps across.
import { useEffect, useRef, type JSX } from 'react';
import type { AttentionMaps } from '#core/session/activity';

import { scaleOf } from '../panels/parameters/colours';
import { colour } from '../panels/parameters/pixels';
import { showLoss } from '../panels/format';
import { coloursOf, useApp } from '../stores/app';
import { t } from '../text';

export function Attention({ maps }: { readonly maps: AttentionMaps }): JSX.Element {
  const { name, shape, heads, queries, keys, values } = maps;
  const [shown = 0, rows = 0, columns = 0] = shape;
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  const size = rows * columns;
  const title = name === '' ? t('attention.title') : t('attention.of', { name });
  const cut = [
    ...(shown < heads ? [t('attention.firstHeads', { shown, count: heads })] : []),
    ...(rows < queries || columns < keys
      ? [t('attention.firstSteps', { shown: `${rows}×${columns}`, count: `${queries}×${keys}` })]
      : []),
  ];
  return (
    <div className="attention" role="group" aria-label={title}>
      <h5>{title}</h5>
      <div className="attention-heads">
        {Array.from({ length: shown }, (_, head) => (
          <Head
            key={head}
            title={t('attention.head', { number: head + 1 })}
            values={values.subarray(head * size, (head + 1) * size)}
            rows={rows}
            columns={columns}
            largest={largest}
          />
        ))}
      </div>
      <p className="small muted">
        {t('attention.axes', { value: showLoss(largest) })}
        {cut.length > 0 ? ` ${t('attention.shown', { what: cut.join(', ') })}` : ''}
      </p>
    </div>
  );
}

/** A picture with its axes: first and last step along each side. */
function Head({
  title,
  values,
  rows,
  columns,
  largest,
}: {
  readonly title: string;
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly largest: number;
}): JSX.Element {
  const ref = useRef<HTMLCanvasElement>(null);
  const colours = useApp(coloursOf);
  useEffect(() => {
    const context = ref.current?.getContext('2d');
    const rgba = colour(values, rows * columns, scaleOf(largest));
    context?.putImageData(new ImageData(rgba, columns, rows), 0, 0);
  }, [values, rows, columns, largest, colours]);
  return (
    <figure className="attention-head">
      <figcaption>{title}</figcaption>
      <div className="attention-plot">
        <span className="axis is-down" aria-hidden>
          <span>0</span>
          <span>{t('attention.query')}</span>
          <span>{rows - 1}</span>
        </span>
        <canvas
          ref={ref}
          width={columns}
          height={rows}
          role="img"
          aria-label={`${title}: ${strongest(values, columns)}`}
        />
        <span className="axis is-across" aria-hidden>
          <span>0</span>
          <span>{t('attention.key')}</span>
          <span>{columns - 1}</span>
        </span>
      </div>
    </figure>
  );
}

/** What a screen reader hears of a picture: its largest weight. */
function strongest(values: Float32Array, columns: number): string {
  let at = 0;
  values.forEach((value, index) => {
    if (value > (values[at] ?? 0)) at = index;
  });
  return t('attention.strongest', {
    query: Math.floor(at / columns),
    key: at % columns,
    value: showLoss(values[at]),
  });
}
