// The run history: what is recorded, what a killed process leaves, and that nothing wrong with the database holds a run up.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { expect, onTestFinished, test } from 'vitest';

import type { LazuliError } from '#core/errors';
import { compareSettings, runsToFree } from '#core/session/runs';
import {
  copyHistory,
  historyBeside,
  RunHistory,
  RunRecorder,
  weightsOfRun,
  withHistory,
} from '#engine/history/index';
import type { ModelSession } from '#engine/session';
import { openExample, template, temporaryFolder } from './support';

const placeIn = (folder: string) => historyBeside(path.join(folder, 'iris.lazuli'));

/** Trains and records; returns what was told to be wrong. */
async function recorded(
  session: ModelSession,
  place: ReturnType<typeof placeIn>,
  during: () => Promise<void> | void = () => undefined,
): Promise<{ readonly faults: readonly LazuliError[]; readonly outcome: string }> {
  const faults: LazuliError[] = [];
  const recorder = new RunRecorder(place, { onFault: (fault) => faults.push(fault) });
  const run = await session.train({ kept: recorder.weights, checkpoint: recorder.checkpoint });
  const end = recorder.follow(run, session.project);
  await during();
  const { outcome } = await run.finished;
  await end;
  return { faults, outcome };
}

function opened(place: ReturnType<typeof placeIn>): RunHistory {
  const history = RunHistory.open(place);
  onTestFinished(() => history.close());
  return history;
}
/** The database as another program would use it. */
function raw(file: string): DatabaseSyncInstance {
  const database = new DatabaseSync(file, { timeout: 0 });
  onTestFinished(() => {
    if (database.isOpen) database.close();
  });
  return database;
}
const bytesOf = async (session: ModelSession): Promise<Buffer> => Buffer.from(await session.exportState());

test('a run is recorded with its settings, curve, best epoch and project; its best weights come back bit for bit', async () => {
  const place = placeIn(temporaryFolder());
  // The rate is so high that the last epoch is not the best one.
  const rough = await openExample('iris', {
    epochs: 8,
    optimizer: { type: 'adam', params: { lr: 0.2 } },
    earlyStopping: { patience: 100, restore_best: true },
  });
  expect(await recorded(rough, place)).toEqual({ faults: [], outcome: 'finished' });
  // Early stopping went back to the best epoch: what the history kept must be the same.
  const best = await bytesOf(rough);

  const other = await openExample('iris', { epochs: 2, seed: 7 });
  await recorded(other, place);
  const history = opened(place);
  const [second, first] = history.list();
  expect(second).toMatchObject({
    id: 2,
    state: 'finished',
    seed: 7,
    epochs: 2,
    optimizer: 'adam',
    checkpoint: null,
  });
  expect(first).toMatchObject({ id: 1, epochs: 8, total_epochs: 8, steps: 64, lr: 0.2, error: null });
  expect(first?.metrics).toHaveProperty('validation_accuracy');
  expect(first?.best?.epoch).toBeLessThan(8);
  const points = history.points(1);
  expect(points.filter(({ event }) => event === 'epoch').map(({ epoch }) => epoch)).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8,
  ]);
  expect(points.filter(({ event }) => event === 'step').length).toBeGreaterThan(10);
  const projects = [history.project(1), history.project(2)];
  expect(compareSettings(projects).filter(({ differs }) => differs)).toEqual(
    expect.arrayContaining([
      { name: 'optimizer.lr', values: ['0.2', '0.01'], differs: true },
      { name: 'seed', values: ['0', '7'], differs: true },
      { name: 'epochs', values: ['8', '2'], differs: true },
    ]),
  );

  const before = await bytesOf(other);
  const { revision } = other.info();
  const project = history.project(1);
  const kept = first ? await weightsOfRun(first) : null;
  const changed = template('iris');
  await other.adopt({ ...project, training: changed.training }, kept);
  expect((await bytesOf(other)).equals(best)).toBe(true);
  await other.exchange(other.project, revision);
  expect((await bytesOf(other)).equals(before)).toBe(true);

  history.delete([1]);
  expect(history.list().map(({ id }) => id)).toEqual([2]);
  expect(readdirSync(place.folder)).toEqual([path.basename(second?.weights ?? '')]);
  expect(() => history.run(1)).toThrow('there is no run 1');
});

