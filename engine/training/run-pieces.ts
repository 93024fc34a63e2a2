// What a training run is made of besides its parts: everything it frees.
import { LazuliError } from '#core/errors';
import { PLAN } from '#core/graph/graph-module';
import { tensorGroups } from '#core/graph/tensor-options';
import { together } from '#core/nn/index';
import type { KnownProgram } from '#core/program/index';

import { BestEpoch, monitorOf } from './best';
import { Evaluation } from './evaluate';
import { Optimizer } from './optimizer';
import type { RunParts } from './parts';
import { refuseAllFrozen, trainedParameters } from './programs';
import { batchOf, TrainingPass } from './training-pass';

/** PyTorch's autocast leaves doubles alone, so that the setting would do nothing. */
function refuseHalfOfDoubles({ settings, dtype }: RunParts): void {
  if (settings.precision !== 'bfloat16' || dtype === 'float32') return;
  throw new LazuliError(
    'parameter_invalid',
    `bfloat16 precision needs a float32 model, and this one is ${dtype}`,
    {
      where: 'precision',
      expected: 'float32',
      got: dtype,
      hint: 'set the project’s dtype to float32, or the precision to full',
    },
  );
}

export interface RunPieces {
  readonly best: BestEpoch;
  readonly optimizer: Optimizer;
  readonly training: TrainingPass;
  readonly validation: Evaluation | null;
}

/** Traces the programs, in turns. Throws what does not fit, with everything freed. */
export async function piecesOf(parts: RunParts, known: readonly KnownProgram[]): Promise<RunPieces> {
  const { module, settings, rows, lock } = parts;
  const free: (() => void)[] = [];
  try {
    const parameters = trainedParameters(module);
    refuseAllFrozen(module, parameters.size);
    refuseHalfOfDoubles(parts);
    const { length } = rows.validation;
    const metrics = parts.objective.metrics.map(({ name }) => name);
    const best = new BestEpoch(monitorOf(settings, metrics, length > 0), module, settings, {
      keeps: parts.kept !== null,
    });
    free.push(() => best.dispose());
    const { epochs, precision } = settings;
    const stepsPerEpoch = Math.ceil(rows.training.length / batchOf(settings, rows.training.length));
    const groupOf = tensorGroups(module[PLAN].graph);
    const options = { groupOf, length: { epochs, stepsPerEpoch } };
    const optimizer = together(() => new Optimizer(settings, parameters, options));
    free.push(() => optimizer.dispose());
    const training = await TrainingPass.create(parts, optimizer, known);
    free.push(() => training.dispose());
    optimizer.setLength({ epochs, stepsPerEpoch: training.steps });
    const validation =
      length > 0
        ? await Evaluation.create({ ...parts, precision, known }, rows.validation, settings.batchSize, lock)
        : null;
    return { best, optimizer, training, validation };
  } catch (error) {
    for (const dispose of free) dispose();
    throw error;
  }
}
