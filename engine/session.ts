// One open model: its project, its layers and their tensors, its data. The command line and the window both drive this class.
import type { DataSource, Project } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { MemorySink, memorySource, readWeights, writeTorch } from '#core/formats/index';
import type { WeightFile } from '#core/formats/weights';
import { diagnose, isRunnable } from '#core/graph/diagnose';
import { PLAN } from '#core/graph/graph-module';
import type { FeedResult } from '#core/ipc/api';
import {
  compareState,
  Generator,
  isLazy,
  loadEntries,
  materialize,
  newTensor,
  stateDictContent,
} from '#core/nn/index';
import { noGrad, scope } from '#core/ops/index';
import type { DataPreview, ModelInfo, Problem, WeightVerdict } from '#core/session/session';
import type { DType } from '#core/tensor/dtype';
import type { Shape } from '#core/tensor/shape';

import { backendFor, cpuBackend, useThreads } from './backend';
import { writeWeightsFile } from './convert';
import { DataCache } from './datasets/cache';
import type { Dataset } from './datasets/dataset';
import { scalingOf } from './datasets/normalization';
import { previewDataset } from './datasets/preview';
import { splitSamples } from './datasets/shuffle';
import { withWeights } from './inspect';
import { Lock } from './lock';
import { describeModel, inferModel, type TensorState } from './model/info';
import { LayerSet } from './model/layer-set';
import { History, restoreSnapshot, takeSnapshot } from './model/snapshot';
import { endsOf, Normalizer, type Feed } from './training/batches';
import { loadOptimizer, withCheckpoint, type Place } from './training/checkpoint';
import { Evaluation } from './training/evaluate';
import { objectiveOf } from './training/objective';
import { predictAll, type Prediction } from './training/predict';
import { TrainingRun, type RunOutcome } from './training/run';

export interface SessionOptions {
  /** The folder that relative data paths start from; null while the project was never saved. */
  readonly folder: string | null;
}

export interface FeedOptions {
  /** Default: the project's training seed. */
  readonly seed?: number;
  /** Shapes by input node name instead of a batch of the project's data. */
  readonly shapes?: Readonly<Record<string, Shape>>;
  readonly signal?: AbortSignal;
}

export interface TrainOptions {
  /** Continue from a checkpoint that an interrupted run left. */
  readonly resumeFrom?: string;
  /** Where a stopped run leaves its checkpoint (a long one writes it each minute); none by default. */
  readonly checkpoint?: string;
  readonly signal?: AbortSignal;
}

export interface EvaluateOptions {
  /** Another file than the project's; normalization and classes stay those of the project's own data. */
  readonly source?: DataSource;
  readonly signal?: AbortSignal;
  readonly onProgress?: (samples: number, total: number) => void;
}

export interface EvaluationResult {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly samples: number;
}

/**
 * Every call that changes parameters gives a new `revision` in the ModelInfo it returns. Calls that touch tensors wait for
 * each other and for the slice of training in progress.
 */
export class ModelSession {
  #project: Project;
  #layers: LayerSet;
  readonly #history = new History();
  readonly #lock = new Lock();
  readonly #data: DataCache;
  readonly #states = new Map<string, TensorState>();
  #sample: Readonly<Record<string, Shape>> = {};
  #unreached: readonly string[] = [];
  #revision = 0;
  #lastRevision = 0;
  /** True while every value is what construction drew: feeding may then draw all of them from its own seed. */
  #isPristine = true;
  #run: TrainingRun | null = null;

  private constructor(project: Project, options: SessionOptions) {
    this.#project = project;
    this.#data = new DataCache(options.folder);
    this.#layers = this.#newLayers(project);
  }

  /** Opens the CPU backend when nobody did. Layers whose sizes are all given draw their first values here. */
  static async open(project: Project, options: SessionOptions): Promise<ModelSession> {
    cpuBackend();
    return new ModelSession(project, options);
  }

