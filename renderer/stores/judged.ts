// What the model says of single samples, for the Predictions panel: asked for while the panel is open, again when the values, the
// graph or the data change, with the pictures of those on the screen. Which of them are listed stands here too: the run's matrix sets it.
import { create } from 'zustand';
import { errorToData, type ErrorData } from '#core/errors';
import type { JudgedSamples } from '#core/session/judged';
import type { DataPreview } from '#core/session/session';

import { call } from '../client';
import { useDocument } from './document';
import { valuesStamp } from './figures';
import { showDock } from './ui';

type Item = DataPreview['items'][number];

/** Samples of one true class that were taken for one class. */
export interface Cell {
  readonly target: number;
  readonly predicted: number;
}

interface JudgedState {
  readonly judged: JudgedSamples | null;
  readonly error: ErrorData | null;
  readonly isAsking: boolean;
  /** Of the values that `judged` is of. */
  readonly stamp: string;
  /** By row of the data; undefined until it came. */
  readonly items: ReadonlyMap<number, Item>;
  readonly columns: readonly string[];
  readonly isWrongOnly: boolean;
  readonly order: 'wrong' | 'data';
  readonly cell: Cell | null;
}

const NOTHING = {
  judged: null,
  error: null,
  isAsking: false,
  stamp: '',
  items: new Map(),
  columns: [],
} as const;

export const useJudged = create<JudgedState>(() => ({
  ...NOTHING,
  isWrongOnly: false,
  order: 'wrong',
  cell: null,
}));

let isStale = false;

/** Asks once; what changes meanwhile is asked for afterwards. What was found last stays until then. */
export async function askJudged(): Promise<void> {
  if (useJudged.getState().isAsking) {
    isStale = true;
    return;
  }
  useJudged.setState({ isAsking: true });
  do {
    isStale = false;
    const stamp = valuesStamp();
    try {
      const judged = await call('model.judge');
      useJudged.setState({ judged, error: null, stamp });
    } catch (error) {
      useJudged.setState({ judged: null, error: errorToData(error), stamp });
    }
  } while (isStale);
  useJudged.setState({ isAsking: false });
}

/** Other data: its pictures are others too. */
export const forgetItems = (): void => {
  useJudged.setState({ items: new Map(), judged: null, cell: null });
};

/** Rows of one call. */
const AT_ONCE = 64;
const MOST_KEPT = 4096;
const onTheirWay = new Set<number>();

/** Reads the samples of these rows that are not there yet. */
export async function wantItems(rows: readonly number[]): Promise<void> {
  const source = useDocument.getState().project?.data;
  const { items } = useJudged.getState();
  const missing = rows.filter((row) => !items.has(row) && !onTheirWay.has(row)).slice(0, AT_ONCE);
  if (!source || missing.length === 0) return;
  for (const row of missing) onTheirWay.add(row);
  try {
    const preview = await call('data.preview', source, { rows: missing });
    if (useDocument.getState().project?.data !== source) return;
    const kept = useJudged.getState().items;
    const next = new Map(kept.size > MOST_KEPT ? [] : kept);
    preview.items.forEach((item, at) => next.set(missing[at] ?? -1, item));
    useJudged.setState({ items: next, columns: preview.columns });
  } catch (error) {
    useJudged.setState({ error: errorToData(error) });
  } finally {
    for (const row of missing) onTheirWay.delete(row);
  }
}

/** Opens the panel on the samples of one cell of a confusion matrix. */
export function showCell(cell: Cell): void {
  useJudged.setState({ cell, isWrongOnly: false });
  showDock('predictions');
}
