// The colours of pictures of tensors, read from the tokens, so that both themes have theirs.
import type { Rgb, Scale } from './pixels';

/** `largest` is the absolute value that gets the full colour. */
export function scaleOf(largest: number): Scale {
  const styles = getComputedStyle(document.documentElement);
  const token = (name: string): Rgb => rgbOf(styles.getPropertyValue(name).trim());
  return {
    largest,
    negative: token('--gold-line'),
    zero: token('--surface-1'),
    positive: token('--lapis-fill'),
    bad: token('--red'),
  };
}

/** Tokens are written `#rrggbb`, or name a colour of the system: a canvas says either as `#rrggbb`. */
function rgbOf(text: string): Rgb {
  const context = document.createElement('canvas').getContext('2d');
  if (context) context.fillStyle = text;
  const written = typeof context?.fillStyle === 'string' ? context.fillStyle : text;
  const value = Number.parseInt(written.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}
