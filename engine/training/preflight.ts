// The training step of a project before any of its memory is taken: its program, traced and optimized, and the bytes that
// a run will hold. Nothing is initialized; parameters are imagined. All in turns: others go in between.
import type { Project } from '#core/document/project';
import type { GraphModule } from '#core/graph/graph-module';
import { LazuliError } from '#core/errors';
import { newTensor } from '#core/nn/index';
import { useBackend } from '#core/ops/dispatch';
import { printProgram, type CompiledProgram } from '#core/program/index';
import type { ProgramSpec } from '#core/program/instructions';
import type { Backend, Storage } from '#core/tensor/storage';
import { within, type Wrap } from '#core/turns';
import { parseParams } from '#core/layers/index';
import type { TrainingMemory } from '#core/session/training-memory';
import { CLIPPING, EARLY_STOPPING } from '#core/training/options';

import { cpuBackend, useThreads } from '../backend';
import { tensorsOf, type Dataset } from '../datasets/dataset';
import { splitSamples } from '../datasets/shuffle';
import { Model, type SampleShapes } from '../model/model';
import { Turns } from '../turns';
import { batchAlone } from './batch-alone';
import { Cursor, endsOf } from './batches';
import { evaluationBatch } from './evaluate';
import { objectiveOf } from './objective';
import { Optimizer } from './optimizer';
import { StepLog } from './log';
import { cutOf } from './pass';
import { compileEvaluation, compileTraining, trainedParameters } from './programs';
import { batchOf } from './training-pass';

export interface Preflight {
  readonly batch: number;
  /** The program's listing as traced. */
  readonly before: string;
  /** And as it will run, with each result's place in the arena. */
  readonly after: string;
  readonly instructions: { readonly before: number; readonly after: number };
  readonly memory: TrainingMemory;
}

/** Memory that is only counted, while it is not freed. */
class ImaginedStorage implements Storage {
  readonly device = 'cpu';
  isDisposed = false;
  constructor(
    readonly bytes: number,
    private readonly alive: Set<Storage>,
  ) {
    alive.add(this);
  }
  read(_offset: number, length: number): Uint8Array {
    return new Uint8Array(length);
  }
  write(): void {}
  copy(): ImaginedStorage {
    return new ImaginedStorage(this.bytes, this.alive);
  }
  assign(): void {}
  dispose(): void {
    this.isDisposed = true;
    this.alive.delete(this);
  }
}

/** CPU tensors that are only counted, inside `wrap`; `alive` are those that are not freed. */
function imagination(): { readonly wrap: Wrap; readonly alive: ReadonlySet<Storage> } {
  const alive = new Set<Storage>();
  const backend: Backend = {
    device: 'cpu',
    allocate: (bytes) => new ImaginedStorage(bytes, alive),
    execute: () => undefined,
  };
  const wrap: Wrap = (body) => {
    const restore = useBackend(backend);
    try {
      return body();
    } finally {
      restore();
    }
  };
  return { wrap, alive };
}

const bytesOf = (storages: Iterable<Storage>): number =>
  [...new Set(storages)].reduce((sum, { bytes }) => sum + bytes, 0);

export interface PreflightOptions {
  /** The run keeps the weights of its best epoch, also where it does not go back to them. Default false. */
  readonly keepsBest?: boolean;
}

/**
 * Traces the training step of `project` on a batch of these shapes, or, where its data is given, every program of the run
 * over it. Throws what feeding that sample or starting that run would throw: the first problem of the graph, loss or
 * optimizer.
 */
export async function preflight(
  project: Project,
  shapes: SampleShapes,
  data: Dataset | null = null,
  { keepsBest = false }: PreflightOptions = {},
): Promise<Preflight> {
  const { wrap, alive } = imagination();
  const turns = new Turns();
  const model = wrap(() => new Model(project));
  try {
    await turns.run(within(wrap, model.feedInTurns(shapes, project.training.seed)));
    const dataset = data ?? wrap(() => batchAlone(project, model, shapes));
    const step = { isWhole: data !== null, keepsBest, alive, turns, wrap };
    const { specs, ...found } = await report(project, model, dataset, step);
    return await withScratch(project, found, specs);
  } finally {
    wrap(() => {
      model.dispose();
    });
  }
}

async function withScratch(
  project: Project,
  found: Preflight,
  specs: readonly ProgramSpec[],
): Promise<Preflight> {
  const scratch = project.training.device === 'cpu' ? await scratchOf(specs, project.training.threads) : 0;
  const memory = { ...found.memory, scratch, total: found.memory.total + scratch };
  return { ...found, memory };
}

/** Of the programs' kernels the largest: they share it. */
async function scratchOf(specs: readonly ProgramSpec[], threads: number): Promise<number> {
  const backend = cpuBackend();
  useThreads(threads);
  let most = 0;
  for (const spec of specs) most = Math.max(most, await backend.measureScratch(spec));
  return most;
}

interface Imagining {
  readonly turns: Turns;
  readonly wrap: Wrap;
}

