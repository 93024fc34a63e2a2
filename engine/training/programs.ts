// The programs of a run: one training step or evaluation step per batch size, traced once, with the log they write into.
import { forwardInTurns, setRandom, type GraphModule } from '#core/graph/graph-module';
import { LazuliError } from '#core/errors';
import type { Parameter } from '#core/nn/index';
import { noGrad } from '#core/ops/index';
import * as ops from '#core/ops/index';
import { gradientsInTurns } from '#core/ops/backward';
import { compileInTurns, compileProgram, type CompiledProgram, type KnownProgram } from '#core/program/index';
import { clipGradients, type Clipping } from '#core/training/clip';
import type { TrainingSettings } from '#core/document/project';
import type { DType } from '#core/tensor/dtype';
import { DATA, LOSS, UPDATE, withOrigin } from '#core/tensor/origin';
import type { Device } from '#core/tensor/storage';
import type { Tensor } from '#core/tensor/tensor';
import { drain, within, type Turned, type Wrap } from '#core/turns';
import type { CpuProgram, NativeBackend } from '#native';

import type { Turns } from '../turns';
import { nextInputs, nextTargets, type Cursor, type Feed } from './batches';
import type { StepLog } from './log';
import type { Objective, Terms } from './objective';
import type { Optimizer } from './optimizer';

type Precision = NonNullable<TrainingSettings['precision']>;

/** A program in native memory with what it takes to read its results. */
export interface StepProgram {
  readonly program: CpuProgram;
  readonly batch: number;
  /** Parts of the batch that leave rows in the log, one after the other. */
  readonly parts: number;
  /** What the step returned, overwritten by each run. */
  readonly outputs: readonly Tensor[];
  readonly compiled: CompiledProgram;
  dispose(): void;
}

export interface StepParts {
  readonly backend: NativeBackend;
  readonly module: GraphModule;
  readonly feed: Feed;
  readonly cursor: Cursor;
  readonly dtype: DType;
  /** How products are computed. Default full. */
  readonly precision?: Precision | undefined;
  /** Programs compiled before, which may be of the same steps. */
  readonly known?: readonly KnownProgram[] | undefined;
}

export interface TrainParts extends StepParts {
  readonly objective: Objective;
  readonly optimizer: Optimizer;
  readonly log: StepLog;
  /** int64 [seed, step]: dropout draws from it, each step moves it on. */
  readonly random: Tensor;
  /** Gradients are cut before the step; its norm, if any, is logged after the metrics. */
  readonly clipping?: Clipping | null;
  /** Samples computed at once; a larger batch adds up the gradients of several. Default: the whole batch. */
  readonly portion?: number;
}

/** What a training step is traced from; where it runs only matters when it is loaded. */
export type TrainInputs = Omit<TrainParts, 'backend'>;

/** A step to be compiled: what it records, in turns. */
interface Recipe {
  readonly module: GraphModule;
  readonly batch: number;
  readonly parts: number;
  readonly step: () => Turned<readonly Tensor[]>;
  readonly known?: readonly KnownProgram[] | undefined;
}

/** Forward, loss, backward, clipping, optimizer, metrics and log of `batch` samples. */
export const trainProgram = (parts: TrainParts, batch: number): StepProgram =>
  load(parts.backend, compile(recipeFor(parts, batch), parts.backend.device));

/** The same, cut into turns. */
export const trainProgramInTurns = (parts: TrainParts, batch: number, turns: Turns): Promise<StepProgram> =>
  loadInTurns(parts.backend, recipeFor(parts, batch), turns);

/** The same before it is given to a backend: takes no memory but that of constants, and that inside `wrap`. */
export const compileTraining = (
  parts: TrainInputs,
  batch: number,
  options: CompileOptions,
): Promise<CompiledStep> => compileRecipe(recipeFor(parts, batch), options);

const recipeFor = (parts: TrainInputs, batch: number): Recipe =>
  parts.optimizer.closure ? closureRecipe(parts, batch) : trainRecipe(parts, batch);

/** Loss and gradients of a batch, part by part, clipped; the norm before, where it is cut. */
function* batchOf(
  parts: TrainInputs,
  parameters: readonly Parameter[],
  portions: readonly number[],
  batch: number,
): Turned<Portion & { readonly norm: Tensor | null }> {
  const { module, cursor, random, clipping = null } = parts;
  let streams = 0;
  setRandom(module, { state: random, nextStream: () => streams++ });
  module.train(true);
  try {
    let total: Portion | null = null;
    for (const size of portions) {
      total = joined(total, yield* portionOf(parts, parameters, size, batch));
      cursor.advance(size);
      yield;
    }
    if (!total) throw new LazuliError('internal', 'a step of no samples');
    const { loss, gradients } = total;
    const clipped = clipping && withOrigin(UPDATE, () => clipGradients(gradients, clipping));
    return { loss, ...(clipped ?? { gradients, norm: null }) };
  } finally {
    setRandom(module, null);
  }
}

