// Looking closer at a curve: by dragging over it (uPlot's own) or by keys, kept while more of it is drawn.
import type uPlot from 'uplot';

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** A part of what there is, never outside it. */
const within = ({ min, max }: Range, whole: Range): Range => {
  const width = Math.min(max - min, whole.max - whole.min);
  const start = Math.max(whole.min, Math.min(whole.max - width, min));
  return { min: start, max: start + width };
};

/** What a key makes of the shown range: + and − look closer and wider, arrows move along, 0 and Home show all. Null for another key. */
export function rangeAfter(key: string, shown: Range, whole: Range): Range | null {
  const middle = (shown.min + shown.max) / 2;
  const width = shown.max - shown.min;
  const around = (half: number): Range => within({ min: middle - half, max: middle + half }, whole);
  const moved = (by: number): Range => within({ min: shown.min + by, max: shown.max + by }, whole);
  switch (key) {
    case '+':
    case '=':
      return around(width / 4);
    case '-':
      return around(width);
    case 'ArrowLeft':
      return moved(-width / 5);
    case 'ArrowRight':
      return moved(width / 5);
    case '0':
    case 'Home':
      return whole;
    default:
      return null;
  }
}

const wholeOf = ({ data: [xs] }: uPlot): Range => ({ min: xs[0] ?? 0, max: xs.at(-1) ?? 1 });

function shownOf(plot: uPlot): Range {
  const { min, max } = plot.scales['x'] ?? {};
  const whole = wholeOf(plot);
  return { min: min ?? whole.min, max: max ?? whole.max };
}

/** Draws other data; who looks at a part goes on looking at it. */
export function setDataKeeping(plot: uPlot, data: uPlot.AlignedData): void {
  const shown = shownOf(plot);
  const whole = wholeOf(plot);
  const isPart = shown.min > whole.min || shown.max < whole.max;
  plot.setData(data, !isPart);
  if (isPart) plot.setScale('x', shown);
}

/** Keys pressed in `box` move what `plot` shows; returns the end. */
export function zoomByKeys(plot: uPlot, box: HTMLElement): () => void {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = rangeAfter(event.key, shownOf(plot), wholeOf(plot));
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    plot.setScale('x', next);
  };
  box.addEventListener('keydown', onKeyDown);
  return () => {
    box.removeEventListener('keydown', onKeyDown);
  };
}
