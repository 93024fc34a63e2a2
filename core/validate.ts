// A value from elsewhere (a file, a message, the clipboard) against a schema, whatever it is.
import type { z } from 'zod';

/** Why a value is not of its schema: the first fault. */
export interface Refusal {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** The type that was expected, where that is the fault. */
  readonly expected?: string;
  /** Further faults. */
  readonly others: number;
}

export type Validated<T> =
  { readonly data: T; readonly refusal: null } | { readonly data: null; readonly refusal: Refusal };

/**
 * zod compares lengths with numbers before it knows the type; where a length is an object that is no number that throws, and such a
 * value is refused with its place like any other.
 */
export function validate<T>(schema: z.ZodType<T>, value: unknown): Validated<T> {
  let result: z.ZodSafeParseResult<T>;
  try {
    result = schema.safeParse(value);
  } catch {
    const refusal = {
      path: placeOfOddLength(value) ?? [],
      message: 'an object stands in the wrong place',
      others: 0,
    };
    return { data: null, refusal };
  }
  if (result.success) return { data: result.data, refusal: null };
  const [issue] = result.error.issues;
  const { path = [], message = 'refused' } = issue ?? {};
  const expected = issue && 'expected' in issue ? { expected: issue.expected } : {};
  return { data: null, refusal: { path, message, ...expected, others: result.error.issues.length - 1 } };
}

function placeOfOddLength(value: unknown): readonly PropertyKey[] | null {
  if (typeof value !== 'object' || value === null) return null;
  for (const name of ['length', 'size']) {
    const told: unknown = Reflect.get(value, name);
    if (typeof told === 'object' && told !== null) return [];
  }
  for (const [key, inner] of Object.entries(value)) {
    const path = placeOfOddLength(inner);
    if (path) return [Array.isArray(value) ? Number(key) : key, ...path];
  }
  return null;
}
