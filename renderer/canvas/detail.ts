// Which cards of a large graph are elements of the page: those near enough to read that lie in view, a few more with each frame, so
// that no frame has to wait for all of them.
import { boundsOf, type PlacedBox, type Point } from './geometry';
import { cardsWithin, sceneBox, type Scene } from './scene';

/** Below this zoom a card is too small to read, and its picture does. */
export const READABLE = 0.45;
/** Cards that may appear in one frame; in that of an edit fewer, since it has other work, and the rest stay pictures until the next. */
const AT_ONCE = 6;
const WITH_EDIT = 2;
/** Room around the view, in units of the canvas. */
const AROUND = 160;

export interface Seen {
  readonly part: Omit<PlacedBox, 'id'>;
  readonly zoom: number;
  /** Cards nearest to this point come first: where the hand is. Else those in the middle. */
  readonly hand?: Point | null;
  /** The frame shows an edit. */
  readonly isEdit?: boolean;
}

export interface Detail {
  readonly ids: ReadonlySet<string>;
  /** More are in view than were added: ask again with the next frame. */
  readonly isWaiting: boolean;
}

/** The next step from what is detailed now. `always` stay, wherever they are. */
export function nextDetail(
  scene: Scene,
  { part, zoom, hand, isEdit = false }: Seen,
  before: ReadonlySet<string>,
  always: Iterable<string>,
): Detail {
  const ids = new Set<string>();
  for (const id of always) if (scene.at.has(id)) ids.add(id);
  if (zoom < READABLE) return { ids: isSame(ids, before) ? before : ids, isWaiting: false };
  const wide = {
    x: part.x - AROUND,
    y: part.y - AROUND,
    width: part.width + 2 * AROUND,
    height: part.height + 2 * AROUND,
  };
  const missing: number[] = [];
  cardsWithin(scene, wide, (index) => {
    const id = scene.nodes[index]?.id ?? '';
    if (before.has(id)) ids.add(id);
    else missing.push(index);
  });
  const middle = hand ?? { x: part.x + part.width / 2, y: part.y + part.height / 2 };
  const distance = (index: number): number => {
    const { x, y, width, height } = boundsOf([sceneBox(scene, index)]);
    return Math.hypot(x + width / 2 - middle.x, y + height / 2 - middle.y);
  };
  const most = isEdit ? WITH_EDIT : AT_ONCE;
  const nearest = missing.length <= most ? missing : missing.toSorted((a, b) => distance(a) - distance(b));
  for (const index of nearest.slice(0, most)) ids.add(scene.nodes[index]?.id ?? '');
  return { ids: isSame(ids, before) ? before : ids, isWaiting: missing.length > most };
}

const isSame = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size === b.size && [...a].every((id) => b.has(id));
