// Numbers as people read them: durations, counts, bytes, losses, shares.
import { groupedIn } from '#core/text/text';

import { languageOf, useApp } from '../stores/app';

/** `0:07`, `3:12`, `1:02:45`. */
export function showDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, at) => (at === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

/** `1,797`, `38.2 k`, `4.21 M`, `7.5 G`. */
export function showCount(value: number): string {
  if (value < 100_000) return groupedIn(languageOf(useApp.getState()), value);
  const [scale, unit] = value < 1e6 ? [1e3, 'k'] : value < 1e9 ? [1e6, 'M'] : [1e9, 'G'];
  return `${Number((value / scale).toPrecision(3))} ${unit}`;
}

/** Four significant digits: `0.04312`, `2.303`, `5.14e-5`; `–` for what is not a number. */
export function showLoss(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  return Math.abs(value) < 1e-3 && value !== 0
    ? value.toExponential(2)
    : Number(value.toPrecision(4)).toString();
}

/** The same to three digits, for columns of many figures. */
export function showFigure(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  return Math.abs(value) < 1e-3 && value !== 0
    ? value.toExponential(1)
    : Number(value.toPrecision(3)).toString();
}

/** `97.8%`. */
export const showShare = (value: number | undefined): string =>
  value === undefined || Number.isNaN(value) ? '–' : `${(value * 100).toFixed(1)}%`;
