// A training run: epochs of a traced step in slices of about 80 ms on the backend's thread, with pause, stop, events and checkpoints.
import { errorToData, LazuliError } from '#core/errors';
import { PLAN } from '#core/graph/graph-module';
import { tensorGroups } from '#core/graph/tensor-options';
import { together } from '#core/nn/index';
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
import { BestEpoch, monitorOf } from './best';
import { writeCheckpoint, type Checkpoint, type Place } from './checkpoint';
import { Evaluation } from './evaluate';
import { EventLog, stepsPerPoint, type RunListener } from './events';
import { Optimizer } from './optimizer';
import type { RunOutcome, RunParts, RunResult } from './parts';
import type { StepValues } from './log';
import { Watch } from './profile';
import { refuseAllFrozen, trainedParameters } from './programs';
import { prefixed, type Readings, type SavedTotals, type Totals } from './totals';
import { batchOf, TrainingPass } from './training-pass';

/** Between checkpoints of a run that goes on. */
const CHECKPOINT_SECONDS = 60;
/** Between copies of what another device holds. */
const KEEP_SECONDS = 10;

/** PyTorch's autocast leaves doubles alone, so that the setting would do nothing. */
function refuseHalfOfDoubles({ settings, dtype }: RunParts): void {
  if (settings.precision !== 'bfloat16' || dtype === 'float32') return;
  throw new LazuliError(
    'parameter_invalid',
    `bfloat16 precision needs a float32 model, and this one is ${dtype}`,
    {
      where: 'precision',
      expected: 'float32',
      got: dtype,
      hint: 'set the project’s dtype to float32, or the precision to full',
    },
  );
}

/** What a run is made of besides its parts: everything it frees. */
interface RunPieces {
  readonly best: BestEpoch;
  readonly optimizer: Optimizer;
  readonly training: TrainingPass;
  readonly validation: Evaluation | null;
}

async function piecesOf(parts: RunParts, known: readonly KnownProgram[]): Promise<RunPieces> {
  const { module, settings, rows, lock } = parts;
  const free: (() => void)[] = [];
  try {
    const parameters = trainedParameters(module);
    refuseAllFrozen(module, parameters.size);
    refuseHalfOfDoubles(parts);
    const { length } = rows.validation;
    const metrics = parts.objective.metrics.map(({ name }) => name);
    const best = new BestEpoch(monitorOf(settings, metrics, length > 0), module, settings, {
      keeps: parts.kept !== null,
    });
    free.push(() => best.dispose());
    const { epochs, precision } = settings;
    const stepsPerEpoch = Math.ceil(rows.training.length / batchOf(settings, rows.training.length));
    const groupOf = tensorGroups(module[PLAN].graph);
    const options = { groupOf, length: { epochs, stepsPerEpoch } };
    const optimizer = together(() => new Optimizer(settings, parameters, options));
    free.push(() => optimizer.dispose());
    const training = await TrainingPass.create(parts, optimizer, known);
    free.push(() => training.dispose());
    optimizer.setLength({ epochs, stepsPerEpoch: training.steps });
    const validation =
      length > 0
        ? await Evaluation.create({ ...parts, precision, known }, rows.validation, settings.batchSize, lock)
        : null;
    return { best, optimizer, training, validation };
  } catch (error) {
    for (const dispose of free) dispose();
    throw error;
  }
}

export class TrainingRun {
  readonly finished: Promise<RunResult>;
  readonly #events: EventLog;
  readonly #abort = new AbortController();
  readonly #optimizer: Optimizer;
  readonly #training: TrainingPass;
  readonly #validation: Evaluation | null;
  readonly #best: BestEpoch;
  readonly #settle: (result: RunResult) => void;
  #state: RunState = 'running';
  #wake: (() => void) | null = null;
  #onHeld: (() => void) | null = null;
  #place: { epoch: number; step: number; totalSteps: number };
  #epochReadings: Readings = { metrics: {}, arrays: {} };
  #loss = Number.NaN;
  /** The learning rate of the last step taken, or of the first to come. */
  #rate: number;
  /** Sums of the epoch in progress, and what a checkpoint had of them. */
  #totals: Totals | null = null;
  #resumed: SavedTotals | null = null;
  #isStoppedEarly = false;
  readonly #watch: Watch;
  #lastCheckpoint = performance.now();
  #lastKept = 0;

