// The training step of a project before any of its memory is taken: its program, traced and optimized, and the bytes that
// a run will hold. Nothing is initialized; parameters are imagined. All in turns: others go in between.
import type { DeviceName } from '#core/document/device';
import type { Project } from '#core/document/project';
import { PLAN, type GraphModule } from '#core/graph/graph-module';
import { tensorGroups } from '#core/graph/tensor-options';
import { LazuliError } from '#core/errors';
import { newTensor } from '#core/nn/index';
import { printProgram, type CompiledProgram, type KnownProgram } from '#core/program/index';
import type { ProgramSpec } from '#core/program/instructions';
import type { Storage } from '#core/tensor/storage';
import { within, type Wrap } from '#core/turns';
import { parseParams } from '#core/layers/index';
import type { TrainingMemory } from '#core/session/training-memory';
import { CLIPPING, EARLY_STOPPING } from '#core/training/options';

import { cpuBackend, gpuBackend, useThreads } from '../backend';
import { tensorsOf, type Dataset } from '../datasets/dataset';
import { imaginedScaling, normalizationOf } from '../datasets/normalization';
import { splitSamples } from '../datasets/shuffle';
import { Model, type SampleShapes } from '../model/model';
import { Turns } from '../turns';
import { batchAlone } from './batch-alone';
import { Cursor, endsOf, Normalizer, tablesFor } from './batches';
import { evaluationBatch } from './evaluate';
import { objectiveOf } from './objective';
import { Optimizer, type OptimizerOptions } from './optimizer';
import { StepLog } from './log';
import { Imagination } from './imagination';
import { cutOf } from './pass';
import type { DataPlace } from './placement';
import { compileEvaluation, compileTraining, trainedParameters } from './programs';
import { batchOf, hasLoneRest } from './training-pass';

export interface Preflight {
  readonly batch: number;
  /** The program's listing as traced. */
  readonly before: string;
  /** And as it will run, with each result's place in the arena. */
  readonly after: string;
  readonly instructions: { readonly before: number; readonly after: number };
  readonly memory: TrainingMemory;
}

/** With every program, over memory that is gone: what a run's own are taken from. */
export interface CompiledPreflight extends Preflight {
  readonly dataPlace: DataPlace;
  readonly programs: readonly KnownProgram[];
}

const bytesOf = (storages: Iterable<Storage>): number =>
  [...new Set(storages)].reduce((sum, { bytes }) => sum + bytes, 0);

export interface PreflightOptions {
  /** The run keeps the weights of its best epoch, also where it does not go back to them. Default false. */
  readonly keepsBest?: boolean;
  /** On a GPU, the bytes it may give: where those do not hold the run's data as well, that stays on the host, unless that needs more. Default: no limit. */
  readonly limit?: number;
}

/**
 * Traces the training step of `project` on a batch of these shapes, or, where its data is given, every program of the run
 * over it. Throws what feeding that sample or starting that run would throw: the first problem of the graph, loss or
 * optimizer.
 */
export async function preflight(...given: Parameters<typeof compilePreflight>): Promise<Preflight> {
  const { batch, before, after, instructions, memory } = await compilePreflight(...given);
  return { batch, before, after, instructions, memory };
}

/** The same with the programs. */
export async function compilePreflight(
  project: Project,
  shapes: SampleShapes,
  data: Dataset | null = null,
  { keepsBest = false, limit = Infinity }: PreflightOptions = {},
): Promise<CompiledPreflight> {
  const given = { project, shapes, data, keepsBest };
  const found = await compileWith(given, 'device');
  const isHeld = project.training.device === 'cpu' || !data || found.memory.total <= limit;
  if (isHeld) return found;
  const streamed = await compileWith(given, 'host');
  // Two batches may be larger than all of the data.
  return streamed.memory.total < found.memory.total ? streamed : found;
}

async function compileWith(
  {
    project,
    shapes,
    data,
    keepsBest,
  }: {
    readonly project: Project;
    readonly shapes: SampleShapes;
    readonly data: Dataset | null;
    readonly keepsBest: boolean;
  },
  dataPlace: DataPlace,
): Promise<CompiledPreflight> {
  const device = project.training.device === 'cpu' ? 'cpu' : 'gpu';
  const imagination = new Imagination(device);
  const { wrap, alive } = imagination;
  const turns = new Turns();
  const model = wrap(() => new Model(project));
  try {
    await turns.run(within(wrap, model.feedInTurns(shapes, project.training.seed)));
    const host = data ?? wrap(() => batchAlone(project, model, shapes));
    const counting = data === null ? 'counted' : dataPlace === 'host' ? 'host' : 'uncounted';
    const dataset = wrap(() => imagination.place(model.module, host, counting));
    const step = { isWhole: data !== null, keepsBest, dataPlace, alive, turns, wrap, device } as const;
    return await withScratch(project, await report(project, model, dataset, step));
  } finally {
    wrap(() => {
      model.dispose();
    });
  }
}

