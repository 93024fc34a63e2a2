// Costs as people read them: times from nanoseconds on, operations, bytes.
import { showBytes } from '#core/units';

import type { Cost } from '../stores/heat';
import { showCount } from './format';

const UNITS = [
  [1, 's'],
  [1e-3, 'ms'],
  [1e-6, 'µs'],
] as const;

/** `1.24 ms`, `38 µs`, `0`. */
export function showSeconds(seconds: number): string {
  if (seconds === 0) return '0';
  const [scale, unit] = UNITS.find(([least]) => seconds >= least) ?? [1e-9, 'ns'];
  return `${Number((seconds / scale).toPrecision(3))} ${unit}`;
}

export const showCost: Readonly<Record<Cost, (value: number) => string>> = {
  time: showSeconds,
  memory: showBytes,
  flops: showCount,
  parameters: showCount,
};
