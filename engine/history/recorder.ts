// Writes a run into the history while it goes on, about once a second. Nothing that is wrong with the history holds a run up: a database
// in use is tried again, any other fault is told once and the run goes on unrecorded.
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import type { Project } from '#core/document/project';
import { errorToData, LazuliError } from '#core/errors';
import type { RunEvent } from '#core/session/session';

import type { RunResult } from '../training/parts';
import type { TrainingRun } from '../training/run';
import { HistoryBusy } from './database';
import { RunHistory } from './history';
import type { HistoryPlace } from './place';

const WRITE_MS = 1000;
/** The point of a step or epoch is kept when it is so far beyond the last one, as a part of the way so far: a million steps leave 8,000. */
const APART = 1 / 1000;
/** How long the end of a run waits for a database that another process uses. */
const PATIENCE_MS = 5000;
const RETRY_MS = 50;

export interface RecorderOptions {
  /** Told once: why the run is not recorded, or not to its end. */
  readonly onFault: (error: LazuliError) => void;
  /** Told after every write that others may want to see. */
  readonly onWritten?: () => void;
  /** The run from whose checkpoint this one goes on. */
  readonly continues?: number;
}

export class RunRecorder {
  /** Where the run is to leave the weights of its best epoch, and what it goes on from. */
  readonly weights: string;
  readonly checkpoint: string;
  #history: RunHistory | null = null;
  #id: number | null = null;
  #isOver = false;
  #waiting: RunEvent[] = [];
  readonly #lastKept = { step: -Infinity, epoch: -Infinity };
  /** The last epoch that ended, also where its point is not kept. */
  #lastEpoch: RunEvent | null = null;

  constructor(
    readonly place: HistoryPlace,
    readonly options: RecorderOptions,
  ) {
    // Named before the run has its number, and never as another one.
    const stamp = `${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}-${randomBytes(3).toString('hex')}`;
    this.weights = path.join(place.folder, `${stamp}.pt`);
    this.checkpoint = path.join(place.folder, `${stamp}.checkpoint.pt`);
  }

  /** The run's number; null while, and where, it could not be recorded. */
  get id(): number | null {
    return this.#id;
  }

  /** Follows a run to its end; resolves when that is written, or given up. `checkpoint` is where this run leaves it. */
  async follow(run: TrainingRun, project: Project, checkpoint = this.checkpoint): Promise<void> {
    const begin = {
      project,
      totalSteps: run.totalSteps,
      weights: this.weights,
      checkpoint,
      continues: this.options.continues ?? null,
    };
    const take = (events: readonly RunEvent[]): void => {
      this.#waiting.push(...events.filter((event) => this.#isTaken(event)));
      this.#lastEpoch = events.findLast(({ event }) => event === 'epoch') ?? this.#lastEpoch;
    };
    take(run.snapshot().events);
    const unsubscribe = run.onEvents(take);
    this.#write(begin);
    const timer = setInterval(() => this.#write(begin), WRITE_MS);
    const result = await run.finished;
    clearInterval(timer);
    unsubscribe();
    await this.#end(begin, result);
    if (result.outcome === 'finished' && checkpoint === this.checkpoint)
      await rm(checkpoint, { force: true });
  }

  #isTaken(event: RunEvent): boolean {
    if (event.event !== 'step' && event.event !== 'epoch') return true;
    const { [event.event]: last } = this.#lastKept;
    const at = event[event.event];
    if (at - last < last * APART) return false;
    this.#lastKept[event.event] = at;
    return true;
  }

  /** False when the database is in use; true also when nothing is recorded any more. */
  #write(begin: Parameters<RunHistory['begin']>[0], result?: RunResult): boolean {
    if (this.#isOver) return true;
    try {
      this.#history ??= RunHistory.open(this.place);
      this.#id ??= this.#history.begin(begin);
      this.#history.write(this.#id, this.#waiting, this.#lastEpoch);
      this.#waiting = [];
      if (result) this.#history.end(this.#id, result);
      this.options.onWritten?.();
      return true;
    } catch (error) {
      if (error instanceof HistoryBusy) return false;
      this.#giveUp(error);
      return true;
    }
  }

  async #end(begin: Parameters<RunHistory['begin']>[0], result: RunResult): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!this.#write(begin, result)) {
      if (performance.now() > deadline) {
        this.#giveUp(new HistoryBusy(this.place.database));
        break;
      }
      await wait(RETRY_MS);
    }
    this.#history?.close();
    this.#history = null;
    this.#isOver = true;
    if (this.#id !== null && result.keptFault) this.options.onFault(result.keptFault);
  }

  #giveUp(error: unknown): void {
    this.#isOver = true;
    this.options.onFault(error instanceof LazuliError ? error : LazuliError.fromData(errorToData(error)));
  }
}
