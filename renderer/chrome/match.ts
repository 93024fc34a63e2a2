// How well an entry of the command palette matches what was typed: every word must be found, at the start of a word rather than inside one.

const words = (text: string): string[] => text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean); // prettier-ignore

/** 0: no match, up to 1: it is called exactly that. Keywords count half. */
export function matchScore(value: string, query: string, keywords: readonly string[] = []): number {
  const wanted = words(query);
  if (wanted.length === 0) return 1;
  const plain = value.toLowerCase();
  const own = words(value);
  const others = keywords.flatMap(words);
  const scores = wanted.map((word): number => {
    if (own.includes(word)) return 1;
    if (own.some((part) => part.startsWith(word))) return 0.8;
    if (plain.includes(word)) return 0.6;
    return others.some((part) => part.startsWith(word)) ? 0.4 : 0;
  });
  if (scores.includes(0)) return 0;
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return mean * (1 - Math.min(own.length, 20) / 100);
}
