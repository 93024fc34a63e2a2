// The recorded runs of one project: written while they go on, listed, compared, exported and deleted afterwards.
import { existsSync, mkdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';

import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { parseProject } from '#core/document/parse';
import type { Project } from '#core/document/project';
import { serializeProject } from '#core/document/serialize';
import { LazuliError } from '#core/errors';
import { findOptimizer } from '#core/optimizers/index';
import {
  runsToFree,
  type KeepRule,
  type RecordedPoint,
  type RecordedRun,
  type RecordedState,
} from '#core/session/runs';
import type { RunEvent } from '#core/session/session';

import { findShipped } from '../data-places';
import type { RunResult } from '../training/parts';
import { inTransaction, naming, openDatabase } from './database';
import type { HistoryPlace } from './place';

/** A running run that was not heard of for so long has lost its process, whatever its number says. */
const SILENT_MS = 60_000;

/** What a list shows of a run: everything but the project, which may be large. */
const COLUMNS = [
  'id', 'started', 'ended', 'state', 'host', 'process', 'seen', 'seed', 'device', 'optimizer', 'lr', 'batch_size',
  'epochs', 'total_epochs', 'steps', 'total_steps', 'seconds', 'loss', 'metrics', 'best_epoch', 'best_value', 'monitor',
  'weights', 'checkpoint', 'error', 'starred', 'continues',
] as const; // prettier-ignore

/** Those columns as SQLite gives them; the database holds them to their types. */
interface Row extends Omit<RecordedRun, 'state' | 'metrics' | 'best' | 'starred' | 'bytes'> {
  readonly starred: 0 | 1;
  readonly state: 'running' | 'finished' | 'stopped' | 'failed';
  readonly host: string;
  readonly process: number;
  readonly seen: string;
  readonly metrics: string;
  readonly best_epoch: number | null;
  readonly best_value: number | null;
  readonly monitor: string | null;
}

const SELECT = `SELECT ${COLUMNS.join(', ')} FROM runs`;

type Metrics = Readonly<Record<string, number | null>>;

/** What a new run is recorded with. Files may lie in the history's folder or elsewhere; they need not be there yet. */
export interface NewRun {
  readonly project: Project;
  readonly totalSteps: number;
  readonly weights: string;
  readonly checkpoint: string | null;
  /** The run it goes on from. */
  readonly continues?: number | null;
}

const now = (): string => new Date().toISOString();

/** JSON has no NaN: such a number is null. */
const json = (value: unknown): string => JSON.stringify(value);
const metricsIn = (text: string): Metrics => JSON.parse(text) as Metrics;
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function stateOf({ state, host, process: pid, seen }: Row): RecordedState {
  if (state !== 'running') return state;
  const isSilent = Date.now() - Date.parse(seen) > SILENT_MS;
  return isSilent || (host === hostname() && !isAlive(pid)) ? 'interrupted' : 'running';
}

function refuseRunning(rows: readonly Row[]): void {
  const running = rows.find((row) => stateOf(row) === 'running');
  if (running)
    throw new LazuliError('usage', `run ${running.id} is still going on`, {
      where: `run ${running.id}`,
      hint: 'stop it first',
    });
}

export class RunHistory {
  readonly #database: DatabaseSyncInstance;

  private constructor(readonly place: HistoryPlace) {
    this.#database = openDatabase(place.database);
  }

  /** Makes the database when it is not there. Throws what `openDatabase` throws. */
  static open(place: HistoryPlace): RunHistory {
    return new RunHistory(place);
  }
  /** null where no run was recorded yet. */
  static openExisting(place: HistoryPlace): RunHistory | null {
    return existsSync(place.database) ? new RunHistory(place) : null;
  }

  close(): void {
    this.#database.close();
  }

  /** Adds a run that begins now; returns its number. */
  begin({ project, totalSteps, weights, checkpoint, continues = null }: NewRun): number {
    const { optimizer, seed, device, batchSize, epochs } = project.training;
    const lr = optimizer.params['lr'] ?? findOptimizer(optimizer.type)?.params['lr']?.initial;
    const values = {
      started: now(),
      state: 'running',
      host: hostname(),
      process: process.pid,
      seen: now(),
      project: serializeProject(project),
      seed,
      device,
      optimizer: optimizer.type,
      lr: typeof lr === 'number' ? lr : null,
      batch_size: batchSize,
      total_epochs: epochs,
      total_steps: totalSteps,
      weights: this.#nameOf(weights),
      checkpoint: checkpoint === null ? null : this.#nameOf(checkpoint),
      continues,
    };
    const columns = Object.keys(values);
    // For the weights that the run leaves.
    mkdirSync(this.place.folder, { recursive: true });
    return this.#naming(() => {
      const { lastInsertRowid } = this.#database
        .prepare(`INSERT INTO runs (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`)
        .run(...Object.values(values));
      return Number(lastInsertRowid);
    });
  }

  /** Adds what a run did since it was written last, and the last epoch it ended; without either, that it still lives. */
  write(id: number, events: readonly RunEvent[], epoch: RunEvent | null = null): void {
    this.#transaction(() => {
      const point = this.#database.prepare('INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
      for (const { event, step, epoch, loss, lr, seconds, metrics } of events)
        if (event === 'step' || event === 'epoch')
          point.run(id, event, step, epoch, finite(loss), finite(lr), seconds, json(metrics));
      const last = events.at(-1);
      this.#database.prepare('UPDATE runs SET seen = ? WHERE id = ?').run(now(), id);
      if (last)
        this.#database.prepare('UPDATE runs SET steps = ?, seconds = ? WHERE id = ?').run(last.step, last.seconds, id); // prettier-ignore
      if (epoch)
        this.#database
          .prepare('UPDATE runs SET epochs = ?, loss = ?, metrics = ? WHERE id = ?')
          .run(epoch.epoch, finite(epoch.loss), json(epoch.metrics), id);
    });
  }

  end(id: number, { outcome, error, best }: Pick<RunResult, 'outcome' | 'error' | 'best'>): void {
    this.#naming(
      () =>
      this.#database
        .prepare(
          `UPDATE runs SET ended = ?, state = ?, error = ?, best_epoch = ?, best_value = ?, monitor = ? WHERE id = ?`,
        )
        .run(now(), outcome, error?.message ?? null, best?.epoch ?? null, best ? finite(best.value) : null, best?.monitor ?? null, id), // prettier-ignore
    );
  }

  /** The newest first. */
  list(): readonly RecordedRun[] {
    return this.#naming(() =>
      (this.#database.prepare(`${SELECT} ORDER BY id DESC`).all() as Row[]).map((row) => this.#recorded(row)),
    );
  }
  /** Throws `usage` for a number no run has. */
  run(id: number): RecordedRun {
    return this.#recorded(this.#row(id));
  }
  /** The project as it was when the run began. */
  project(id: number): Project {
    this.#row(id);
    const { project } = this.#naming(
      () => this.#database.prepare('SELECT project FROM runs WHERE id = ?').get(id) as { project: string },
    );
    return findShipped(parseProject(project, `run ${id} of ${this.place.database}`));
  }
  /** In the order they were made; an epoch's after its last step's. */
  points(id: number): readonly RecordedPoint[] {
    this.#row(id);
    return this.#naming(() =>
      (
        this.#database
          .prepare('SELECT * FROM points WHERE run = ? ORDER BY step, event DESC')
          .all(id) as (Omit<RecordedPoint, 'metrics'> & { readonly metrics: string })[]
      ).map(({ event, step, epoch, loss, lr, seconds, metrics }) => ({
        event,
        step,
        epoch,
        loss,
        lr,
        seconds,
        metrics: metricsIn(metrics),
      })),
    );
  }

  /** Adds the runs of another history behind its own, under new numbers; their files are the caller's to copy. */
  take(other: HistoryPlace): void {
    this.#naming(() => this.#database.prepare('ATTACH DATABASE ? AS other').run(other.database));
    try {
      this.#transaction(() => {
        const before = this.#database
          .prepare('SELECT id, continues FROM other.runs ORDER BY id')
          .all() as Pick<Row, 'id' | 'continues'>[];
        const rest = [...COLUMNS.filter((name) => name !== 'id'), 'project'].join(', ');
        const run = this.#database.prepare(
          `INSERT INTO main.runs (${rest}) SELECT ${rest} FROM other.runs WHERE id = ?`,
        );
        const points = this.#database.prepare(
          `INSERT INTO main.points SELECT ?, event, step, epoch, loss, lr, seconds, metrics FROM other.points WHERE run = ?`,
        );
        const renumber = this.#database.prepare('UPDATE main.runs SET continues = ? WHERE id = ?');
        const numbers = new Map<number, number>();
        for (const { id, continues } of before) {
          const number = Number(run.run(id).lastInsertRowid);
          numbers.set(id, number);
          points.run(number, id);
          if (continues !== null) renumber.run(numbers.get(continues) ?? null, number);
        }
      });
    } finally {
      this.#database.exec('DETACH DATABASE other');
    }
  }

  /** Deletes runs with the files they left. Throws `usage` for one that goes on or is not there; then nothing is deleted. */
  delete(ids: readonly number[]): void {
    const rows = ids.map((id) => this.#row(id));
    refuseRunning(rows);
    this.#transaction(() => {
      const statement = this.#database.prepare('DELETE FROM runs WHERE id = ?');
      for (const { id } of rows) statement.run(id);
    });
    this.#removeFiles(rows);
  }

  /** Keeps a run's files from being deleted for room, or lets go of them. Throws `usage` for a number no run has. */
  star(id: number, isStarred: boolean): void {
    this.#row(id);
    this.#naming(() =>
      this.#database.prepare('UPDATE runs SET starred = ? WHERE id = ?').run(isStarred ? 1 : 0, id),
    );
  }

  /**
   * Deletes the files that runs left and keeps what is recorded of them; returns the bytes that are free then. Throws `usage` for one
   * that goes on or is not there; then nothing is deleted.
   */
  deleteFiles(ids: readonly number[]): number {
    const rows = ids.map((id) => this.#row(id));
    refuseRunning(rows);
    const bytes = rows.reduce((sum, row) => sum + this.#bytesOf(row), 0);
    this.#removeFiles(rows);
    return bytes;
  }

  /** Deletes the files of runs that a rule leaves no room for; returns their numbers. */
  free(rule: KeepRule): readonly number[] {
    const ids = runsToFree(this.list(), rule);
    this.deleteFiles(ids);
    return ids;
  }

  #removeFiles(rows: readonly Row[]): void {
    for (const file of rows.flatMap((row) => this.#ownFiles(row))) rmSync(file, { force: true });
    try {
      rmdirSync(this.place.folder);
    } catch {
      // Others still have files there.
    }
  }

  #row(id: number): Row {
    const row = this.#naming(
      () => this.#database.prepare(`${SELECT} WHERE id = ?`).get(id) as Row | undefined,
    );
    if (row === undefined)
      throw new LazuliError('usage', `there is no run ${id}`, {
        where: this.place.database,
        expected: 'a number that lazuli runs lists',
        got: String(id),
      });
    return row;
  }

  /** As the database names a file: one of the history's folder by its name alone. */
  #nameOf(file: string): string {
    return path.dirname(file) === this.place.folder ? path.basename(file) : file;
  }
  /** A file the run left, or null where there is none. */
  #file(name: string | null): string | null {
    const file = name === null ? null : path.resolve(this.place.folder, name);
    return file !== null && existsSync(file) ? file : null;
  }

  /** Files a run left in the history's own folder: what lies elsewhere is not the history's to delete. */
  #ownFiles({ weights, checkpoint }: Row): readonly string[] {
    return [this.#file(weights), this.#file(checkpoint)].flatMap((file) =>
      file !== null && path.dirname(file) === this.place.folder ? [file] : [],
    );
  }
  #bytesOf(row: Row): number {
    return this.#ownFiles(row).reduce(
      (sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  }

  #recorded(row: Row): RecordedRun {
    const { host: _host, process: _process, seen: _seen, best_epoch, best_value, monitor, ...rest } = row;
    const hasBest = best_epoch !== null && best_value !== null && monitor !== null;
    return {
      ...rest,
      state: stateOf(row),
      metrics: metricsIn(row.metrics),
      best: hasBest ? { epoch: best_epoch, monitor, value: best_value } : null,
      weights: this.#file(row.weights),
      checkpoint: this.#file(row.checkpoint),
      bytes: this.#bytesOf(row),
      starred: row.starred === 1,
    };
  }

  #naming<T>(body: () => T): T {
    return naming(this.place.database, body);
  }
  #transaction(body: () => void): void {
    this.#naming(() => inTransaction(this.#database, body));
  }
}
