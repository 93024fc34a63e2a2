// The runs of one window: the one that goes on, those that wait for it, and what each leaves in the history.
import type { BrowserWindow } from 'electron';
import { errorToData, LazuliError, type ErrorData } from '#core/errors';
import type { Project } from '#core/document/project';
import type { QueuedRun, RunSnapshot } from '#core/ipc/api';
import { findOptimizer } from '#core/optimizers/index';
import { refuseTooLarge } from '#core/session/training-memory';
import {
  isHistoryOff,
  RunRecorder,
  TensorboardWriter,
  type HistoryPlace,
  type ModelSession,
  type TrainingRun,
} from '#engine/index';

import { sendEvent } from './ipc';
import { notifyEnd } from './notify';
import type { Settings } from './settings';

const IDLE: RunSnapshot = { state: 'idle', events: [], error: null };

/** What a runner needs of its window. */
export interface RunnerHost {
  readonly window: BrowserWindow;
  readonly session: ModelSession;
  historyPlace(): HistoryPlace;
  tensorboardFolder(): string | null;
  /** Of the user: the language they are told in. */
  readonly settings: Settings;
  /** The user wants to be told when a run ends. */
  readonly notifies: boolean;
  /** A run ended, whatever follows. */
  runEnded(): Promise<void> | void;
}

interface Waiting {
  readonly id: number;
  readonly project: Project;
  /** The parameter values it starts from: those the run before it started from, so that runs can be compared. */
  readonly revision: number;
}

export class Runner {
  #run: TrainingRun | null = null;
  #last: RunSnapshot = IDLE;
  #waiting: Waiting[] = [];
  #lastId = 0;
  /** Where the run that goes on began. */
  #begun = 0;
  /** From one run's end to the next one's start; nothing else may come between. */
  #isBetween = false;
  /** Resolves when the run that goes on is over and recorded. */
  #over: Promise<void> = Promise.resolve();

  constructor(readonly host: RunnerHost) {}

  get isRunning(): boolean {
    return this.#run !== null || this.#isBetween;
  }
  /** Throws `usage` when none goes on. */
  get run(): TrainingRun {
    if (!this.#run) throw new LazuliError('usage', 'no training is running');
    return this.#run;
  }
  snapshot(): RunSnapshot {
    return this.#run?.snapshot() ?? this.#last;
  }
  forgetLast(): void {
    this.#last = IDLE;
  }

  /** In the order in which they will run. */
  get queue(): readonly QueuedRun[] {
    return this.#waiting.map(({ id, project: { training } }) => {
      const { optimizer, epochs, batchSize, seed, device } = training;
      const lr = optimizer.params['lr'] ?? findOptimizer(optimizer.type)?.params['lr']?.initial;
      return {
        id,
        optimizer: optimizer.type,
        lr: typeof lr === 'number' ? lr : null,
        epochs,
        batchSize,
        seed,
        device,
      };
    });
  }

  /**
   * Starts a run of the session's project, one that goes on from another's checkpoint where that is given. Throws `out_of_memory` for
   * one that needs more than there may be.
   */
  async start(
    from: { readonly run: number; readonly checkpoint: string } | null = null,
  ): Promise<RunSnapshot> {
    const { session, window } = this.host;
    refuseTooLarge(await session.trainingNeed({ keepsBest: !isHistoryOff() }));
    const revision = session.info().revision;
    const { project } = session;
    const recorder = isHistoryOff()
      ? null
      : new RunRecorder(this.host.historyPlace(), {
          onFault: (fault) => sendEvent(window, 'runs', { fault: fault.toData() }),
          onWritten: () => sendEvent(window, 'runs', { fault: null }),
          ...(from ? { continues: from.run } : {}),
        });
    const run = await session.train({
      ...(recorder ? { kept: recorder.weights, checkpoint: recorder.checkpoint } : {}),
      ...(from ? { resumeFrom: from.checkpoint } : {}),
    });
    this.#run = run;
    this.#begun = revision;
    const unsubscribe = run.onEvents((events, state) => {
      // The end is told below, once the window can be used again.
      sendEvent(window, 'run', { state: state === 'idle' ? 'running' : state, events, error: null });
    });
    const recorded = recorder?.follow(run, project);
    const written = this.#writeEvents(run);
    this.#over = run.finished.then(async ({ outcome, error }) => {
      unsubscribe();
      const events = run.snapshot().events;
      this.#last = { events, state: 'idle', error: error === null ? null : errorToData(error) };
      this.#isBetween = this.#waiting.length > 0;
      this.#run = null;
      sendEvent(window, 'model', session.info());
      if (!this.#isBetween) this.#tellIdle(this.#last.error);
      const done = events.findLast(({ event }) => event === 'epoch');
      if (this.host.notifies)
        notifyEnd(window, this.host.settings, project.name, {
          outcome,
          error: error?.message ?? null,
          epochs: done?.epoch ?? 0,
          total_epochs: project.training.epochs,
          seconds: events.at(-1)?.seconds ?? 0,
        });
      await Promise.all([recorded, written]);
      await this.host.runEnded();
      await this.#startNext();
    });
    return run.snapshot();
  }

  /** Adds a run of `project` behind those that wait. */
  enqueue(project: Project): readonly QueuedRun[] {
    this.#waiting.push({ id: ++this.#lastId, project, revision: this.#begun });
    return this.#told();
  }
  /** Takes a waiting run away; one that has started meanwhile goes on. */
  cancel(id: number): readonly QueuedRun[] {
    this.#waiting = this.#waiting.filter((waiting) => waiting.id !== id);
    return this.#told();
  }
  /** One place forward (-1) or back (1). */
  move(id: number, by: -1 | 1): readonly QueuedRun[] {
    const at = this.#waiting.findIndex((waiting) => waiting.id === id);
    const [moved, other] = [this.#waiting[at], this.#waiting[at + by]];
    if (moved && other) {
      this.#waiting[at] = other;
      this.#waiting[at + by] = moved;
    }
    return this.#told();
  }

  /** Stops what runs and what waits; resolves when it is recorded. */
  async stopAll(): Promise<void> {
    this.#waiting = [];
    // One that is just being started is there after the turn.
    while (this.isRunning) {
      await this.#run?.stop();
      await this.#over;
    }
    await this.#over;
  }

  /** As TensorBoard reads them, where that is wanted. */
  async #writeEvents(run: TrainingRun): Promise<void> {
    const folder = this.host.tensorboardFolder();
    if (folder === null) return;
    try {
      await (await TensorboardWriter.create(folder)).follow(run);
    } catch (error) {
      sendEvent(this.host.window, 'runs', { fault: errorToData(error) });
    }
  }

  #told(started: number | null = null): readonly QueuedRun[] {
    const { queue } = this;
    sendEvent(this.host.window, 'queue', { waiting: queue, started });
    return queue;
  }
  #tellIdle(error: ErrorData | null): void {
    sendEvent(this.host.window, 'run', { state: 'idle', events: [], error });
  }

  async #startNext(): Promise<void> {
    const next = this.#waiting.shift();
    const wasBetween = this.#isBetween;
    if (!next) {
      this.#isBetween = false;
      if (wasBetween) this.#tellIdle(this.#last.error);
      return;
    }
    try {
      this.#told(next.id);
      await this.host.session.exchange(next.project, next.revision);
      await this.start();
      this.#isBetween = false;
    } catch (error) {
      const data = errorToData(error);
      this.#last = { ...this.#last, error: data };
      this.#isBetween = this.#waiting.length > 0;
      this.#tellIdle(data);
      await this.#startNext();
    }
  }
}
