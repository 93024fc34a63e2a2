// The lasso: a line drawn freehand around cards selects those whose middle it encloses. With Shift it adds to the selection.
import { useRef, useState, type JSX, type PointerEvent } from 'react';

import { select, useUi } from '../stores/ui';
import { t } from '../text';
import { allBoxes } from './flow-store';
import { caughtBy, type Point } from './geometry';
import { toCanvas } from './viewport';

export function Lasso(): JSX.Element | null {
  const isOn = useUi((state) => state.tool === 'lasso');
  return isOn ? <LassoSurface /> : null;
}

function LassoSurface(): JSX.Element {
  // The line itself, kept apart from what is drawn: moves come faster than renders, and each must count.
  const path = useRef<readonly Point[]>([]);
  const [drawn, setDrawn] = useState<readonly Point[]>([]);
  const box = useRef<SVGSVGElement>(null);
  const setPath = (points: readonly Point[]): void => {
    path.current = points;
    setDrawn(points);
  };
  const local = ({ clientX, clientY }: PointerEvent): Point => {
    const origin = box.current?.getBoundingClientRect();
    return { x: clientX - (origin?.x ?? 0), y: clientY - (origin?.y ?? 0) };
  };
  const finish = (event: PointerEvent): void => {
    const origin = box.current?.getBoundingClientRect();
    const onCanvas = [...path.current, local(event)].map(({ x, y }) =>
      toCanvas({ x: x + (origin?.x ?? 0), y: y + (origin?.y ?? 0) }),
    );
    const caught = caughtBy(onCanvas, allBoxes());
    const { selection } = useUi.getState();
    select(event.shiftKey ? [...selection.nodes, ...caught] : caught);
    setPath([]);
    useUi.setState({ tool: 'box' });
  };
  return (
    <svg
      ref={box}
      className="lasso"
      aria-label={t('lasso.drawAroundCardsTo')}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setPath([local(event)]);
      }}
      onPointerMove={(event) => {
        if (path.current.length > 0) setPath([...path.current, local(event)]);
      }}
      onPointerUp={finish}
    >
      <polygon points={drawn.map(({ x, y }) => `${x},${y}`).join(' ')} />
    </svg>
  );
}
