// Where the middle of an edge is: a layer put into it goes there.
import { graphNow } from '../actions/graph';
import { CARD_WIDTH } from './card-size';
import type { Point } from './geometry';

/** The place of a card in the middle of an edge. */
export function middleOfEdge(id: string): Point {
  const graph = graphNow();
  const edge = graph?.edges.find((candidate) => candidate.id === id);
  const place = (node: string | undefined): Point =>
    graph?.nodes.find((candidate) => candidate.id === node)?.position ?? { x: 0, y: 0 };
  const from = place(edge?.from.node);
  const to = place(edge?.to.node);
  // Beside the line between two cards of one column, where it would lie on both.
  const aside = Math.abs(from.x - to.x) < CARD_WIDTH / 2 ? CARD_WIDTH + 36 : 0;
  return { x: (from.x + to.x) / 2 + aside, y: (from.y + to.y) / 2 };
}
