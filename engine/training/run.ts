// A training run: epochs of a traced step in slices of about 80 ms on the backend's thread, with pause, stop, events and checkpoints.
import { errorToData, LazuliError } from '#core/errors';
import { stateDictContent } from '#core/nn/state-dict-io';
import type { KnownProgram } from '#core/program/index';
import { drain } from '#core/turns';
import type { RunSnapshot } from '#core/ipc/api';
import type { StepProfile } from '#core/session/profile';
import type { RunEvent, RunState } from '#core/session/session';

import { keepPipelines } from '../backend';
import { Turns } from '../turns';
import { permutation } from '../datasets/shuffle';
import { writeWeightsFile } from '../convert';
import type { BestEpoch } from './best';
import type { Checkpoint } from './checkpoint';
import { refuseDiverged } from './diverged';
import type { Evaluation } from './evaluate';
import { EventLog, stepsPerPoint, type RunListener } from './events';
import { Keeper, type RunPlace } from './keeper';
import type { Optimizer } from './optimizer';
import type { RunOutcome, RunParts, RunResult } from './parts';
import { Watch } from './profile';
import { piecesOf, type RunPieces } from './run-pieces';
import { prefixed, type Readings, type SavedTotals, type Totals } from './totals';
import { batchOf, type TrainingPass } from './training-pass';

export class TrainingRun {
  readonly finished: Promise<RunResult>;
  readonly #events: EventLog;
  readonly #abort = new AbortController();
  readonly #optimizer: Optimizer;
  readonly #training: TrainingPass;
  readonly #validation: Evaluation | null;
  readonly #best: BestEpoch;
  readonly #keeper: Keeper;
  readonly #settle: (result: RunResult) => void;
  #state: RunState = 'running';
  #wake: (() => void) | null = null;
  #onHeld: (() => void) | null = null;
  #place: RunPlace;
  #epochReadings: Readings = { metrics: {}, arrays: {} };
  #loss = Number.NaN;
  /** The learning rate of the last step taken, or of the first to come. */
  #rate: number;
  /** Sums of the epoch in progress, and what a checkpoint had of them. */
  #totals: Totals | null = null;
  #resumed: SavedTotals | null = null;
  #isStoppedEarly = false;
  readonly #watch: Watch;

  private constructor(
    readonly parts: RunParts,
    { best, optimizer, training, validation }: RunPieces,
  ) {
    let settle: (result: RunResult) => void = () => undefined;
    this.#best = best;
    this.#keeper = new Keeper(parts, optimizer, best);
    this.#watch = new Watch(parts.settings.device);
    this.#optimizer = optimizer;
    this.#training = training;
    this.#validation = validation;
    this.#place = { epoch: 0, step: 0, totalSteps: 0 };
    this.#rate = optimizer.learningRate;
    this.#events = new EventLog(() => this.#state);
    this.finished = new Promise((resolve) => (settle = resolve));
    this.#settle = settle;
  }

