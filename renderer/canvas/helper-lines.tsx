// The lines a dragged card is held by. Re-renders with them, and on nothing else.
import { ViewportPortal } from '@xyflow/react';
import type { JSX } from 'react';

import { useFlow } from './flow-store';

export function HelperLines(): JSX.Element | null {
  const lines = useFlow((state) => state.lines);
  if (lines.length === 0) return null;
  return (
    <ViewportPortal>
      {lines.map(({ axis, at, from, to }) => (
        <div
          key={axis}
          className={`helper-line is-${axis}`}
          style={
            axis === 'x'
              ? { transform: `translate(${at}px, ${from}px)`, height: to - from }
              : { transform: `translate(${from}px, ${at}px)`, width: to - from }
          }
        />
      ))}
    </ViewportPortal>
  );
}
