// Separated text (CSV, TSV ...), plain or gzip, header or not, read as a stream: numbers of the input columns and the target's text.
import Papa from 'papaparse';

import type { DataSource } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { printable, refusal, type RefusalDetails } from '#core/formats/refuse';
import { numel } from '#core/tensor/shape';

import { openText } from './bytes';

export interface CsvContent {
  /** Names of all columns; `0`, `1` ... where there is no header. */
  readonly columns: readonly string[];
  /** Indices into `columns`. */
  readonly inputs: readonly number[];
  readonly target: number | null;
  /** Indices of the further inputs and targets, by name; a target that is not there and not needed is left out. */
  readonly feeds: ReadonlyMap<string, readonly number[]>;
  readonly named: ReadonlyMap<string, readonly number[]>;
  readonly rows: number;
  /** Row-major values in blocks of whole rows: of the inputs, then of each further one. */
  readonly blocks: readonly Float64Array[];
  /** The target's cells as written; empty without a target. */
  readonly targets: readonly string[];
  /** Those of the further targets, row by row. */
  readonly cells: ReadonlyMap<string, readonly string[]>;
  readonly notes: readonly string[];
}

type CsvSource = Pick<DataSource, 'header' | 'inputs' | 'target' | 'inputShape' | 'feeds' | 'targets'> & {
  /** A file without the target column is read for its inputs: predictions. */
  readonly isTargetOptional?: boolean;
};

/** Throws `data_invalid` with line and column, or what opening the file throws. */
export async function readCsv(file: string, source: CsvSource, signal?: AbortSignal): Promise<CsvContent> {
  const stream = await openText(file);
  const reader = new RowReader(file, source);
  let withoutRow = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      Papa.parse<string[]>(stream, {
        header: false,
        skipEmptyLines: false,
        chunk: (results, parser) => {
          try {
            signal?.throwIfAborted();
            for (const row of results.data) reader.row(row);
            // The parser starts such a row again with every piece that comes.
            withoutRow = results.data.length > 0 ? 0 : withoutRow + 1;
            if (withoutRow > MOST_PIECES)
              throw reader.error('has a row that does not end', null, LONGEST_ROW);
            const [quote] = results.errors.filter(({ type }) => type === 'Quotes');
            if (quote) throw reader.error(`has broken quotes: ${quote.message.toLowerCase()}`, null);
          } catch (error) {
            // abort() completes at once: the refusal must be there first.
            reject(error instanceof Error ? error : new Error(String(error)));
            parser.abort();
          }
        },
        complete: () => resolve(),
        error: (error) => reject(error),
      });
    });
  } catch (error) {
    if (error instanceof LazuliError) throw error;
    if (signal?.aborted === true)
      throw new LazuliError('interrupted', `reading ${file} was stopped`, { where: file });
    throw new LazuliError(
      'read_failed',
      `${file} could not be read: ${error instanceof Error ? error.message : String(error)}`,
      { where: file },
    );
  } finally {
    stream.destroy();
  }
  return reader.finish();
}

