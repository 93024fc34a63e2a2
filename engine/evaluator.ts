// Looking at what one open model gives: loss and metrics, predictions, what a single layer does. Nothing of the model changes.
import type { DataSource } from '#core/document/project';
import { LazuliError } from '#core/errors';
import { PLAN } from '#core/graph/graph-module';
import type { Activity } from '#core/session/activity';
import type { TextRequest } from '#core/session/generated';
import type { JudgedSamples } from '#core/session/judged';

import { backendFor } from './backend';
import type { Feeds } from './feeds';
import type { Lock } from './lock';
import type { Model } from './model/model';
import { splitSamples } from './datasets/shuffle';
import { activityOf } from './training/activity';
import { Evaluation } from './training/evaluate';
import { generate, type TextOptions } from './training/generate';
import { judge } from './training/judge';
import { hasTargets, objectiveOf } from './training/objective';
import { predictAll, type Prediction } from './training/predict';
import { placementOn } from './training/placement';
import type { StepParts } from './training/programs';
import type { Readings } from './training/totals';
import { Turns } from './turns';

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

export class Evaluator {
  constructor(
    readonly model: Model,
    readonly feeds: Feeds,
    readonly lock: Lock,
    /** Called before the model's values are needed on another device than the CPU: a run has them there. */
    readonly refuseWhileRunning: () => void,
  ) {}

  /** Loss and metrics in evaluation mode over all samples of the project's data, or of another file. */
  evaluate(options: EvaluateOptions = {}): Promise<EvaluationResult> {
    const { source, signal } = options;
    return this.#placed(source, { signal }, async (placed) => {
      const { training, dtype } = this.model.project;
      const { feed } = placed;
      const objective = objectiveOf(training, feed);
      const parts = { ...placed, dtype, objective };
      const rows = Array.from({ length: feed.dataset.samples }, (_, at) => at);
      const evaluation = await this.lock.run(() =>
        Evaluation.create(parts, rows, training.batchSize, this.lock),
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
      const parts = { ...placed, dtype: this.model.project.dtype };
      const { samples } = parts.feed.dataset;
      return predictAll(parts, parts.module[PLAN].outputNames, samples, this.lock, {
        ...(signal ? { signal } : {}),
        onProgress: (done) => onProgress?.(done, samples),
      });
    });
  }

  /**
   * What a node of the flat graph gives for the sample batch, and the gradient of the loss there, also while a run goes on (on the
   * CPU). Throws what feeding or evaluating would throw, `usage` for a node that cannot run.
   */
  activity(node: string): Promise<Activity> {
    const { sample, training, dtype } = this.model.project;
    if (backendFor(training.device).device !== 'cpu') this.refuseWhileRunning();
    return this.feeds.use(undefined, { needsTarget: false }, (feed) => {
      const { dataset } = feed;
      const objective = hasTargets(training, feed) ? objectiveOf(training, feed) : null;
      const parts = { backend: backendFor('cpu'), module: this.model.module, feed, dtype, objective };
      return activityOf({ ...parts, lock: this.lock }, node, Math.min(sample.batchSize, dataset.samples));
    });
  }

  /**
   * What the model says of the samples kept for validation (of all where none are), beside their targets; also while a run goes on
   * (on the CPU). Throws what evaluating would throw, `not_supported` where a sample has more than one class.
   */
  judge(options: { readonly signal?: AbortSignal } = {}): Promise<JudgedSamples> {
    return this.#placed(undefined, options, (placed) => {
      const { training, dtype } = this.model.project;
      const { samples } = placed.feed.dataset;
      const { validation } = splitSamples(samples, training.validationSplit, training.seed);
      const isHeld = validation.length > 0;
      const rows = isHeld ? validation : Array.from({ length: samples }, (_, at) => at);
      const parts = { ...placed, dtype, loss: training.loss, lock: this.lock };
      return judge(parts, isHeld ? 'validation' : 'all', rows, options);
    });
  }

  /**
   * What a model of characters writes after a prompt, also while a run goes on (on the CPU). Throws what evaluating would throw,
   * `not_supported` where the data is no text, `data_invalid` for a prompt with characters that the data has not.
   */
  generate(request: TextRequest, options: TextOptions = {}): Promise<string> {
    return this.#placed(undefined, options, (placed) => {
      const { training, dtype } = this.model.project;
      return generate({ ...placed, dtype, loss: training.loss, lock: this.lock }, request, options);
    });
  }

  /** Samples and the model on the project's device, for `body`; during a run on another device evaluation waits on the CPU's. */
  #placed<T>(
    source: DataSource | undefined,
    options: { readonly signal?: AbortSignal | undefined; readonly needsTarget?: boolean },
    body: (placed: Pick<StepParts, 'backend' | 'module' | 'feed'>) => Promise<T>,
  ): Promise<T> {
    const { module } = this.model;
    const backend = backendFor(this.model.project.training.device);
    return this.feeds.use(source, options, async (feed) => {
      if (backend.device !== 'cpu') this.refuseWhileRunning();
      const placement = await this.lock.run(() => placementOn(backend, module, feed));
      try {
        return await body({ backend, module, feed: placement?.feed ?? feed });
      } finally {
        await this.lock.run(() => placement?.release());
      }
    });
  }
}