/** Those that a run compiles, largest batch first; one, of all samples, for a batch alone. */
function programsOf(
  { training, dtype }: Project,
  module: GraphModule,
  dataset: Dataset,
  optimizer: Optimizer,
): readonly ((options: Imagining) => Promise<{ readonly compiled: CompiledProgram }>)[] {
  const split = splitSamples(dataset.samples, training.validationSplit, training.seed);
  const rows = split.training.length;
  const batch = batchOf(training, rows);
  const ends = endsOf(module, dtype);
  const objective = objectiveOf(training, { dataset, ends });
  const clipping = training.clipping ? parseParams(CLIPPING, training.clipping) : null;
  const common = { module, dtype, objective, precision: training.precision };
  const feed = { dataset, ends, normalizers: [] };
  const parts = {
    ...common,
    feed,
    cursor: new Cursor(rows),
    optimizer,
    log: new StepLog(Math.ceil(rows / batch), {
      extras: (clipping?.max_norm ?? null) === null ? 0 : 1,
      parts: Math.ceil(batch / Math.min(training.batchSize, rows)),
    }),
    random: newTensor([2], 'int64'),
    clipping,
    portion: Math.min(training.batchSize, rows),
  };
  const train = sizesOf(rows, batch).map(
    (size) => (options: Imagining) => compileTraining(parts, size, { ...options, device: 'cpu' }),
  );
  const held = split.validation.length;
  if (held === 0) return train;
  const most = evaluationBatch(held, training.batchSize);
  const log = new StepLog(Math.ceil(held / most));
  const validation = { ...common, feed, cursor: new Cursor(held), log };
  return [
    ...train,
    ...sizesOf(held, most).map(
      (size) => (options: Imagining) => compileEvaluation(validation, size, { ...options, device: 'cpu' }),
    ),
  ];
}

const sizesOf = (rows: number, batch: number): readonly number[] => {
  const { fullSteps, left } = cutOf(rows, batch);
  return [...(fullSteps > 0 ? [batch] : []), ...(left > 0 ? [left] : [])];
};

async function report(
  project: Project,
  model: Model,
  dataset: Dataset,
  {
    isWhole,
    keepsBest,
    alive,
    ...imagining
  }: Imagining &
    Required<PreflightOptions> & { readonly isWhole: boolean; readonly alive: ReadonlySet<Storage> },
): Promise<Preflight & { readonly specs: readonly ProgramSpec[] }> {
  const { module } = model;
  const trained = trainedParameters(module);
  const { wrap } = imagining;
  const optimizer = wrap(() => new Optimizer(project.training, trained));
  const settings = isWhole
    ? project
    : {
        ...project,
        training: { ...project.training, batchSize: dataset.samples, accumulate: 1, validationSplit: 0 },
      };
  const compiled: CompiledProgram[] = [];
  for (const compile of wrap(() => programsOf(settings, module, dataset, optimizer)))
    compiled.push((await compile(imagining)).compiled);
  const [step, ...others] = compiled;
  if (!step) throw new LazuliError('data_invalid', 'there are no samples to train on');
  const { traced, spec, memory } = step;
  const named = [...module.namedParameters(), ...module.namedBuffers()];
  const names = new Map(named.map(([key, { storage }]) => [storage, key] as const));
  for (const [key, state] of optimizer.states)
    for (const [name, { storage }] of Object.entries(state)) names.set(storage, `${key}.${name}`);
  const parameters = bytesOf([...module.namedParameters()].map(([, { storage }]) => storage));
  const buffers = bytesOf([...module.namedBuffers()].map(([, { storage }]) => storage));
  const state = bytesOf(
    [...optimizer.states.values()].flatMap((each) => Object.values(each).map(({ storage }) => storage)),
  );
  const stopping = project.training.earlyStopping;
  const restores = stopping ? parseParams(EARLY_STOPPING, stopping).restore_best : false;
  const kept = restores || keepsBest ? parameters + buffers : 0;
  const undone = [...trained.values()].reduce((sum, { storage }) => sum + storage.bytes, buffers);
  const tables = bytesOf(tensorsOf(dataset).map(({ storage }) => storage));
  const records = bytesOf(alive) - parameters - buffers - state - (isWhole ? 0 : tables) + kept + undone;
  const data = isWhole ? tables : 0;
  const otherArenas = others.reduce((sum, { spec: { arenaBytes } }) => sum + arenaBytes, 0);
  return {
    batch: isWhole ? batchOf(project.training, dataset.samples) : dataset.samples,
    before: printProgram(traced, { names }),
    after: printProgram(spec, { names }),
    specs: [spec, ...others.map((other) => other.spec)],
    instructions: { before: traced.instructions.length, after: spec.instructions.length },
    memory: {
      parameters,
      buffers,
      optimizer_state: state,
      arena: spec.arenaBytes,
      gradients: [...trained.values()].reduce((sum, { storage }) => sum + storage.bytes, 0),
      least_arena: memory.leastArenaBytes,
      other_arenas: otherArenas,
      data,
      scratch: 0,
      records,
      total: parameters + buffers + state + spec.arenaBytes + otherArenas + data + records,
    },
  };
}
