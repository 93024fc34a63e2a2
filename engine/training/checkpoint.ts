// A run's checkpoint: weights, optimizer, schedule, best epoch and place, in one file that torch.load(weights_only=True) opens.
import { LazuliError } from '#core/errors';
import {
  readContiguous,
  TorchFloat,
  TorchStateDict,
  writeTorchValue,
  type TorchValue,
} from '#core/formats/index';
import type { PlainValue, TensorEntry } from '#core/formats/weights';
import { stateDictContent } from '#core/nn/state-dict-io';
import { newTensor, StateDict } from '#core/nn/index';
import { convertBytes } from '#core/nn/tensor-memory';
import { Tensor } from '#core/tensor/tensor';

import { archiveName } from '../convert';
import { writeFileAtomically } from '../files';
import { bytesOf } from '../datasets/table';
import { withWeights } from '../inspect';
import type { Optimizer } from './optimizer';
import { loadOptimizerState, torchOptimizerState, type OptimizerSnapshot } from './optimizer-state';
import type { SavedTotals } from './totals';

/** Where a run stood. Steps count within the epoch (`step`) and over the whole run (`totalSteps`). */
export interface Place {
  readonly epoch: number;
  readonly step: number;
  readonly totalSteps: number;
  readonly seed: number;
  /** Samples of a step. */
  readonly batchSize: number;
  readonly samples: number;
}

/** Numbers by name: sums so far, the best epoch. */
export type Numbers = Readonly<Record<string, number>>;

/** What a checkpoint holds beside the optimizer. */
export interface CheckpointContent {
  readonly model: StateDict;
  /** The weights of the best epoch, where the run goes back to them. */
  readonly bestModel: StateDict | null;
  readonly place: Place;
  /** What was added up of the epoch in progress; null between epochs. */
  readonly totals: SavedTotals | null;
  readonly best: Numbers;
}

const floats = (numbers: Numbers): TorchValue =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, new TorchFloat(value)]));

/** What torch's scheduler takes back: counters are ints, and lists hold a number per group. */
function scheduleValue({ schedule, groups }: OptimizerSnapshot): TorchValue {
  if (!schedule) return null;
  const isCount = (name: string): boolean =>
    /(last_epoch|_count|T_cur|T_i|num_bad_epochs|_counter)$/.test(name);
  const numbers = Object.entries(schedule.state()).map(([name, value]): [string, TorchValue] => [
    name,
    isCount(name) ? value : new TorchFloat(value),
  ]);
  const perGroup = (of: (group: (typeof groups)[number]) => number): TorchValue =>
    groups.map((group) => new TorchFloat(of(group)));
  return {
    ...Object.fromEntries(numbers),
    base_lrs: perGroup(({ initialLr, lr }) => initialLr ?? lr),
    _last_lr: perGroup(({ lr }) => lr),
    // CyclicLR takes it out of its state, whatever it is.
    _scale_fn_custom: null,
    ...innerSchedules(numbers),
  };
}

/** The states of schedulers inside another one, as a list too: `1.last_epoch` is the second one's. */
function innerSchedules(numbers: readonly (readonly [string, TorchValue])[]): Record<string, TorchValue> {
  const inner: Record<string, TorchValue>[] = [];
  for (const [name, value] of numbers) {
    const [, at, own] = /^(\d+)\.(\w+)$/.exec(name) ?? [];
    if (at !== undefined && own !== undefined) (inner[Number(at)] ??= {})[own] = value;
  }
  return inner.length === 0 ? {} : { _schedulers: inner };
}

