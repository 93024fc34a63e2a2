// The initializers a person may choose for a tensor: one row each, with the numbers it takes. Layers' own may be others.
import type { Initializer } from './initializer';

export interface InitializerRow {
  readonly kind: Initializer['kind'];
  /** PyTorch's function. */
  readonly torch: string;
  /** Its numbers with their defaults. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Fewest axes of a tensor it can fill: those that count fans need two. */
  readonly leastRank: number;
  /** Throws what `numbers` does not fit; gets every number. */
  readonly make: (numbers: Readonly<Record<string, number>>) => Initializer;
}

function row<K extends Initializer['kind']>(
  kind: K,
  torch: string,
  leastRank: number,
  numbers: Readonly<Record<Exclude<keyof Extract<Initializer, { kind: K }>, 'kind'>, number>>,
): InitializerRow {
  return {
    kind,
    torch,
    numbers,
    leastRank,
    make: (given) => ({ kind, ...numbers, ...given }) as Initializer,
  };
}

/** In menu order. */
export const INITIALIZERS: readonly InitializerRow[] = [
  row('zeros', 'zeros_', 0, {}),
  row('ones', 'ones_', 0, {}),
  row('constant', 'constant_', 0, { value: 0 }),
  row('uniform', 'uniform_', 0, { from: 0, to: 1 }),
  row('normal', 'normal_', 0, { mean: 0, std: 1 }),
  row('trunc_normal', 'trunc_normal_', 0, { mean: 0, std: 1, a: -2, b: 2 }),
  row('xavier_uniform', 'xavier_uniform_', 2, { gain: 1 }),
  row('xavier_normal', 'xavier_normal_', 2, { gain: 1 }),
  row('kaiming_uniform', 'kaiming_uniform_', 2, { a: 0 }),
  row('kaiming_normal', 'kaiming_normal_', 2, { a: 0 }),
  row('orthogonal', 'orthogonal_', 2, { gain: 1 }),
];

export const findInitializer = (kind: string): InitializerRow | null =>
  INITIALIZERS.find((each) => each.kind === kind) ?? null;
