// A run's checkpoint: weights, optimizer state and place, in one file that torch.load(weights_only=True) opens.
import { LazuliError } from '#core/errors';
import {
  readContiguous,
  TorchStateDict,
  TorchTensorValue,
  writeTorchValue,
  type TorchValue,
} from '#core/formats/index';
import type { PlainValue, TensorEntry } from '#core/formats/weights';
import { elementSize } from '#core/tensor/dtype';
import { formatShape, shapesEqual } from '#core/tensor/shape';
import type { Tensor } from '#core/tensor/tensor';
import { stateDictContent } from '#core/nn/state-dict-io';
import { StateDict, writeDense } from '#core/nn/index';

import { archiveName } from '../convert';
import { writeFileAtomically } from '../files';
import { withWeights } from '../inspect';
import type { Optimizer } from './optimizer';

/** Where a run stood. Steps count within the epoch (`step`) and over the whole run (`totalSteps`). */
export interface Place {
  readonly epoch: number;
  readonly step: number;
  readonly totalSteps: number;
  readonly seed: number;
  readonly batchSize: number;
  readonly samples: number;
}

/** Atomic. `model` is the state dict; parameters of the run's optimizer are under `optimizer.<key>.<state>`. */
export async function writeCheckpoint(
  file: string,
  model: StateDict,
  optimizer: Optimizer,
  place: Place,
): Promise<void> {
  const states: Record<string, TorchValue> = {};
  for (const [key, state] of optimizer.states) {
    const content = stateDictContent(new StateDict(Object.entries(state)));
    states[key] = Object.fromEntries(
      content.entries.map((entry) => [entry.name, new TorchTensorValue(entry)]),
    );
  }
  const value: TorchValue = {
    model: new TorchStateDict(stateDictContent(model)),
    optimizer: states,
    optimizer_type: optimizer.declaration.type,
    epoch: place.epoch,
    step: place.step,
    total_steps: place.totalSteps,
    seed: place.seed,
    batch_size: place.batchSize,
    samples: place.samples,
  };
  await writeFileAtomically(file, (sink) => writeTorchValue(sink, value, { directory: archiveName(file) }));
}

export interface Checkpoint {
  readonly place: Place;
  readonly optimizerType: string;
  /** The model's entries, without their prefix. */
  readonly model: readonly TensorEntry[];
  readonly optimizer: readonly TensorEntry[];
}

const MODEL = 'model.';
const OPTIMIZER = 'optimizer.';

/** Opens a checkpoint for `body`. Throws `file_refused` for a file that is none. */
export const withCheckpoint = <T>(file: string, body: (checkpoint: Checkpoint) => Promise<T>): Promise<T> =>
  withWeights(file, async ({ entries, values }) => {
    const integer = (name: string): number => whole(values[name], name, file);
    const under = (prefix: string): TensorEntry[] =>
      entries
        .filter(({ name }) => name.startsWith(prefix))
        .map((entry) => ({ ...entry, name: entry.name.slice(prefix.length) }));
    const type = values['optimizer_type'];
    if (typeof type !== 'string') throw noCheckpoint(file, 'optimizer_type');
    return body({
      place: {
        epoch: integer('epoch'),
        step: integer('step'),
        totalSteps: integer('total_steps'),
        seed: integer('seed'),
        batchSize: integer('batch_size'),
        samples: integer('samples'),
      },
      optimizerType: type,
      model: under(MODEL),
      optimizer: under(OPTIMIZER),
    });
  });

function whole(value: PlainValue | undefined, name: string, file: string): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  throw noCheckpoint(file, name);
}

const noCheckpoint = (file: string, missing: string): LazuliError =>
  new LazuliError('file_refused', `${file} is not a checkpoint of a training run: it has no ${missing}`, {
    where: file,
    expected: 'a checkpoint that an interrupted run left',
    hint: 'to start from weights, give them with --weights',
  });

/** Writes saved optimizer state into the tensors of this run. Throws `weights_mismatch` where they do not fit. */
export async function loadOptimizer(
  optimizer: Optimizer,
  checkpoint: Checkpoint,
  file: string,
): Promise<void> {
  const given = new Map(checkpoint.optimizer.map((entry) => [entry.name, entry]));
  if (checkpoint.optimizerType !== optimizer.declaration.type)
    throw new LazuliError(
      'weights_mismatch',
      `${file} was written by the optimizer ${checkpoint.optimizerType}, not ${optimizer.declaration.type}`,
      {
        where: file,
        expected: optimizer.declaration.type,
        got: checkpoint.optimizerType,
        hint: `train with --optimizer ${checkpoint.optimizerType}, or without --resume`,
      },
    );
  for (const [key, state] of optimizer.states)
    for (const [name, tensor] of Object.entries(state))
      await loadTensor(tensor, given.get(`${key}.${name}`), `${key}.${name}`, file);
}

async function loadTensor(
  tensor: Tensor,
  entry: TensorEntry | undefined,
  key: string,
  file: string,
): Promise<void> {
  const fits = entry?.shape && entry.dtype === tensor.dtype && shapesEqual(entry.shape, tensor.shape);
  if (!entry || fits !== true)
    throw new LazuliError('weights_mismatch', `${file}: the optimizer's ${key} does not fit`, {
      where: `${file}, optimizer.${key}`,
      expected: `${tensor.dtype} ${formatShape(tensor.shape)}`,
      got: entry?.shape ? `${entry.dtype} ${formatShape(entry.shape)}` : 'nothing',
    });
  const bytes = await readContiguous(entry);
  if (bytes.byteLength === tensor.numel() * elementSize(tensor.dtype)) writeDense(tensor, bytes);
}