  private constructor(
    readonly parts: RunParts,
    { best, optimizer, training, validation }: RunPieces,
  ) {
    let settle: (result: RunResult) => void = () => undefined;
    this.#best = best;
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
      await this.#keep();
      outcome = await this.#epochs();
      if (outcome === 'stopped' || this.parts.keepsCheckpoint) checkpoint = await this.#writeCheckpoint();
      if (outcome === 'finished') await this.parts.lock.run(() => this.#best.restore());
    } catch (cause) {
      outcome = 'failed';
      error = cause instanceof LazuliError ? cause : LazuliError.fromData(errorToData(cause));
      if (error.code === 'device_lost' || error.code === 'out_of_memory')
        checkpoint = await this.#saveKept().catch(() => null);
    }
    const keptFault = error?.code === 'device_lost' ? null : await this.#writeKept();
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
      await this.#keep();
      const isDue = performance.now() - this.#lastCheckpoint > CHECKPOINT_SECONDS * 1000;
      if (isDue && this.#place.epoch < settings.epochs) await this.#writeCheckpoint();
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
        this.#check(row, this.#place.step);
        totals.add(row, slice.program.batch);
        recent.add(row, slice.program.batch);
        const step = first + training.done - slice.rows.length + at + 1;
        this.#place = { ...this.#place, step, totalSteps: this.#place.totalSteps + 1 };
        this.#loss = recent.loss;
        this.#rate = slice.rates[at] ?? this.#rate;
        const isLast = step === training.steps;
        if (!isLast && this.#emitStep(recent, at === slice.rows.length - 1))
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

  #check({ values: [loss = Number.NaN, norm = 0] }: StepValues, step: number): void {
    const { settings } = this.parts;
    if (settings.clipping?.['error_if_nonfinite'] === true && !Number.isFinite(norm))
      throw new LazuliError(
        'diverged',
        'the norm of the gradients is not finite, so they cannot be clipped',
        {
          where: `epoch ${this.#place.epoch + 1}, step ${step + 1}`,
          expected: 'a finite norm',
          got: String(norm),
          hint: 'lower the learning rate, or leave error_if_nonfinite out to go on',
        },
      );
    if (Number.isFinite(loss)) return;
    const { epoch } = this.#place;
    throw new LazuliError(
      'diverged',
      `the loss became ${Number.isNaN(loss) ? 'NaN' : 'infinite'} in step ${step + 1} of epoch ${epoch + 1}`,
      {
        where: `epoch ${epoch + 1}, step ${step + 1}`,
        expected: 'a finite loss',
        got: String(loss),
        hint: `lower the learning rate (it is ${this.#rate}), normalize the data, or look for odd values in it`,
      },
    );
  }

  async #writeCheckpoint(): Promise<string | null> {
    const { checkpoint, module, lock } = this.parts;
    if (checkpoint === null) return null;
    const place = this.#placeNow();
    await lock.run(() =>
      writeCheckpoint(checkpoint, this.#optimizer, {
        model: module.stateDict(),
        bestModel: this.#best.stateDict(),
        place,
        totals: this.#totals?.save() ?? this.#resumed,
        best: this.#best.numbers(),
      }),
    );
    this.#lastCheckpoint = performance.now();
    return checkpoint;
  }

  /** A run is not spoiled by weights that cannot be written beside it. */
  async #writeKept(): Promise<LazuliError | null> {
    const { kept, module, lock } = this.parts;
    if (kept === null) return null;
    try {
      const content = stateDictContent(this.#best.stateDict() ?? module.stateDict());
      await lock.run(() => writeWeightsFile(kept, content, { uninitialized: 'skip' }));
      return null;
    } catch (cause) {
      return cause instanceof LazuliError ? cause : LazuliError.fromData(errorToData(cause));
    }
  }

  #placeNow(): Place {
    const { settings, rows } = this.parts;
    return {
      ...this.#place,
      seed: settings.seed,
      batchSize: batchOf(settings, rows.training.length),
      samples: rows.training.length,
    };
  }

  /** Brings what another device holds to the host, at once and then now and then, so that a lost device costs little. */
  async #keep(): Promise<void> {
    const { placement, lock } = this.parts;
    if (!placement || performance.now() - this.#lastKept < KEEP_SECONDS * 1000) return;
    await lock.run(() => placement.keep(this.#optimizer, this.#placeNow(), this.#best.numbers()));
    this.#lastKept = performance.now();
  }

  /** After the device was lost or had no memory left: the host's copies become the checkpoint. Null on the CPU. */
  async #saveKept(): Promise<string | null> {
    const { placement, checkpoint, module, lock } = this.parts;
    const kept = placement?.kept;
    if (!placement || !kept || checkpoint === null) return null;
    const { optimizer, place, best } = kept;
    return lock.run(async () => {
      placement.restore();
      const model = module.stateDict();
      await writeCheckpoint(checkpoint, optimizer, { model, bestModel: null, place, totals: null, best });
      return checkpoint;
    });
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
