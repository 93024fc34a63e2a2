// Which layers a search finds, best first. Matches every word somewhere in names, keywords, category or summary.
import type { LayerDeclaration } from '#core/layers/index';

/** 0: no match. A name that starts so counts most, then names, keywords, category, summary. */
export function score(layer: LayerDeclaration, query: string): number {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const names = [layer.type, layer.torch?.split('.').at(-1) ?? '', layer.torch ?? ''].map(plain);
  const keywords = (layer.keywords ?? []).map(plain);
  const scores = words.map((raw): number => {
    const word = plain(raw);
    if (names.some((name) => name === word)) return 100;
    if (names.some((name) => name.startsWith(word))) return 60;
    if (names.some((name) => name.includes(word))) return 40;
    if (keywords.some((keyword) => keyword.startsWith(word))) return 30;
    if (plain(layer.category).startsWith(word)) return 20;
    return raw.length > 2 && layer.summary.toLowerCase().includes(raw) ? 10 : 0;
  });
  return scores.includes(0) ? 0 : scores.reduce((sum, value) => sum + value, 0);
}

const plain = (text: string): string => text.toLowerCase().replace(/[_\s-]/g, '');

/** All layers for an empty query, in their own order; else those that match, best first. */
export function searchLayers(
  layers: readonly LayerDeclaration[],
  query: string,
): readonly LayerDeclaration[] {
  if (query.trim() === '') return layers;
  return layers
    .map((layer) => ({ layer, points: score(layer, query) }))
    .filter(({ points }) => points > 0)
    .toSorted((a, b) => b.points - a.points)
    .map(({ layer }) => layer);
}
