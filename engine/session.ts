// One open model with its data and its training: what the command line and the window both drive.
import type { DataSource, Project } from '#core/document/project';
import { MemorySink, memorySource, readWeights, writeTorch } from '#core/formats/index';
import type { FeedResult } from '#core/ipc/api';
import type { ByteSink } from '#core/formats/weights';
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
  PreviewRange,
  Resized,
  WeightOptions,
  WeightVerdict,
} from '#core/session/session';

import { cpuBackend } from './backend';
import { writeWeightsFile, type SaveOptions } from './convert';
import { previewDataset } from './datasets/preview';
import { Evaluator, type EvaluateOptions } from './evaluator';
import { Feeds } from './feeds';
import type { RestorableWeights } from './history/restore';
import { withWeights } from './inspect';
import { Lock } from './lock';
import { detailOf, figuresOf, numpyText, valuesIn } from './model/browse';
import { Model, type SampleShapes } from './model/model';
import { Trainer } from './trainer';
import type { TrainingRun } from './training/run';
import { Turns } from './turns';

export type { EvaluateOptions, EvaluationResult } from './evaluator';
export type { TrainOptions } from './trainer';

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
  readonly signal?: AbortSignal | undefined;
}

/**
 * Every call that changes parameters gives a new `revision` in the ModelInfo it returns. Calls that touch tensors wait for
 * each other and for the slice of training in progress.
 */
export class ModelSession {
  readonly #model: Model;
  readonly #feeds: Feeds;
  readonly #lock = new Lock();
  readonly #trainer: Trainer;
  readonly #evaluator: Evaluator;

  private constructor(project: Project, { folder }: SessionOptions) {
    this.#model = new Model(project, { putsOff: true });
    this.#feeds = new Feeds(this.#model, folder);
    this.#trainer = new Trainer(this.#model, this.#feeds, this.#lock, (options) => this.#feed(options));
    this.#evaluator = new Evaluator(this.#model, this.#feeds, this.#lock, () => this.#refuseWhileRunning());
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
    return this.#trainer.run;
  }
  /** Native memory that the last run held: see Trainer. null before the first. */
  get heldBytes(): number | null {
    return this.#trainer.heldBytes;
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

  /**
   * Atomic; .pt (what torch.load opens, uninitialized entries aside) or .safetensors by the file's extension. Also returns
   * the project whose names the keys have: edits may wait meanwhile.
   */
  saveWeights(
    file: string,
    options: SaveOptions = {},
  ): Promise<{ readonly warnings: readonly string[]; readonly project: Project }> {
    return this.#lock.run(async () => {
      const { project } = this;
      return { warnings: await writeWeightsFile(file, this.#model.content(), options), project };
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
    range: PreviewRange,
    source: DataSource | null = this.project.data,
    signal?: AbortSignal,
  ): Promise<DataPreview> {
    return previewDataset(await this.#feeds.dataset(source, { signal, needsTarget: false }), range);
  }

  /** What a run over the project's data would be and take: see Trainer. */
  preflight: Trainer['preflight'] = (options) => this.#trainer.preflight(options);
  trainingNeed: Trainer['trainingNeed'] = (options) => this.#trainer.trainingNeed(options);
  trainingNeeds: Trainer['trainingNeeds'] = (options) => this.#trainer.trainingNeeds(options);
  /** Starts a run, or the search for its learning rate. */
  train: Trainer['train'] = (options) => this.#trainer.train(options);
  profile: Trainer['profile'] = (options) => this.#trainer.profile(options);
  findLearningRate: Trainer['findLearningRate'] = (options) => this.#trainer.findLearningRate(options);

  /** What the model gives for the project's data or another file, also while a run goes on: see Evaluator. */
  evaluate: Evaluator['evaluate'] = (options) => this.#evaluator.evaluate(options);
  predict: Evaluator['predict'] = (options) => this.#evaluator.predict(options);
  judge: Evaluator['judge'] = (options) => this.#evaluator.judge(options);
  generate: Evaluator['generate'] = (request, options) => this.#evaluator.generate(request, options);
  activity: Evaluator['activity'] = (node) => this.#evaluator.activity(node);

  /** Stops a run and frees every native tensor. */
  async dispose(): Promise<void> {
    await this.run?.stop();
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
    this.#trainer.refuseWhileRunning();
  }
}
