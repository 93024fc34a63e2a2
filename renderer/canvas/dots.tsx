// The dots behind a large graph: one layer that is shifted by less than a dot's distance as the camera moves. The library's own pattern is
// drawn anew for every place of the camera.
import { useEffect, useRef, type JSX } from 'react';

import { cameraNow, onCamera } from './viewport';

/** In units of the canvas, as the dots of a small graph. */
export const DOTS = { gap: 24, size: 1.5 } as const;
/** Below this zoom they would be a haze. */
const LEAST_ZOOM = 0.2;

export function Dots(): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { current } = box;
    if (!current) return undefined;
    const { style } = current;
    let drawn = 0;
    const place = (): void => {
      const { x, y, zoom } = cameraNow();
      const gap = DOTS.gap * zoom;
      if (zoom !== drawn) {
        drawn = zoom;
        style.display = zoom < LEAST_ZOOM ? 'none' : '';
        style.backgroundSize = `${gap}px ${gap}px`;
        style.setProperty('--dot', `${(DOTS.size * zoom) / 2}px`);
      }
      style.transform = `translate(${within(x, gap)}px, ${within(y, gap)}px)`;
    };
    place();
    return onCamera(place);
  }, []);
  return <div ref={box} className="dots" aria-hidden />;
}

/** The same place of the pattern, less than a gap left of the view. */
const within = (at: number, gap: number): number => (((at % gap) + gap) % gap) - gap;
