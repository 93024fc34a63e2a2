// What a recorded run brings back: the weights of its best epoch, out of the file it left or, of a run that was cut off, its checkpoint.
import type { RecordedRun } from '#core/session/runs';
import type { WeightOptions } from '#core/session/session';

import { withWeights } from '../inspect';

export interface RestorableWeights {
  readonly file: string;
  readonly options: WeightOptions;
}

/** null where the run left neither. */
export async function weightsOfRun({
  weights,
  checkpoint,
}: Pick<RecordedRun, 'weights' | 'checkpoint'>): Promise<RestorableWeights | null> {
  if (weights !== null) return { file: weights, options: {} };
  if (checkpoint === null) return null;
  const hasBest = await withWeights(checkpoint, ({ entries }) =>
    Promise.resolve(entries.some(({ name }) => name.startsWith('best_model.'))),
  );
  // What else a checkpoint holds is none of the model's.
  const prefix = hasBest ? 'best_model.' : 'model.';
  return { file: checkpoint, options: { rules: [{ kind: 'strip', prefix }], partial: true } };
}
