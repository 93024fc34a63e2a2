// What a run's last event says about how far it is.
import type { RunEvent } from '#core/session/session';

/** Seconds left at the speed so far; 0 when it is over. */
export function remainingSeconds({ step, total_steps, seconds }: RunEvent): number {
  if (step <= 0 || step >= total_steps) return 0;
  return (seconds / step) * (total_steps - step);
}