  get project(): Project {
    return this.#project;
  }
  /** The run in progress, or null. */
  get run(): TrainingRun | null {
    return this.#run;
  }
  /** The folder changes when an unsaved project is saved. */
  setFolder(folder: string | null): void {
    this.#data.folder = folder;
  }

  /** The model as it stands, or as it would be with samples of other shapes. */
  info(shapes?: Readonly<Record<string, Shape>>): ModelInfo {
    const facts = {
      revision: this.#revision,
      sample: this.#sample,
      states: this.#states,
      unreached: this.#unreached,
    };
    return describeModel(this.#layers, facts, shapes ?? this.#sample);
  }

  /** Takes an edited project: nodes whose layer and params stayed keep their tensors, also under a new name. */
  async update(project: Project): Promise<ModelInfo> {
    if (project.dtype !== this.#project.dtype) {
      this.#refuseWhileRunning();
      this.#layers.dispose();
      this.#history.clear();
      this.#layers = this.#newLayers(project);
      this.#changed();
    } else {
      if (this.#run && !this.#hasSameLayers(project)) this.#refuseWhileRunning();
      const names = this.#namesById();
      const before = this.#layers;
      if (before.update(project.graph)) this.#changed();
      this.#renameStates(names);
    }
    this.#project = project;
    return this.info();
  }

  /**
   * The transaction: every reachable parameter gets shape and value, or it throws and nothing changed. Throws the first
   * problem that forbids running the graph (`shape_mismatch`, `graph_invalid` ...), or what reading the data throws.
   */
  async feedSample(options: FeedOptions = {}): Promise<FeedResult> {
    this.#refuseWhileRunning();
    const shapes =
      options.shapes ?? (await this.sampleShapes(options.signal ? { signal: options.signal } : {}));
    return this.#lock.run(() => this.#feed(shapes, options.seed ?? this.#project.training.seed));
  }

  /** The shape of one sample batch of the project's data (or of another source), by input node name. */
  async sampleShapes({ source, signal }: EvaluateOptions = {}): Promise<Readonly<Record<string, Shape>>> {
    const [name] = this.#layers.module[PLAN].inputNames;
    const dataset = await this.#dataset(source ?? this.#project.data, signal, undefined, false);
    const batch = Math.min(this.#project.sample.batchSize, dataset.samples);
    return name === undefined ? {} : { [name]: [batch, ...dataset.inputShape] };
  }

  /** Every blank size is blank again; layers whose sizes are all given draw anew. */
  async backToUninitialized(): Promise<ModelInfo> {
    this.#refuseWhileRunning();
    return this.#lock.run(() => {
      this.#keepHistory();
      this.#layers.rebuild(new Generator(this.#project.training.seed));
      this.#states.clear();
      this.#sample = {};
      this.#unreached = [];
      this.#changed();
      this.#isPristine = true;
      return this.info();
    });
  }

  /** Parameter values as they were at `revision`; throws `not_supported` for one that is no longer kept. */
  async restore(revision: number): Promise<ModelInfo> {
    this.#refuseWhileRunning();
    return this.#lock.run(() => {
      if (revision === this.#revision) return this.info();
      const kept = this.#history.get(revision);
      if (!kept)
        throw new LazuliError('not_supported', `the parameters of revision ${revision} are no longer kept`, {
          where: 'undo',
          expected: 'one of the last revisions',
          got: String(revision),
        });
      this.#keepHistory();
      restoreSnapshot(this.#layers, kept.values);
      this.#states.clear();
      for (const [key, state] of kept.states) this.#states.set(key, state);
      this.#sample = kept.sample;
      this.#unreached = kept.unreached;
      this.#isPristine = kept.isPristine;
      this.#revision = revision;
      return this.info();
    });
  }

  /** What the weights file would do, key by key; changes nothing. */
  async compareWeights(file: string): Promise<readonly WeightVerdict[]> {
    return withWeights(file, async (weights) =>
      compareState(this.#layers.module, weights.entries, compareOptions(weights)),
    );
  }

  /** Loads all or nothing; throws `weights_mismatch` listing the keys that do not fit. */
  async loadWeights(file: string): Promise<ModelInfo> {
    this.#refuseWhileRunning();
    return withWeights(file, (weights) => this.#lock.run(() => this.#load(weights, 'loaded', file)));
  }

  /** Atomic; .pt (what torch.load(weights_only=True) opens) or .safetensors by the file's extension. */
  async saveWeights(file: string): Promise<{ readonly warnings: readonly string[] }> {
    return this.#lock.run(async () => {
      const content = stateDictContent(this.#layers.module.stateDict());
      const waiting = content.entries.filter(({ shape }) => shape === null).map(({ name }) => name);
      const warnings = await writeWeightsFile(file, content);
      const isTorch = waiting.length > 0 && warnings.length === 0;
      const lazy = isTorch
        ? [
            `${waiting.length} entries are uninitialized: torch.load(weights_only=True) must be allowed torch.nn.parameter.UninitializedParameter to open them`,
          ]
        : [];
      return { warnings: [...warnings, ...lazy] };
    });
  }

  /** All weights in the .pt serialization, uninitialized ones included. */
  async exportState(): Promise<Uint8Array> {
    return this.#lock.run(async () => {
      const sink = new MemorySink();
      await writeTorch(sink, stateDictContent(this.#layers.module.stateDict()), { directory: 'state' });
      return sink.take();
    });
  }

  /** Takes weights in the .pt serialization; entries that are uninitialized there leave theirs as they are. */
  async importState(bytes: Uint8Array): Promise<ModelInfo> {
    this.#refuseWhileRunning();
    const weights = await readWeights(memorySource('state', bytes));
    return this.#lock.run(() => this.#load(weights, 'loaded', 'state'));
  }

  /** Items of the project's data, or of another source. */
  async preview(
    range: { readonly from: number; readonly count: number },
    source: DataSource | null = this.#project.data,
    signal?: AbortSignal,
  ): Promise<DataPreview> {
    return previewDataset(await this.#dataset(source, signal), range);
  }

  /**
   * Starts a run over the project's data with its settings. Parameters that are still uninitialized are materialized
   * first, from a batch of the data. Throws `not_supported` while a run is going on.
   */
  async train(options: TrainOptions = {}): Promise<TrainingRun> {
    this.#refuseWhileRunning();
    const { training } = this.#project;
    backendFor(training.device);
    const dataset = await this.#dataset(this.#project.data, options.signal);
    await this.feedIfNeeded(options.signal);
    let place: Place | null = null;
    const rows = splitSamples(dataset.samples, training.validationSplit, training.seed);
    const feed = await this.#feedOf(dataset, rows.training, options.signal);
    this.#refuseWhileRunning();
    let run: TrainingRun | null = null;
    try {
      const objective = objectiveOf(training, dataset);
      useThreads(training.threads);
      run = await this.#lock.run(() => {
        this.#keepHistory();
        return new TrainingRun({
          backend: cpuBackend(),
          module: this.#layers.module,
          dtype: this.#project.dtype,
          settings: training,
          feed,
          objective,
          rows,
          lock: this.#lock,
          checkpoint: options.checkpoint ?? null,
          onEnd: async (outcome) => this.#endRun(feed, outcome),
        });
      });
      this.#run = run;
      const { resumeFrom } = options;
      if (resumeFrom !== undefined) place = await this.#resume(run, resumeFrom);
    } catch (error) {
      this.#run = null;
      run?.dispose();
      feed.normalizer.dispose();
      this.#data.release(dataset);
      throw error;
    }
    const started = run;
    options.signal?.addEventListener('abort', () => void started.stop(), { once: true });
    run.start(place);
    if (options.signal?.aborted === true) void started.stop();
    return run;
  }

  /** Feeds a batch of the data unless every parameter that can be reached has its values. */
  async feedIfNeeded(signal?: AbortSignal): Promise<void> {
    const { used } = this.#layers.module[PLAN];
    const isWaiting = this.#layers
      .entries()
      .some(
        ([node, layer]) =>
          used.has(node.id) && layer.tensorSpecs().some(({ name }) => isLazy(layer.tensor(name))),
      );
    const hasShapes = Object.keys(this.#sample).length > 0;
    if (isWaiting || !hasShapes) await this.feedSample(signal ? { signal } : {});
  }

  /** Loss and metrics in evaluation mode over all samples of the project's data, or of another file. */
  async evaluate(options: EvaluateOptions = {}): Promise<EvaluationResult> {
    return this.#withFeed(options, true, async (feed) => {
      const objective = objectiveOf(this.#project.training, feed.dataset);
      const parts = {
        backend: cpuBackend(),
        module: this.#layers.module,
        feed,
        dtype: this.#project.dtype,
        objective,
      };
      const all = Array.from({ length: feed.dataset.samples }, (_, at) => at);
      const evaluation = await this.#lock.run(
        () => new Evaluation(parts, all, this.#project.training.batchSize, this.#lock),
      );
      try {
        const totals = await evaluation.run(options.signal, (done) => options.onProgress?.(done, all.length));
        if (!totals) throw new LazuliError('interrupted', 'the evaluation was stopped');
        return { loss: totals.loss, metrics: totals.metrics(), samples: totals.samples };
      } finally {
        evaluation.dispose();
      }
    });
  }

  /** Every output for all samples of the project's data, or of another file. */
  async predict(options: EvaluateOptions = {}): Promise<readonly Prediction[]> {
    return this.#withFeed(options, false, async (feed) => {
      const module = this.#layers.module;
      const parts = { backend: cpuBackend(), module, feed, dtype: this.#project.dtype };
      const { samples } = feed.dataset;
      return predictAll(parts, module[PLAN].outputNames, samples, this.#lock, {
        ...(options.signal ? { signal: options.signal } : {}),
        onProgress: (done) => options.onProgress?.(done, samples),
      });
    });
  }

  /** Stops a run and frees every native tensor. */
  async dispose(): Promise<void> {
    await this.#run?.stop();
    await this.#lock.run(() => {
      this.#layers.dispose();
      this.#history.clear();
      this.#data.dispose();
    });
  }

  #newLayers(project: Project): LayerSet {
    const layers = new LayerSet(project.dtype, new Generator(project.training.seed));
    layers.update(project.graph);
    return layers;
  }

  #feed(shapes: Readonly<Record<string, Shape>>, seed: number): FeedResult {
    const inference = inferModel(this.#layers, shapes);
    const problems = diagnose(inference);
    if (!isRunnable(problems)) throw asError(problems);
    this.#keepHistory();
    const generator = new Generator(seed);
    // PyTorch draws layers whose sizes are given while the module is made, lazy ones in their first forward, from one stream.
    if (this.#isPristine) this.#layers.rebuild(generator);
    const { module } = this.#layers;
    const inputs = Object.entries(shapes).map(
      ([name, shape]) => [name, newTensor(shape, this.#inputDType(name), 'meta')] as const,
    );
    const { materialized, unreached } = materialize(
      module,
      // What evaluation mode computes from real statistics on the way is freed.
      () => scope(() => void noGrad(() => module.call(Object.fromEntries(inputs), { onlyUsed: false }))),
      generator,
    );
    this.#sample = shapes;
    this.#unreached = unreached;
    this.#isPristine = false;
    this.#changed();
    return {
      model: this.info(),
      materialized: materialized.map(({ key }) => key),
      unreached,
      sampleShape: Object.values(shapes)[0] ?? [],
    };
  }

  #inputDType(name: string): DType {
    const node = this.#project.graph.nodes.find((each) => each.name === name);
    return node?.params['dtype'] === 'int64' ? 'int64' : this.#project.dtype;
  }

  async #load(weights: WeightFile, state: TensorState, file: string): Promise<ModelInfo> {
    this.#keepHistory();
    let verdicts;
    try {
      verdicts = await loadEntries(this.#layers.module, weights.entries, compareOptions(weights));
    } catch (error) {
      throw inFile(error, file);
    }
    for (const { key, got } of verdicts) if (got !== null) this.#states.set(key, state);
    this.#isPristine = false;
    this.#changed();
    return this.info();
  }

  async #resume(run: TrainingRun, file: string): Promise<Place> {
    return withCheckpoint(file, async (checkpoint) =>
      this.#lock.run(async () => {
        await loadEntries(this.#layers.module, checkpoint.model);
        await loadOptimizer(run.optimizer, checkpoint, file);
        return checkpoint.place;
      }),
    );
  }

  async #endRun(feed: Feed, _outcome: RunOutcome): Promise<void> {
    feed.normalizer.dispose();
    this.#data.release(feed.dataset);
    for (const { key } of this.info().nodes.flatMap((node) => node.parameters))
      this.#states.set(key, 'trained');
    this.#isPristine = false;
    this.#run = null;
    this.#changed();
  }

  async #dataset(
    source: DataSource | null,
    signal?: AbortSignal,
    reference?: Dataset,
    needsTarget = true,
  ): Promise<Dataset> {
    if (!source)
      throw new LazuliError('data_invalid', 'the project names no data', {
        where: 'data',
        hint: 'choose a data file in the Sample panel, or give --data',
      });
    return this.#data.get(source, {
      dtype: this.#project.dtype,
      needsTarget,
      ...(reference?.targets && reference.source.targetKind === 'class'
        ? { classes: reference.targets.classes }
        : {}),
      ...(signal ? { signal } : {}),
    });
  }

  /** Normalization as training has it: statistics of the training part of the project's own data. */
  async #feedOf(dataset: Dataset, training: readonly number[], signal?: AbortSignal): Promise<Feed> {
    const ends = endsOf(this.#layers.module, this.#project.dtype);
    this.#data.hold(dataset);
    try {
      const scaling = await scalingOf(dataset.source.normalization, dataset.inputs, training, signal);
      return { dataset, ends, normalizer: new Normalizer(scaling, this.#project.dtype) };
    } catch (error) {
      this.#data.release(dataset);
      throw error;
    }
  }

  async #withFeed<T>(
    { source, signal }: EvaluateOptions,
    needsTarget: boolean,
    body: (feed: Feed) => Promise<T>,
  ): Promise<T> {
    const { data, training, dtype } = this.#project;
    const isOwn = source === undefined || source === data;
    // Another file is read with the classes and the statistics of the data the model was trained on.
    const usesOwn =
      isOwn ||
      (data !== null &&
        (data.normalization.kind === 'standardize' || (data.targetKind === 'class' && !data.classes)));
    const own = usesOwn ? await this.#dataset(data, signal, undefined, isOwn ? needsTarget : true) : null;
    if (own) this.#data.hold(own);
    try {
      const dataset =
        isOwn && own ? own : await this.#dataset(source ?? data, signal, own ?? undefined, needsTarget);
      await this.#feedShape(dataset);
      const rows = splitSamples((own ?? dataset).samples, training.validationSplit, training.seed);
      const normalization = (data ?? dataset.source).normalization;
      const scaling = await scalingOf(normalization, (own ?? dataset).inputs, rows.training, signal);
      const normalizer = new Normalizer(scaling, dtype);
      this.#data.hold(dataset);
      try {
        return await body({ dataset, ends: endsOf(this.#layers.module, dtype), normalizer });
      } finally {
        normalizer.dispose();
        this.#data.release(dataset);
      }
    } finally {
      if (own) this.#data.release(own);
    }
  }

  /** Refuses data that does not fit the model before a program is made, in the graph's words. */
  async #feedShape(dataset: Dataset): Promise<void> {
    const { inputNames, used } = this.#layers.module[PLAN];
    const shape = [Math.min(this.#project.sample.batchSize, dataset.samples), ...dataset.inputShape];
    const problems = diagnose(
      inferModel(this.#layers, Object.fromEntries(inputNames.map((name) => [name, shape]))),
    );
    if (!isRunnable(problems)) throw asError(problems);
    const waiting = this.#layers
      .entries()
      .flatMap(([node, layer]) =>
        used.has(node.id)
          ? layer
              .tensorSpecs()
              .map(({ name }) => ({ key: `${node.name}.${name}`, tensor: layer.tensor(name) }))
          : [],
      )
      .filter(({ tensor }) => isLazy(tensor));
    if (waiting.length === 0) return;
    throw new LazuliError(
      'uninitialized',
      `${waiting.length} parameters are uninitialized, first ${waiting[0]?.key ?? ''}`,
      {
        where: waiting[0]?.key ?? '',
        hint: 'feed a sample, or load weights',
      },
    );
  }

  #keepHistory(): void {
    this.#history.add(this.#revision, {
      values: takeSnapshot(this.#layers),
      states: new Map(this.#states),
      sample: this.#sample,
      unreached: this.#unreached,
      isPristine: this.#isPristine,
    });
  }
  #changed(): void {
    this.#revision = ++this.#lastRevision;
  }
  #refuseWhileRunning(): void {
    if (!this.#run) return;
    throw new LazuliError('not_supported', 'the model is being trained', { hint: 'stop the training first' });
  }
  #hasSameLayers(project: Project): boolean {
    const key = ({ graph }: Project): string =>
      JSON.stringify([graph.nodes.map(({ id, layer, params }) => [id, layer, params]), graph.edges]);
    return key(project) === key(this.#project);
  }
  #namesById(): ReadonlyMap<string, string> {
    return new Map(this.#project.graph.nodes.map(({ id, name }) => [id, name]));
  }
  /** States go by key: a renamed node takes them along. */
  #renameStates(before: ReadonlyMap<string, string>): void {
    const moved: [string, TensorState][] = [];
    for (const [node, layer] of this.#layers.entries()) {
      const old = before.get(node.id);
      for (const { name } of layer.tensorSpecs()) {
        const state = old === undefined ? undefined : this.#states.get(`${old}.${name}`);
        if (state) moved.push([`${node.name}.${name}`, state]);
      }
    }
    this.#states.clear();
    for (const [key, state] of moved) this.#states.set(key, state);
  }
}

const compareOptions = ({
  format,
  metadata,
}: WeightFile): { metadata?: Record<string, { version: number }> } =>
  format === 'torch'
    ? {
        metadata: Object.fromEntries(
          Object.entries(metadata).map(([prefix, version]) => [prefix, { version: Number(version) }]),
        ),
      }
    : {};

const MOST_KEYS = 6;

/** A refusal of weights with the file's name, and no more keys than one can read. */
function inFile(error: unknown, file: string): unknown {
  if (!(error instanceof LazuliError)) return error;
  const [head = '', ...keys] = error.message.split('\n');
  const shown = keys.slice(0, MOST_KEYS);
  const more = keys.length > MOST_KEYS ? [`  ... and ${keys.length - MOST_KEYS} more`] : [];
  const isMismatch = error.code === 'weights_mismatch';
  return new LazuliError(error.code, [`${file}: ${head}`, ...shown, ...more].join('\n'), {
    where: file,
    ...error.details,
    ...(isMismatch ? { hint: 'lazuli summary PROJECT --weights FILE compares every key' } : {}),
  });
}

/** The first problem that forbids running, as an error; the others are counted. */
function asError(problems: readonly Problem[]): LazuliError {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  const code =
    first?.code === 'shape_mismatch' || first?.code === 'parameter_invalid' ? first.code : 'graph_invalid';
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more problems)` : '';
  return new LazuliError(code, `${first?.message ?? 'the graph cannot run'}${more}`, {
    where: first?.where ?? 'graph',
    ...(first?.expected === undefined ? {} : { expected: first.expected }),
    ...(first?.got === undefined ? {} : { got: first.got }),
    ...(first?.fixes[0] === undefined ? {} : { hint: first.fixes[0] }),
  });
}
