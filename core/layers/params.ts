// The kinds of layer parameters: each is its own validator, form widget and help. A layer's types are derived from them.
import { LazuliError } from '../errors';

/**
 * How the inspector edits a param: a size that may be blank; one integer or number (blank where `isOptional`); a switch;
 * a choice from `options`; `count` integers (or one of `words`); `count` numbers, or any amount of them; a list of sizes;
 * a list of learning-rate schedulers; a text in a notation of its own (an equation, a formula).
 */
export type Widget =
  | 'size'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'choice'
  | 'integers'
  | 'numbers'
  | 'shape'
  | 'schedulers'
  | 'text';

/** One keyword of a layer. `T` is the parsed type; null means blank (inferred, or PyTorch's None). */
export interface ParamSpec<T = unknown> {
  readonly widget: Widget;
  readonly help: string;
  /** The palette's first value. */
  readonly initial: T;
  /** PyTorch's own default; absent when PyTorch demands the argument. */
  readonly torchDefault?: T;
  /** Blank means: taken from the first input. */
  readonly isInferred?: boolean;
  /** May be null for another reason than inference (PyTorch's None). */
  readonly isOptional?: boolean;
  readonly min?: number;
  readonly max?: number;
  /** For `choice`. */
  readonly options?: readonly string[];
  /** For `integers` and `numbers`: how many; one stands for all of them. Absent: any amount. */
  readonly count?: number;
  /** For `integers` and `numbers`: each item may be null on its own (an adaptive pooling's kept size). */
  readonly itemsMayBeBlank?: boolean;
  /** Words `integers` accepts instead of numbers: `same`, `valid`. */
  readonly words?: readonly string[];
  /** Unknown → typed. Throws `parameter_invalid` with what was expected and got. */
  parse(value: unknown): T;
}

export type ParamTable = Readonly<Record<string, ParamSpec>>;
export type ParamsOf<P extends ParamTable> = {
  readonly [K in keyof P]: P[K] extends ParamSpec<infer T> ? T : never;
};

interface Common<T> {
  readonly help: string;
  readonly initial: T;
  readonly torchDefault?: T;
}

const show = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

function refuse(expected: string, value: unknown, why: string | null = null): never {
  const got = why === null ? show(value) : `${show(value)}: ${why}`;
  throw new LazuliError('parameter_invalid', `expected ${expected}, got ${got}`, { expected, got });
}

function parseInteger(value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `≥ ${min}` : `from ${min} to ${max}`;
  return refuse(`an integer ${range}`, value);
}

/** A size that may be left blank: the first input decides it. PyTorch demands it, unless it has a `torchDefault`. */
export const size = (
  help: string,
  options: { readonly initial?: number; readonly torchDefault?: number } = {},
): ParamSpec<number | null> => ({
  initial: null,
  ...options,
  widget: 'size',
  help,
  isInferred: true,
  min: 1,
  parse: (value) =>
    value === null || value === undefined ? null : parseInteger(value, 1, Number.MAX_SAFE_INTEGER),
});

export const integer = (
  spec: Common<number> & { readonly min?: number; readonly max?: number },
): ParamSpec<number> => ({
  min: 1,
  ...spec,
  widget: 'integer',
  parse: (value) => parseInteger(value, spec.min ?? 1, spec.max ?? Number.MAX_SAFE_INTEGER),
});

/** An integer or None. */
export const optionalInteger = (
  spec: Common<number | null> & { readonly min?: number; readonly max?: number },
): ParamSpec<number | null> => ({
  min: 1,
  ...spec,
  widget: 'integer',
  isOptional: true,
  parse: (value) =>
    value === null || value === undefined
      ? null
      : parseInteger(value, spec.min ?? 1, spec.max ?? Number.MAX_SAFE_INTEGER),
});

/** A number. One that `mayBeInfinite` also takes the words `Infinity` and `-Infinity`, since JSON has no such numbers. */
export const number = ({
  mayBeInfinite = false,
  ...spec
}: Common<number> & {
  readonly min?: number;
  readonly max?: number;
  readonly mayBeInfinite?: boolean;
}): ParamSpec<number> => ({
  ...spec,
  widget: 'number',
  parse: (given) => {
    const { min = -Infinity, max = Infinity } = spec;
    const isWord = mayBeInfinite && (given === 'Infinity' || given === '-Infinity');
    const value = isWord ? Number(given) : given;
    const isKnown = typeof value === 'number' && (Number.isFinite(value) || (mayBeInfinite && !isNaN(value)));
    if (isKnown && value >= min && value <= max) return value;
    const range = min === -Infinity && max === Infinity ? '' : ` from ${min} to ${max}`;
    return refuse(`a number${range}`, value);
  },
});

