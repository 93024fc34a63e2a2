// How input values are scaled before the first layer: fixed numbers, or mean and deviation of the training samples.
import type { DataSource, Normalization } from '#core/document/project';
import { numel, type Shape } from '#core/tensor/shape';
import type { Tensor } from '#core/tensor/tensor';
import { elementSize, isFloatingPoint, type DType } from '#core/tensor/dtype';

import { isTableDType, viewAs } from './table';

/** x → (x - offset) / scale; one number each, or one per column or channel. */
export interface Scaling {
  readonly offset: readonly number[];
  readonly scale: readonly number[];
  /** Broadcasts against one sample: `[]`, `[columns]` or `[channels, 1, 1]`. */
  readonly shape: Shape;
}

/** How the data of an input is normalized; class and word numbers pass as they are. */
export function normalizationOf(
  { normalization, feeds }: Pick<DataSource, 'normalization' | 'feeds'>,
  { id, dtype }: { readonly id: string; readonly dtype: DType },
): Normalization {
  const own = feeds?.[id];
  if (!isFloatingPoint(dtype)) return { kind: 'none' };
  return own ? (own.normalization ?? { kind: 'none' }) : normalization;
}

/** A scaling of the same shape before any sample is read: its statistics are taken to change values. */
export function imaginedScaling(normalization: Normalization, inputs: Tensor): Scaling | null {
  if (normalization.kind === 'scale') return fixed(normalization);
  if (normalization.kind === 'none') return null;
  if (!isTableDType(inputs.dtype)) return UNCHANGED;
  const { groups, shape } = groupsOf(inputs.shape.slice(1));
  const unknown = Array.from({ length: groups }, () => Number.NaN);
  return { offset: unknown, scale: unknown, shape };
}

const fixed = ({ offset, scale }: { readonly offset: number; readonly scale: number }): Scaling => ({
  offset: [offset],
  scale: [scale],
  shape: [],
});

const UNCHANGED: Scaling = { offset: [0], scale: [1], shape: [] };

/** null where values pass unchanged. Reads the training samples for `standardize`, giving way to other work in between. */
export async function scalingOf(
  normalization: Normalization,
  inputs: Tensor,
  training: readonly number[],
  signal?: AbortSignal,
): Promise<Scaling | null> {
  switch (normalization.kind) {
    case 'none':
      return null;
    case 'scale':
      return fixed(normalization);
    case 'standardize':
      return statistics(inputs, training, signal);
  }
}

/** Channels are the first axis of pictures (rank 3 and more) and of sequences; a flat sample has one group per column. */
function groupsOf(sample: Shape): { readonly groups: number; readonly inner: number; readonly shape: Shape } {
  const groups = sample.length === 0 ? 1 : (sample[0] ?? 1);
  const inner = numel(sample) / groups;
  return { groups, inner, shape: sample.map((size, axis) => (axis === 0 ? size : 1)) };
}

const ROWS_AT_ONCE_BYTES = 1 << 20;

/** Mean and population deviation (Welford's update in float64, in the order of `rows` sorted); a constant column gets the scale 1. */
async function statistics(inputs: Tensor, rows: readonly number[], signal?: AbortSignal): Promise<Scaling> {
  const sample = inputs.shape.slice(1);
  const { groups, inner, shape } = groupsOf(sample);
  const bytesPerRow = numel(sample) * elementSize(inputs.dtype);
  const sum = new Float64Array(groups);
  const squares = new Float64Array(groups);
  const pivot = new Float64Array(groups);
  const { dtype, storage } = inputs;
  if (!isTableDType(dtype)) return UNCHANGED;
  const sorted = Int32Array.from(rows).sort();
  const pause = Math.max(1, Math.floor(ROWS_AT_ONCE_BYTES / Math.max(bytesPerRow, 1)));
  let seen = 0;
  for (const row of sorted) {
    const values = viewAs(dtype, storage.read(row * bytesPerRow, bytesPerRow));
    for (let group = 0; group < groups; group++) {
      // Sums around the first value lose no digits where the mean is large against the deviation.
      if (seen === 0) pivot[group] = Number(values[group * inner]);
      const middle = pivot[group] ?? 0;
      for (let at = 0; at < inner; at++) {
        const difference = Number(values[group * inner + at]) - middle;
        sum[group] = (sum[group] ?? 0) + difference;
        squares[group] = (squares[group] ?? 0) + difference * difference;
      }
    }
    if (++seen % pause === 0) {
      signal?.throwIfAborted();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const count = Math.max(seen * inner, 1);
  const means = Array.from(sum, (total) => total / count);
  const deviations = means.map((mean, group) =>
    Math.sqrt(Math.max((squares[group] ?? 0) / count - mean * mean, 0)),
  );
  return {
    offset: means.map((mean, group) => mean + (pivot[group] ?? 0)),
    scale: deviations.map((deviation) => (deviation > 0 ? deviation : 1)),
    shape,
  };
}
