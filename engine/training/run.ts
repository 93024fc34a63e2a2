// A training run: epochs of a traced step in slices of about 80 ms on the backend's thread, with pause, stop, events and checkpoints.
import { errorToData, LazuliError } from '#core/errors';
import { PLAN } from '#core/graph/graph-module';
import { tensorGroups } from '#core/graph/tensor-options';
import type { RunSnapshot } from '#core/ipc/api';
import type { RunEvent, RunState } from '#core/session/session';

import { permutation } from '../datasets/shuffle';
import { writeCheckpoint, type Place } from './checkpoint';
import { Evaluation } from './evaluate';
import { EventLog, type RunListener } from './events';
import { Optimizer } from './optimizer';
import type { RunOutcome, RunParts, RunResult } from './parts';
import type { Totals } from './pass';
import { refuseAllFrozen, trainedParameters } from './programs';
import { TrainingPass } from './training-pass';

/** Between checkpoints of a run that goes on. */
const CHECKPOINT_SECONDS = 60;

export class TrainingRun {
  readonly finished: Promise<RunResult>;
  readonly #events: EventLog;
  readonly #abort = new AbortController();
  readonly #optimizer: Optimizer;
  readonly #training: TrainingPass;
  readonly #validation: Evaluation | null;
  readonly #settle: (result: RunResult) => void;
  #state: RunState = 'running';
  #wake: (() => void) | null = null;
  #onHeld: (() => void) | null = null;
  #place: { epoch: number; step: number; totalSteps: number };
  #epochMetrics: Readonly<Record<string, number>> = {};
  #loss = Number.NaN;
  #lastCheckpoint = performance.now();

