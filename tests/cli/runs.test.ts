// `lazuli runs`: what training from the command line leaves in the history, also when it is killed.
import { cpSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';

import { build, documentOf, errorOf, lazuli, root, temporaryFolder, type RunOptions } from './support';

beforeAll(build, 300_000);
const slow = { timeout: 60_000 };

const recording = (args: readonly string[], options: RunOptions = {}) =>
  lazuli(args, { ...options, env: { LAZULI_HISTORY: '' } });

function irisIn(folder: string): string {
  // Without the history of runs that somebody's training left beside the example.
  const filter = (file: string): boolean => !file.includes('.runs');
  cpSync(path.join(root, 'examples/iris'), folder, { recursive: true, filter });
  return path.join(folder, 'iris.lazuli');
}

test('runs are listed, compared, exported, restored and deleted', slow, async () => {
  const folder = temporaryFolder();
  const project = irisIn(folder);
  const at = (name: string): string => path.join(folder, name);
  const train = (...flags: string[]) =>
    recording(['train', project, '--epochs', '2', ...flags, '--out', at('w.pt')]);
  expect((await train()).code).toBe(0);
  expect((await train('--lr', '0.1')).code).toBe(0);
  const unrecorded = await lazuli(['train', project, '--epochs', '1', '--out', at('w.pt')]);
  expect(unrecorded.code).toBe(0);

  const list = documentOf(await lazuli(['runs', project, '--json'])) as { runs: Record<string, unknown>[] };
  expect(list.runs.map(({ id, state, epochs, lr }) => [id, state, epochs, lr])).toEqual([
    [2, 'finished', 2, 0.1],
    [1, 'finished', 2, 0.01],
  ]);
  const compared = documentOf(await lazuli(['runs', project, 'compare', '1', '2', '--json']));
  expect((compared as { settings: unknown[] }).settings).toContainEqual({
    name: 'optimizer.lr',
    values: ['0.01', '0.1'],
    differs: true,
  });
  expect((await lazuli(['runs', project, 'show', '2'])).stdout).toMatch(/validation_loss \S+ in epoch/);

  expect((await lazuli(['runs', project, 'export', '--out', at('runs.csv')])).code).toBe(0);
  expect(readFileSync(at('runs.csv'), 'utf8')).toMatch(/^id,started,.*\n2,.*\n1,.*\n$/);
  const curves = await lazuli(['runs', project, 'export', '1', '--curves']);
  expect(curves.stdout).toMatch(/^run,event,epoch,step,loss,lr,seconds,accuracy,/);
  expect(curves.stdout).toMatch(/\n1,epoch,2,16,/);

  expect((await lazuli(['runs', project, 'restore', '2', '--out', at('back.lazuli')])).code).toBe(0);
  expect(JSON.parse(readFileSync(at('back.lazuli'), 'utf8'))).toMatchObject({
    weights: 'back.pt',
    training: { optimizer: { params: { lr: 0.1 } } },
  });
  const evaluated = await lazuli(['evaluate', at('back.lazuli'), '--weights', at('back.pt'), '--json']);
  expect(documentOf(evaluated)).toMatchObject({ samples: 150 });

  expect((await lazuli(['runs', project, 'star', '1'])).code).toBe(0);
  const weightsLeft = async () =>
    (documentOf(await lazuli(['runs', project, '--json'])) as { runs: { id: number; bytes: number }[] }).runs
      .filter(({ bytes }) => bytes > 0)
      .map(({ id }) => id);
  expect(documentOf(await lazuli(['runs', project, 'free', '--keep', '1', '--json']))).toEqual({
    freed: [],
    bytes: 0,
  });
  expect((await lazuli(['runs', project, 'free', '2'])).stdout).toMatch(/the weights of run 2 are deleted/);
  expect(await weightsLeft()).toEqual([1]);

  expect((await lazuli(['runs', project, 'delete', '1', '2'])).code).toBe(0);
  expect(documentOf(await lazuli(['runs', project, '--json']))).toMatchObject({ runs: [] });
  expect(existsSync(at('iris.runs'))).toBe(false);
});

test(
  'a training that is killed stays in the history as interrupted, with the epochs it did',
  slow,
  async () => {
    const project = irisIn(temporaryFolder());
    const out = path.join(path.dirname(project), 'w.pt');
    const killed = await recording(['train', project, '--epochs', '1000000', '--json', '--out', out], {
      onOutput(stdout, child) {
        // Written about once a second; by then an epoch is in the database.
        if (/"seconds":1\.[5-9]/.test(stdout)) child.kill('SIGKILL');
      },
    });
    expect(killed.code).toBeNull();
    const { runs } = documentOf(await lazuli(['runs', project, '--json'])) as { runs: { epochs: number }[] };
    expect(runs).toMatchObject([{ id: 1, state: 'interrupted', ended: null, weights: null }]);
    expect(runs[0]?.epochs).toBeGreaterThan(0);
  },
);

test('what cannot be meant is refused with where and what', slow, async () => {
  const project = irisIn(temporaryFolder());
  const refused: readonly [readonly string[], string, string][] = [
    [['forget'], 'action', 'forget'],
    [['show'], 'run', '0 runs'],
    [['show', 'x'], 'run', 'x'],
    [['compare', '1'], 'run', '1 runs'],
  ];
  await Promise.all(
    refused.map(async ([args, where, got]) => {
      const ended = await lazuli(['runs', project, ...args, '--json']);
      expect(ended.code).toBe(2);
      expect(errorOf(ended)).toMatchObject({ where, got });
    }),
  );
});
