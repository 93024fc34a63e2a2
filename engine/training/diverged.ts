// The refusal to go on with numbers that are none.
import type { TrainingSettings } from '#core/document/project';
import { LazuliError } from '#core/errors';

import type { StepValues } from './log';

/** Throws `diverged` for a step, counted from 0, whose loss is not finite, or whose norm is not where the settings ask for that. */
export function refuseDiverged(
  { values: [loss = Number.NaN, norm = 0] }: StepValues,
  { clipping }: Pick<TrainingSettings, 'clipping'>,
  { epoch, step, rate }: { readonly epoch: number; readonly step: number; readonly rate: number },
): void {
  if (clipping?.['error_if_nonfinite'] === true && !Number.isFinite(norm))
    throw new LazuliError('diverged', 'the norm of the gradients is not finite, so they cannot be clipped', {
      where: `epoch ${epoch + 1}, step ${step + 1}`,
      expected: 'a finite norm',
      got: String(norm),
      hint: 'lower the learning rate, or leave error_if_nonfinite out to go on',
    });
  if (Number.isFinite(loss)) return;
  throw new LazuliError(
    'diverged',
    `the loss became ${Number.isNaN(loss) ? 'NaN' : 'infinite'} in step ${step + 1} of epoch ${epoch + 1}`,
    {
      where: `epoch ${epoch + 1}, step ${step + 1}`,
      expected: 'a finite loss',
      got: String(loss),
      hint: `lower the learning rate (it is ${rate}), normalize the data, or look for odd values in it`,
    },
  );
}
