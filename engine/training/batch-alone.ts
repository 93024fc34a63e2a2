// A dataset of one batch that is not there: what the training step of a model is traced on where only shapes of a sample are known.
import { MAIN_TARGET, type Project } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { parseParams } from '#core/layers/index';
import { findTrainingLoss, type TrainingLoss } from '#core/training/losses';
import { termsIn } from '#core/training/terms';
import { newTensor } from '#core/nn/index';
import { noGrad } from '#core/ops/index';
import { numel, type Shape } from '#core/tensor/shape';
import type { Tensor } from '#core/tensor/tensor';

import type { Dataset } from '../datasets/dataset';
import type { Targets } from '../datasets/targets';
import type { Model, SampleShapes } from '../model/model';
import { endsOf, type Ends } from './batches';

/** Throws `usage` where an input has no shape. */
export function batchAlone(project: Project, { module }: Model, shapes: SampleShapes): Dataset {
  const { training, dtype, data } = project;
  const ends = endsOf(module, dtype);
  const inputs = ends.inputs.map(({ id, name, dtype: own }) => {
    const shape = shapes[name];
    if (!shape) throw new LazuliError('usage', `a shape for the input '${name}' is missing`);
    return { id, name, table: newTensor(shape, own), meta: newTensor(shape, own, 'meta') };
  });
  const given = Object.fromEntries(inputs.map(({ name, meta }) => [name, meta]));
  const results = noGrad(() => module.forward(given));
  const batch = inputs[0]?.table.shape[0] ?? 1;
  const named = new Map<string, Targets>();
  for (const [at, term] of termsIn(training).entries()) {
    const loss = findTrainingLoss(term.type);
    if (!loss) continue;
    const shapesOf = outputShapes(loss, at, results, ends);
    for (const { slot, place } of targetSlots(loss)) {
      const chosen = term.slots?.[slot.name];
      if (chosen && !('target' in chosen)) continue;
      const name = chosen?.target ?? (at + place === 0 ? MAIN_TARGET : `${at} ${slot.name}`);
      const told = name === MAIN_TARGET ? data?.targetKind : data?.targets?.[name]?.kind;
      const isClass =
        (told ?? (slot.isWhole || loss.declaration?.targets[0] === 'class' ? 'class' : 'number')) === 'class';
      const shape = targetShape(loss, term.params, shapesOf, { batch, isClass });
      const tensor = isClass ? newTensor(shape, 'int64') : newTensor(shape, dtype);
      named.set(name, { tensor, kind: isClass ? 'class' : 'number', classes: [] });
    }
  }
  const [first] = inputs;
  if (!first) throw new LazuliError('internal', 'a graph without inputs');
  const targets = named.get(MAIN_TARGET) ?? null;
  named.delete(MAIN_TARGET);
  return {
    source: {
      file: 'sample',
      format: 'npy',
      targetKind: targets?.kind ?? 'number',
      normalization: { kind: 'none' },
    },
    samples: batch,
    inputShape: first.table.shape.slice(1),
    inputs: first.table,
    targets,
    feeds: new Map(inputs.slice(1).map(({ id, table }) => [id, table])),
    named,
    columns: [],
    notes: [],
    dispose: () => undefined,
  };
}

const targetSlots = ({ slots }: TrainingLoss) =>
  slots.filter(({ takes }) => takes === 'target').map((slot, place) => ({ slot, place }));

/** What the output slots of the `at`-th loss get where nothing else is chosen. */
function outputShapes(
  loss: TrainingLoss,
  at: number,
  results: Readonly<Record<string, Tensor>>,
  { outputs }: Ends,
): readonly Shape[] {
  const shapes = outputs.map(({ name }) => results[name]?.shape ?? []);
  const count = loss.slots.filter(({ takes }) => takes === 'output').length;
  return count === 1 ? shapes.slice(Math.min(at, shapes.length - 1)) : shapes;
}

/** The shape of a target that the loss takes: a class per place, the output's own, or one number per sample. */
function targetShape(
  loss: TrainingLoss,
  given: Readonly<Record<string, unknown>>,
  [output = []]: readonly Shape[],
  { batch, isClass }: { readonly batch: number; readonly isClass: boolean },
): Shape {
  if (loss.declaration) return isClass ? [batch, ...output.slice(2)] : output;
  const params = parseParams(loss, given);
  const others = loss.slots.map(({ takes }) => (takes === 'output' ? output : null));
  const fits = (shape: Shape): boolean => {
    const result = loss.infer(
      params,
      others.map((other) => other ?? shape),
    );
    return !('problems' in result);
  };
  return [output, [batch], [batch, 1]].find((shape) => numel(shape) > 0 && fits(shape)) ?? [batch];
}
