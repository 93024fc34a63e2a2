// Plain values of files as JSON: what JSON has no word for becomes text, integers keep all their digits.
import type { PlainValue } from '#core/formats/weights';

/** A JSON document; integers past 2^53 are bigints, which `printJson` writes as numbers. */
export type JsonValue =
  null | boolean | number | bigint | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** NaN and the infinities become the texts `NaN`, `Infinity` and `-Infinity`. */
export function toJson(value: PlainValue): JsonValue {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value === null || typeof value !== 'object') return value ?? null;
  if (Array.isArray(value)) return value.map((item: PlainValue) => toJson(item));
  return toJsonRecord(value);
}

export const toJsonRecord = (values: object): Record<string, JsonValue> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, toJson(value as PlainValue)]));
