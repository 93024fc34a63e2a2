// The SQLite file of a run history: opening it, its schema by version, and what its faults mean in words. Nothing waits for a lock here:
// a database in use by another process throws `HistoryBusy`, and whoever called tries again.
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';

import { LazuliError } from '#core/errors';

/** "LZRH" as SQLite's application_id: what tells this file from any other database. */
const APPLICATION = 0x4c5a5248;

/** Step n leads from version n to n + 1. Never changed once released; a new one is added at the end. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE runs (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     started TEXT NOT NULL,
     ended TEXT,
     state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'stopped', 'failed')),
     host TEXT NOT NULL,
     process INTEGER NOT NULL,
     seen TEXT NOT NULL,
     project TEXT NOT NULL,
     seed INTEGER NOT NULL,
     device TEXT NOT NULL,
     optimizer TEXT NOT NULL,
     lr REAL,
     batch_size INTEGER NOT NULL,
     total_epochs INTEGER NOT NULL,
     total_steps INTEGER NOT NULL,
     epochs INTEGER NOT NULL DEFAULT 0,
     steps INTEGER NOT NULL DEFAULT 0,
     seconds REAL NOT NULL DEFAULT 0,
     loss REAL,
     metrics TEXT NOT NULL DEFAULT '{}',
     best_epoch INTEGER,
     best_value REAL,
     monitor TEXT,
     weights TEXT,
     checkpoint TEXT,
     error TEXT
   );
   CREATE TABLE points (
     run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
     event TEXT NOT NULL CHECK (event IN ('step', 'epoch')),
     step INTEGER NOT NULL,
     epoch INTEGER NOT NULL,
     loss REAL,
     lr REAL,
     seconds REAL NOT NULL,
     metrics TEXT NOT NULL,
     PRIMARY KEY (run, event, step)
   ) WITHOUT ROWID;`,
  `ALTER TABLE runs ADD COLUMN starred INTEGER NOT NULL DEFAULT 0 CHECK (starred IN (0, 1));
   ALTER TABLE runs ADD COLUMN continues INTEGER;`,
];

/** Another process writes to the history right now. */
export class HistoryBusy extends LazuliError {
  constructor(file: string) {
    super('write_failed', `the run history ${file} is in use by another process`, {
      where: file,
      expected: 'a moment in which nobody else writes to it',
      got: 'a lock',
      hint: 'wait for the other process, or end it',
    });
  }
}

const primaryCode = (error: unknown): number | null => {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'errcode') : null;
  return typeof code === 'number' ? code & 0xff : null;
};

/** SQLite's primary result codes: https://www.sqlite.org/rescode.html. */
const [BUSY, LOCKED, READONLY, IO, CORRUPT, FULL, CANNOT_OPEN, NOT_A_DATABASE] = [
  5, 6, 8, 10, 11, 13, 14, 26,
];

/** What SQLite threw as an error of ours, naming the file; anything else is thrown on as it is. */
export function historyFault(file: string, error: unknown): unknown {
  const code = primaryCode(error);
  if (error instanceof LazuliError || code === null) return error;
  if (code === BUSY || code === LOCKED) return new HistoryBusy(file);
  const got = error instanceof Error ? error.message : String(error);
  if (code === CORRUPT || code === NOT_A_DATABASE)
    return new LazuliError('file_refused', `the run history ${file} is damaged: ${got}`, {
      where: file,
      expected: 'an SQLite database written by Lazuli',
      got,
      hint: 'move the file away to begin a new history; sqlite3 FILE .recover may save what is in it',
    });
  const reasons = new Map([
    [READONLY, 'it may not be written to'],
    [IO, 'the disk reports an error'],
    [FULL, 'the disk is full'],
    [CANNOT_OPEN, 'it cannot be opened; is the folder there, and may it be written to?'],
  ]);
  return new LazuliError(
    'write_failed',
    `the run history ${file} cannot be used: ${reasons.get(code) ?? got}`,
    {
      where: file,
      got,
      hint: 'runs go on all the same; they are not recorded until this is mended',
    },
  );
}

/** Calls `body`; what SQLite refuses becomes an error of ours. */
export function naming<T>(file: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw historyFault(file, error);
  }
}

const numberIn = (database: DatabaseSyncInstance, pragma: string): number => {
  const row = database.prepare(`PRAGMA ${pragma}`).get() as Record<string, unknown> | undefined;
  const [value] = Object.values(row ?? {});
  return typeof value === 'number' ? value : 0;
};

function refuseForeign(file: string, database: DatabaseSyncInstance): void {
  const version = numberIn(database, 'user_version');
  const { count } = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get() as {
    count: number;
  };
  if (count > 0 && numberIn(database, 'application_id') !== APPLICATION)
    throw new LazuliError('file_refused', `${file} is a database of something else`, {
      where: file,
      expected: 'a run history of Lazuli',
      got: `an SQLite database with ${count} tables and indices of its own`,
      hint: 'move it away: runs are recorded under this name',
    });
  if (version > MIGRATIONS.length)
    throw new LazuliError('file_refused', `the run history ${file} was written by a newer Lazuli`, {
      where: file,
      expected: `version ${MIGRATIONS.length} or older`,
      got: `version ${version}`,
      hint: 'update Lazuli; until then runs are not recorded here',
    });
}

function migrate(database: DatabaseSyncInstance): void {
  if (numberIn(database, 'user_version') === MIGRATIONS.length) return;
  // A new file need not survive a power cut yet; what it holds later does, from the first checkpoint on.
  database.exec('PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL; BEGIN IMMEDIATE');
  try {
    const version = numberIn(database, 'user_version');
    for (const step of MIGRATIONS.slice(version)) database.exec(step);
    database.exec(
      `PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`,
    );
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

/**
 * Opens the database, made when it is not there. In WAL mode: who reads never waits for who writes, and a killed
 * process leaves whole transactions. Throws `file_refused` for what is damaged, foreign or newer, `write_failed` for what the
 * system refuses, `HistoryBusy`.
 */
export function openDatabase(file: string): DatabaseSyncInstance {
  return naming(file, () => {
    const database = new DatabaseSync(file, { timeout: 0 });
    try {
      refuseForeign(file, database);
      migrate(database);
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON');
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** All or nothing. */
export function inTransaction(database: DatabaseSyncInstance, body: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    body();
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
