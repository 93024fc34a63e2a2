// How metrics are written in project files, on the command line and in results: `f1`, `f1(average=micro)`, or an alias.
import { LazuliError } from '../errors';
import type { ParamTable } from '../layers/params';

type Options = Readonly<Record<string, unknown>>;

/** `f1(average=micro, beta=2)` → its type and options; null for what is no such text. */
export function readMetric(text: string): { readonly type: string; readonly options: Options } | null {
  const [, type, inner] = /^\s*([\w]+)\s*(?:\(([^()]*)\))?\s*$/.exec(text) ?? [];
  if (type === undefined) return null;
  const pairs = (inner ?? '').split(',').filter((part) => part.trim() !== '');
  const options = pairs.map((pair): [string, unknown] => {
    const [name = '', ...rest] = pair.split('=');
    const value = rest.join('=').trim();
    if (name.trim() === '' || value === '')
      throw new LazuliError('parameter_invalid', `${type}: expected option=value, got '${pair.trim()}'`, {
        where: `metric ${type}`,
        expected: 'option=value',
        got: pair.trim(),
      });
    return [name.trim(), wordOrNumber(value)];
  });
  return { type, options: Object.fromEntries(options) };
}

const wordOrNumber = (text: string): unknown =>
  text === 'true' ? true : text === 'false' ? false : Number.isNaN(Number(text)) ? text : Number(text);

/** A metric with the options that are not its first values. */
export function writeMetric(type: string, params: ParamTable, options: Options): string {
  const told = Object.entries(options).filter(
    ([name, value]) => value !== undefined && value !== params[name]?.initial,
  );
  return told.length === 0
    ? type
    : `${type}(${told.map(([name, value]) => `${name}=${String(value)}`).join(', ')})`;
}

/** `accuracy,fbeta(beta=2, average=micro)`: commas inside parentheses part options. */
export const splitMetrics = (text: string): readonly string[] =>
  text
    .split(/,(?![^(]*\))/)
    .map((name) => name.trim())
    .filter(Boolean);
