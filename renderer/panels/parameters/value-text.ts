// A value as a person types it.

const WORDS: Readonly<Record<string, number>> = {
  nan: NaN,
  inf: Infinity,
  '+inf': Infinity,
  '-inf': -Infinity,
};

/** `0.5`, `0,5`, `-1e-3`, `nan`, `inf`; null for what is none. */
export function parseValue(text: string): number | null {
  const word = text
    .trim()
    .toLowerCase()
    .replace(/^([+-]?\d*),(?=\d)/, '$1.');
  if (word in WORDS) return WORDS[word] ?? null;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(word) ? Number(word) : null;
}
