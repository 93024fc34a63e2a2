// The table of the report: a row per layer, of which only those on the screen exist, and the totals.
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, type JSX } from 'react';
import type { StepProfile } from '#core/session/profile';
import { layerTitle } from '#core/graph/resolve';
import { findLayer } from '#core/layers/index';
import { layerReports, outputText, type LayerReport } from '#core/session/report';
import type { ModelInfo } from '#core/session/session';
import { showBytes, showSeconds } from '#core/units';

import { showCount } from '../panels/format';
import { whyInputAt, whyOutputAt } from '../stores/why';
import { t } from '../text';
import { Explained } from './explained';

const ROW = 27;

const known = (value: number | null, show: (value: number) => string): string =>
  value === null ? '?' : value === 0 ? '–' : show(value);

/** Each has a text `report.column.<title>`. */
const NAMES = ['layer', 'type', 'output'] as const;
type ColumnTitle =
  | (typeof NAMES)[number]
  | 'parameters'
  | 'flops'
  | 'activations'
  | 'forward'
  | 'backward'
  | 'memory'
  | 'kept';

interface Column {
  readonly title: ColumnTitle;
  readonly text: (row: LayerReport) => string;
  readonly total: (model: ModelInfo, rows: readonly LayerReport[]) => string;
}

const sum = (rows: readonly LayerReport[], of: (row: LayerReport) => number | undefined): number =>
  rows.reduce((all, row) => all + (of(row) ?? 0), 0);

/** After name, type and output. */
const NUMBERS: readonly Column[] = [
  {
    title: 'parameters',
    text: ({ parameters }) => known(parameters, showCount),
    total: ({ totals }) => known(totals.parameters, showCount),
  },
  {
    title: 'flops',
    text: ({ flops }) => known(flops, showCount),
    total: ({ totals }) => known(totals.flops, showCount),
  },
  {
    title: 'activations',
    text: ({ activationBytes }) => known(activationBytes, showBytes),
    total: ({ totals }) => known(totals.bytes, (value) => t('report.weights', { bytes: showBytes(value) })),
  },
];

const measured = (
  title: ColumnTitle,
  of: (row: LayerReport) => number | undefined,
  show: (value: number) => string,
): Column => ({
  title,
  text: (row) => known(of(row) ?? 0, show),
  total: (_model, rows) => known(sum(rows, of), show),
});

/** Of a training step. */
const COSTS: readonly Column[] = [
  measured('forward', ({ cost }) => cost?.forward.seconds, showSeconds),
  measured('backward', ({ cost }) => cost?.backward.seconds, showSeconds),
  measured('memory', ({ cost }) => (cost ? cost.forward.bytes + cost.backward.bytes : 0), showBytes),
  measured('kept', ({ cost }) => cost?.kept, showBytes),
];

/** Where the sizes of what a layer gives come from. */
const whyReported = ({ id, layer, outputs }: LayerReport): string =>
  outputs.map((_shape, at) => (layer === 'output' ? whyInputAt : whyOutputAt)(id, at)).join('\n');

/** As cards call it: `Conv2d`. */
const titleOf = (layer: string): string => {
  const declaration = findLayer(layer);
  return declaration ? layerTitle(declaration) : layer;
};

export function ReportTable({
  model,
  profile,
}: {
  readonly model: ModelInfo;
  readonly profile: StepProfile | null;
}): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => layerReports(model, profile), [model, profile]);
  const numbers = profile ? [...NUMBERS, ...COSTS] : NUMBERS;
  // oxlint-disable-next-line react-hooks/incompatible-library -- its functions answer anew each time; nothing here memoizes them
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const { uninitialized } = model.totals;
  return (
    <div ref={box} className="report-scroll" role="region" aria-label={t('common.layers')} tabIndex={0}>
      <table className="table is-numbers" aria-rowcount={rows.length + 2}>
        <thead>
          <tr aria-rowindex={1}>
            {[...NAMES, ...numbers.map(({ title }) => title)].map((title) => (
              <th key={title} scope="col">
                {t(`report.column.${title}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Space height={before} />
          {items.map(({ index }) => {
            const row = rows[index];
            return row ? (
              <tr key={index} aria-rowindex={index + 2}>
                <th scope="row">{row.name}</th>
                <td>{titleOf(row.layer)}</td>
                <td className="shape">
                  <Explained text={outputText(row)} why={() => whyReported(row)} />
                </td>
                {numbers.map(({ title, text }) => (
                  <td key={title}>{text(row)}</td>
                ))}
              </tr>
            ) : null;
          })}
          <Space height={after} />
        </tbody>
        <tfoot>
          <tr aria-rowindex={rows.length + 2}>
            <th scope="row">{t('report.total')}</th>
            <td>{t('count.layers', { count: rows.length })}</td>
            <td>{uninitialized > 0 ? t('report.uninitialized', { count: uninitialized }) : ''}</td>
            {numbers.map(({ title, total }) => (
              <td key={title}>{total(model, rows)}</td>
            ))}
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

/** In place of the rows that are not on the screen. */
function Space({ height }: { readonly height: number }): JSX.Element | null {
  return height > 0 ? <tr style={{ height }} aria-hidden /> : null;
}
