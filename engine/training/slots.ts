// Which output, input or target each slot of a loss gets, and how targets are brought into the form that the loss takes.
import { MAIN_TARGET, type LossSource, type LossTerm } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { nearest } from '#core/layers/suggest';
import type { LossSlot, TrainingLoss } from '#core/training/losses';
import { usualSource } from '#core/training/terms';
import * as ops from '#core/ops/index';
import { formatShape } from '#core/tensor/shape';
import type { Tensor } from '#core/tensor/tensor';

import type { Dataset } from '../datasets/dataset';
import type { Targets } from '../datasets/targets';
import { targetsOf, type End, type Ends, type Given } from './batches';

/** What a slot is given, found in the graph and the data. */
export interface FilledSlot {
  readonly slot: LossSlot;
  readonly source: LossSource;
  /** For a target: what it is. */
  readonly target: Targets | null;
}

/** Outputs and inputs by node name, targets by name, of one batch. */
export interface BatchGiven {
  readonly outputs: Given;
  readonly inputs: Given;
  readonly targets: Given;
  readonly samples: number;
}

/**
 * The slots of the `at`-th loss of a project. What a term does not say follows the order of the graph's outputs and of the data's
 * targets. Throws `graph_invalid` for an output there is not, `data_invalid` for a target.
 */
export function fillSlots(
  loss: TrainingLoss,
  { slots: chosen = {} }: LossTerm,
  at: number,
  { ends, dataset }: { readonly ends: Ends; readonly dataset: Dataset },
): readonly FilledSlot[] {
  const stray = Object.keys(chosen).find((name) => loss.slots.every((slot) => slot.name !== name));
  if (stray !== undefined)
    throw new LazuliError('parameter_invalid', `${loss.type} has no slot '${stray}'`, {
      where: `loss ${loss.type}`,
      expected: loss.slots.map(({ name }) => name).join(', '),
      got: stray,
    });
  const targets = targetsOf(dataset);
  return loss.slots.map((slot): FilledSlot => {
    const usual = (): LossSource => {
      const source = usualSource(loss, slot, at, { outputs: ends.outputs, targets: [...targets.keys()] });
      if (source) return source;
      if (slot.takes === 'target') throw noTarget(loss, slot, dataset);
      // A graph without outputs is refused with its own problems.
      if (ends.outputs.length === 0) return { output: '' };
      throw tooFewOutputs(loss, slot, ends.outputs);
    };
    const source = chosen[slot.name] ?? usual();
    return { slot, source, target: checked(loss, slot, source, { ends, dataset, targets }) };
  });
}

function checked(
  loss: TrainingLoss,
  slot: LossSlot,
  source: LossSource,
  given: { readonly ends: Ends; readonly dataset: Dataset; readonly targets: ReadonlyMap<string, Targets> },
): Targets | null {
  const { ends, dataset, targets } = given;
  if ('target' in source) {
    const target = targets.get(source.target);
    if (target) return target;
    if (source.target === MAIN_TARGET) throw noTarget(loss, slot, dataset);
    const names = [...targets.keys()];
    const meant = nearest(source.target, names);
    throw new LazuliError('data_invalid', `${loss.type}: the data has no target '${source.target}'`, {
      where: `loss ${loss.type}, ${slot.name}`,
      expected: names.length > 0 ? `one of ${names.join(', ')}` : 'a target in the data',
      got: source.target,
      ...(meant === null ? {} : { hint: `did you mean ${meant}?` }),
    });
  }
  const [kind, id, list] =
    'output' in source
      ? (['output', source.output, ends.outputs] as const)
      : (['input', source.input, ends.inputs] as const);
  if (list.length === 0 || list.some((end) => end.id === id)) return null;
  throw new LazuliError('graph_invalid', `${loss.type}: the graph has no ${kind} node '${id}' that runs`, {
    where: `loss ${loss.type}, ${slot.name}`,
    expected: `the id of one: ${list.map((end) => `${end.id} (${end.name})`).join(', ')}`,
    got: id,
    hint: 'choose it again in the Training panel',
  });
}

const noTarget = (loss: TrainingLoss, slot: LossSlot, { source }: Dataset): LazuliError =>
  new LazuliError('data_invalid', `${source.file}: no target is chosen, and ${loss.type} needs one`, {
    where: loss.slots.length > 2 ? `data, target for ${slot.name}` : 'data, target',
    expected: 'a target column, array or file',
    got: 'none',
  });