function trainRecipe(parts: TrainInputs, batch: number): Recipe {
  const { module, optimizer, log, random, known, portion = batch } = parts;
  const portions = portionsOf(batch, portion);
  const parameters = trainedParameters(module);
  function* step(): Turned<readonly Tensor[]> {
    const { loss, gradients, norm } = yield* batchOf(parts, [...parameters.values()], portions, batch);
    const update = (body: () => void): void => withOrigin(UPDATE, () => noGrad(body));
    update(() => optimizer.begin());
    for (const [at, [key, parameter]] of [...parameters].entries()) {
      yield;
      const grad = gradients[at];
      if (grad) update(() => optimizer.step(key, parameter, grad));
    }
    update(() => optimizer.end());
    noGrad(() => {
      log.record(norm ? [loss, norm] : [loss]);
      ops.advance(random, [0, 1]);
    });
    return [];
  }
  return { module, batch, parts: portions.length, step, known };
}

/** Inputs of one concatenation. */
const MOST_JOINED = 32;

/** All gradients end to end; absent ones are 0. */
function flattened(gradients: readonly (Tensor | null)[], parameters: readonly Parameter[]): Tensor {
  let parts = parameters.map((parameter, at) =>
    ops.reshape(gradients[at] ?? ops.zeros(parameter.shape, parameter.dtype, parameter.device), [-1]),
  );
  while (parts.length > 1) {
    const groups = Array.from({ length: Math.ceil(parts.length / MOST_JOINED) }, (_, at) =>
      parts.slice(at * MOST_JOINED, (at + 1) * MOST_JOINED),
    );
    parts = groups.map((group) => ops.concatenate(group));
  }
  const [whole] = parts;
  if (!whole) throw new LazuliError('internal', 'no parameter to learn');
  return whole;
}

/** For an optimizer of closures: the loss is logged, all gradients are its result, and the samples stay the same. */
function closureRecipe(parts: TrainInputs, batch: number): Recipe {
  const { module, log, known, portion = batch } = parts;
  const portions = portionsOf(batch, portion);
  const parameters = [...trainedParameters(module).values()];
  function* step(): Turned<readonly Tensor[]> {
    const { loss, gradients, norm } = yield* batchOf(parts, parameters, portions, batch);
    return noGrad(() => {
      log.record(norm ? [loss, norm] : [loss]);
      return [flattened(gradients, parameters)];
    });
  }
  return { module, batch, parts: portions.length, step, known };
}

/** What a part of a batch gives: its share of the loss, and the gradients of that share. */
interface Portion {
  readonly loss: Tensor;
  readonly gradients: readonly (Tensor | null)[];
}

const portionsOf = (batch: number, portion: number): readonly number[] =>
  Array.from({ length: Math.ceil(batch / portion) }, (_, at) => Math.min(portion, batch - at * portion));

function* portionOf(
  parts: TrainInputs,
  parameters: readonly Parameter[],
  size: number,
  batch: number,
): Turned<Portion> {
  const { objective, precision, log } = parts;
  const terms = yield* termsOf(parts, size);
  withOrigin(LOSS, () => noGrad(() => log.recordRows(terms.rows)));
  const isWhole = size === batch || objective.isSum;
  const loss = isWhole ? terms.loss : ops.mul(terms.loss, size / batch);
  const work = gradientsInTurns(loss, parameters, { allowUnused: true });
  return { loss, gradients: yield* within(wrapFor(precision), work) };
}

/** Loss and metrics of the next `size` samples. */
function* termsOf(
  {
    module,
    feed,
    cursor,
    dtype,
    objective,
    precision,
  }: Omit<StepParts, 'backend'> & Pick<TrainParts, 'objective'>,
  size: number,
): Turned<Terms> {
  const inputs = withOrigin(DATA, () => nextInputs(feed, cursor, size));
  const outputs = yield* within(wrapFor(precision), forwardInTurns(module, inputs));
  const targets = withOrigin(DATA, () =>
    nextTargets(feed, objective.targets, cursor, { batch: size, dtype }),
  );
  return withOrigin(LOSS, () =>
    inPrecision(precision, () => objective.evaluate({ outputs, inputs, targets, samples: size })),
  );
}