  /**
   * Traces the programs, in turns; those that are known are not optimized again. Nothing runs before `start`. Throws what does
   * not fit, with everything freed.
   */
  static async create(parts: RunParts, known: readonly KnownProgram[] = []): Promise<TrainingRun> {
    return new TrainingRun(parts, await piecesOf(parts, known));
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

  /** Takes over what a checkpoint holds, the model's weights aside. Throws `weights_mismatch`. */
  async load(checkpoint: Checkpoint): Promise<void> {
    const { settings, rows } = this.parts;
    const { place, totals, best, bestModel } = checkpoint;
    await checkpoint.loadOptimizer(this.#optimizer);
    const isSame =
      place.seed === settings.seed &&
      place.batchSize === batchOf(settings, rows.training.length) &&
      place.samples === rows.training.length;
    this.#place = { epoch: place.epoch, step: isSame ? place.step : 0, totalSteps: place.totalSteps };
    this.#resumed = isSame && place.step > 0 ? totals : null;
    this.#rate = this.#optimizer.learningRate;
    await this.#best.load(best, bestModel);
  }

  /**
   * What each node costs, measured while somebody asks again and again; null before the first measured steps. Throws
   * `not_supported` on another device than the CPU: each op would have to wait for the one before.
   */
  profile(): StepProfile | null {
    if (this.parts.placement)
      throw new LazuliError('not_supported', 'times by layer are not measured while a run goes on there', {
        where: this.parts.settings.device,
        hint: 'look again when the run has ended',
      });
    return this.#watch.read();
  }

  /** Begins. */
  start(): void {
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
      await this.#keeper.keep(this.#place);
      outcome = await this.#epochs();
      if (outcome === 'stopped' || this.parts.keepsCheckpoint) checkpoint = await this.#writeCheckpoint();
      if (outcome === 'finished') await this.parts.lock.run(() => this.#best.restore());
    } catch (cause) {
      outcome = 'failed';
      error = cause instanceof LazuliError ? cause : LazuliError.fromData(errorToData(cause));
      if (error.code === 'device_lost' || error.code === 'out_of_memory')
        checkpoint = await this.#keeper.saveKept().catch(() => null);
    }
    const keptFault = error?.code === 'device_lost' ? null : await this.#keeper.writeKept();
    try {
      // What the run learned comes back; what a lost device held does not.
      if (error?.code !== 'device_lost') await this.parts.lock.run(() => this.parts.placement?.pull());
      await this.parts.lock.run(() => this.dispose());
      this.parts.onEnd();
      if (this.parts.placement) keepPipelines();
    } catch (cause) {
      error ??= LazuliError.fromData(errorToData(cause));
    }
    this.#state = 'idle';
    this.#events.fail(error?.toData() ?? null);
    this.#emit('done', outcome);
    this.#events.flush();
    const { epoch, value, monitor } = this.#best;
    const best = value === null ? null : { epoch, value, monitor };
    this.#settle({ outcome, error, checkpoint, best, keptFault });
  }

  async #epochs(): Promise<'finished' | 'stopped'> {
    const { settings } = this.parts;
    while (this.#place.epoch < settings.epochs && !this.#best.isOver) {
      const totals = await this.#epoch();
      if (!totals) return 'stopped';
      const validation =
        (await this.#validation?.run({ signal: this.#abort.signal, gate: () => this.#gate() })) ?? null;
      if (this.#validation && !validation) return 'stopped';
      this.#loss = totals.loss;
      this.#epochReadings = await this.#readings(totals, validation);
      this.#emit('epoch');
      await this.#endEpoch();
      await this.#keeper.keep(this.#place);
      if (this.#keeper.isDue && this.#place.epoch < settings.epochs) await this.#writeCheckpoint();
    }
    this.#isStoppedEarly = this.#place.epoch < settings.epochs;
    return 'finished';
  }

  /** The numbers of an epoch: over its training samples, and over those kept for validation. */
  async #readings(totals: Totals, validation: Totals | null): Promise<Readings> {
    const own = await new Turns().run(totals.readings());
    if (!validation) return own;
    const { metrics, arrays } = await new Turns().run(validation.readings());
    return {
      metrics: { ...own.metrics, validation_loss: validation.loss, ...prefixed('validation_', metrics) },
      arrays: { ...own.arrays, ...prefixed('validation_', arrays) },
    };
  }

  /** Judges the epoch and goes on to the next, all at once as far as a checkpoint can tell. */
  async #endEpoch(): Promise<void> {
    const { lock, best, module } = this.parts;
    const metrics = { loss: this.#loss, ...this.#epochReadings.metrics };
    const isBest = await lock.run(() => this.#best.judge(metrics, this.#place.epoch + 1));
    this.#optimizer.endEpoch(metrics[this.#best.monitor as keyof typeof metrics] ?? Number.NaN);
    this.#place = { ...this.#place, epoch: this.#place.epoch + 1, step: 0 };
    this.#totals = null;
    if (isBest && best !== null)
      await lock.run(() => writeWeightsFile(best, stateDictContent(module.stateDict())));
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
    if (this.#resumed) totals.load(this.#resumed);
    this.#resumed = null;
    this.#totals = totals;
    let recent = training.totals({ isStepwise: true });
    while (this.#place.step < training.steps) {
      await this.#gate();
      if (this.#abort.signal.aborted) return null;
      const slice = await this.parts.lock.run(() =>
        training.slice(this.#place.step, this.#abort.signal, this.#watch.next()),
      );
      this.#events.measured(slice.rows.length * slice.program.batch, slice.seconds);
      for (const [at, row] of slice.rows.entries()) {
        refuseDiverged(row, settings, { ...this.#place, rate: this.#rate });
        totals.add(row, slice.program.batch);
        recent.add(row, slice.program.batch);
        const step = first + training.done - slice.rows.length + at + 1;
        this.#place = { ...this.#place, step, totalSteps: this.#place.totalSteps + 1 };
        this.#loss = recent.loss;
        this.#rate = slice.rates[at] ?? this.#rate;
        if (this.#emitStep(recent, at === slice.rows.length - 1))
          recent = training.totals({ isStepwise: true });
      }
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

  #writeCheckpoint(): Promise<string | null> {
    return this.#keeper.writeCheckpoint(this.#place, this.#totals?.save() ?? this.#resumed);
  }

  #event(event: RunEvent['event'], { metrics, arrays }: Partial<Readings>, outcome?: RunOutcome): RunEvent {
    const { settings } = this.parts;
    const { leftOut } = this.parts.objective;
    const hasArrays = event === 'epoch' && Object.keys(arrays ?? {}).length > 0;
    return {
      event,
      step: this.#place.totalSteps,
      // Counted from 1: an epoch event names the epoch it ends, the others the one they are in.
      epoch: Math.min(this.#place.epoch + 1, settings.epochs),
      loss: this.#loss,
      metrics: metrics ?? {},
      ...(hasArrays && arrays ? { arrays } : {}),
      ...(event === 'start' && leftOut.length > 0 ? { left_out: leftOut } : {}),
      lr: this.#rate,
      samples_per_second: this.#events.samplesPerSecond,
      seconds: this.#events.seconds,
      total_steps: this.totalSteps,
      total_epochs: settings.epochs,
      ...(outcome === undefined ? {} : { outcome }),
      ...(outcome === undefined || this.#best.epoch === 0 ? {} : { best_epoch: this.#best.epoch }),
      ...(outcome === 'finished' && this.#isStoppedEarly ? { stopped_early: true } : {}),
    };
  }
  #emit(event: RunEvent['event'], outcome?: RunOutcome): void {
    this.#events.add(this.#event(event, this.#epochReadings, outcome));
  }
  /** True when an event was made of what was added up since the last one. */
  #emitStep(recent: Totals, isLastOfSlice: boolean): boolean {
    const { totalSteps } = this.#place;
    return this.#events.addStep(() => this.#event('step', drain(recent.readings())), {
      isDue: totalSteps % stepsPerPoint(this.totalSteps) === 0,
      isLastOfSlice,
    });
  }

  /** Frees the programs; a run that was started does it itself. */
  dispose(): void {
    this.#training.dispose();
    this.#validation?.dispose();
    this.#best.dispose();
    this.#optimizer.dispose();
    this.parts.placement?.release();
  }
}
