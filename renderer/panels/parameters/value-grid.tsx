// The values of a tensor as a matrix, first axis by all others, of which only the part on the screen exists. Arrow keys move,
// typing, Enter or F2 edits, Enter or going elsewhere sets and Escape leaves.
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState, type JSX, type KeyboardEvent } from 'react';
import { BROWSER_LIMITS, matrixSize, type TensorValues } from '#core/session/parameters';
import type { ParameterInfo } from '#core/session/session';

import { writeValue } from '../../actions/parameters';
import { call } from '../../client';
import { valuesStamp } from '../../stores/figures';
import { showError } from '../../stores/toasts';
import { t } from '../../text';
import { showLoss } from '../format';
import { parseValue } from './value-text';

const ROW = 22;
const COLUMN = 84;

interface Cell {
  readonly row: number;
  readonly column: number;
}

export function ValueGrid({
  info,
  canEdit,
}: {
  readonly info: ParameterInfo;
  readonly canEdit: boolean;
}): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const size = matrixSize(info.shape.map((length) => length ?? 0));
  const [cell, setCell] = useState<Cell>({ row: 0, column: 0 });
  const [text, setText] = useState<string | null>(null);
  const common = { getScrollElement: () => box.current, overscan: 4 };
  // oxlint-disable-next-line react-hooks/incompatible-library -- its functions answer anew each time; nothing here memoizes them
  const rows = useVirtualizer({ ...common, count: size.rows, estimateSize: () => ROW, paddingStart: ROW });
  const columns = useVirtualizer({
    ...common,
    horizontal: true,
    count: size.columns,
    estimateSize: () => COLUMN,
    paddingStart: COLUMN,
  });
  const shownRows = rows.getVirtualItems();
  const shownColumns = columns.getVirtualItems();
  const values = useValues(info, {
    row: shownRows[0]?.index ?? 0,
    rows: shownRows.length,
    column: shownColumns[0]?.index ?? 0,
    columns: shownColumns.length,
  });
  const move = (by: Partial<Cell>): void => {
    const row = Math.max(0, Math.min(size.rows - 1, cell.row + (by.row ?? 0)));
    const column = Math.max(0, Math.min(size.columns - 1, cell.column + (by.column ?? 0)));
    setCell({ row, column });
    rows.scrollToIndex(row);
    columns.scrollToIndex(column);
  };
  const edit = (start: string | null): void => {
    if (canEdit) setText(start ?? String(valueAt(values, cell) ?? ''));
  };
  /** Sets what was typed where it is a number and another than before. */
  const commit = (): void => {
    const value = text === null ? null : parseValue(text);
    setText(null);
    if (value === null || Object.is(value, valueAt(values, cell))) return;
    void writeValue(info, cell.row * size.columns + cell.column, value);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (text !== null) return;
    const moves: Readonly<Record<string, Partial<Cell>>> = {
      ArrowDown: { row: 1 },
      ArrowUp: { row: -1 },
      ArrowRight: { column: 1 },
      ArrowLeft: { column: -1 },
      PageDown: { row: 8 },
      PageUp: { row: -8 },
      Home: { column: -size.columns },
      End: { column: size.columns },
    };
    const by = moves[event.key];
    if (by) move(by);
    else if (event.key === 'Enter' || event.key === 'F2') edit(null);
    else if (/^[-\d.]$/.test(event.key) && !event.ctrlKey && !event.metaKey) edit(event.key);
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={box}
      className="value-grid"
      role="grid"
      aria-label={t('values.of', { key: info.key })}
      aria-rowcount={size.rows}
      aria-colcount={size.columns}
      aria-readonly={!canEdit}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div style={{ height: rows.getTotalSize(), width: columns.getTotalSize(), position: 'relative' }}>
        <div className="value-head" role="row" style={{ width: columns.getTotalSize() }}>
          {shownColumns.map(({ index, start }) => (
            <span key={index} role="columnheader" style={{ left: start }}>
              {index}
            </span>
          ))}
        </div>
        {shownRows.map(({ index: row, start }) => (
          <div key={row} className="value-row" role="row" aria-rowindex={row + 1} style={{ top: start }}>
            <span role="rowheader">{row}</span>
            {shownColumns.map(({ index: column, start: left }) => {
              const isCurrent = row === cell.row && column === cell.column;
              const value = valueAt(values, { row, column });
              return (
                <span
                  key={column}
                  role="gridcell"
                  aria-colindex={column + 1}
                  aria-selected={isCurrent}
                  className={value !== undefined && !Number.isFinite(value) ? 'is-bad' : undefined}
                  title={value === undefined ? undefined : String(value)}
                  style={{ left }}
                  onClick={() => setCell({ row, column })}
                  onDoubleClick={() => edit(null)}
                >
                  {isCurrent && text !== null ? (
                    <ValueField
                      label={t('values.at', { row, column })}
                      text={text}
                      before={value}
                      onChange={setText}
                      onEnd={commit}
                      onLeave={(isKept) => {
                        if (!isKept) setText(null);
                        box.current?.focus();
                      }}
                    />
                  ) : value === undefined ? (
                    ''
                  ) : Number.isFinite(value) ? (
                    showLoss(value)
                  ) : (
                    String(value)
                  )}
                </span>
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
}

/** The field of the cell that is being edited. What is no number is told below it and keeps it open. */
function ValueField({
  label,
  text,
  before,
  onChange,
  onEnd,
  onLeave,
}: {
  readonly label: string;
  readonly text: string;
  readonly before: number | undefined;
  readonly onChange: (text: string) => void;
  /** The focus went elsewhere. */
  readonly onEnd: () => void;
  /** By key: kept, or as it was. */
  readonly onLeave: (isKept: boolean) => void;
}): JSX.Element {
  const isFault = parseValue(text) === null;
  const isGivenUp = useRef(false);
  return (
    <>
      <input
        // The cell that is being edited takes the keyboard.
        autoFocus
        aria-label={label}
        aria-invalid={isFault}
        value={text}
        onChange={({ target }) => onChange(target.value)}
        onFocus={({ target }) => {
          // What stands there is replaced by typing; a digit that opened the field is not.
          if (text === String(before ?? '')) target.select();
        }}
        onBlur={() => {
          if (!isGivenUp.current) onEnd();
        }}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === 'Enter' && !isFault) onLeave(true);
          if (event.key !== 'Escape') return;
          isGivenUp.current = true;
          onLeave(false);
        }}
      />
      {isFault && text !== '' && text !== '-' ? (
        <span className="value-fault" role="alert">
          {t('values.fault')}
        </span>
      ) : null}
    </>
  );
}

function valueAt(values: TensorValues | null, { row, column }: Cell): number | undefined {
  if (!values) return undefined;
  const [down, across] = [row - values.row, column - values.column];
  if (down < 0 || across < 0 || down >= values.rows || across >= values.columns) return undefined;
  return values.values[down * values.columns + across];
}

/** The part on the screen; what was read before stays until it comes. */
function useValues(
  info: ParameterInfo,
  range: { readonly row: number; readonly rows: number; readonly column: number; readonly columns: number },
): TensorValues | null {
  const [values, setValues] = useState<TensorValues | null>(null);
  const { node, name } = info;
  const stamp = valuesStamp();
  const { row, column } = range;
  const rows = Math.min(range.rows, BROWSER_LIMITS.values);
  const columns = Math.min(range.columns, Math.floor(BROWSER_LIMITS.values / Math.max(1, rows)));
  useEffect(() => {
    if (rows * columns === 0) return undefined;
    let isWanted = true;
    call('parameters.values', { node, name }, { row, rows, column, columns }).then(
      (found) => {
        if (isWanted) setValues(found);
      },
      (error: unknown) => {
        if (isWanted) showError(t('told.notRead', { name }), error);
      },
    );
    return () => {
      isWanted = false;
    };
  }, [node, name, stamp, row, rows, column, columns]);
  return values;
}
