// The first items of a dataset as the Sample panel shows them: pictures where a sample looks like one, else rows.
import type { DataPreview, PreviewRange } from '#core/session/session';
import { numel, type Shape } from '#core/tensor/shape';
import type { Tensor } from '#core/tensor/tensor';

import type { Dataset } from './dataset';
import { readRows } from './table';
import type { Targets } from './targets';

type Item = DataPreview['items'][number];

/** More values of a row than this are not shown. */
const MAX_VALUES = 1024;
const MAX_SIDE = 512;
/** Numbers of one target that are shown. */
const MOST_ANSWERS = 6;

/** Rows that follow each other in the table. */
type Runs = readonly { readonly from: number; readonly count: number }[];

const lengthOf = (runs: Runs): number => runs.reduce((sum, { count }) => sum + count, 0);
const readRuns = (table: Tensor, runs: Runs): number[] =>
  runs.flatMap(({ from, count }) => readRows(table, from, count));

export function previewDataset(dataset: Dataset, range: PreviewRange): DataPreview {
  const runs = runsOf(range, dataset.samples);
  const { inputShape, targets, source } = dataset;
  const classes = targets?.classes ?? [];
  const answers = [...(targets ? [targets] : []), ...dataset.named.values()].map((each) =>
    answersOf(each, runs),
  );
  const own = samplesOf(dataset.inputs, runs);
  const others = [...dataset.feeds.values()].map((table) => samplesOf(table, runs));
  const items = Array.from({ length: lengthOf(runs) }, (_, at): Item => {
    const target = answers.map((each) => each[at] ?? '').join(' · ');
    const picture = own.picture(at);
    if (!picture) return { kind: 'row', values: own.values(at).slice(0, MAX_VALUES), target };
    const besides = others.flatMap((table) => table.picture(at) ?? []);
    return { kind: 'picture', ...picture, target, ...(besides.length > 0 ? { others: besides } : {}) };
  });
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

/** Samples of one input, as values and as pictures where they look like some. */
function samplesOf(table: Tensor, runs: Runs) {
  const shape = table.shape.slice(1);
  const width = numel(shape);
  const all = readRuns(table, runs);
  const scale = table.dtype === 'uint8' ? { low: 0, high: 255 } : rangeOf(all);
  const values = (at: number): readonly number[] => all.slice(at * width, (at + 1) * width);
  return { values, picture: (at: number) => asPicture(shape, values(at), scale) };
}

/** What a target says of each sample: a class's name, or a few numbers. */
function answersOf({ tensor, classes }: Targets, runs: Runs): readonly string[] {
  const values = readRuns(tensor, runs);
  const count = lengthOf(runs);
  const width = count > 0 ? values.length / count : 0;
  return Array.from({ length: count }, (_, at) => {
    const [first = -1] = values.slice(at * width, at * width + 1);
    if (width === 1 && classes[first] !== undefined) return classes[first];
    const shown = values.slice(at * width, at * width + Math.min(width, MOST_ANSWERS)).join(', ');
    return width > MOST_ANSWERS ? `${shown} …` : shown;
  });
}

/** Rows that there are, in runs that follow each other in the table. */
function runsOf(range: PreviewRange, samples: number): Runs {
  if ('rows' in range)
    return range.rows.filter((row) => row >= 0 && row < samples).map((from) => ({ from, count: 1 }));
  const from = Math.min(Math.max(range.from, 0), samples);
  const count = Math.min(range.count, samples - from);
  return count > 0 ? [{ from, count }] : [];
}

function rangeOf(values: readonly number[]): { readonly low: number; readonly high: number } {
  let low = Infinity;
  let high = -Infinity;
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
