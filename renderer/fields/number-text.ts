// What is wrong with the text of a number field.

/** Why the text is no number for this field, or null. */
export function numberFault(
  text: string,
  { min, max, isInteger }: { readonly min: number; readonly max: number; readonly isInteger: boolean },
): string | null {
  const value = Number(text);
  const kind = isInteger ? 'an integer' : 'a number';
  if (text.trim() === '' || Number.isNaN(value) || (isInteger && !Number.isInteger(value)))
    return `expected ${kind}, got ${text.trim() === '' ? 'nothing' : `“${text}”`}`;
  if (value < min || value > max)
    return max === Number.MAX_SAFE_INTEGER ? `expected at least ${min}` : `expected ${min} to ${max}`;
  return null;
}
