// How large a node's card is drawn. The heights are those of canvas.css, so that layout and insertion know a card before it is measured.
import type { NodeView } from '../stores/live';

export const CARD_WIDTH = 292;
/** Between cards of one column: an edge with its shape label fits in. */
export const ROW_GAP = 44;
export const COLUMN_GAP = 72;

const HEADER = 36;
const SUMMARY = 20;
const CHIP = 24;
const CHIPS_PADDING = 8;
/** Lines of tensors on a card; of more the last line says how many others there are. */
const CHIP_LINES = 12;
const FOOTER = 28;
const BORDER = 2;

/** How many of so many tensors a card shows one by one. A deep stack has hundreds. */
export const chipsShown = (count: number): number => (count > CHIP_LINES ? CHIP_LINES - 1 : count);

/** Size of a card; of a plain one when nothing is known of the node yet. */
export function cardSize(
  view: (Pick<NodeView, 'isBlock'> & { readonly chips: readonly unknown[] }) | undefined,
  hasSummary = true,
): { readonly width: number; readonly height: number } {
  const chips = view?.isBlock === true ? 0 : Math.min(CHIP_LINES, view?.chips.length ?? 0);
  const body = (hasSummary ? SUMMARY : 0) + (chips === 0 ? 0 : chips * CHIP + CHIPS_PADDING);
  return { width: CARD_WIDTH, height: HEADER + body + FOOTER + BORDER };
}