test('what a run brings back that does not load leaves model and project as they were', async () => {
  const folder = temporaryFolder();
  const session = await openExample('iris', { epochs: 1 });
  await (
    await session.train()
  ).finished;
  const before = await bytesOf(session);
  const { project } = session;
  const damaged = path.join(folder, 'damaged.pt');
  writeFileSync(damaged, 'no weights');
  await expect(
    session.adopt({ ...project, graph: template('digits').graph }, { file: damaged, options: {} }),
  ).rejects.toThrow('damaged.pt');
  expect(session.project).toBe(project);
  expect((await bytesOf(session)).equals(before)).toBe(true);
});

test('a run whose process is gone is interrupted, and it can be deleted; one that goes on cannot', () => {
  const place = placeIn(temporaryFolder());
  const history = opened(place);
  const begin = { project: template('iris'), totalSteps: 10, weights: 'a.pt', checkpoint: null };
  const [gone, alive] = [history.begin(begin), history.begin(begin)];
  const ended = Number(execFileSync(process.execPath, ['-p', 'process.pid']));
  const database = raw(place.database);
  database.prepare('UPDATE runs SET process = ? WHERE id = ?').run(ended, gone);
  expect(history.list().map(({ state }) => state)).toEqual(['running', 'interrupted']);
  expect(() => history.delete([gone, alive])).toThrow('run 2 is still going on');
  expect(history.list()).toHaveLength(2);
  // Another machine's process cannot be asked: it counts by when it was heard of last.
  database
    .prepare("UPDATE runs SET host = 'elsewhere', seen = '2020-01-01T00:00:00Z' WHERE id = ?")
    .run(alive);
  history.delete([gone, alive]);
  expect(history.list()).toEqual([]);
});

test('a database in use by another process loses nothing: what waited is written when it is free', async () => {
  const place = placeIn(temporaryFolder());
  opened(place);
  const other = raw(place.database);
  other.exec('BEGIN IMMEDIATE');
  const session = await openExample('iris', { epochs: 3 });
  const faults: LazuliError[] = [];
  const recorder = new RunRecorder(place, { onFault: (fault) => faults.push(fault) });
  const run = await session.train({ kept: recorder.weights });
  const end = recorder.follow(run, session.project);
  expect((await run.finished).outcome).toBe('finished');
  expect(recorder.id).toBeNull();
  other.exec('COMMIT');
  await end;
  expect(faults).toEqual([]);
  expect(await withHistory(place, (history) => history.run(1))).toMatchObject({
    state: 'finished',
    epochs: 3,
  });
});

test.each([
  [
    'damaged',
    (file: string) => writeFileSync(file, 'no database at all, however long this text may be. '.repeat(9)),
    'is damaged',
  ],
  [
    'of something else',
    (file: string) => raw(file).exec('CREATE TABLE photos (name TEXT)'),
    'is a database of something else',
  ],
  [
    'of a newer Lazuli',
    (file: string) => {
      RunHistory.open({ database: file, folder: `${file}s` }).close();
      raw(file).exec('PRAGMA user_version = 99');
    },
    'was written by a newer Lazuli',
  ],
])('a history that is %s is told once, left as it is, and the run goes on', async (_what, make, message) => {
  const place = placeIn(temporaryFolder());
  make(place.database);
  const before = readFileSync(place.database);
  const { faults, outcome } = await recorded(await openExample('iris', { epochs: 2 }), place);
  expect(outcome).toBe('finished');
  expect(faults).toHaveLength(1);
  expect(faults[0]?.message).toContain(message);
  expect(faults[0]?.details.hint).toBeDefined();
  expect(readFileSync(place.database).equals(before)).toBe(true);
});

