// Which tensors the browser lists, and in which order.
import { numel } from '#core/tensor/shape';
import type { TensorFigures } from '#core/session/parameters';
import type { ParameterInfo } from '#core/session/session';

export const SHOWN = {
  all: { text: 'all', keeps: () => true },
  parameters: { text: 'parameters', keeps: ({ kind }) => kind.endsWith('parameter') },
  buffers: { text: 'buffers', keeps: ({ kind }) => kind.endsWith('buffer') },
  uninitialized: { text: 'uninitialized', keeps: ({ state }) => state === 'uninitialized' },
  frozen: { text: 'frozen', keeps: ({ frozen }) => frozen === true },
  notFinite: {
    text: 'not finite',
    keeps: (_info, figures) => figures !== undefined && figures !== null && notFinite(figures) > 0,
  },
} as const satisfies Record<
  string,
  {
    readonly text: string;
    readonly keeps: (info: ParameterInfo, figures: TensorFigures | null | undefined) => boolean;
  }
>;
export type Shown = keyof typeof SHOWN;

/** NaN and infinite values. */
export const notFinite = (figures: TensorFigures): number =>
  figures.nan + figures.positive_infinity + figures.negative_infinity;

/** Elements, as far as the sizes are known. */
export const sizeOf = ({ shape }: ParameterInfo): number | null => {
  const known = shape.filter((size) => size !== null);
  return known.length === shape.length ? numel(known) : null;
};

export interface Column {
  readonly title: string;
  readonly help?: string;
  /** What the column is ordered by, the largest first; null stands last. Absent: in the model's order. */
  readonly order?: (info: ParameterInfo, figures: TensorFigures | null | undefined) => number | null;
}

const figure =
  (name: 'norm' | 'mean' | 'std' | 'min' | 'max') =>
  (_info: ParameterInfo, figures: TensorFigures | null | undefined): number | null =>
    figures ? figures[name] : null;

export const COLUMNS = {
  key: { title: 'Tensor', help: 'In the order of the state dict' },
  shape: { title: 'Shape', help: 'By the number of elements', order: sizeOf },
  dtype: { title: 'Dtype' },
  state: { title: 'State' },
  norm: { title: 'Norm', help: 'Euclidean norm of the finite values', order: figure('norm') },
  mean: { title: 'Mean', order: figure('mean') },
  std: { title: 'Std', help: 'Standard deviation, unbiased', order: figure('std') },
  min: { title: 'Min', order: figure('min') },
  max: { title: 'Max', order: figure('max') },
  bad: {
    title: 'NaN, Inf',
    help: 'Values that are not finite',
    order: (_info, figures) => (figures ? notFinite(figures) : null),
  },
} as const satisfies Record<string, Column>;
export type ColumnName = keyof typeof COLUMNS;

export interface Listing {
  readonly text: string;
  readonly shown: Shown;
  readonly order: ColumnName;
}

/** What passes the filter, in order. Every word of the text must stand in the key. */
export function listTensors(
  all: readonly ParameterInfo[],
  { text, shown, order }: Listing,
  figuresOf: (key: string) => TensorFigures | null | undefined,
): readonly ParameterInfo[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const { keeps } = SHOWN[shown];
  const listed = all.filter(
    (info) =>
      words.every((word) => info.key.toLowerCase().includes(word)) && keeps(info, figuresOf(info.key)),
  );
  const { order: by }: Column = COLUMNS[order];
  if (!by) return listed;
  const value = (info: ParameterInfo): number => {
    const found = by(info, figuresOf(info.key));
    return found === null || Number.isNaN(found) ? -Infinity : found;
  };
  return listed
    .map((info) => ({ info, at: value(info) }))
    .sort((a, b) => (a.at === b.at ? 0 : b.at - a.at))
    .map(({ info }) => info);
}
