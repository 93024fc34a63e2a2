// A param's value as text in a field, and back. The declaration's own `parse` has the last word on what is valid.
import { LazuliError } from '#core/errors';
import type { ParamSpec } from '#core/layers/params';

/** What the field shows: '' for a blank, `3` when all items are equal, else `3, 5`. */
export function paramToText(spec: ParamSpec, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (!Array.isArray(value)) return typeof value === 'string' ? value : JSON.stringify(value);
  const items = (value as unknown[]).map((item) => (item === null ? '?' : JSON.stringify(item)));
  // Only a list of a fixed length can be written as the one number it repeats.
  const isOne =
    spec.count !== undefined &&
    spec.widget === 'integers' &&
    items.length > 1 &&
    items.every((item) => item === items[0]);
  return isOne ? (items[0] ?? '') : items.join(', ');
}

/** What the text says, before `parse`: a number, a list, a word, or null for a blank. */
function readText(spec: ParamSpec, text: string): unknown {
  const trimmed = text.trim();
  if (spec.widget === 'text') return trimmed;
  // No items at all are a value only where PyTorch's default is that.
  if (trimmed === '') return Array.isArray(spec.torchDefault) && spec.torchDefault.length === 0 ? [] : null;
  if (spec.words?.includes(trimmed)) return trimmed;
  const isList = ['integers', 'numbers', 'shape'].includes(spec.widget);
  if (!isList) return toNumber(trimmed);
  const items = trimmed
    .replace(/^[[(]|[\])]$/g, '')
    .split(/[,;×x\s]+/)
    .filter(Boolean)
    .map((item) => (item === '?' || item.toLowerCase() === 'none' ? null : toNumber(item)));
  return items.length === 1 && spec.widget !== 'shape' ? items[0] : items;
}

/** A number where the text is one; else the text itself, so that `parse` names it in its message. */
function toNumber(text: string): unknown {
  const value = Number(text.replace(/^−/, '-'));
  return Number.isNaN(value) ? text : value;
}

export type Read = { readonly value: unknown } | { readonly fault: string };

/** Text → value, or why not, as `parse` says it. */
export function textToParam(spec: ParamSpec, text: string): Read {
  return checkParam(spec, readText(spec, text));
}

/** A value as `parse` takes it, or why not. */
export function checkParam(spec: ParamSpec, raw: unknown): Read {
  try {
    return { value: spec.parse(raw) };
  } catch (error) {
    if (error instanceof LazuliError) return { fault: error.message };
    throw error;
  }
}

/** The text one step up or down, for fields of a single integer; null where steps make no sense. */
export function stepText(spec: ParamSpec, text: string, by: 1 | -1): string | null {
  if (!['size', 'integer', 'integers'].includes(spec.widget)) return null;
  const value = text.trim() === '' ? (spec.min ?? 1) - by : Number(text);
  if (!Number.isInteger(value)) return null;
  const next = value + by;
  return next < (spec.min ?? -Infinity) || next > (spec.max ?? Infinity) ? null : String(next);
}
