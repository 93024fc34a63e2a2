// A step of the tour: a card beside what it is about, which is marked. The window stays usable; Escape ends the tour.
import { useEffect, useLayoutEffect, useRef, useState, type JSX } from 'react';

import { endTour, goToStep, TOUR } from '../actions/tour';
import { useUi } from '../stores/ui';
import { t } from '../text';
import './tour.css';

export function Tour(): JSX.Element | null {
  const at = useUi((state) => state.tour);
  const isCovered = useUi((state) => state.dialog !== null);
  const step = at === null ? undefined : TOUR[at];
  if (at === null || step === undefined || isCovered) return null;
  return <Step key={step.name} at={at} />;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Where the first element of a selector lies, also after the window changed its size. */
function useBox(selector: string): Box | null {
  const [box, setBox] = useState<Box | null>(null);
  useLayoutEffect(() => {
    const measure = (): void => {
      const target = document.querySelector(selector);
      if (!target) return;
      const { left, top, width, height } = target.getBoundingClientRect();
      setBox({ left, top, width, height });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    const target = document.querySelector(selector);
    if (target) observer.observe(target);
    return () => {
      observer.disconnect();
    };
  }, [selector]);
  return box;
}

const WIDTH = 320;
const GAP = 12;

/** Below a small target; inside a large one, at its upper right. */
function placeBeside({ left, top, width, height }: Box): { readonly left: number; readonly top: number } {
  const isLarge = height > window.innerHeight / 3;
  const wanted = isLarge ? left + width - WIDTH - GAP : left + width / 2 - WIDTH / 2;
  return {
    left: Math.max(GAP, Math.min(window.innerWidth - WIDTH - GAP, wanted)),
    top: isLarge ? top + GAP : top + height + GAP,
  };
}

function Step({ at }: { readonly at: number }): JSX.Element | null {
  const card = useRef<HTMLDivElement>(null);
  const step = TOUR[at];
  const box = useBox(step?.target ?? 'body');
  const isShown = box !== null;
  useEffect(() => {
    if (isShown) card.current?.focus();
  }, [isShown]);
  if (!step || !box) return null;
  const isLast = at === TOUR.length - 1;
  return (
    <>
      <div className="tour-mark" style={box} aria-hidden />
      <div
        ref={card}
        className="tour-card"
        role="dialog"
        aria-label={t('tour.label')}
        aria-describedby="tour-text"
        tabIndex={-1}
        onKeyDown={(event) => {
          // Enter on the card itself goes on; on its buttons it is theirs.
          const goesOn = event.key === 'Enter' && event.target === event.currentTarget;
          if (!goesOn && event.key !== 'Escape') return;
          event.preventDefault();
          if (goesOn) goToStep(at + 1);
          else endTour();
        }}
        style={placeBeside(box)}
      >
        <p className="muted">{t('tour.step', { step: at + 1, steps: TOUR.length })}</p>
        <h2>{t(`tour.${step.name}.title`)}</h2>
        <p id="tour-text">{t(`tour.${step.name}.text`)}</p>
        <footer>
          {isLast ? null : (
            <button type="button" className="button is-small is-quiet" onClick={endTour}>
              {t('tour.skip')}
            </button>
          )}
          <span className="bar-space" />
          {at === 0 ? null : (
            <button type="button" className="button is-small" onClick={() => goToStep(at - 1)}>
              {t('tour.back')}
            </button>
          )}
          <button type="button" className="button is-small is-primary" onClick={() => goToStep(at + 1)}>
            {t(isLast ? 'tour.end' : 'tour.next')}
          </button>
        </footer>
      </div>
    </>
  );
}
