// Training of one open model: what a run would need, the run itself, and the search for its learning rate. One at a time.
import type { Project } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { loadEntries } from '#core/nn/index';
import type { StepProfile } from '#core/session/profile';
import type { RateSearch } from '#core/session/session';
import type { DeviceNeed, TrainingNeed } from '#core/session/training-memory';

import { backendFor, cpuBackend, useThreads } from './backend';
import type { Feeds } from './feeds';
import type { Lock } from './lock';
import type { Model } from './model/model';
import { endsIn } from './training/batches';
import { withCheckpoint } from './training/checkpoint';
import { searchRate, type RateRange } from './training/find-rate';
import { objectiveOf, type Objective } from './training/objective';
import { placementOn, type Placement } from './training/placement';
import { needOf, needsOfDevices, type NeedOptions, type Planned } from './training/need';
import {
  preflight,
  type CompiledPreflight,
  type Preflight,
  type PreflightOptions,
} from './training/preflight';
import { profileSteps } from './training/profile';
import { TrainingRun } from './training/run';
import { Turns } from './turns';

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

interface Signalled {
  readonly signal?: AbortSignal | undefined;
}

/** Of steps that leave nothing behind. */
const ALONE = {
  checkpoint: null,
  keepsCheckpoint: false,
  best: null,
  kept: null,
  onEnd: () => undefined,
};

/** Calls that touch tensors take the session's lock. */
export class Trainer {
  #run: TrainingRun | null = null;
  #heldBytes: number | null = null;
  /** Of the last `trainingNeed`, for the run of the same project that follows it. */
  #found: (Pick<CompiledPreflight, 'programs' | 'dataPlace'> & { readonly project: Project }) | null = null;
  /** A run is being prepared: nothing may change meanwhile either. */
  #isStarting = false;

  constructor(
    readonly model: Model,
    readonly feeds: Feeds,
    readonly lock: Lock,
    /** Materializes what is still uninitialized, from a batch of the project's data. */
    readonly materialize: (options: Signalled) => Promise<unknown>,
  ) {}

  /** The run in progress, or null. */
  get run(): TrainingRun | null {
    return this.#run;
  }
  /**
   * The most native memory that was held at once during the last run, by every session; on a GPU, and while it goes on, what was
   * held when it had begun. null before the first.
   */
  get heldBytes(): number | null {
    return this.#heldBytes;
  }

  /** Throws `not_supported` while a run goes on or is prepared. */
  refuseWhileRunning(): void {
    if (!this.#run && !this.#isStarting) return;
    throw new LazuliError('not_supported', 'the model is being trained', { hint: 'stop the training first' });
  }

  /**
   * The training step of a run over the project's data, and the memory that the run will take; nothing runs. Throws what
   * `train` would throw before the first step.
   */
  async preflight({ signal, ...options }: Signalled & PreflightOptions = {}): Promise<Preflight> {
    return preflight(...(await this.#planned(signal)), options);
  }

  /**
   * The same memory beside what may be taken: what a window or a command line shows before a run, which then need not compile its
   * programs again.
   */
  async trainingNeed({ signal, ...options }: Signalled & NeedOptions = {}): Promise<TrainingNeed> {
    const { project } = this.model;
    const { need, ...found } = await needOf(await this.#planned(signal), options);
    this.#found = { project, ...found };
    return need;
  }

  /**
   * What a run would take on each device of this machine, or why it cannot be there. Throws what `trainingNeed` would throw where
   * that is so on all of them.
   */
  async trainingNeeds(options: Signalled & NeedOptions = {}): Promise<readonly DeviceNeed[]> {
    return needsOfDevices(await this.#planned(options.signal), options);
  }

  /**
   * Starts a run over the project's data with its settings. Parameters that are still uninitialized are materialized
   * first, from a batch of the data. Throws `not_supported` while a run is going on.
   */
  train(options: TrainOptions = {}): Promise<TrainingRun> {
    return this.#alone(() => this.#start(options));
  }

  /**
   * Tries growing learning rates on the training samples, on the CPU, and suggests one; the model is left as it was. What is
   * still uninitialized is materialized first.
   */
  findLearningRate({
    signal = new AbortController().signal,
    ...range
  }: RateRange & { readonly signal?: AbortSignal } = {}): Promise<RateSearch> {
    return this.#alone(async () => {
      const { training: settings, dtype } = this.model.project;
      const objective = await this.#objective({ signal });
      await this.#waitForSizes({ signal });
      const { feed, rows } = await this.feeds.training(signal);
      try {
        useThreads(settings.threads);
        const { module } = this.model;
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
        return await this.lock.run(() => searchRate({ ...parts, ...ALONE, lock: this.lock }, range, signal));
      } finally {
        this.feeds.release(feed);
      }
    });
  }

  /**
   * What each node costs in a training step: of the run that goes on, or of some steps on the training samples, which leave the
   * model as it was. null while a run that goes on was not measured yet. Throws what a run would throw before its first step,
   * `uninitialized` while sizes wait for a sample.
   */
  async profile({ signal }: Signalled = {}): Promise<StepProfile | null> {
    if (this.#run) return this.#run.profile();
    const { training: settings, dtype } = this.model.project;
    const objective = await this.#objective({ signal });
    this.model.refuseWaiting();
    const { feed, rows } = await this.feeds.training(signal);
    try {
      return await this.lock.run(async () => {
        useThreads(settings.threads);
        const backend = backendFor(settings.device);
        const { module } = this.model;
        const placement = placementOn(backend, module, feed);
        const { lock } = this;
        const parts = { ...ALONE, backend, placement, module, dtype, settings, objective, rows, lock };
        try {
          return await profileSteps({ ...parts, feed: placement?.feed ?? feed }, settings.device);
        } finally {
          placement?.release();
        }
      });
    } finally {
      this.feeds.release(feed);
    }
  }

  /** The project, a sample's shapes and the data: what a run is compiled from. */
  async #planned(signal: AbortSignal | undefined): Promise<Planned> {
    const { project } = this.model;
    const dataset = await this.feeds.dataset(project.data, { signal });
    return [project, await this.feeds.sampleShapes(project.data, { signal }), dataset];
  }

  /** Nothing else starts or changes the model meanwhile. */
  async #alone<T>(body: () => Promise<T>): Promise<T> {
    this.refuseWhileRunning();
    this.#isStarting = true;
    try {
      return await body();
    } finally {
      this.#isStarting = false;
    }
  }

  /** Before anything is initialized: settings that do not fit change nothing. */
  async #objective({ signal }: Signalled): Promise<Objective> {
    const { training, dtype, data } = this.model.project;
    const dataset = await this.feeds.dataset(data, { signal });
    return objectiveOf(training, { dataset, ends: endsIn(this.model.module, dtype) });
  }

  async #waitForSizes(options: Signalled): Promise<void> {
    if (this.model.waiting().length > 0 || !this.model.hasSample) await this.materialize(options);
  }