/** A number or None (batch norm's momentum). */
export const optionalNumber = (
  spec: Common<number | null> & { readonly min?: number; readonly max?: number },
): ParamSpec<number | null> => {
  const inner = number({ ...spec, initial: 0, torchDefault: 0 });
  return {
    ...spec,
    widget: 'number',
    isOptional: true,
    parse: (value) => (value === null || value === undefined ? null : inner.parse(value)),
  };
};

export const boolean = (spec: Common<boolean>): ParamSpec<boolean> => ({
  ...spec,
  widget: 'boolean',
  parse: (value) => (typeof value === 'boolean' ? value : refuse('true or false', value)),
});

/** A switch or None (upsample's align_corners). */
export const optionalBoolean = (spec: Common<boolean | null>): ParamSpec<boolean | null> => ({
  ...spec,
  widget: 'boolean',
  isOptional: true,
  parse: (value) =>
    value === null || value === undefined
      ? null
      : typeof value === 'boolean'
        ? value
        : refuse('true, false or null', value),
});

export const choice = <const O extends readonly string[]>(
  spec: Common<O[number]> & { readonly options: O },
): ParamSpec<O[number]> => ({
  ...spec,
  widget: 'choice',
  parse: (value) =>
    spec.options.find((option) => option === value) ?? refuse(`one of ${spec.options.join(', ')}`, value),
});

/** `count` integers, or one that stands for all: `kernel_size`, `stride`. Parsed to the full list. */
/** A text in a notation of its own: `faultOf` says what is wrong with one, or null. */
export const text = ({
  expected,
  faultOf,
  ...spec
}: Common<string> & {
  /** `an equation like bij,bjk->bik`. */
  readonly expected: string;
  readonly faultOf: (value: string) => string | null;
}): ParamSpec<string> => ({
  ...spec,
  widget: 'text',
  parse: (value) => {
    if (typeof value !== 'string') return refuse(expected, value);
    const fault = faultOf(value);
    return fault === null ? value : refuse(expected, value, fault);
  },
});

export const integers = (
  spec: Common<readonly number[]> & { readonly count: number; readonly min?: number },
): ParamSpec<readonly number[]> => ({
  min: 1,
  ...spec,
  widget: 'integers',
  parse: (value) => parseIntegers(value, spec.count, spec.min ?? 1),
});

/** As `integers`, or one of `words`: a convolution's padding. */
export const integersOr = <const W extends readonly string[]>(
  spec: Common<readonly number[] | W[number]> & {
    readonly count: number;
    readonly min?: number;
    readonly words: W;
  },
): ParamSpec<readonly number[] | W[number]> => ({
  min: 0,
  ...spec,
  widget: 'integers',
  parse: (value) =>
    typeof value === 'string'
      ? (spec.words.find((word) => word === value) ??
        refuse(`${spec.count} integers or ${spec.words.join(' or ')}`, value))
      : parseIntegers(value, spec.count, spec.min ?? 0),
});

/** As `integers`, or None (a pooling's stride). */
export const optionalIntegers = (
  spec: Common<readonly number[] | null> & { readonly count: number; readonly min?: number },
): ParamSpec<readonly number[] | null> => ({
  min: 1,
  ...spec,
  widget: 'integers',
  isOptional: true,
  parse: (value) =>
    value === null || value === undefined ? null : parseIntegers(value, spec.count, spec.min ?? 1),
});