function joined(total: Portion | null, next: Portion): Portion {
  if (!total) return next;
  return noGrad(() => ({
    loss: ops.add(total.loss, next.loss),
    gradients: total.gradients.map((gradient, at) => {
      const other = next.gradients[at] ?? null;
      return gradient && other ? ops.add(gradient, other) : (gradient ?? other);
    }),
  }));
}

const inPrecision = <T>(precision: Precision | undefined, body: () => T): T =>
  precision === 'bfloat16' ? ops.autocast(body) : body();

const wrapFor =
  (precision: Precision | undefined) =>
  <R>(body: () => R): R =>
    inPrecision(precision, body);

export interface EvaluateParts extends StepParts {
  readonly objective: Objective;
  readonly log: StepLog;
}

/** Loss and metrics of `batch` samples in evaluation mode; nothing of the model changes. */
export const evaluateProgram = (parts: EvaluateParts, batch: number, turns: Turns): Promise<StepProgram> =>
  loadInTurns(parts.backend, evaluateRecipe(parts, batch), turns);

/** The same before it is given to a backend. */
export const compileEvaluation = (
  parts: Omit<EvaluateParts, 'backend'>,
  batch: number,
  options: CompileOptions,
): Promise<CompiledStep> => compileRecipe(evaluateRecipe(parts, batch), options);

function evaluateRecipe(parts: Omit<EvaluateParts, 'backend'>, batch: number): Recipe {
  const { module, cursor, log, known } = parts;
  function* step(): Turned<readonly Tensor[]> {
    module.eval();
    const terms = yield* termsOf(parts, batch);
    log.recordRows(terms.rows);
    log.record([terms.loss]);
    cursor.advance(batch);
    return [];
  }
  return { module, batch, parts: 1, step: () => within(noGrad, step()), known };
}

/** All outputs of `batch` samples in evaluation mode, in the order of `names`. */
export function predictProgram(
  parts: StepParts,
  batch: number,
  names: readonly string[],
  turns: Turns,
): Promise<StepProgram> {
  const { backend, module, feed, cursor } = parts;
  function* step(): Turned<readonly Tensor[]> {
    module.eval();
    const outputs = yield* forwardInTurns(module, nextInputs(feed, cursor, batch));
    cursor.advance(batch);
    return names.flatMap((name) => outputs[name] ?? []);
  }
  return loadInTurns(backend, { module, batch, parts: 1, step: () => within(noGrad, step()) }, turns);
}

interface CompiledStep {
  readonly compiled: CompiledProgram;
  readonly batch: number;
  readonly parts: number;
}

function compile({ module, batch, parts, step }: Recipe, device: Device): CompiledStep {
  const wasTraining = module.training;
  try {
    return { compiled: compileProgram(() => drain(step()), { device }), batch, parts };
  } finally {
    module.train(wasTraining);
  }
}

interface CompileOptions {
  readonly device: Device;
  readonly turns: Turns;
  readonly wrap?: Wrap;
}

async function compileRecipe(
  { module, batch, parts, step, known }: Recipe,
  { device, turns, wrap }: CompileOptions,
): Promise<CompiledStep> {
  const wasTraining = module.training;
  try {
    const compiled = await compileInTurns(step, () => turns.next(), { device, wrap, known });
    return { compiled, batch, parts };
  } finally {
    module.train(wasTraining);
  }
}

/** Compiles a step in turns and gives it to the backend. The module's mode is put back. */
export const loadInTurns = async (
  backend: NativeBackend,
  recipe: Recipe,
  turns: Turns,
): Promise<StepProgram> => load(backend, await compileRecipe(recipe, { device: backend.device, turns }));

function load(backend: NativeBackend, { compiled, batch, parts }: CompiledStep): StepProgram {
  try {
    const program = backend.createProgram(compiled.spec);
    return {
      program,
      batch,
      parts,
      outputs: compiled.outputs,
      compiled,
      dispose: () => {
        program.dispose();
        compiled.dispose();
      },
    };
  } catch (error) {
    compiled.dispose();
    throw error;
  }
}

/** Parameters by state-dict key, those that learn only. */
export function trainedParameters(module: GraphModule): ReadonlyMap<string, Parameter> {
  return new Map([...module.namedParameters()].filter(([, parameter]) => parameter.requiresGrad));
}

/** With nothing left to learn a run would only waste time. */
export function refuseAllFrozen(module: GraphModule, learning: number): void {
  const [first] = [...module.namedParameters()].map(([key]) => key);
  if (learning > 0 || first === undefined) return;
  throw new LazuliError('parameter_invalid', 'every parameter is frozen: nothing would learn', {
    where: first,
    expected: 'at least one parameter that is not frozen',
    hint: 'thaw the parameters that are to learn, or use lazuli evaluate',
  });
}
