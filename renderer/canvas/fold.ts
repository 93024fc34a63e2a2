// One tall layered drawing broken into columns that fit the canvas's proportions.
import { COLUMN_GAP, ROW_GAP } from './card-size';

export interface Box {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface Placed {
  readonly id: string;
  readonly position: { readonly x: number; readonly y: number };
}

/**
 * Breaks one tall layered drawing into columns of about equal height, side by side, when that fits the canvas better.
 * Layers stay whole, so that branches are never torn apart.
 */
export function foldIntoColumns(
  placed: readonly Placed[],
  boxes: readonly Box[],
  aspect: number,
  gaps = { along: ROW_GAP, across: COLUMN_GAP },
): readonly Placed[] {
  if (placed.length === 0) return placed;
  const sizes = new Map(boxes.map((box) => [box.id, box]));
  // The size alone: a box may know where its card stands now.
  const boxOf = ({ id, position }: Placed) => {
    const { width, height } = sizes.get(id) ?? { width: 0, height: 0 };
    return { ...position, width, height };
  };
  const left = Math.min(...placed.map((item) => boxOf(item).x));
  const right = Math.max(...placed.map((item) => boxOf(item).x + boxOf(item).width));
  const width = right - left + gaps.across;
  const bands = bandsOf(placed, boxOf);
  const total = bands.reduce((sum, { height }) => sum + height + gaps.along, 0);
  const columns = Math.max(1, Math.round(Math.sqrt((aspect * total) / width)));
  const target = total / columns;
  const result: Placed[] = [];
  let column = 0;
  let y = 0;
  for (const band of bands) {
    if (y > 0 && column < columns - 1 && y + band.height / 2 > target) {
      column++;
      y = 0;
    }
    for (const { id, position } of band.items)
      result.push({
        id,
        position: {
          x: Math.round(position.x - left + column * width),
          y: Math.round(position.y - band.top + y),
        },
      });
    y += band.height + gaps.along;
  }
  return result;
}

/** The same for a drawing that runs to the right: one long row broken into rows below each other. */
export function foldIntoRows(
  placed: readonly Placed[],
  boxes: readonly Box[],
  aspect: number,
): readonly Placed[] {
  const turned = ({ id, position: { x, y } }: Placed): Placed => ({ id, position: { x: y, y: x } });
  const sides = boxes.map(({ id, width, height }) => ({ id, width: height, height: width }));
  const gaps = { along: COLUMN_GAP, across: COLUMN_GAP };
  return foldIntoColumns(placed.map(turned), sides, 1 / aspect, gaps).map(turned);
}

interface Band {
  readonly top: number;
  readonly height: number;
  readonly items: readonly Placed[];
}

/** Groups boxes that overlap in height: a layer, or several that interlock. */
function bandsOf(
  placed: readonly Placed[],
  boxOf: (item: Placed) => { readonly y: number; readonly height: number },
): readonly Band[] {
  const bands: { top: number; bottom: number; items: Placed[] }[] = [];
  for (const item of placed.toSorted((a, b) => boxOf(a).y - boxOf(b).y)) {
    const { y, height } = boxOf(item);
    const last = bands.at(-1);
    if (last && y < last.bottom) {
      last.bottom = Math.max(last.bottom, y + height);
      last.items.push(item);
    } else bands.push({ top: y, bottom: y + height, items: [item] });
  }
  return bands.map(({ top, bottom, items }) => ({ top, height: bottom - top, items }));
}
