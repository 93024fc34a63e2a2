// Graphs of several inputs and targets from the command line: each input's file or columns, each target's place and kind.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';

import { build, documentOf, errorOf, lazuli, linesOf, temporaryFolder } from './support';

beforeAll(build, 300_000);
const slow = { timeout: 60_000 };

const ROWS = Array.from({ length: 12 }, (_, at) => [
  at / 4,
  1 - at / 8,
  (at * 7) % 5,
  at % 3,
  (at * at) / 64,
]);

/** A version 1.0 file of float32 rows. Source: numpy.lib.format. */
function npy(rows: readonly (readonly number[])[]): Buffer {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows.length}, ${rows[0]?.length ?? 0}), }`;
  const text = `${header.padEnd(117)}\n`;
  const values = Buffer.from(Float32Array.from(rows.flat()).buffer);
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00v\x00', 'latin1'), Buffer.from(text), values]);
}

const node = (name: string, layer: string, params = {}) => ({
  ...{ id: `id_${name}`, name, layer, params },
  position: { x: 0, y: 0 },
});
const edge = (from: string, to: string, port = 'input') => ({
  id: `${from}-${to}`,
  from: { node: `id_${from}`, port: 'output' },
  to: { node: `id_${to}`, port },
});

/** Two inputs side by side into two heads; a table and arrays of the same numbers beside it. */
function project(data: object | null): string {
  const folder = temporaryFolder();
  const at = (name: string): string => path.join(folder, name);
  writeFileSync(at('table.csv'), ['p,q,r,y,z', ...ROWS.map((row) => row.join(','))].join('\n'));
  writeFileSync(at('a.npy'), npy(ROWS.map((row) => row.slice(0, 2))));
  writeFileSync(at('b.npy'), npy(ROWS.map((row) => row.slice(2, 3))));
  writeFileSync(at('y.npy'), npy(ROWS.map((row) => row.slice(3, 4))));
  writeFileSync(at('z.npy'), npy(ROWS.map((row) => row.slice(4))));
  const nodes = [
    node('a', 'input'),
    node('b', 'input'),
    node('both', 'concatenate'),
    node('first', 'linear', { out_features: 1 }),
    node('second', 'linear', { out_features: 1 }),
    node('out1', 'output'),
    node('out2', 'output'),
  ];
  const edges = [
    edge('a', 'both', 'inputs'),
    edge('b', 'both', 'inputs'),
    edge('both', 'first'),
    edge('both', 'second'),
    edge('first', 'out1'),
    edge('second', 'out2'),
  ];
  const slots = (output: string, target: string) => ({
    input: { output: `id_${output}` },
    target: { target },
  });
  const training = {
    loss: { type: 'mse', params: {}, slots: slots('out1', 'target') },
    losses: [{ type: 'l1', params: {}, slots: slots('out2', 'height'), metrics: ['mae'] }],
    ...{
      optimizer: { type: 'sgd', params: { lr: 0.01 } },
      metrics: ['mae'],
      epochs: 2,
      batchSize: 4,
      seed: 3,
    },
    ...{ validationSplit: 0, device: 'cpu', threads: 1 },
  };
  const content = { format: 'lazuli', version: 3, name: 'two', dtype: 'float32', graph: { nodes, edges } };
  const rest = { data, sample: { batchSize: 4 }, training, weights: null };
  writeFileSync(at('two.lazuli'), JSON.stringify({ ...content, ...rest }));
  return folder;
}

const PLAIN = { kind: 'none' };
const TABLE = {
  ...{
    file: 'table.csv',
    format: 'csv',
    header: true,
    inputs: ['p', 'q'],
    target: 'y',
    targetKind: 'number',
  },
  normalization: PLAIN,
  feeds: { id_b: { columns: ['r'], normalization: PLAIN } },
  targets: { height: { kind: 'number', columns: ['z'] } },
};

const losses = (lines: readonly Record<string, unknown>[]): unknown[] =>
  lines.filter(({ event }) => event === 'step').map(({ loss }) => loss);

/** Arrays of each input and target as flags. */
const filesIn = (folder: string): string[] => {
  const at = (name: string): string => path.join(folder, name);
  return [
    ...['--data', `a=${at('a.npy')}`, '--data', `b=${at('b.npy')}`],
    ...['--target', at('y.npy'), '--target-kind', 'number', '--target', `height=${at('z.npy')}`],
  ];
};

test('files and columns of each input train as the project that names them', slow, async () => {
  const folder = project(TABLE);
  const at = (name: string): string => path.join(folder, name);
  const train = async (flags: readonly string[]): Promise<unknown[]> => {
    const ended = await lazuli(['train', at('two.lazuli'), ...flags, '--json', '--out', at('w.pt')]);
    expect(ended.stderr.includes('"error"') ? ended.stderr : '').toBe('');
    return losses(linesOf(ended));
  };
  const columns = [
    ...['--data', at('table.csv'), '--columns', 'a=p,q', '--columns', 'b=2'],
    ...['--target', 'y', '--target', 'height=z', '--target-kind', 'height=number'],
  ];
  const own = await train([]);
  expect(own).toHaveLength(6);
  expect(await train(filesIn(folder))).toEqual(own);
  expect(await train(columns)).toEqual(own);
  expect(await train(['--columns', 'a=q,p'])).not.toEqual(own);
});

test('files of each input are evaluated and predicted from', slow, async () => {
  const folder = project(TABLE);
  const at = (name: string): string => path.join(folder, name);
  await lazuli(['materialize', at('two.lazuli'), '--out', at('w.pt')]);
  const weights = ['--weights', at('w.pt'), '--json'];
  const evaluated = async (flags: readonly string[]) =>
    documentOf(await lazuli(['evaluate', at('two.lazuli'), ...flags, ...weights]));
  const own = await evaluated([]);
  expect(own).toHaveProperty('samples', 12);
  expect(await evaluated(filesIn(folder))).toEqual(own);
  const data = ['--data', `b=${at('b.npy')}`, '--data', `a=${at('a.npy')}`];
  const predicted = await lazuli(['predict', at('two.lazuli'), ...data, ...weights]);
  expect(documentOf(predicted)).toMatchObject({
    outputs: { out1: { shape: [12, 1] }, out2: { shape: [12, 1] } },
  });
});

test('a sample of files for each input gives the weights their shapes', slow, async () => {
  const folder = project(null);
  const at = (name: string): string => path.join(folder, name);
  const flags = ['--sample', `a=${at('a.npy')}`, '--sample', `b=${at('b.npy')}`];
  const fed = documentOf(await lazuli(['materialize', at('two.lazuli'), ...flags, '--json']));
  expect(fed).toMatchObject({ totals: { parameters: 8, uninitialized: 0 }, unreached: [] });
});

test.each([
  [['--data', 'c=a.npy'], '--data c=a.npy', 'c'],
  [['--columns', 'c=p'], '--columns c=p', 'c'],
  [['--data', 'a=table.csv', '--data', 'b=other.csv'], '--data b=other.csv', 'other.csv'],
  [['--data', 'table.csv', '--data', 'other.csv'], '--data', 'other.csv'],
  [['--target-kind', 'height=text'], '--target-kind', 'text'],
])('%o is refused with where and what', slow, async (flags, where, got) => {
  const folder = project(TABLE);
  const out = path.join(folder, 'w.pt');
  const ended = await lazuli(['train', 'two.lazuli', ...flags, '--out', out, '--json'], { cwd: folder });
  expect(ended.code).toBe(2);
  expect(errorOf(ended)).toMatchObject({ where, got });
});
