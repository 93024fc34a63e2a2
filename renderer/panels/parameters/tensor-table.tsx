// The tensors as a table of which only the rows on the screen exist; one row is current, chosen by mouse or arrow keys.
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useId, useRef, type JSX, type KeyboardEvent } from 'react';
import type { ParameterInfo } from '#core/session/session';
import { formatShape } from '#core/tensor/shape';

import { focusNode } from '../../canvas/focus-node';
import { Explained } from '../../chrome/explained';
import { figuresOf, useFigures, wantFigures } from '../../stores/figures';
import { useRun } from '../../stores/run';
import { whyTensorAt } from '../../stores/why';
import { showFigure } from '../format';
import { t } from '../../text';
import { COLUMNS, notFinite, type Column, type ColumnName } from './listing';

const ROW = 24;

interface TensorTableProps {
  readonly all: readonly ParameterInfo[];
  readonly listed: readonly ParameterInfo[];
  readonly selected: string | null;
  readonly order: ColumnName;
  readonly onOrder: (column: ColumnName) => void;
  readonly onSelect: (key: string) => void;
}

export function TensorTable({
  all,
  listed,
  selected,
  order,
  onOrder,
  onSelect,
}: TensorTableProps): JSX.Element {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const epoch = useRun(({ last }) => last?.epoch);
  useFigures((state) => state.version);
  // oxlint-disable-next-line react-hooks/incompatible-library -- its functions answer anew each time; nothing here memoizes them
  const virtual = useVirtualizer({
    count: listed.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 8,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    wantFigures(listed.slice(first, last + 1), all);
  }, [listed, all, first, last, epoch]);
  const reorder = (column: ColumnName): void => {
    onOrder(column);
    virtual.scrollToOffset(0);
  };
  const at = listed.findIndex(({ key }) => key === selected);
  const go = (to: number): void => {
    const next = listed[Math.max(0, Math.min(listed.length - 1, to))];
    if (!next) return;
    onSelect(next.key);
    virtual.scrollToIndex(listed.indexOf(next), { align: 'auto' });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? ROW) / ROW) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: listed.length - 1,
    };
    const to = steps[event.key];
    if (to !== undefined) go(to);
    else if (event.key === 'Enter' && listed[at]) focusNode(listed[at].node);
    else return;
    event.preventDefault();
  };
  return (
    <div
      className="browser-table"
      role="grid"
      aria-label={t('tensorTable.tensorsOfTheModel')}
      aria-rowcount={listed.length + 1}
    >
      <div className="tensor-row is-head" role="row" aria-rowindex={1}>
        {Object.entries(COLUMNS).map(([name, column]) => (
          <Heading key={name} name={name as ColumnName} column={column} order={order} onOrder={reorder} />
        ))}
      </div>
      <div
        ref={box}
        className="browser-rows"
        role="rowgroup"
        aria-label={t('tensorTable.tensors')}
        tabIndex={0}
        aria-activedescendant={selected === null ? undefined : `${id}-${selected}`}
        onKeyDown={onKeyDown}
      >
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {items.map(({ index, start }) => {
            const info = listed[index];
            return info ? (
              <div
                key={info.key}
                id={`${id}-${info.key}`}
                className="tensor-row"
                role="row"
                aria-rowindex={index + 2}
                aria-selected={info.key === selected}
                data-state={info.state}
                style={{ transform: `translateY(${start}px)` }}
                onClick={() => onSelect(info.key)}
                onDoubleClick={() => focusNode(info.node)}
              >
                <Cells info={info} />
              </div>
            ) : null;
          })}
        </div>
      </div>
    </div>
  );
}

function Heading({
  name,
  column,
  order,
  onOrder,
}: {
  readonly name: ColumnName;
  readonly column: Column;
  readonly order: ColumnName;
  readonly onOrder: (column: ColumnName) => void;
}): JSX.Element {
  const isOrdered = order === name && column.order !== undefined;
  const title = t(`tensor.column.${name}`);
  const canOrder = column.order !== undefined || name === 'key';
  return (
    <span
      role="columnheader"
      aria-sort={isOrdered ? 'descending' : undefined}
      title={column.help === undefined ? undefined : t(column.help)}
    >
      {canOrder ? (
        <button type="button" onClick={() => onOrder(name)}>
          {title}
          {isOrdered ? ' ↓' : ''}
        </button>
      ) : (
        title
      )}
    </span>
  );
}

function Cells({ info }: { readonly info: ParameterInfo }): JSX.Element {
  const figures = figuresOf(info.key);
  const number = (name: 'norm' | 'mean' | 'std' | 'min' | 'max'): JSX.Element => (
    <span role="gridcell" className="number">
      {figures ? showFigure(figures[name]) : ''}
    </span>
  );
  const bad = figures ? notFinite(figures) : 0;
  return (
    <>
      <span role="gridcell" className="tensor-key" title={info.key}>
        <span className="state-dot" aria-hidden />
        {info.key}
        {info.kind.endsWith('buffer') ? <span className="tag">{t('common.buffer')}</span> : null}
        {info.frozen === true ? <span className="tag">{t('common.frozen')}</span> : null}
        {info.tied_to === undefined ? null : (
          <span className="tag" title={t('choice.tiedTo', { name: info.tied_to })}>
            {t('tensorTable.tied')}
          </span>
        )}
      </span>
      <span role="gridcell" className="shape">
        <Explained text={formatShape(info.shape)} why={() => whyTensorAt(info.node, info.name)} />
      </span>
      <span role="gridcell" className="muted">
        {info.dtype}
      </span>
      <span role="gridcell" className="tensor-state">
        {t(`tensor.state.${info.state}`)}
      </span>
      {number('norm')}
      {number('mean')}
      {number('std')}
      {number('min')}
      {number('max')}
      <span role="gridcell" className={bad > 0 ? 'number is-bad' : 'number muted'}>
        {figures ? bad : ''}
      </span>
    </>
  );
}
