// Which tensors the browser lists, and in which order.
import { numel } from '#core/tensor/shape';
import type { TensorFigures } from '#core/session/parameters';
import type { ParameterInfo } from '#core/session/session';
import type { TextKey } from '#core/text/text';

export const SHOWN = {
  all: { keeps: () => true },
  parameters: { keeps: ({ kind }) => kind.endsWith('parameter') },
  buffers: { keeps: ({ kind }) => kind.endsWith('buffer') },
  uninitialized: { keeps: ({ state }) => state === 'uninitialized' },
  frozen: { keeps: ({ frozen }) => frozen === true },
  notFinite: {
    keeps: (_info, figures) => figures !== undefined && figures !== null && notFinite(figures) > 0,
  },
} as const satisfies Record<
  string,
  {
    readonly keeps: (info: ParameterInfo, figures: TensorFigures | null | undefined) => boolean;
  }
>;
export type Shown = keyof typeof SHOWN;
export const SHOWN_NAMES = Object.keys(SHOWN) as readonly Shown[];

/** NaN and infinite values. */
export const notFinite = (figures: TensorFigures): number =>
  figures.nan + figures.positive_infinity + figures.negative_infinity;

/** Elements, as far as the sizes are known. */
export const sizeOf = ({ shape }: ParameterInfo): number | null => {
  const known = shape.filter((size) => size !== null);
  return known.length === shape.length ? numel(known) : null;
};

export interface Column {
  /** What stands under the pointer over its head. */
  readonly help?: Extract<TextKey, `tensor.column.${string}.help`>;
  /** What the column is ordered by, the largest first; null stands last. Absent: in the model's order. */
  readonly order?: (info: ParameterInfo, figures: TensorFigures | null | undefined) => number | null;
}

const figure =
  (name: 'norm' | 'mean' | 'std' | 'min' | 'max') =>
  (_info: ParameterInfo, figures: TensorFigures | null | undefined): number | null =>
    figures ? figures[name] : null;

export const COLUMNS = {
  key: { help: 'tensor.column.key.help' },
  shape: { help: 'tensor.column.shape.help', order: sizeOf },
  dtype: {},
  state: {},
  norm: { help: 'tensor.column.norm.help', order: figure('norm') },
  mean: { order: figure('mean') },
  std: { help: 'tensor.column.std.help', order: figure('std') },
  min: { order: figure('min') },
  max: { order: figure('max') },
  bad: {
    help: 'tensor.column.bad.help',
    order: (_info, figures) => (figures ? notFinite(figures) : null),
  },
} as const satisfies Record<string, Column>;
export type ColumnName = keyof typeof COLUMNS;

/** Whether what is listed, or in which order, depends on figures. */
export const needsFigures = ({ shown, order }: Pick<Listing, 'shown' | 'order'>): boolean =>
  shown === 'notFinite' || (COLUMNS[order] as Column).order !== undefined;

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