const tooFewOutputs = (loss: TrainingLoss, slot: LossSlot, outputs: readonly End[]): LazuliError =>
  new LazuliError(
    'graph_invalid',
    `${loss.type} compares more outputs than the graph has: nothing is left for '${slot.name}'`,
    {
      where: `loss ${loss.type}, ${slot.name}`,
      expected: `an output each for ${loss.slots.flatMap(({ name, takes }) => (takes === 'output' ? [name] : [])).join(', ')}`,
      got: outputs.map(({ name }) => name).join(', '),
      hint: 'add output nodes to the graph, or choose what each slot gets in the Training panel',
    },
  );

/** The tensor a source stands for. */
export function tensorOf(source: LossSource, given: BatchGiven, ends: Ends): Tensor {
  const named = (id: string, list: readonly End[]): string => list.find((end) => end.id === id)?.name ?? '';
  const found =
    'target' in source
      ? given.targets[source.target]
      : 'output' in source
        ? given.outputs[named(source.output, ends.outputs)]
        : given.inputs[named(source.input, ends.inputs)];
  if (!found) throw new LazuliError('internal', `a loss without ${JSON.stringify(source)}`);
  return found;
}

/** Classes as what a loss of signs takes. Throws `data_invalid` for more than two. */
function signsOf(classes: Tensor, { slot, target }: FilledSlot, like: Tensor, loss: TrainingLoss): Tensor {
  const count = target?.classes.length ?? 2;
  if (count <= 2) return ops.sub(ops.mul(ops.cast(classes, like.dtype), 2), 1);
  throw new LazuliError(
    'data_invalid',
    `${loss.type} takes two classes, -1 and 1, and the data has ${count}`,
    {
      where: `loss ${loss.type}, ${slot.name}`,
      expected: 'two classes, or numbers that are -1 and 1',
      got: `${count} classes`,
    },
  );
}

/** Targets in the dtype of a slot. */
function typed(given: Tensor, filled: FilledSlot, like: Tensor, loss: TrainingLoss): Tensor {
  const { slot, target } = filled;
  if (slot.isWhole) return given.dtype === 'int64' ? given : ops.cast(given, 'int64');
  if (slot.isSign && target?.kind === 'class') return signsOf(given, filled, like, loss);
  return given.dtype === like.dtype ? given : ops.cast(given, like.dtype);
}

/** A column as the loss takes it: of the shape of what it is compared with, without its last axis, or as it is. */
function forms(target: Tensor, like: Tensor): readonly Tensor[] {
  const alike =
    target.numel() === like.numel() && target.rank !== like.rank ? [ops.reshape(target, like.shape)] : [];
  const plain =
    target.rank > 1 && target.shape.at(-1) === 1 ? [ops.reshape(target, target.shape.slice(0, -1))] : [];
  return [...alike, ...plain, target];
}

/** What a loss of several slots is given, in order. Throws `shape_mismatch` with the loss's own words where nothing fits. */
export function fittedTo(
  loss: TrainingLoss,
  params: Readonly<Record<string, unknown>>,
  filled: readonly FilledSlot[],
  given: readonly Tensor[],
): readonly Tensor[] {
  const [like] = given;
  if (!like) return given;
  const choices = given.map((tensor, at): readonly Tensor[] => {
    const slot = filled[at];
    if (!slot || !('target' in slot.source)) return [tensor];
    const target = typed(tensor, slot, like, loss);
    return slot.slot.isWhole ? forms(target, target) : forms(target, like);
  });
  const most = Math.max(...choices.map(({ length }) => length));
  let refused: Error | null = null;
  for (let at = 0; at < most; at++) {
    const chosen = choices.map((list, index) => list[Math.min(at, list.length - 1)] ?? given[index] ?? like);
    const result = loss.infer(
      params,
      chosen.map(({ shape }) => shape),
    );
    if (!('problems' in result)) return chosen;
    refused ??= misfit(loss, chosen, filled, result.problems[0]);
  }
  throw refused ?? new LazuliError('internal', `${loss.type} without slots`);
}

function misfit(
  loss: TrainingLoss,
  given: readonly Tensor[],
  filled: readonly FilledSlot[],
  problem: { readonly message: string; readonly expected?: string; readonly got?: string } | undefined,
): LazuliError {
  const shapes = filled.map(({ slot }, at) => `${slot.name} ${formatShape(given[at]?.shape ?? [])}`);
  return new LazuliError(
    'shape_mismatch',
    `${loss.type} cannot compare ${shapes.join(', ')}: ${problem?.message ?? ''}`,
    {
      where: `loss ${loss.type}`,
      ...(problem?.expected === undefined ? {} : { expected: problem.expected }),
      ...(problem?.got === undefined ? {} : { got: problem.got }),
      hint: 'choose what each slot gets in the Training panel, or change the last layers',
    },
  );
}