async function withScratch(project: Project, found: CompiledPreflight): Promise<CompiledPreflight> {
  const specs = found.programs.map(({ spec }) => spec);
  const { device, threads } = project.training;
  const scratch = device === 'cpu' ? await scratchOf(specs, threads) : await gpuScratchOf(specs, device);
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

/** Each program has its own there. */
async function gpuScratchOf(specs: readonly ProgramSpec[], device: DeviceName): Promise<number> {
  const backend = gpuBackend(device);
  let sum = 0;
  for (const spec of specs) sum += await backend.measureScratch(spec);
  return sum;
}

interface Imagining {
  readonly device: 'cpu' | 'gpu';
  readonly turns: Turns;
  readonly wrap: Wrap;
}

type Compile = (options: Imagining) => Promise<{ readonly compiled: CompiledProgram }>;

/** Those that a run compiles. */
interface RunPrograms {
  /** Largest batch first; one, of all samples, for a batch alone. */
  readonly training: readonly Compile[];
  /** What takes their place where they fail; null where nothing does. */
  readonly withoutRest: readonly Compile[] | null;
  readonly validation: readonly Compile[];
}

async function compileAll(
  { training, withoutRest, validation }: RunPrograms,
  options: Imagining,
): Promise<readonly CompiledProgram[]> {
  const all = async (list: readonly Compile[]): Promise<readonly CompiledProgram[]> => {
    const done: CompiledProgram[] = [];
    try {
      for (const compile of list) done.push((await compile(options)).compiled);
      return done;
    } catch (error) {
      for (const program of done) program.dispose();
      throw error;
    }
  };
  const steps = await all(training).catch((error: unknown) => {
    if (!withoutRest) throw error;
    return all(withoutRest);
  });
  return [...steps, ...(await all(validation))];
}

function programsOf(
  { training, dtype, data }: Project,
  module: GraphModule,
  dataset: Dataset,
  optimizer: Optimizer,
  device: Imagining['device'],
): RunPrograms {
  const split = splitSamples(dataset.samples, training.validationSplit, training.seed);
  const rows = split.training.length;
  const batch = batchOf(training, rows);
  const ends = endsOf(module, dtype);
  const objective = objectiveOf(training, { dataset, ends });
  const clipping = training.clipping ? parseParams(CLIPPING, training.clipping) : null;
  const common = { module, dtype, objective, precision: training.precision };
  const source = data ?? dataset.source;
  const normalizers = tablesFor(dataset, ends.inputs).map((table, at) => {
    const input = ends.inputs[at];
    const scaling = input ? imaginedScaling(normalizationOf(source, input), table) : null;
    return new Normalizer(scaling, dtype, device);
  });
  const feed = { dataset, ends, normalizers };
  const parts = {
    ...common,
    feed,
    cursor: new Cursor(rows, device),
    optimizer,
    log: new StepLog(Math.ceil(rows / batch), {
      extras: (clipping?.max_norm ?? null) === null ? 0 : 1,
      parts: Math.ceil(batch / Math.min(training.batchSize, rows)),
      device,
    }),
    random: newTensor([2], 'int64', device),
    clipping,
    portion: Math.min(training.batchSize, rows),
  };
  const stepsOver = (count: number): readonly Compile[] =>
    sizesOf(count, batch).map((size) => (options) => compileTraining(parts, size, options));
  const steps = {
    training: stepsOver(rows),
    withoutRest: hasLoneRest(rows, parts.portion) ? stepsOver(rows - 1) : null,
  };
  const held = split.validation.length;
  if (held === 0) return { ...steps, validation: [] };
  const most = evaluationBatch(held, training.batchSize);
  const log = new StepLog(Math.ceil(held / most), { device });
  const evaluated = { ...common, feed, cursor: new Cursor(held, device), log };
  return {
    ...steps,
    validation: sizesOf(held, most).map((size) => (options) => compileEvaluation(evaluated, size, options)),
  };
}

/** As the run has them: which groups there are, and how long it is. */
function optionsFor({ training }: Project, module: GraphModule, { samples }: Dataset): OptimizerOptions {
  const rows = splitSamples(samples, training.validationSplit, training.seed).training.length;
  const stepsPerEpoch = Math.ceil(rows / batchOf(training, rows));
  return {
    groupOf: tensorGroups(module[PLAN].graph),
    length: { epochs: training.epochs, stepsPerEpoch },
  };
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
    dataPlace,
    alive,
    ...imagining
  }: Imagining & {
    readonly isWhole: boolean;
    readonly keepsBest: boolean;
    readonly dataPlace: DataPlace;
    readonly alive: ReadonlySet<Storage>;
  },
): Promise<CompiledPreflight> {
  const { module } = model;
  const trained = trainedParameters(module);
  const { wrap, device } = imagining;
  const settings = isWhole
    ? project
    : {
        ...project,
        training: { ...project.training, batchSize: dataset.samples, accumulate: 1, validationSplit: 0 },
      };
  const optimizer = wrap(
    () => new Optimizer(project.training, trained, optionsFor(settings, module, dataset)),
  );
  const programs = wrap(() => programsOf(settings, module, dataset, optimizer, device));
  const compiled = await compileAll(programs, imagining);
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
  // Undo's values are the host's, also where the run is on another device.
  const undone =
    device === 'cpu' ? [...trained.values()].reduce((sum, { storage }) => sum + storage.bytes, buffers) : 0;
  const tables = bytesOf(tensorsOf(dataset).map(({ storage }) => storage));
  const records = bytesOf(alive) - parameters - buffers - state - (isWhole ? 0 : tables) + kept + undone;
  const data = isWhole && dataPlace === 'device' ? tables : 0;
  const otherArenas = others.reduce((sum, { spec: { arenaBytes } }) => sum + arenaBytes, 0);
  return {
    dataPlace,
    batch: isWhole ? batchOf(project.training, dataset.samples) : dataset.samples,
    before: printProgram(traced, { names }),
    after: printProgram(spec, { names }),
    programs: compiled.map(({ traced, spec, memory, blocks }) => ({ traced, spec, memory, blocks })),
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
      streamed: dataPlace === 'host' ? tables : 0,
      scratch: 0,
      records,
      total: parameters + buffers + state + spec.arenaBytes + otherArenas + data + records,
    },
  };
}
