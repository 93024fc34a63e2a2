// What is wrong with the text of a number field.
import { t } from '../text';

/** Why the text is no number for this field, or null. */
export function numberFault(
  text: string,
  { min, max, isInteger }: { readonly min: number; readonly max: number; readonly isInteger: boolean },
): string | null {
  const value = Number(text);
  const got = text.trim() === '' ? t('fault.nothing') : `“${text}”`;
  if (text.trim() === '' || Number.isNaN(value) || (isInteger && !Number.isInteger(value)))
    return t(isInteger ? 'fault.integer' : 'fault.number', { got });
  if (value < min || value > max)
    return max === Number.MAX_SAFE_INTEGER
      ? t('fault.atLeast', { min: String(min) })
      : t('fault.between', { min: String(min), max: String(max) });
  return null;
}
