// The first items of a dataset as the Sample panel shows them: pictures where a sample looks like one, else rows.
import type { DataPreview, PreviewRange } from '#core/session/session';
import type { Shape } from '#core/tensor/shape';
import type { Tensor } from '#core/tensor/tensor';

import type { Dataset } from './dataset';
import { Turns } from '../turns';
import { readRows } from './table';
import type { Targets } from './targets';
import { textOf } from './text';

type Item = DataPreview['items'][number];

/** More values of a row than this are not shown. */
const MAX_VALUES = 1024;
const MAX_SIDE = 512;
/** Numbers of one target that are shown. */
const MOST_ANSWERS = 6;

/** In turns, a sample each: large pictures take their time. */
export async function previewDataset(dataset: Dataset, range: PreviewRange): Promise<DataPreview> {
  const { inputShape, inputs, targets, source } = dataset;
  const turns = new Turns();
  const rows = rowsOf(range, dataset.samples);
  if (source.format === 'text') return textPreview(dataset, rows);
  const own = await samplesOf(inputs, rows, turns);
  const others: Samples[] = [];
  for (const table of dataset.feeds.values()) others.push(await samplesOf(table, rows, turns));
  const all = [...(targets ? [targets] : []), ...dataset.named.values()];
  const items: Item[] = [];
  for (const [at, row] of rows.entries()) {
    const target = all.map((each) => answerOf(each, row)).join(' · ');
    const picture = own.picture(at);
    const besides = picture ? others.flatMap((table) => table.picture(at) ?? []) : [];
    items.push(
      picture
        ? { kind: 'picture', ...picture, target, ...(besides.length > 0 ? { others: besides } : {}) }
        : { kind: 'row', values: (own.values[at] ?? []).slice(0, MAX_VALUES), target },
    );
    await turns.next();
  }
  const classes = targets?.classes ?? [];
  const feeds = [...dataset.feeds].map(([id, { shape }]) => [id, shape.slice(1)] as const);
  return {
    samples: dataset.samples,
    inputShape,
    ...(feeds.length > 0 ? { feeds: Object.fromEntries(feeds) } : {}),
    targetKind: source.targetKind,
    classes,
    columns: dataset.columns,
    items,
    notes: dataset.notes,
  };
}

function textPreview(
  { samples, inputShape, inputs, targets, notes }: Dataset,
  rows: readonly number[],
): DataPreview {
  const classes = targets?.classes ?? [];
  const items = rows.map((row): Item => {
    const next = targets ? readRows(targets.tensor, row, 1) : [];
    return {
      kind: 'text',
      text: textOf(readRows(inputs, row, 1), classes),
      target: textOf(next.slice(-1), classes),
    };
  });
  return { samples, inputShape, targetKind: 'class', classes, columns: [], items, notes };
}

interface Samples {
  readonly values: readonly (readonly number[])[];
  /** null where a sample looks like none. */
  picture(at: number): ReturnType<typeof asPicture>;
}

/** Samples of one input, as values and as pictures. */
async function samplesOf(table: Tensor, rows: readonly number[], turns: Turns): Promise<Samples> {
  const values: (readonly number[])[] = [];
  for (const row of rows) {
    values.push(readRows(table, row, 1));
    await turns.next();
  }
  const scale = table.dtype === 'uint8' ? { low: 0, high: 255 } : rangeOf(values);
  return { values, picture: (at) => asPicture(table.shape.slice(1), values[at] ?? [], scale) };
}

/** What a target says of a sample: a class's name, or a few numbers. */
function answerOf({ tensor, classes }: Targets, row: number): string {
  const values = readRows(tensor, row, 1);
  const [first = -1] = values;
  if (values.length === 1 && classes[first] !== undefined) return classes[first];
  const shown = values.slice(0, MOST_ANSWERS).join(', ');
  return values.length > MOST_ANSWERS ? `${shown} …` : shown;
}

/** Rows that there are. */
function rowsOf(range: PreviewRange, samples: number): readonly number[] {
  if ('rows' in range) return range.rows.filter((row) => row >= 0 && row < samples);
  const from = Math.min(Math.max(range.from, 0), samples);
  return Array.from({ length: Math.min(range.count, samples - from) }, (_, at) => from + at);
}

function rangeOf(samples: readonly (readonly number[])[]): { readonly low: number; readonly high: number } {
  let low = Infinity;
  let high = -Infinity;
  for (const values of samples)
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  return low < high ? { low, high } : { low: 0, high: 1 };
}

/** `[1 or 3, height, width]` or `[height, width]` as interleaved pixels. */
function asPicture(
  shape: Shape,
  values: readonly number[],
  { low, high }: { readonly low: number; readonly high: number },
): { width: number; height: number; channels: 1 | 3; pixels: Uint8Array } | null {
  const [channels = 0, height = 0, width = 0] = shape.length === 2 ? [1, ...shape] : shape;
  if (shape.length < 2 || shape.length > 3 || (channels !== 1 && channels !== 3)) return null;
  if (height < 2 || width < 2 || height > MAX_SIDE || width > MAX_SIDE) return null;
  const pixels = new Uint8Array(channels * height * width);
  const plane = height * width;
  for (let channel = 0; channel < channels; channel++)
    for (let at = 0; at < plane; at++) {
      const value = values[channel * plane + at] ?? 0;
      pixels[at * channels + channel] = Math.round((255 * (value - low)) / (high - low));
    }
  return { width, height, channels, pixels };
}
