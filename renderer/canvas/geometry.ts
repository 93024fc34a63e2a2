// Boxes on the canvas: aligned, spread evenly, caught by a lasso, drawn to each other's lines. Plain arithmetic in canvas units.

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface PlacedBox extends Point {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface Move {
  readonly id: string;
  readonly position: Point;
}

export type Alignment = 'left' | 'center' | 'right' | 'top' | 'middle' | 'bottom';

const ALONG_X: ReadonlySet<Alignment> = new Set(['left', 'center', 'right']);
/** How much of a box lies before the line it is aligned on. */
const SHARE: Readonly<Record<Alignment, number>> = {
  left: 0,
  center: 0.5,
  right: 1,
  top: 0,
  middle: 0.5,
  bottom: 1,
};

/** Where each box goes so that all share a line of the rectangle around them. */
export function align(boxes: readonly PlacedBox[], to: Alignment): readonly Move[] {
  const around = boundsOf(boxes);
  const share = SHARE[to];
  return boxes.map(({ id, x, y, width, height }) => ({
    id,
    position: ALONG_X.has(to)
      ? { x: Math.round(around.x + (around.width - width) * share), y }
      : { x, y: Math.round(around.y + (around.height - height) * share) },
  }));
}

/** Equal gaps between the boxes along one axis; the first and the last stay. Fewer than three have nothing to spread. */
export function distribute(boxes: readonly PlacedBox[], axis: 'x' | 'y'): readonly Move[] {
  if (boxes.length < 3) return [];
  const length = axis === 'x' ? 'width' : 'height';
  const sorted = boxes.toSorted((a, b) => a[axis] - b[axis]);
  const around = boundsOf(boxes);
  const filled = sorted.reduce((sum, box) => sum + box[length], 0);
  const gap = (around[length] - filled) / (sorted.length - 1);
  let at = around[axis];
  return sorted.map((box) => {
    const position = { x: box.x, y: box.y, [axis]: Math.round(at) };
    at += box[length] + gap;
    return { id: box.id, position };
  });
}

/** The rectangle around all boxes; empty at 0, 0 for none. */
export function boundsOf(boxes: readonly Omit<PlacedBox, 'id'>[]): Omit<PlacedBox, 'id'> {
  const [first] = boxes;
  if (!first) return { x: 0, y: 0, width: 0, height: 0 };
  let { x: left, y: top } = first;
  let right = left;
  let bottom = top;
  for (const box of boxes) {
    left = Math.min(left, box.x);
    top = Math.min(top, box.y);
    right = Math.max(right, box.x + box.width);
    bottom = Math.max(bottom, box.y + box.height);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The middle of the gap between two boxes along one axis; null where they overlap on it. */
export function middleOfGap(
  a: Omit<PlacedBox, 'id'>,
  b: Omit<PlacedBox, 'id'>,
  axis: 'x' | 'y',
): number | null {
  const length = axis === 'x' ? 'width' : 'height';
  const [first, second] = a[axis] <= b[axis] ? [a, b] : [b, a];
  const end = first[axis] + first[length];
  return end <= second[axis] ? (end + second[axis]) / 2 : null;
}

/** A line that shows why a dragged box stands where it does: `axis` says which coordinate `at` is, from and to the other. */
export interface HelperLine {
  readonly axis: 'x' | 'y';
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

export interface Snapped {
  readonly offset: Point;
  readonly lines: readonly HelperLine[];
}

/** Draws a box to the nearest edge or middle of another that is at most `reach` away, on each axis by itself. */
export function snapTo(box: Omit<PlacedBox, 'id'>, others: readonly PlacedBox[], reach: number): Snapped {
  const x = nearest(box, others, 'x', reach);
  const y = nearest(box, others, 'y', reach);
  const offset = { x: x?.offset ?? 0, y: y?.offset ?? 0 };
  const moved = { ...box, x: box.x + offset.x, y: box.y + offset.y };
  return { offset, lines: [x, y].flatMap((found) => (found ? lineOf(found, moved) : [])) };
}

interface Match {
  readonly axis: 'x' | 'y';
  readonly offset: number;
  readonly at: number;
  readonly other: PlacedBox;
}

function nearest(
  box: Omit<PlacedBox, 'id'>,
  others: readonly PlacedBox[],
  axis: 'x' | 'y',
  reach: number,
): Match | null {
  let best: Match | null = null;
  for (const other of others)
    for (const at of linesOf(other, axis))
      for (const own of linesOf(box, axis)) {
        const offset = at - own;
        if (Math.abs(offset) <= reach && Math.abs(offset) < Math.abs(best?.offset ?? Infinity))
          best = { axis, offset, at, other };
      }
  return best;
}

function linesOf(box: Omit<PlacedBox, 'id'>, axis: 'x' | 'y'): readonly number[] {
  const length = axis === 'x' ? box.width : box.height;
  return [box[axis], box[axis] + length / 2, box[axis] + length];
}

function lineOf({ axis, at, other }: Match, box: Omit<PlacedBox, 'id'>): HelperLine {
  const { x, y, width, height } = boundsOf([box, other]);
  return axis === 'x' ? { axis, at, from: y, to: y + height } : { axis, at, from: x, to: x + width };
}

/** True when the closed path runs around the point (even-odd rule). */
export function encloses(path: readonly Point[], { x, y }: Point): boolean {
  let isInside = false;
  path.forEach((a, index) => {
    const b = path[(index + 1) % path.length] ?? a;
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) isInside = !isInside;
  });
  return isInside;
}

/** Ids of the boxes whose middle the path encloses. */
export const caughtBy = (path: readonly Point[], boxes: readonly PlacedBox[]): readonly string[] =>
  boxes
    .filter(({ x, y, width, height }) => encloses(path, { x: x + width / 2, y: y + height / 2 }))
    .map(({ id }) => id);
