// The first items of a dataset as the Sample panel shows them: pictures where a sample looks like one, else rows.
import type { DataPreview } from '#core/session/session';
import { numel, type Shape } from '#core/tensor/shape';

import type { Dataset } from './dataset';
import { readRows } from './table';

type Item = DataPreview['items'][number];

/** More values of a row than this are not shown. */
const MAX_VALUES = 1024;
const MAX_SIDE = 512;

export function previewDataset(
  dataset: Dataset,
  range: { readonly from: number; readonly count: number },
): DataPreview {
  const from = Math.min(Math.max(range.from, 0), dataset.samples);
  const count = Math.min(range.count, dataset.samples - from);
  const { inputShape, targets, source } = dataset;
  const width = numel(inputShape);
  const values = count > 0 ? readRows(dataset.inputs, from, count) : [];
  const answers = targets && count > 0 ? readRows(targets.tensor, from, count) : [];
  const perSample = count > 0 ? answers.length / count : 0;
  const classes = targets?.classes ?? [];
  const scale = dataset.inputs.dtype === 'uint8' ? { low: 0, high: 255 } : rangeOf(values);
  const items = Array.from({ length: count }, (_, at): Item => {
    const answer = answers.slice(at * perSample, (at + 1) * perSample);
    const target = classes[answer[0] ?? -1] ?? answer.join(', ');
    const sample = values.slice(at * width, (at + 1) * width);
    const picture = asPicture(inputShape, sample, scale);
    return picture
      ? { kind: 'picture', ...picture, target }
      : { kind: 'row', values: sample.slice(0, MAX_VALUES), target };
  });
  return {
    samples: dataset.samples,
    inputShape,
    targetKind: source.targetKind,
    classes,
    columns: dataset.columns,
    items,
    notes: dataset.notes,
  };
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
