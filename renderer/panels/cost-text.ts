// Costs as people read them: times from nanoseconds on, operations, bytes.
import { showBytes, showSeconds } from '#core/units';

import type { Cost } from '../stores/heat';
import { showCount } from './format';

export const showCost: Readonly<Record<Cost, (value: number) => string>> = {
  time: showSeconds,
  memory: showBytes,
  flops: showCount,
  parameters: showCount,
};