/** Atomic. `optimizer` is what torch.optim's load_state_dict takes, `model` what the module's takes. */
export async function writeCheckpoint(
  file: string,
  optimizer: OptimizerSnapshot,
  { model, bestModel, place, totals, best }: CheckpointContent,
): Promise<void> {
  const statistics = totals && rowsAsTensors(totals.rows);
  const value: TorchValue = {
    model: new TorchStateDict(stateDictContent(model)),
    ...(bestModel ? { best_model: new TorchStateDict(stateDictContent(bestModel)) } : {}),
    optimizer: torchOptimizerState(optimizer, place.totalSteps),
    optimizer_type: optimizer.declaration.type,
    lr_scheduler: scheduleValue(optimizer),
    epoch: place.epoch,
    step: place.step,
    total_steps: place.totalSteps,
    seed: place.seed,
    batch_size: place.batchSize,
    samples: place.samples,
    totals: floats(totals?.numbers ?? {}),
    ...(statistics ? { statistics: new TorchStateDict(stateDictContent(statistics)) } : {}),
    best: floats(best),
  };
  try {
    await writeFileAtomically(file, (sink) => writeTorchValue(sink, value, { directory: archiveName(file) }));
  } finally {
    for (const [, tensor] of statistics ?? []) if (tensor instanceof Tensor) tensor.storage.dispose();
  }
}

/** Statistics' rows as float64 tensors of their own. */
function rowsAsTensors(rows: SavedTotals['rows']): StateDict {
  return new StateDict(
    Object.entries(rows).map(([name, row]): [string, Tensor] => {
      const tensor = newTensor([row.length], 'float64');
      tensor.storage.write(0, bytesOf(row));
      return [name, tensor];
    }),
  );
}

async function rowsOf(entries: readonly TensorEntry[]): Promise<SavedTotals['rows']> {
  const rows = entries.map(async (entry): Promise<[string, Float64Array]> => {
    const bytes = convertBytes(await readContiguous(entry), entry.dtype, 'float64');
    return [entry.name, new Float64Array(bytes.slice().buffer)];
  });
  return Object.fromEntries(await Promise.all(rows));
}

export interface Checkpoint {
  readonly place: Place;
  /** The model's entries, without their prefix. */
  readonly model: readonly TensorEntry[];
  readonly bestModel: readonly TensorEntry[];
  readonly totals: SavedTotals;
  readonly best: Numbers;
  /** Writes what the optimizer and its schedule were into those of this run; throws `weights_mismatch`. */
  loadOptimizer(optimizer: Optimizer): Promise<void>;
}

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
      model: under('model.'),
      bestModel: under('best_model.'),
      totals: { numbers: numbersUnder(values, 'totals.'), rows: await rowsOf(under('statistics.')) },
      best: numbersUnder(values, 'best.'),
      async loadOptimizer(optimizer) {
        const saved = { type, entries: under('optimizer.'), values: valuesUnder(values, 'optimizer.') };
        await loadOptimizerState(optimizer, saved, file);
        loadSchedule(optimizer, numbersUnder(values, 'lr_scheduler.'), file);
      },
    });
  });

function valuesUnder(
  values: Readonly<Record<string, PlainValue>>,
  prefix: string,
): Readonly<Record<string, PlainValue>> {
  const own = Object.entries(values).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]));
}

/** Values that are numbers; the others are not ours. */
const numbersUnder = (values: Readonly<Record<string, PlainValue>>, prefix: string): Numbers =>
  Object.fromEntries(
    Object.entries(valuesUnder(values, prefix)).flatMap(([name, value]) => {
      const number = typeof value === 'bigint' ? Number(value) : value;
      return typeof number === 'number' ? [[name, number] as const] : [];
    }),
  );

function loadSchedule({ schedule }: Optimizer, saved: Numbers, file: string): void {
  if (!schedule) return;
  const expected = Object.keys(schedule.state());
  const missing = expected.find((name) => saved[name] === undefined);
  if (missing !== undefined)
    throw new LazuliError('weights_mismatch', `${file} was written under another learning-rate scheduler`, {
      where: `${file}, lr_scheduler`,
      expected: missing,
      got: Object.keys(saved).join(', ') || 'no scheduler',
      hint: 'train with the same scheduler, or without --resume',
    });
  schedule.load(saved);
}

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