/** Pieces of 256 KiB that one row may take. */
const MOST_PIECES = 32;
const LONGEST_ROW = 'rows of at most 8 MiB, and as many quotes that close as open';

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A cell as a number, or null: nothing odd ever becomes 0. */
export function parseNumber(cell: string): number | null {
  const text = cell.trim();
  if (!NUMBER.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

/** What `body` makes of each entry, by name; null leaves one out. */
function mapped<T, R>(
  record: Readonly<Record<string, T>> | undefined,
  body: (name: string, value: T) => R | null,
): Map<string, R> {
  return new Map(
    Object.entries(record ?? {}).flatMap(([name, value]) => {
      const made = body(name, value);
      return made === null ? [] : [[name, made] as const];
    }),
  );
}

const BLOCK_VALUES = 1 << 18;
const MAX_COLUMNS = 1_000_000;

/** Takes rows one by one; the first decides header and columns. */
class RowReader {
  #line = 1;
  #pending: { cells: readonly string[]; line: number } | null = null;
  #layout: Pick<CsvContent, 'columns' | 'inputs' | 'target' | 'feeds' | 'named'> | null = null;
  /** Columns of the blocks. */
  #numbers: readonly number[] = [];
  #rows = 0;
  #empty = 0;
  #block = new Float64Array(0);
  #used = 0;
  readonly #blocks: Float64Array[] = [];
  readonly #targets: string[] = [];
  readonly #cells = new Map<string, string[]>();

  constructor(
    readonly file: string,
    readonly source: CsvSource,
  ) {}

  row(cells: readonly string[]): void {
    const line = this.#line;
    this.#line +=
      1 + cells.reduce((sum, cell) => sum + (cell.includes('\n') ? cell.split('\n').length - 1 : 0), 0);
    if (cells.length === 1 && (cells[0] ?? '').trim() === '') {
      this.#empty++;
      return;
    }
    if (this.#layout) this.#add(cells, line);
    else if (this.source.header === true) this.#start(cells, true);
    else if (this.source.header === false) {
      this.#start(cells, false);
      this.#add(cells, line);
    } else if (!this.#pending) this.#pending = { cells, line };
    else this.#look(this.#pending, { cells, line });
  }

  /** Header unknown: the first line is one where it has words over a column of numbers. */
  #look(
    first: { cells: readonly string[]; line: number },
    second: { cells: readonly string[]; line: number },
  ): void {
    const isNumber = (cell: string | undefined): boolean => parseNumber(cell ?? '') !== null;
    const hasHeader = first.cells.some((cell, at) => !isNumber(cell) && isNumber(second.cells[at]));
    this.#pending = null;
    this.#start(first.cells, hasHeader);
    if (!hasHeader) this.#add(first.cells, first.line);
    this.#add(second.cells, second.line);
  }

  #start(cells: readonly string[], isHeader: boolean): void {
    if (cells.length > MAX_COLUMNS)
      throw this.error(`has ${cells.length} columns`, null, `at most ${MAX_COLUMNS}`);
    const columns = isHeader
      ? cells.map((cell, at) => (at === 0 ? cell.replace(/^\uFEFF/, '') : cell).trim())
      : cells.map((_, at) => String(at));
    const find = (wanted: string | number, what: string): number => {
      const at =
        typeof wanted === 'number'
          ? wanted < 0
            ? wanted + columns.length
            : wanted
          : columns.indexOf(wanted);
      if (typeof wanted === 'string' && at >= 0 && columns.lastIndexOf(wanted) !== at)
        throw this.#refuse(`two columns are called '${printable(wanted)}'`, 'line 1', {
          expected: 'a name for each column',
          hint: 'name columns by their number, or rename one in the file',
        });
      if (at >= 0 && at < columns.length) return at;
      const known = columns.slice(0, 40).map(printable).join(', ');
      throw this.#refuse(
        `it has no ${what} column ${typeof wanted === 'number' ? wanted : `'${printable(wanted)}'`}`,
        'line 1',
        {
          expected: `one of ${known}${columns.length > 40 ? ` ... (${columns.length} columns)` : ''}`,
          got: String(wanted),
          ...(isHeader
            ? {}
            : { hint: 'the file is read without a header line: columns are numbered from 0' }),
        },
      );
    };
    const { target: wanted } = this.source;
    const hasTarget = wanted !== null && wanted !== undefined && !this.#lacksTarget(wanted, columns);
    const target = hasTarget ? find(wanted, 'target') : null;
    const feeds = mapped(this.source.feeds, (name, { columns: list = [] }) => {
      if (list.length === 0) throw this.error(`has no column for the input '${name}'`, null, 'its columns');
      return list.map((column) => find(column, 'input'));
    });
    const named = mapped(this.source.targets, (name, { columns: list = [] }) => {
      if (list.length === 0) throw this.error(`has no column for the target '${name}'`, null, 'its columns');
      const isAbsent = list.some((column) => typeof column === 'string' && !columns.includes(column));
      if (isAbsent && this.source.isTargetOptional === true) return null;
      return list.map((column) => find(column, 'target'));
    });
    const taken = new Set([target, ...[...feeds.values(), ...named.values()].flat()]);
    const inputs =
      this.source.inputs?.map((name) => find(name, 'input')) ??
      columns.flatMap((_, at) => (taken.has(at) ? [] : [at]));
    if (inputs.length === 0 && feeds.size === 0)
      throw this.error('leaves no column for the inputs', null, 'at least one input column');
    this.#layout = { columns, inputs, target, feeds, named };
    this.#numbers = [inputs, ...feeds.values()].flat();
    for (const name of named.keys()) this.#cells.set(name, []);
    this.#newBlock();
  }

  /** True for a file of inputs only, where that is allowed: no such name, or just as many columns as inputs. */
  #lacksTarget(wanted: string | number, columns: readonly string[]): boolean {
    const { isTargetOptional, inputShape } = this.source;
    if (isTargetOptional !== true) return false;
    return typeof wanted === 'string'
      ? !columns.includes(wanted)
      : columns.length === numel(inputShape ?? [0]);
  }

  #newBlock(): void {
    const width = this.#numbers.length;
    this.#block = new Float64Array(width * Math.max(1, Math.floor(BLOCK_VALUES / width)));
    this.#used = 0;
  }

  #add(cells: readonly string[], line: number): void {
    const layout = this.#layout;
    if (!layout) return;
    if (cells.length !== layout.columns.length)
      throw this.#refuse(`expected ${layout.columns.length} columns, got ${cells.length}`, `line ${line}`, {
        expected: `${layout.columns.length} columns`,
        got: String(cells.length),
        hint: 'the file may be cut off or use another separator',
      });
    for (const at of this.#numbers) {
      const cell = cells[at] ?? '';
      const value = parseNumber(cell);
      if (value === null) throw this.#badCell(cell, at, line);
      this.#block[this.#used++] = value;
    }
    if (this.#used === this.#block.length) {
      this.#blocks.push(this.#block);
      this.#newBlock();
    }
    if (layout.target !== null) this.#targets.push((cells[layout.target] ?? '').trim());
    for (const [name, list] of layout.named)
      this.#cells.get(name)?.push(...list.map((at) => (cells[at] ?? '').trim()));
    this.#rows++;
  }

  #badCell(cell: string, at: number, line: number): LazuliError {
    const name = printable(this.#layout?.columns[at] ?? String(at));
    const shown = JSON.stringify(printable(cell.slice(0, 40)));
    return this.#refuse(
      `expected a number, got ${cell.trim() === '' ? 'nothing' : shown}`,
      `line ${line}, column ${at + 1}${this.#layout?.columns[at] === String(at) ? '' : ` '${name}'`}`,
      {
        expected: 'a number',
        got: cell.trim() === '' ? 'nothing' : shown,
        hint:
          cell.trim() === ''
            ? 'missing values must be filled in or their rows removed'
            : line === 1
              ? 'if the first line names the columns, say that there is a header'
              : 'leave text columns out of the inputs',
      },
    );
  }

  error(what: string, line: number | null, expected?: string): LazuliError {
    const details = expected === undefined ? {} : { expected };
    return this.#refuse(`the file ${what}`, `line ${line ?? this.#line}`, details);
  }

  #refuse(what: string, where: string, details: RefusalDetails): LazuliError {
    return refusal(this.file, what, where, details, 'data_invalid');
  }

  finish(): CsvContent {
    if (this.#pending) {
      const { cells, line } = this.#pending;
      this.#start(cells, false);
      this.#add(cells, line);
    }
    if (!this.#layout || this.#rows === 0)
      throw this.#refuse('the file holds no rows', `line ${this.#line}`, {
        expected: 'at least one row of numbers',
        got: 'none',
      });
    if (this.#used > 0) this.#blocks.push(this.#block.subarray(0, this.#used));
    return {
      ...this.#layout,
      rows: this.#rows,
      blocks: this.#blocks,
      targets: this.#targets,
      cells: this.#cells,
      // The line break at the end of the file leaves one empty row.
      notes: this.#empty > 1 ? [`${this.#empty - 1} empty lines were skipped`] : [],
    };
  }
}
