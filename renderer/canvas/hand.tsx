// The hand on a large graph, whose far cards are a picture: pressing one selects it, dragging moves the selection, dragging on empty
// canvas draws a box. Cards that are elements of the page keep the graph library's own ways.
import { useRef, useState, type JSX, type PointerEvent, type ReactNode } from 'react';

import { openBlock } from '../actions/blocks';
import { moveNodes } from '../actions/graph';
import { select, useUi } from '../stores/ui';
import { useFlow } from './flow-store';
import type { Point } from './geometry';
import { cardAt, cardsWithin, sceneBox } from './scene';
import { lookAt, toCanvas, zoomNow } from './viewport';

/** Pixels before a press becomes a drag. */
const THRESHOLD = 3;

interface Press {
  /** In pixels of the page. */
  readonly from: Point;
  /** The drawn card under it; null on empty canvas. */
  readonly card: string | null;
  /** The selection it adds to. */
  readonly kept: ReadonlySet<string>;
  readonly isAdding: boolean;
}

export const cardUnder = ({ clientX, clientY }: { clientX: number; clientY: number }): string | null => {
  const { scene } = useFlow.getState();
  return scene ? cardAt(scene, toCanvas({ x: clientX, y: clientY })) : null;
};

const isPane = (target: EventTarget): boolean =>
  target instanceof Element && target.classList.contains('react-flow__pane');

/** Around the graph library, whose pane is told only of presses that are not meant here. */
export function Hand({ children }: { readonly children: ReactNode }): JSX.Element {
  const press = useRef<Press | null>(null);
  /** In pixels of the canvas. */
  const [box, setBox] = useState<{ readonly from: Point; readonly to: Point } | null>(null);
  const holder = useRef<HTMLDivElement>(null);

  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0 || !isPane(event.target) || !useFlow.getState().scene) return;
    event.stopPropagation();
    const card = cardUnder(event);
    const isAdding = event.shiftKey || event.ctrlKey || event.metaKey;
    const { nodes } = useUi.getState().selection;
    if (card !== null && isAdding)
      select(nodes.has(card) ? [...nodes].filter((id) => id !== card) : [...nodes, card]);
    else if (card !== null && !nodes.has(card)) select([card]);
    else if (card === null && !isAdding) select([]);
    holder.current?.setPointerCapture(event.pointerId);
    const kept = useUi.getState().selection.nodes;
    press.current = { from: { x: event.clientX, y: event.clientY }, card, kept, isAdding };
  };

  const onPointerMove = (event: PointerEvent): void => {
    const { current } = press;
    if (!current) return;
    const moved = { x: event.clientX - current.from.x, y: event.clientY - current.from.y };
    const { shift } = useFlow.getState();
    if (shift === null && box === null && Math.hypot(moved.x, moved.y) < THRESHOLD) return;
    if (current.card !== null) {
      useFlow.setState({ shift: { x: moved.x / zoomNow(), y: moved.y / zoomNow() } });
      return;
    }
    const to = { x: event.clientX, y: event.clientY };
    const { x = 0, y = 0 } = holder.current?.getBoundingClientRect() ?? {};
    const local = (point: Point): Point => ({ x: point.x - x, y: point.y - y });
    setBox({ from: local(current.from), to: local(to) });
    const caught = caughtIn(current.from, to);
    select(current.isAdding ? [...current.kept, ...caught] : caught);
  };

  const onPointerUp = (): void => {
    const { scene, shift } = useFlow.getState();
    press.current = null;
    setBox(null);
    if (!scene || !shift) return;
    useFlow.setState({ shift: null });
    const { nodes } = useUi.getState().selection;
    moveNodes(
      [...nodes].flatMap((id) => {
        const index = scene.at.get(id);
        if (index === undefined) return [];
        const { x, y } = sceneBox(scene, index);
        return [{ id, position: { x: Math.round(x + shift.x), y: Math.round(y + shift.y) } }];
      }),
    );
  };

  return (
    <div
      ref={holder}
      className="hand"
      onPointerDownCapture={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={onPointerUp}
      onDoubleClickCapture={(event) => {
        const card = isPane(event.target) ? cardUnder(event) : null;
        if (card === null) return;
        openBlock(card);
        lookAt(card);
      }}
    >
      {children}
      {box ? (
        <div
          className="react-flow__selection hand-box"
          style={{
            left: Math.min(box.from.x, box.to.x),
            top: Math.min(box.from.y, box.to.y),
            width: Math.abs(box.to.x - box.from.x),
            height: Math.abs(box.to.y - box.from.y),
          }}
        />
      ) : null}
    </div>
  );
}

/** Cards that a box on the screen touches. */
function caughtIn(a: Point, b: Point): readonly string[] {
  const { scene } = useFlow.getState();
  if (!scene) return [];
  const start = toCanvas({ x: Math.min(a.x, b.x), y: Math.min(a.y, b.y) });
  const end = toCanvas({ x: Math.max(a.x, b.x), y: Math.max(a.y, b.y) });
  const caught: string[] = [];
  cardsWithin(scene, { ...start, width: end.x - start.x, height: end.y - start.y }, (index) => {
    caught.push(scene.nodes[index]?.id ?? '');
  });
  return caught;
}
