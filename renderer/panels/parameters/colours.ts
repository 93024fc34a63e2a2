// The colours of pictures of tensors, read from the tokens, so that both themes have theirs.
import type { Rgb, Scale } from './pixels';

/** `largest` is the absolute value that gets the full colour. */
export function scaleOf(largest: number): Scale {
  const styles = getComputedStyle(document.documentElement);
  const token = (name: string): Rgb => parseHex(styles.getPropertyValue(name).trim());
  return {
    largest,
    negative: token('--gold-line'),
    zero: token('--surface-1'),
    positive: token('--lapis-fill'),
    bad: token('--red'),
  };
}

/** `#rrggbb`, as every token is written. */
function parseHex(text: string): Rgb {
  const value = Number.parseInt(text.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}
