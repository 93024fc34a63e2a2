// Whether two pieces of plain data say the same, so that the older keeps its identity and nothing that shows it is drawn again.

/** Deep equality of what JSON can hold; an absent field equals an undefined one. */
export function saysSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item: unknown, at) => saysSame(item, b[at]));
  if (Array.isArray(b)) return false;
  for (const key in a) if (!saysSame(Reflect.get(a, key), Reflect.get(b, key))) return false;
  for (const key in b) if (Reflect.get(b, key) !== undefined && !(key in a)) return false;
  return true;
}
