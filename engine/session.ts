// One open model with its data and its training: what the command line and the window both drive.
import type { DataSource, Project } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { MemorySink, memorySource, readWeights, writeTorch } from '#core/formats/index';
import { PLAN } from '#core/graph/graph-module';
import type { FeedResult } from '#core/ipc/api';
import type { Activity } from '#core/session/activity';
import type { ByteSink } from '#core/formats/weights';
import { loadEntries } from '#core/nn/index';
import type {
  TensorDetail,
  TensorFigures,
  TensorRef,
  TensorValues,
  ValueRange,
} from '#core/session/parameters';
import type {
  DataPreview,
  ModelInfo,
  RateSearch,
  Resized,
  WeightOptions,
  WeightVerdict,
} from '#core/session/session';
import type { TrainingNeed } from '#core/session/training-memory';

import { backendFor, cpuBackend, useThreads } from './backend';
import { writeWeightsFile, type SaveOptions } from './convert';
import { previewDataset } from './datasets/preview';
import { Feeds } from './feeds';
import type { RestorableWeights } from './history/restore';
import { withWeights } from './inspect';
import { Lock } from './lock';
import { detailOf, figuresOf, numpyText, valuesIn } from './model/browse';
import { Model, type SampleShapes } from './model/model';
import { activityOf } from './training/activity';
import { withCheckpoint } from './training/checkpoint';
import { Evaluation } from './training/evaluate';
import { searchRate, type RateRange } from './training/find-rate';
import { objectiveOf } from './training/objective';
import { preflight, type Preflight } from './training/preflight';
import { predictAll, type Prediction } from './training/predict';
import { placementOn, type Placement } from './training/placement';
import type { StepParts } from './training/programs';
import { TrainingRun } from './training/run';
import type { Readings } from './training/totals';
import { Turns } from './turns';

export interface SessionOptions {
  /** The folder that relative data paths start from; null while the project was never saved. */
  readonly folder: string | null;
}

export interface FeedOptions {
  /** Default: the project's training seed. */
  readonly seed?: number;
  /** Shapes by input node name instead of a batch of the project's data. */
  readonly shapes?: SampleShapes;
  /** What has values and changes its size is initialized anew; without it such a sample is refused. Default false. */
  readonly rematerialize?: boolean;
  readonly signal?: AbortSignal;
}

export interface TrainOptions {
  /** Continue from a checkpoint that an interrupted run left. */
  readonly resumeFrom?: string;
  /** Where a stopped run leaves its checkpoint (a long one writes it each minute); none by default. */
  readonly checkpoint?: string;
  /** A run that ends leaves its checkpoint too. */
  readonly keepsCheckpoint?: boolean;
  /** Where the weights of the best epoch so far are written, .pt or .safetensors; none by default. */
  readonly best?: string;
  /** Where the weights of the best epoch are written once the run has ended, .pt or .safetensors; none by default. */
  readonly kept?: string;
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
  /** Metrics of more than one number, beside the names of the classes. */
  readonly arrays?: Readings['arrays'];
  readonly classes?: readonly string[];
  /** Metrics that mean nothing beside the project's loss and these targets. */
  readonly left_out?: readonly string[];
}

/**
 * Every call that changes parameters gives a new `revision` in the ModelInfo it returns. Calls that touch tensors wait for
 * each other and for the slice of training in progress.
 */
export class ModelSession {
  readonly #model: Model;
  readonly #feeds: Feeds;
  readonly #lock = new Lock();
  #run: TrainingRun | null = null;
  #heldBytes: number | null = null;
  /** A run is being prepared: nothing may change meanwhile either. */
  #isStarting = false;

  private constructor(project: Project, { folder }: SessionOptions) {
    this.#model = new Model(project, { putsOff: true });
    this.#feeds = new Feeds(this.#model, folder);
  }

  /** Opens the CPU backend when nobody did. Layers whose sizes are all given draw their first values here. */
  static async open(project: Project, options: SessionOptions): Promise<ModelSession> {
    cpuBackend();
    const session = new ModelSession(project, options);
    try {
      await session.#model.settle();
    } catch (error) {
      session.#model.dispose();
      throw error;
    }
    return session;
  }

