// The dock's upper edge, to drag or to move with the arrow keys.
import type { JSX, KeyboardEvent, PointerEvent } from 'react';

import { DOCK_LIMITS, resizeDock, useUi } from '../stores/ui';
import { t } from '../text';

const STEP = 24;

export function Resizer(): JSX.Element {
  const { height, isOpen } = useUi((state) => state.dock);
  const onPointerDown = (event: PointerEvent<HTMLDivElement>): void => {
    const start = event.clientY;
    const handle = event.currentTarget;
    handle.setPointerCapture(event.pointerId);
    const move = (next: globalThis.PointerEvent): void => {
      resizeDock(height + start - next.clientY);
    };
    handle.addEventListener('pointermove', move);
    handle.addEventListener('lostpointercapture', () => handle.removeEventListener('pointermove', move), {
      once: true,
    });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    resizeDock(height + (event.key === 'ArrowUp' ? STEP : -STEP));
  };
  if (!isOpen) return <div className="resizer is-off" />;
  return (
    <div
      className="resizer"
      role="separator"
      aria-orientation="horizontal"
      aria-label={t('resizer.heightOfThePanels')}
      aria-valuenow={height}
      aria-valuemin={DOCK_LIMITS.min}
      aria-valuemax={DOCK_LIMITS.max}
      tabIndex={0}
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
    />
  );
}