  async #start({
    signal,
    checkpoint,
    keepsCheckpoint,
    best,
    kept,
    resumeFrom,
  }: TrainOptions): Promise<TrainingRun> {
    const { training, dtype } = this.model.project;
    const backend = backendFor(training.device);
    const objective = await this.#objective({ signal });
    await this.#waitForSizes({ signal });
    // Where a GPU's data goes depends on what all of the run takes.
    const { project } = this.model;
    if (backend.device === 'gpu' && this.#found?.project !== project) await this.trainingNeed({ signal });
    const { feed, rows } = await this.feeds.training(signal);
    const memory = backend.device === 'cpu' ? cpuBackend().native : null;
    const { programs: known = [], dataPlace = 'device' } = this.#found ?? {};
    this.#found = null;
    let run: TrainingRun | null = null;
    let placement: Placement | null = null;
    try {
      useThreads(training.threads);
      run = await this.lock.run(() => {
        this.model.keepHistory();
        const onEnd = (): void => {
          this.feeds.release(feed);
          this.model.markTrained();
          this.#run = null;
          if (memory) this.#heldBytes = memory.memoryPeak();
        };
        const { module } = this.model;
        const settings = training;
        placement = placementOn(backend, module, feed, dataPlace);
        const parts = {
          backend,
          placement,
          module,
          dtype,
          settings,
          feed: placement?.feed ?? feed,
          objective,
          rows,
          lock: this.lock,
          checkpoint: checkpoint ?? null,
          keepsCheckpoint: keepsCheckpoint ?? false,
          best: best ?? null,
          kept: kept ?? null,
          onEnd,
        };
        return TrainingRun.create(parts, known);
      });
      if (resumeFrom !== undefined) await this.#resume(run, resumeFrom);
    } catch (error) {
      run?.dispose();
      await this.lock.run(() => placement?.release());
      this.feeds.release(feed);
      throw error;
    }
    this.#run = run;
    memory?.resetMemoryPeak();
    this.#heldBytes = backend.native.live().bytes;
    const started = run;
    signal?.addEventListener('abort', () => void started.stop(), { once: true });
    run.start();
    if (signal?.aborted === true) void run.stop();
    return run;
  }

  #resume(run: TrainingRun, file: string): Promise<void> {
    return withCheckpoint(file, (checkpoint) =>
      this.lock.run(async () => {
        const turns = new Turns();
        await loadEntries(this.model.module, checkpoint.model, { rest: () => turns.next() });
        await run.load(checkpoint);
      }),
    );
  }
}
