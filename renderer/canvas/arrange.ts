// "Arrange automatically": lays the graph out in a worker and moves the cards there, as one step of the history. It can be
// called off while it is computed; the cards glide to their places unless motion is to be reduced.
import { create } from 'zustand';
import type { Edit } from '#core/graph/edits';

import { change, graphNow, moveEdits } from '../actions/graph';
import { perform } from '../actions/perform';
import { t } from '../text';
import { cancelLayout, layOut, type Direction } from './elk';
import { allBoxes } from './flow-store';
import type { Placed } from './fold';
import { boundsOf } from './geometry';
import { fitView } from './viewport';

interface ArrangeOptions {
  /** Arrange these alone, around where they are; the others stay where the hand put them. */
  readonly only?: ReadonlySet<string>;
  /** Turn the drawing this way. */
  readonly direction?: Direction;
}

export const useArranging = create<{ readonly isArranging: boolean }>(() => ({ isArranging: false }));

/** Calls the layout in progress off; nothing moves. */
export function cancelArrange(): void {
  cancelLayout();
  useArranging.setState({ isArranging: false });
}

export async function arrange({ only, direction }: ArrangeOptions = {}): Promise<void> {
  const graph = graphNow();
  if (!graph) return;
  const ids = new Set(graph.nodes.flatMap(({ id }) => (only?.has(id) === false ? [] : [id])));
  const boxes = allBoxes().filter(({ id }) => ids.has(id));
  const links = graph.edges
    .filter(({ from, to }) => ids.has(from.node) && ids.has(to.node))
    .map(({ id, from, to }) => ({ id, source: from.node, target: to.node }));
  const way = direction ?? graph.direction ?? 'down';
  useArranging.setState({ isArranging: true });
  const placed =
    boxes.length === 0
      ? []
      : await perform(t('told.theGraphWasNotArranged'), null, () =>
          layOut(boxes, links, { aspect: only ? null : aspectOfCanvas(), direction: way }),
        );
  useArranging.setState({ isArranging: false });
  // Called off, or edited meanwhile: the answer is about another graph.
  if (!placed || graphNow() !== graph) return;
  const moves = only ? aroundSamePoint(placed, boxes) : placed;
  const turn: Edit[] =
    way === (graph.direction ?? 'down')
      ? []
      : [{ kind: 'set_direction', ...(way === 'right' ? { direction: way } : {}) }];
  const edits = [...turn, ...moveEdits(moves)];
  if (edits.length === 0) return;
  glide();
  if (change({ kind: 'group', label: t('step.arrange'), edits }, t('step.arrange')) && !only)
    requestAnimationFrame(fitView);
}

function aspectOfCanvas(): number {
  const box = document.querySelector('.react-flow')?.getBoundingClientRect();
  return box && box.height > 0 ? box.width / box.height : 1.5;
}

function aroundSamePoint(
  placed: readonly Placed[],
  boxes: readonly {
    readonly id: string;
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }[],
): readonly Placed[] {
  const sizes = new Map(boxes.map((box) => [box.id, box]));
  const before = boundsOf(boxes);
  const after = boundsOf(
    placed.map(({ id, position }) => ({ width: 0, height: 0, ...sizes.get(id), ...position })),
  );
  const x = Math.round(before.x + before.width / 2 - after.x - after.width / 2);
  const y = Math.round(before.y + before.height / 2 - after.y - after.height / 2);
  return placed.map(({ id, position }) => ({ id, position: { x: position.x + x, y: position.y + y } }));
}

const GLIDE_MS = 320;

/** Lets the next move of the cards be seen; the style sheet leaves it out where motion is to be reduced. */
function glide(): void {
  const canvas = document.querySelector('.canvas');
  canvas?.classList.add('is-gliding');
  setTimeout(() => canvas?.classList.remove('is-gliding'), GLIDE_MS);
}