  get project(): Project {
    return this.#model.project;
  }
  /** The run in progress, or null. */
  get run(): TrainingRun | null {
    return this.#run;
  }
  /** Native memory that was held on its device when the last run had begun, by every session; null before the first. */
  get heldBytes(): number | null {
    return this.#heldBytes;
  }
  /** Names the present parameter values; null while there are none to lose. */
  get revision(): number | null {
    return this.#model.hasValues ? this.#model.revision : null;
  }
  /** The folder changes when an unsaved project is saved. */
  setFolder(folder: string | null): void {
    this.#feeds.setFolder(folder);
  }

  /** The model as it stands, or as it would be with samples of other shapes. */
  info(shapes?: SampleShapes): ModelInfo {
    return this.#model.info(shapes);
  }

  /**
   * Takes an edited project: nodes whose layer and params stayed keep their tensors, also under a new name. While a run
   * goes on layers and edges must stay as they are.
   */
  async update(project: Project): Promise<ModelInfo> {
    if (!this.#model.hasSameLayers(project)) this.#refuseWhileRunning();
    return this.#lock.run(async () => {
      this.#model.update(project);
      await this.#model.settle();
      return this.#describe();
    });
  }

  /**
   * The transaction: every reachable parameter gets shape and value, or it throws and nothing changed. Throws the first
   * problem that forbids running the graph (`shape_mismatch`, `graph_invalid` ...), or what reading the data throws.
   */
  async feedSample(options: FeedOptions = {}): Promise<FeedResult> {
    this.#refuseWhileRunning();
    return this.#feed(options);
  }

  /** What has values and would change its size if a sample of these shapes were fed; changes nothing. */
  previewFeed(shapes: SampleShapes): readonly Resized[] {
    return this.#model.previewFeed(shapes);
  }

  /** The shape of one sample batch of the project's data (or of another source), by input node name. */
  sampleShapes({ source, signal }: EvaluateOptions = {}): Promise<SampleShapes> {
    return this.#feeds.sampleShapes(source ?? this.project.data, { signal });
  }

  /** Every blank size is blank again; layers whose sizes are all given draw anew. */
  backToUninitialized(): Promise<ModelInfo> {
    return this.#change(() => this.#model.backToUninitialized());
  }

  /** Parameter values as they were at `revision`; throws `not_supported` for one that is no longer kept. */
  restore(revision: number): Promise<ModelInfo> {
    return this.#change(() => this.#model.restore(revision));
  }

  /**
   * Takes another project with the weights of a file, or with none; all or nothing. The values of now stay under their revision,
   * for `exchange`. Throws what `loadWeights` throws.
   */
  adopt(project: Project, weights: RestorableWeights | null): Promise<ModelInfo> {
    return this.#change(async () => {
      const before = { project: this.project, revision: this.#model.revision };
      this.#model.keepHistory();
      this.#model.update(project);
      if (weights === null) return;
      try {
        const { file, options } = weights;
        await withWeights(file, (content) => this.#model.load(content, file, options));
      } catch (error) {
        this.#model.update(before.project);
        await this.#model.restore(before.revision);
        throw error;
      }
    });
  }

  /** Another project with the values it had at `revision`: undo and redo of `adopt`. Throws `not_supported` as `restore` does. */
  exchange(project: Project, revision: number): Promise<ModelInfo> {
    return this.#change(async () => {
      this.#model.keepHistory();
      this.#model.update(project);
      await this.#model.restore(revision);
    });
  }

  /** What the weights file would do, key by key; changes nothing. */
  compareWeights(file: string, options: WeightOptions = {}): Promise<readonly WeightVerdict[]> {
    return withWeights(file, async (weights) => this.#model.compare(weights, options));
  }

  /** Loads all or nothing; throws `weights_mismatch` listing the keys that do not fit. */
  loadWeights(file: string, options: WeightOptions = {}): Promise<ModelInfo> {
    return withWeights(file, (weights) => this.#change(() => this.#model.load(weights, file, options)));
  }

  /** Atomic; .pt (what torch.load opens, uninitialized entries aside) or .safetensors by the file's extension. */
  saveWeights(file: string, options: SaveOptions = {}): Promise<{ readonly warnings: readonly string[] }> {
    return this.#lock.run(async () => ({
      warnings: await writeWeightsFile(file, this.#model.content(), options),
    }));
  }

  /**
   * What a node of the flat graph gives for the sample batch, and the gradient of the loss there, also while a run goes on (on the
   * CPU). Throws what feeding or evaluating would throw, `usage` for a node that cannot run.
   */
  activity(node: string): Promise<Activity> {
    const { sample, training, dtype } = this.project;
    if (backendFor(training.device).device !== 'cpu') this.#refuseWhileRunning();
    return this.#feeds.use(undefined, { needsTarget: false }, (feed) => {
      const { dataset } = feed;
      const objective = dataset.targets ? objectiveOf(training, dataset) : null;
      const parts = { backend: backendFor('cpu'), module: this.#model.module, feed, dtype, objective };
      return activityOf({ ...parts, lock: this.#lock }, node, Math.min(sample.batchSize, dataset.samples));
    });
  }

  /** Figures of tensors, computed natively; null for one that has no values or whose values are no real numbers. */
  figures(refs: readonly TensorRef[]): Promise<readonly (TensorFigures | null)[]> {
    return this.#lock.run(() => figuresOf(this.#model.layers, refs));
  }
  /** Figures, histogram and a small picture of one tensor. */
  detail(ref: TensorRef): Promise<TensorDetail | null> {
    return this.#lock.run(() => detailOf(this.#model.layers, ref));
  }
  values(ref: TensorRef, range: ValueRange): Promise<TensorValues> {
    return this.#lock.run(() => valuesIn(this.#model.layers, ref, range));
  }
  /** As a NumPy expression. */
  numpyText(ref: TensorRef): Promise<string> {
    return this.#lock.run(() => numpyText(this.#model.layers, ref));
  }
  /** Draws the first values of these tensors anew. */
  drawAnew(refs: readonly TensorRef[]): Promise<ModelInfo> {
    return this.#change(() => this.#model.drawAnew(refs));
  }
  /** Sets one value, counted in row-major order. */
  writeValue(ref: TensorRef, index: number, value: number): Promise<ModelInfo> {
    return this.#change(() => this.#model.writeValue(ref, index, value));
  }

  /** All weights in the .pt serialization, uninitialized ones included. */
  exportState(): Promise<Uint8Array> {
    return this.#lock.run(async () => {
      const [sink, turns] = [new MemorySink(), new Turns()];
      const resting: ByteSink = {
        async write(bytes) {
          await sink.write(bytes);
          await turns.next();
        },
      };
      await writeTorch(resting, this.#model.content(), { directory: 'state' });
      return sink.take();
    });
  }

  /** Takes weights in the .pt serialization; entries that are uninitialized there leave theirs as they are. */
  async importState(bytes: Uint8Array): Promise<ModelInfo> {
    const weights = await readWeights(memorySource('state', bytes));
    return this.#change(() => this.#model.load(weights, 'state'));
  }

  /** Items of the project's data, or of another source. */
  async preview(
    range: { readonly from: number; readonly count: number },
    source: DataSource | null = this.project.data,
    signal?: AbortSignal,
  ): Promise<DataPreview> {
    return previewDataset(await this.#feeds.dataset(source, { signal, needsTarget: false }), range);
  }

  /**
   * The training step of a run over the project's data, and the memory that the run will take; nothing runs. Throws what
   * `train` would throw before the first step.
   */
  async preflight({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Preflight> {
    const data = await this.#feeds.dataset(this.project.data, { signal });
    return preflight(this.project, await this.sampleShapes(signal ? { signal } : {}), data);
  }

  /** The same memory beside what may be taken: what a window or a command line shows before a run. */
  async trainingNeed(options: { readonly signal?: AbortSignal } = {}): Promise<TrainingNeed> {
    const { batch, memory } = await this.preflight(options);
    const isCpu = this.project.training.device === 'cpu';
    return { batch, memory, limit: isCpu ? cpuBackend().native.info().memory_limit : null };
  }

  /**
   * Starts a run over the project's data with its settings. Parameters that are still uninitialized are materialized
   * first, from a batch of the data. Throws `not_supported` while a run is going on.
   */
  async train(options: TrainOptions = {}): Promise<TrainingRun> {
    this.#refuseWhileRunning();
    this.#isStarting = true;
    try {
      return await this.#start(options);
    } finally {
      this.#isStarting = false;
    }
  }

  /**
   * Tries growing learning rates on the training samples, on the CPU, and suggests one; the model is left as it was. What is
   * still uninitialized is materialized first.
   */
  async findLearningRate({
    signal = new AbortController().signal,
    ...range
  }: RateRange & { readonly signal?: AbortSignal } = {}): Promise<RateSearch> {
    this.#refuseWhileRunning();
    this.#isStarting = true;
    try {
      const { training: settings, dtype, data } = this.project;
      const objective = objectiveOf(settings, await this.#feeds.dataset(data, { signal }));
      if (this.#model.waiting().length > 0 || !this.#model.hasSample) await this.#feed({ signal });
      const { feed, rows } = await this.#feeds.training(signal);
      try {
        useThreads(settings.threads);
        const { module } = this.#model;
        const common = {
          checkpoint: null,
          keepsCheckpoint: false,
          best: null,
          kept: null,
          onEnd: () => undefined,
        };
        const parts = {
          backend: backendFor('cpu'),
          placement: null,
          module,
          dtype,
          settings,
          feed,
          objective,
          rows,
        };
        return await this.#lock.run(() =>
          searchRate({ ...parts, ...common, lock: this.#lock }, range, signal),
        );
      } finally {
        this.#feeds.release(feed);
      }
    } finally {
      this.#isStarting = false;
    }
  }

  /** Loss and metrics in evaluation mode over all samples of the project's data, or of another file. */
  evaluate(options: EvaluateOptions = {}): Promise<EvaluationResult> {
    const { source, signal } = options;
    return this.#placed(source, { signal }, async (placed) => {
      const { training, dtype } = this.project;
      const { feed } = placed;
      const objective = objectiveOf(training, feed.dataset);
      const parts = { ...placed, dtype, objective };
      const rows = Array.from({ length: feed.dataset.samples }, (_, at) => at);
      const evaluation = await this.#lock.run(() =>
        Evaluation.create(parts, rows, training.batchSize, this.#lock),
      );
      try {
        const onProgress = (done: number): void => options.onProgress?.(done, rows.length);
        const totals = await evaluation.run({ signal, onProgress });
        if (!totals) throw new LazuliError('interrupted', 'the evaluation was stopped');
        const { metrics, arrays } = await new Turns().run(totals.readings());
        const hasArrays = Object.keys(arrays).length > 0;
        return {
          loss: totals.loss,
          metrics,
          samples: totals.samples,
          ...(hasArrays ? { arrays, classes: feed.dataset.targets?.classes ?? [] } : {}),
          ...(objective.leftOut.length > 0 ? { left_out: objective.leftOut } : {}),
        };
      } finally {
        evaluation.dispose();
      }
    });
  }

  /** Every output for all samples of the project's data, or of another file. */
  predict(options: EvaluateOptions = {}): Promise<readonly Prediction[]> {
    const { source, signal, onProgress } = options;
    return this.#placed(source, { signal, needsTarget: false }, async (placed) => {
      const parts = { ...placed, dtype: this.project.dtype };
      const { samples } = parts.feed.dataset;
      return predictAll(parts, parts.module[PLAN].outputNames, samples, this.#lock, {
        ...(signal ? { signal } : {}),
        onProgress: (done) => onProgress?.(done, samples),
      });
    });
  }

  /** Stops a run and frees every native tensor. */
  async dispose(): Promise<void> {
    await this.#run?.stop();
    await this.#lock.run(() => {
      this.#model.dispose();
      this.#feeds.dispose();
    });
  }

  async #feed({ shapes, seed, signal, rematerialize = false }: FeedOptions): Promise<FeedResult> {
    const sample = shapes ?? (await this.#feeds.sampleShapes(this.project.data, { signal }));
    return this.#lock.run(async () => {
      const before = this.#model.revision;
      const work = this.#model.feedInTurns(sample, seed ?? this.project.training.seed, { rematerialize });
      const result = await new Turns().run(work);
      try {
        await this.#model.settle();
      } catch (error) {
        await this.#model.restore(before);
        throw error;
      }
      return { ...result, model: await this.#describe() };
    });
  }

  /** Samples and the model on the project's device, for `body`; during a run on another device evaluation waits on the CPU's. */
  #placed<T>(
    source: DataSource | undefined,
    options: { readonly signal?: AbortSignal | undefined; readonly needsTarget?: boolean },
    body: (placed: Pick<StepParts, 'backend' | 'module' | 'feed'>) => Promise<T>,
  ): Promise<T> {
    const { module } = this.#model;
    const backend = backendFor(this.project.training.device);
    return this.#feeds.use(source, options, async (feed) => {
      if (backend.device !== 'cpu') this.#refuseWhileRunning();
      const placement = await this.#lock.run(() => placementOn(backend, module, feed));
      try {
        return await body({ backend, module, feed: placement?.feed ?? feed });
      } finally {
        await this.#lock.run(() => placement?.release());
      }
    });
  }

  async #start({
    signal,
    checkpoint,
    keepsCheckpoint,
    best,
    kept,
    resumeFrom,
  }: TrainOptions): Promise<TrainingRun> {
    const { training, dtype, data } = this.project;
    const backend = backendFor(training.device);
    const objective = objectiveOf(training, await this.#feeds.dataset(data, { signal }));
    if (this.#model.waiting().length > 0 || !this.#model.hasSample)
      await this.#feed(signal ? { signal } : {});
    const { feed, rows } = await this.#feeds.training(signal);
    let run: TrainingRun | null = null;
    let placement: Placement | null = null;
    try {
      useThreads(training.threads);
      run = await this.#lock.run(() => {
        this.#model.keepHistory();
        const onEnd = (): void => {
          this.#feeds.release(feed);
          this.#model.markTrained();
          this.#run = null;
        };
        const { module } = this.#model;
        const settings = training;
        placement = placementOn(backend, module, feed);
        return TrainingRun.create({
          backend,
          placement,
          module,
          dtype,
          settings,
          feed: placement?.feed ?? feed,
          objective,
          rows,
          lock: this.#lock,
          checkpoint: checkpoint ?? null,
          keepsCheckpoint: keepsCheckpoint ?? false,
          best: best ?? null,
          kept: kept ?? null,
          onEnd,
        });
      });
      if (resumeFrom !== undefined) await this.#resume(run, resumeFrom);
    } catch (error) {
      run?.dispose();
      await this.#lock.run(() => placement?.release());
      this.#feeds.release(feed);
      throw error;
    }
    this.#run = run;
    this.#heldBytes = backend.native.live().bytes;
    const started = run;
    signal?.addEventListener('abort', () => void started.stop(), { once: true });
    run.start();
    if (signal?.aborted === true) void run.stop();
    return run;
  }

  #resume(run: TrainingRun, file: string): Promise<void> {
    return withCheckpoint(file, (checkpoint) =>
      this.#lock.run(async () => {
        const turns = new Turns();
        await loadEntries(this.#model.module, checkpoint.model, { rest: () => turns.next() });
        await run.load(checkpoint);
      }),
    );
  }

  /** Afterwards `info` has the answer ready. */
  #describe(): Promise<ModelInfo> {
    return new Turns().run(this.#model.infoInTurns());
  }
  #change(body: () => void | Promise<void>): Promise<ModelInfo> {
    return this.#lock.run(async () => {
      this.#refuseWhileRunning();
      await body();
      await this.#model.settle();
      return this.#describe();
    });
  }
  #refuseWhileRunning(): void {
    if (!this.#run && !this.#isStarting) return;
    throw new LazuliError('not_supported', 'the model is being trained', { hint: 'stop the training first' });
  }
}