test('a folder that is not there is told in words', async () => {
  const place = placeIn(path.join(temporaryFolder(), 'gone'));
  const { faults, outcome } = await recorded(await openExample('iris', { epochs: 1 }), place);
  expect(outcome).toBe('finished');
  expect(faults.map(({ code }) => code)).toEqual(['write_failed']);
  expect(existsSync(place.database)).toBe(false);
});

test('only so many runs keep their files: never fewer than the newest, never those that are starred or go on', () => {
  const run = (id: number, rest: { starred?: boolean; state?: 'running'; bytes?: number } = {}) => ({
    id,
    state: 'finished' as const,
    starred: false,
    bytes: 10,
    ...rest,
  });
  const runs = [
    run(6, { state: 'running' }),
    run(5),
    run(4, { bytes: 0 }),
    run(3),
    run(2, { starred: true }),
    run(1),
  ];
  const freed = (most: number | null, bytes: number | null) => runsToFree(runs, { runs: most, bytes });
  expect(freed(null, null)).toEqual([]);
  expect(freed(2, null)).toEqual([3, 1].slice(1));
  expect(freed(1, null)).toEqual([3, 1]);
  expect(freed(null, 25)).toEqual([1]);
  expect(freed(null, 3)).toEqual([3, 1]);
});

test('runs that lose their files keep what is recorded of them; the starred one keeps all', () => {
  const place = placeIn(temporaryFolder());
  const history = opened(place);
  const elsewhere = path.join(path.dirname(place.database), 'elsewhere.pt');
  const ids = ['a.pt', 'b.pt', 'c.pt'].map((name) => {
    const weights = path.join(place.folder, name);
    const begin = { project: template('iris'), totalSteps: 1, weights, checkpoint: elsewhere };
    const id = history.begin(begin);
    history.end(id, { outcome: 'finished', error: null, best: null });
    writeFileSync(weights, 'weights');
    return id;
  });
  writeFileSync(elsewhere, 'the checkpoint beside --out');
  history.star(1, true);
  expect(history.list().map(({ bytes, starred }) => [bytes, starred])).toEqual([[7, false], [7, false], [7, true]]); // prettier-ignore
  expect(history.free({ runs: 1, bytes: null })).toEqual([2]);
  expect(readdirSync(place.folder)).toEqual(['a.pt', 'c.pt']);
  expect(history.list().map(({ id, weights }) => [id, weights !== null])).toEqual([[3, true], [2, false], [1, true]]); // prettier-ignore
  history.star(1, false);
  expect(history.deleteFiles(ids)).toBe(14);
  expect(existsSync(elsewhere)).toBe(true);
  expect(history.list()).toHaveLength(3);
});

test('a history of version 1 opens: nothing in it is starred or goes on from another run', () => {
  const place = placeIn(temporaryFolder());
  const history = RunHistory.open(place);
  history.begin({ project: template('iris'), totalSteps: 1, weights: 'a.pt', checkpoint: null });
  history.close();
  const database = raw(place.database);
  database.exec('ALTER TABLE runs DROP COLUMN continues');
  database.exec('ALTER TABLE runs DROP COLUMN starred');
  database.exec('PRAGMA user_version = 1');
  database.close();
  expect(opened(place).list()).toMatchObject([{ id: 1, starred: false, continues: null, bytes: 0 }]);
});

test('the run that one goes on from has its new number in another history', async () => {
  const [from, to] = [placeIn(temporaryFolder()), placeIn(temporaryFolder())];
  const begin = { project: template('iris'), totalSteps: 1, weights: 'a.pt', checkpoint: null };
  const source = RunHistory.open(from);
  source.begin(begin);
  source.begin({ ...begin, continues: 1 });
  source.close();
  const target = opened(to);
  target.begin(begin);
  await copyHistory(from, to);
  expect(target.list().map(({ id, continues }) => [id, continues])).toEqual([[3, 2], [2, null], [1, null]]); // prettier-ignore
});