/** Integers, as many as there are: the axes of a permutation. */
export const integerList = (
  spec: Common<readonly number[]> & { readonly min?: number },
): ParamSpec<readonly number[]> => ({
  ...spec,
  widget: 'integers',
  parse: (value) =>
    listOf(value, null, 'integers').map((item) =>
      parseInteger(item, spec.min ?? Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    ),
});

/** Integers, as many as there are, or None: upsample's size. */
export const optionalIntegerList = (
  spec: Common<readonly number[] | null> & { readonly min?: number },
): ParamSpec<readonly number[] | null> => ({
  ...spec,
  widget: 'integers',
  isOptional: true,
  parse: (value) =>
    value === null || value === undefined
      ? null
      : listOf(value, null, 'integers').map((item) =>
          parseInteger(item, spec.min ?? Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
        ),
});

/** `count` integers each of which may be None on its own: an adaptive pooling keeps that input size. */
export const integersOrBlanks = (
  spec: Common<readonly (number | null)[]> & { readonly count: number; readonly min?: number },
): ParamSpec<readonly (number | null)[]> => ({
  min: 1,
  ...spec,
  widget: 'integers',
  itemsMayBeBlank: true,
  parse: (value) =>
    listOf(value, spec.count, 'integers or nulls').map((item) =>
      item === null ? null : parseInteger(item, spec.min ?? 1, Number.MAX_SAFE_INTEGER),
    ),
});

/** Numbers: `count` of them (Adam's betas), or, without `count`, a list of any length. */
export const numbers = (
  spec: Common<readonly number[]> & { readonly count?: number; readonly min?: number; readonly max?: number },
): ParamSpec<readonly number[]> => {
  const item = number({ ...spec, initial: 0, torchDefault: 0 });
  return {
    ...spec,
    widget: 'numbers',
    parse: (value) => listOf(value, spec.count ?? null, 'numbers').map((entry) => item.parse(entry)),
  };
};

/** `count` numbers each of which may be None on its own: Adafactor's eps. */
export const numbersOrBlanks = (
  spec: Common<readonly (number | null)[]> & { readonly count: number; readonly min?: number },
): ParamSpec<readonly (number | null)[]> => {
  const item = number({ ...spec, initial: 0, torchDefault: 0 });
  return {
    ...spec,
    widget: 'numbers',
    itemsMayBeBlank: true,
    parse: (value) =>
      listOf(value, spec.count, 'numbers or nulls').map((entry) =>
        entry === null ? null : item.parse(entry),
      ),
  };
};

/** As `numbers`, or None (class weights). */
export const optionalNumbers = (
  spec: Common<readonly number[] | null> & { readonly min?: number; readonly max?: number },
): ParamSpec<readonly number[] | null> => {
  const inner = numbers({ ...spec, initial: [], torchDefault: [] });
  return {
    ...spec,
    widget: 'numbers',
    isOptional: true,
    parse: (value) => (value === null || value === undefined ? null : inner.parse(value)),
  };
};

/** Numbers in lists as deep as the tensor they are. */
export type NestedNumbers = number | readonly NestedNumbers[];

/** A tensor of numbers, written as a list (of lists), or None: a loss's weight. */
export const optionalArray = (
  spec: Common<NestedNumbers | null> & { readonly min?: number; readonly max?: number },
): ParamSpec<NestedNumbers | null> => {
  const item = number({ ...spec, initial: 0, torchDefault: 0 });
  const parse = (value: unknown): NestedNumbers =>
    Array.isArray(value) ? value.map(parse) : item.parse(value);
  return {
    ...spec,
    widget: 'numbers',
    isOptional: true,
    parse: (value) => (value === null || value === undefined ? null : parse(value)),
  };
};

/** A list of sizes of any length; -1 or null inside it only where `holes` allows it. Blank is null when `isInferred`. */
export const shape = (
  spec: Common<readonly (number | null)[] | null> & {
    readonly isInferred?: boolean;
    readonly allowsMinusOne?: boolean;
  },
): ParamSpec<readonly (number | null)[] | null> => ({
  ...spec,
  widget: 'shape',
  parse: (value) => {
    if (value === null || value === undefined) return null;
    const list = Array.isArray(value) ? (value as unknown[]) : [value];
    return list.map((item) =>
      item === null
        ? null
        : parseInteger(item, spec.allowsMinusOne === true ? -1 : 0, Number.MAX_SAFE_INTEGER),
    );
  },
});

function parseIntegers(value: unknown, count: number, min: number): readonly number[] {
  return listOf(value, count, 'integers').map((item) => parseInteger(item, min, Number.MAX_SAFE_INTEGER));
}

/** The items of a list of `count`; a single value stands for all of them. */
function listOf(value: unknown, count: number | null, what: string): readonly unknown[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : new Array<unknown>(count ?? 1).fill(value);
  return count !== null && list.length !== count ? refuse(`${count} ${what}`, value) : list;
}
