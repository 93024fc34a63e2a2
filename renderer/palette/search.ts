// Which layers a search finds, best first. Matches every word somewhere in names, keywords, category or summary, English or the user's.
import type { LayerDeclaration } from '#core/layers/index';

type Spoken = Pick<LayerDeclaration, 'summary'> & { readonly category: string };

/** 0: no match. A name that starts so counts most, then names, keywords, category, summary. */
export function score(layer: LayerDeclaration, query: string, spoken: Spoken = layer): number {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const names = [layer.type, layer.torch?.split('.').at(-1) ?? '', layer.torch ?? ''].map(plain);
  const keywords = (layer.keywords ?? []).map(plain);
  const scores = words.map((raw): number => {
    const word = plain(raw);
    if (names.some((name) => name === word)) return 100;
    if (names.some((name) => name.startsWith(word))) return 60;
    if (names.some((name) => name.includes(word))) return 40;
    if (keywords.some((keyword) => keyword.startsWith(word))) return 30;
    const told = [layer, spoken];
    if (told.some(({ category }) => plain(category).startsWith(word))) return 20;
    const isTold = told.some(({ summary }) => summary.toLowerCase().includes(raw));
    return raw.length > 2 && isTold ? 10 : 0;
  });
  return scores.includes(0) ? 0 : scores.reduce((sum, value) => sum + value, 0);
}

const plain = (text: string): string => text.toLowerCase().replace(/[_\s-]/g, '');

/** All layers for an empty query, in their own order; else those that match, best first. */
export function searchLayers(
  layers: readonly LayerDeclaration[],
  query: string,
  spokenOf?: (layer: LayerDeclaration) => Spoken,
): readonly LayerDeclaration[] {
  if (query.trim() === '') return layers;
  return layers
    .map((layer) => ({ layer, points: score(layer, query, spokenOf?.(layer)) }))
    .filter(({ points }) => points > 0)
    .toSorted((a, b) => b.points - a.points)
    .map(({ layer }) => layer);
}
