// Drives work that is cut into turns without holding frames up: it begins after the next one is drawn and goes on in short slices. And
// what may be shown a frame later than the rest.
import { useEffect, useState } from 'react';

import { HandFirst, type Turned } from '#core/turns';

/** What a slice may take of a frame's 16 ms. */
const SLICE_MS = 6;

const hand = new HandFirst();

/** Work rests a moment after every key and press; returns the end. */
export function watchHand(): () => void {
  const press = ({ timeStamp }: Event): void => {
    hand.press(timeStamp);
  };
  for (const type of PRESSES) window.addEventListener(type, press, { capture: true, passive: true });
  return () => {
    for (const type of PRESSES) window.removeEventListener(type, press, { capture: true });
  };
}

const PRESSES = ['keydown', 'pointerdown', 'pointerup'] as const;

/** Does the work from the next frame on; returns what gives it up. */
export function workInTurns(work: Turned<void>): () => void {
  let isGivenUp = false;
  const slice = (): void => {
    const end = performance.now() + SLICE_MS;
    while (!isGivenUp && performance.now() < end)
      for (let turn = 0; turn < TURNS; turn++) if (work.next().done === true) return;
    if (!isGivenUp) soon(slice);
  };
  afterFrame(() => {
    soon(slice);
  });
  return () => {
    isGivenUp = true;
  };
}

/** The same with what comes of it; nothing gives it up. A short piece of work is done before the next frame. */
export const finishInTurns = <T>(work: Turned<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const slice = (): void => {
      const end = performance.now() + SLICE_MS;
      try {
        while (performance.now() < end) {
          const turn = work.next();
          if (turn.done === true) {
            resolve(turn.value);
            return;
          }
        }
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      soon(slice);
    };
    slice();
  });

/** The value as it was until the last frame: what shows it is drawn after the frame in which the value changed. */
export function useAfterFrame<T>(value: T): T {
  const [shown, setShown] = useState(value);
  useEffect(() => {
    if (Object.is(shown, value)) return undefined;
    let isGivenUp = false;
    afterFrame(() => {
      soon(() => {
        if (!isGivenUp) setShown(() => value);
      });
    });
    return () => {
      isGivenUp = true;
    };
  }, [shown, value]);
  return shown;
}

/** Turns between two looks at the clock. */
const TURNS = 16;

/** As a task of its own, so that input and frames go first; a moment later while work rests. */
function soon(act: () => void): void {
  const rest = hand.restAt(performance.now());
  if (rest > 0) {
    setTimeout(act, rest);
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    act();
  };
  port2.postMessage(null);
}

/** A window that is not seen draws no frames. */
function afterFrame(act: () => void): void {
  if (document.visibilityState === 'hidden') setTimeout(act);
  else requestAnimationFrame(act);
}