  /** Traces the programs; nothing runs before `start`. Throws what does not fit, with everything freed. */
  constructor(readonly parts: RunParts) {
    const { module, settings, rows, lock } = parts;
    const free: (() => void)[] = [];
    let settle: (result: RunResult) => void = () => undefined;
    try {
      const parameters = trainedParameters(module);
      refuseAllFrozen(module, parameters.size);
      this.#optimizer = new Optimizer(settings.optimizer, parameters, tensorGroups(module[PLAN].graph));
      free.push(() => this.#optimizer.dispose());
      this.#training = new TrainingPass(parts, this.#optimizer);
      free.push(() => this.#training.dispose());
      const { length } = rows.validation;
      this.#validation = length > 0 ? new Evaluation(parts, rows.validation, settings.batchSize, lock) : null;
    } catch (error) {
      for (const dispose of free) dispose();
      throw error;
    }
    this.#place = { epoch: 0, step: 0, totalSteps: 0 };
    this.#events = new EventLog(() => this.#state);
    this.finished = new Promise((resolve) => (settle = resolve));
    this.#settle = settle;
  }

  get state(): RunState {
    return this.#state;
  }
  get optimizer(): Optimizer {
    return this.#optimizer;
  }
  /** Steps of the whole run. */
  get totalSteps(): number {
    return this.#training.steps * this.parts.settings.epochs;
  }

  /** What a window that comes late needs: every epoch event, at most 2,000 step events. */
  snapshot(): RunSnapshot {
    return this.#events.snapshot();
  }
  /** About ten batches of events a second; returns the unsubscribe. */
  onEvents(listener: RunListener): () => void {
    return this.#events.listen(listener);
  }

  /** Begins, from `from` when a checkpoint was loaded. */
  start(from: Place | null = null): void {
    const { settings, rows } = this.parts;
    if (from) {
      const isSame =
        from.seed === settings.seed &&
        from.batchSize === settings.batchSize &&
        from.samples === rows.training.length;
      this.#place = { epoch: from.epoch, step: isSame ? from.step : 0, totalSteps: from.totalSteps };
    }
    void this.#run();
  }

  /** Resolves when the slice in progress has ended and the run stands still. */
  async pause(): Promise<void> {
    if (this.#state !== 'running') return;
    this.#state = 'paused';
    await Promise.race([new Promise<void>((resolve) => (this.#onHeld = resolve)), this.finished]);
    this.#events.flush();
  }
  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    this.#wake?.();
    this.#events.flush();
  }
  /** Stops after the step in progress; the weights stay as they are then. */
  async stop(): Promise<void> {
    if (this.#state === 'idle') return;
    this.#state = 'stopping';
    this.#abort.abort();
    this.#wake?.();
    await this.finished;
  }

  async #run(): Promise<void> {
    let outcome: RunOutcome;
    let error: LazuliError | null = null;
    let checkpoint: string | null = null;
    this.#emit('start');
    try {
      outcome = await this.#epochs();
      if (outcome === 'stopped') checkpoint = await this.#writeCheckpoint();
    } catch (cause) {
      outcome = 'failed';
      error = cause instanceof LazuliError ? cause : LazuliError.fromData(errorToData(cause));
    }
    try {
      await this.parts.lock.run(() => this.dispose());
      this.parts.onEnd();
    } catch (cause) {
      error ??= LazuliError.fromData(errorToData(cause));
    }
    this.#state = 'idle';
    this.#events.fail(error?.toData() ?? null);
    this.#emit('done', outcome);
    this.#events.flush();
    this.#settle({ outcome, error, checkpoint });
  }

  async #epochs(): Promise<'finished' | 'stopped'> {
    const { settings } = this.parts;
    for (
      ;
      this.#place.epoch < settings.epochs;
      this.#place = { ...this.#place, epoch: this.#place.epoch + 1, step: 0 }
    ) {
      const totals = await this.#epoch();
      if (!totals) return 'stopped';
      const validation =
        (await this.#validation?.run({ signal: this.#abort.signal, gate: () => this.#gate() })) ?? null;
      if (this.#validation && !validation) return 'stopped';
      this.#loss = totals.loss;
      this.#epochMetrics = {
        ...totals.metrics(),
        ...(validation ? { validation_loss: validation.loss, ...validation.metrics('validation_') } : {}),
      };
      this.#emit('epoch');
      const isDue = performance.now() - this.#lastCheckpoint > CHECKPOINT_SECONDS * 1000;
      if (isDue && this.#place.epoch + 1 < settings.epochs)
        await this.#writeCheckpoint({ epoch: this.#place.epoch + 1, step: 0 });
    }
    return 'finished';
  }

  /** null when stopped inside the epoch. */
  async #epoch(): Promise<Totals | null> {
    const { settings, rows } = this.parts;
    const training = this.#training;
    const order = permutation(rows.training.length, settings.seed, {
      kind: 'epoch',
      epoch: this.#place.epoch,
    });
    const first = this.#place.step;
    training.start(
      order.map((at) => rows.training[at] ?? 0),
      this.#place,
    );
    const totals = training.totals();
    while (this.#place.step < training.steps) {
      await this.#gate();
      if (this.#abort.signal.aborted) return null;
      const slice = await this.parts.lock.run(() => training.slice(this.#place.step, this.#abort.signal));
      const recent = training.totals();
      slice.rows.forEach((row, at) => {
        this.#checkFinite(row[0] ?? Number.NaN, this.#place.step + at);
        totals.add(row, slice.program);
        recent.add(row, slice.program);
      });
      this.#place = {
        ...this.#place,
        step: first + training.done,
        totalSteps: this.#place.totalSteps + slice.rows.length,
      };
      if (slice.rows.length === 0) continue;
      this.#loss = recent.loss;
      this.#events.measured(recent.samples, slice.seconds);
      if (this.#place.step < training.steps) this.#emitStep(recent.metrics());
    }
    return totals;
  }

  /** Waits while paused. */
  async #gate(): Promise<void> {
    while (this.#state === 'paused') {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      this.#onHeld?.();
      await woken;
      this.#wake = null;
    }
    // Lets timers, input and other calls run between slices.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  #checkFinite(loss: number, step: number): void {
    if (Number.isFinite(loss)) return;
    const { epoch } = this.#place;
    throw new LazuliError(
      'diverged',
      `the loss became ${Number.isNaN(loss) ? 'NaN' : 'infinite'} in step ${step + 1} of epoch ${epoch + 1}`,
      {
        where: `epoch ${epoch + 1}, step ${step + 1}`,
        expected: 'a finite loss',
        got: String(loss),
        hint: `lower the learning rate (it is ${this.#optimizer.learningRate}), normalize the data, or look for odd values in it`,
      },
    );
  }

  async #writeCheckpoint(at: { epoch: number; step: number } = this.#place): Promise<string | null> {
    const { checkpoint, module, settings, rows, lock } = this.parts;
    if (checkpoint === null) return null;
    const place: Place = {
      epoch: at.epoch,
      step: at.step,
      totalSteps: this.#place.totalSteps,
      seed: settings.seed,
      batchSize: settings.batchSize,
      samples: rows.training.length,
    };
    await lock.run(() => writeCheckpoint(checkpoint, module.stateDict(), this.#optimizer, place));
    this.#lastCheckpoint = performance.now();
    return checkpoint;
  }

  #event(event: RunEvent['event'], metrics: RunEvent['metrics'], outcome?: RunOutcome): RunEvent {
    const { settings } = this.parts;
    return {
      event,
      step: this.#place.totalSteps,
      // Counted from 1: an epoch event names the epoch it ends, the others the one they are in.
      epoch: Math.min(this.#place.epoch + 1, settings.epochs),
      loss: this.#loss,
      metrics,
      lr: this.#optimizer.learningRate,
      samples_per_second: this.#events.samplesPerSecond,
      seconds: this.#events.seconds,
      total_steps: this.totalSteps,
      total_epochs: settings.epochs,
      ...(outcome === undefined ? {} : { outcome }),
    };
  }
  #emit(event: RunEvent['event'], outcome?: RunOutcome): void {
    this.#events.add(this.#event(event, this.#epochMetrics, outcome));
  }
  #emitStep(metrics: RunEvent['metrics']): void {
    this.#events.addStep(() => this.#event('step', metrics));
  }

  /** Frees the programs; a run that was started does it itself. */
  dispose(): void {
    this.#training.dispose();
    this.#validation?.dispose();
    this.#optimizer.dispose();
  }
}
