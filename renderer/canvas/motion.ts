// Whether the camera of a large graph moves and its frames come too slowly. Then nothing of the picture changes until it rests: cards of
// the page, what is drawn beneath them and the dots are shifted as finished layers (the class `is-hurried`), which costs next to nothing,
// and cards that come into view stay pictures that long.
import { onCamera } from './viewport';

/** The camera rests when it has not moved for so long. */
const REST_MS = 100;
/** A frame that took longer than this is a slow one; at 60 a second it takes 16.7. */
const SLOW_MS = 24;
/** Slow frames in one motion from which on it is hurried. */
const MOST_SLOW = 2;
/** For so long after a slow motion the next ones are hurried from their beginning. */
const REMEMBERED_MS = 10_000;

let isHurrying = false;
const watchers = new Set<() => void>();

export const isHurried = (): boolean => isHurrying;

/** Calls `watcher` when a hurried motion has ended; returns the end. */
export function onRest(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Watches the camera and marks `element` while it is hurried; returns the end. */
export function watchMotion(element: Element): () => void {
  let frame = 0;
  let movedAt = 0;
  let lastFrame: number | null = null;
  let slowFrames = 0;
  let slowUntil = 0;

  const mark = (value: boolean): void => {
    isHurrying = value;
    element.classList.toggle('is-hurried', value);
  };
  const rest = (): void => {
    frame = 0;
    if (!isHurrying) return;
    mark(false);
    for (const watcher of watchers) watcher();
  };
  const onFrame = (now: number): void => {
    if (now - movedAt > REST_MS) {
      rest();
      return;
    }
    frame = requestAnimationFrame(onFrame);
    if (lastFrame !== null && now - lastFrame > SLOW_MS) slowFrames++;
    lastFrame = now;
    if (slowFrames < MOST_SLOW) return;
    slowUntil = now + REMEMBERED_MS;
    if (!isHurrying) mark(true);
  };
  const stop = onCamera(() => {
    movedAt = performance.now();
    if (frame !== 0) return;
    lastFrame = null;
    slowFrames = 0;
    if (movedAt < slowUntil) mark(true);
    frame = requestAnimationFrame(onFrame);
  });
  return () => {
    stop();
    cancelAnimationFrame(frame);
    rest();
  };
}
