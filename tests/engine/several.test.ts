// Several inputs, outputs and losses beside PyTorch: whole runs over the tables of scripts/golden/several.py, and what is refused.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

import type { DataSource, Graph, GraphNode, LossTerm, Project } from '#core/document/project';
import { stateDictFrom, valuesOf } from '#core/nn/index';
import { Tensor } from '#core/tensor/tensor';
import { withWeights } from '#engine/inspect';
import type { ModelSession } from '#engine/session';
import { edge, node } from '../graph/graphs';
import { openSession, projectOf, template, temporaryFolder } from './support';

interface Answer {
  readonly table: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly losses: readonly number[];
  readonly parts: readonly (readonly number[])[];
  readonly weights: Readonly<Record<string, readonly number[]>>;
}

const GOLDEN = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, '../golden/several.json'), 'utf8'),
) as { readonly steps: number; readonly answers: Readonly<Record<string, Answer>> };

const linear = (name: string, in_features: number, out_features: number): GraphNode =>
  node(name, 'linear', { in_features, out_features });
const input = (name: string): GraphNode => node(name, 'input');
const output = (name: string): GraphNode => node(name, 'output');
const path_ = (...names: readonly string[]) => names.slice(1).map((next, at) => edge(names[at] ?? '', next));

/** The table as CSV with a header: `a.0`, `a.1`, `kind.0`. */
function writeTable(table: Answer['table']): string {
  const names = Object.entries(table).flatMap(([name, [first = []]]) =>
    first.map((_, at) => `${name}.${at}`),
  );
  const rows = Object.values(table)[0] ?? [];
  const lines = rows.map((_, at) =>
    Object.values(table)
      .flatMap((values) => values[at] ?? [])
      .join(','),
  );
  const file = path.join(temporaryFolder(), 'table.csv');
  writeFileSync(file, [names.join(','), ...lines].join('\n'));
  return file;
}

const columnsOf = (table: Answer['table'], name: string): string[] =>
  (table[name]?.[0] ?? []).map((_, at) => `${name}.${at}`);

/** `feeds`: inputs beside a; the first of `targets` is the main one. */
function dataOf(
  { table }: Answer,
  feeds: readonly string[],
  targets: Readonly<Record<string, 'class' | 'number'>>,
): DataSource {
  const named = Object.entries(targets).map(
    ([name, kind]) => [name, { kind, columns: columnsOf(table, name) }] as const,
  );
  return {
    file: writeTable(table),
    format: 'csv',
    header: true,
    inputs: columnsOf(table, 'a'),
    target: null,
    targetKind: 'class',
    normalization: { kind: 'none' },
    feeds: Object.fromEntries(feeds.map((name) => [name, { columns: columnsOf(table, name) }])),
    targets: Object.fromEntries(named),
  };
}

/** One block, its weights shared by an instance for each input, and what stands behind the instances. */
function siamese(inputs: readonly string[], width: number, head: Partial<Graph> = {}): Graph {
  const inner = [input('x'), linear('fc1', 3, 4), node('tanh', 'tanh'), linear('fc2', 4, width), output('y')];
  const block = {
    id: 'b',
    name: 'encoder',
    graph: { nodes: inner, edges: path_('x', 'fc1', 'tanh', 'fc2', 'y') },
  };
  const instances = inputs.map((name, at): GraphNode => ({
    ...node(`enc_${name}`, 'block'),
    block: { id: 'b', ...(at === 0 ? {} : { weights: 'shared' as const }) },
  }));
  const ends = head.nodes ?? inputs.map((name) => output(`out_${name}`));
  const into = inputs.map((name) => ({
    ...edge(name, `enc_${name}`),
    to: { node: `enc_${name}`, port: 'x' },
  }));
  const out = inputs.map((name) => ({
    ...edge(`enc_${name}`, `out_${name}`),
    from: { node: `enc_${name}`, port: 'y' },
  }));
  return {
    nodes: [...inputs.map(input), ...instances, ...ends],
    edges: [...into, ...(head.edges ?? out)],
    blocks: [block],
  };
}

/** PyTorch's names of a siamese encoder, as the first instance has them. */
const ENCODER = { 'enc.0': 'enc_a.fc1', 'enc.2': 'enc_a.fc2' };

interface Case {
  readonly graph: Graph;
  readonly feeds?: readonly string[];
  readonly targets?: Readonly<Record<string, 'class' | 'number'>>;
  readonly loss: LossTerm;
  readonly losses?: readonly LossTerm[];
  readonly names?: Readonly<Record<string, string>>;
}

const typed = (type: string, params = {}): LossTerm => ({ type, params });
const pairOf = (type: string, params = {}, width = 2): Case => ({
  graph: siamese(['a', 'b'], width),
  feeds: ['b'],
  targets: { same: 'class' },
  loss: typed(type, params),
  names: ENCODER,
});
const tripletOf = (type: string, params: object): Case => ({
  graph: siamese(['a', 'b', 'c'], 2),
  feeds: ['b', 'c'],
  loss: typed(type, params),
  names: ENCODER,
});

const CASES: Readonly<Record<string, Case>> = {
  'two outputs': {
    graph: {
      nodes: [
        input('a'), input('b'), node('cat', 'concatenate', { dim: 1 }), linear('fc', 5, 4), node('tanh', 'tanh'),
        linear('score', 4, 3), linear('size', 4, 1), output('kind'), output('length'),
      ],
      edges: [
        edge('a', 'cat', 'inputs'), edge('b', 'cat', 'inputs'), ...path_('cat', 'fc', 'tanh', 'score', 'kind'),
        ...path_('tanh', 'size', 'length'),
      ],
    },
    feeds: ['b'],
    targets: { kind: 'class', size: 'number' },
    loss: typed('cross_entropy'),
    losses: [{ ...typed('mse'), weight: 0.5 }],
  },
  cosine_embedding: pairOf('cosine_embedding', { margin: 0.1 }),
  margin_ranking: pairOf('margin_ranking', { margin: 0.2 }, 1),
  hinge_embedding: {
    ...pairOf('hinge_embedding'),
    graph: siamese(['a', 'b'], 2, {
      nodes: [node('apart', 'pairwise_distance'), output('distance')],
      edges: [
        { ...edge('enc_a', 'apart', 'x1'), from: { node: 'enc_a', port: 'y' } },
        { ...edge('enc_b', 'apart', 'x2'), from: { node: 'enc_b', port: 'y' } },
        edge('apart', 'distance'),
      ],
    }),
  },
  triplet_margin: tripletOf('TripletMarginLoss', { swap: true }),
  triplet_margin_with_distance: tripletOf('triplet_margin_with_distance', { margin: 0.5 }),
  gaussian_nll: {
    graph: {
      nodes: [
        input('a'), linear('mean', 3, 2), linear('spread', 3, 2), node('plus', 'softplus'), output('middle'), output('doubt'),
      ],
      edges: [...path_('a', 'mean', 'middle'), ...path_('a', 'spread', 'plus', 'doubt')],
    },
    targets: { y: 'number' },
    loss: typed('gaussian_nll', { full: true }),
  },
  ctc: {
    graph: {
      nodes: [
        input('a'), node('steps', 'reshape', { shape: [-1, 5, 2] }), linear('fc', 2, 4), node('log', 'log_softmax', { dim: -1 }),
        node('turn', 'permute', { dims: [1, 0, 2] }), output('scores'),
      ],
      edges: path_('a', 'steps', 'fc', 'log', 'turn', 'scores'),
    },
    targets: { labels: 'number', steps: 'number', count: 'number' },
    loss: typed('ctc'),
  },
  'input as target': {
    graph: {
      nodes: [input('a'), linear('fc', 3, 2), node('tanh', 'tanh'), linear('back', 2, 3), output('again')],
      edges: path_('a', 'fc', 'tanh', 'back', 'again'),
    },
    loss: { ...typed('mse'), slots: { target: { input: 'a' } } },
  },
}; // prettier-ignore

function projectFor(name: string, changes: Partial<Project['training']> = {}): Project {
  const [answer, found] = [GOLDEN.answers[name], CASES[name]];
  if (!answer || !found) throw new Error(`no case ${name}`);
  const { graph, feeds = [], targets = {}, loss, losses } = found;
  return {
    ...projectOf(graph, dataOf(answer, feeds, targets)),
    dtype: 'float64',
    training: {
      ...template('blank').training,
      loss,
      ...(losses ? { losses } : {}),
      metrics: [],
      epochs: GOLDEN.steps,
      batchSize: 12,
      validationSplit: 0,
      optimizer: { type: 'sgd', params: { lr: 0.1, momentum: 0.9 } },
      ...changes,
    },
  };
}

async function weightsOf(session: ModelSession): Promise<Record<string, number[]>> {
  const file = path.join(temporaryFolder(), 'w.pt');
  writeFileSync(file, await session.exportState());
  return withWeights(file, async ({ entries }) => {
    const tensors = [...(await stateDictFrom({ entries }))].filter(
      (pair): pair is [string, Tensor] => pair[1] instanceof Tensor,
    );
    const values = tensors.map(([name, tensor]): [string, number[]] => [name, [...valuesOf(tensor)]]);
    for (const [, tensor] of tensors) if (!tensor.storage.isDisposed) tensor.storage.dispose();
    return Object.fromEntries(values);
  });
}

async function epochsOf(session: ModelSession) {
  const run = await session.train();
  const { error } = await run.finished;
  if (error) throw error;
  return run.snapshot().events.filter(({ event }) => event === 'epoch');
}

function expectNear(what: string, got: readonly number[], wanted: readonly number[]): void {
  const scale = Math.max(...wanted.map(Math.abs), 1e-30);
  expect(got.length, what).toBe(wanted.length);
  wanted.forEach((value, at) =>
    expect(Math.abs((got[at] ?? NaN) - value) / scale, `${what}[${at}]`).toBeLessThan(1e-10),
  );
}

test.each(Object.entries(GOLDEN.answers))('%s', async (name, answer) => {
  const session = await openSession(projectFor(name));
  const epochs = await epochsOf(session);
  expectNear('loss', epochs.map(({ loss }) => loss), answer.losses); // prettier-ignore
  const weights = await weightsOf(session);
  const names = CASES[name]?.names ?? {};
  for (const [key, values] of Object.entries(answer.weights)) {
    const [prefix] = Object.entries(names).find(([theirs]) => key.startsWith(theirs)) ?? [''];
    expectNear(key, weights[prefix === '' ? key : key.replace(prefix, names[prefix] ?? '')] ?? [], values);
  }
});

test('every loss is shown for itself, and metrics under the name of their output', async () => {
  const session = await openSession(
    projectFor('two outputs', {
      metrics: ['accuracy'],
      losses: [{ ...typed('mse'), weight: 0.5, metrics: ['mae', 'accuracy'] }],
      validationSplit: 0.25,
      epochs: 1,
      monitor: 'validation_length.loss',
    }),
  );
  const [epoch] = await epochsOf(session);
  const names = ['kind.accuracy', 'kind.loss', 'length.mae', 'length.loss'];
  const shown = [...names, ...names.map((name) => `validation_${name}`), 'validation_loss'];
  expect(Object.keys(epoch?.metrics ?? {}).sort()).toEqual(shown.sort());
  const { loss, metrics, left_out } = await session.evaluate();
  expect(loss).toBeCloseTo((metrics['kind.loss'] ?? NaN) + 0.5 * (metrics['length.loss'] ?? NaN), 12);
  expect(left_out).toEqual(['accuracy']);
  const outputs = await session.predict();
  expect(outputs.map(({ name, shape }) => [name, shape])).toEqual([['kind', [12, 3]], ['length', [12, 1]]]); // prettier-ignore
});

test.each([
  ['cosine_embedding', ['likeness_accuracy']],
  ['margin_ranking', ['ordering_accuracy']],
  ['triplet_margin', ['ordering_accuracy']],
  ['gaussian_nll', ['mse', 'r2']],
  ['ctc', ['label_error_rate', 'sequence_accuracy']],
] as const)('beside %s stand %o, in a run and of weights', async (name, metrics) => {
  const asked = [...metrics, 'accuracy'];
  const session = await openSession(projectFor(name, { metrics: asked, validationSplit: 0.25, epochs: 1 }));
  const [epoch] = await epochsOf(session);
  const shown = metrics.flatMap((metric) => [metric, `validation_${metric}`]);
  expect(Object.keys(epoch?.metrics ?? {}).sort()).toEqual([...shown, 'validation_loss'].sort());
  for (const metric of shown) expect(epoch?.metrics[metric]).toSatisfy(Number.isFinite);
  const { metrics: found, left_out } = await session.evaluate();
  expect(Object.keys(found)).toEqual(metrics);
  expect(left_out).toEqual(['accuracy']);
});

test('what does not fit is said before anything is initialized', async () => {
  const refused = async (name: string, change: (project: Project) => Project): Promise<string> => {
    const session = await openSession(change(projectFor(name)));
    const error: unknown = await session.train().then(() => null, (reason: unknown) => reason); // prettier-ignore
    expect(session.info().totals.uninitialized).toBe(0);
    return error instanceof Error ? error.message : 'nothing';
  };
  const withLoss = (loss: LossTerm) => (project: Project): Project => ({ ...project, training: { ...project.training, loss } }); // prettier-ignore
  expect(await refused('cosine_embedding', (project) => ({ ...project, data: project.data && { ...project.data, feeds: {} } }))).toBe(
    "the data does not say what feeds the input 'b'",
  ); // prettier-ignore
  expect(await refused('cosine_embedding', withLoss(typed('triplet_margin')))).toBe(
    "triplet_margin compares more outputs than the graph has: nothing is left for 'negative'",
  );
  expect(
    await refused('cosine_embedding', withLoss({ ...typed('cosine_embedding'), slots: { target: { target: 'sane' } } })),
  ).toBe("cosine_embedding: the data has no target 'sane'"); // prettier-ignore
  expect(
    await refused('triplet_margin', withLoss({ ...typed('triplet_margin'), slots: { anker: { output: 'out_a' } } })),
  ).toBe("triplet_margin has no slot 'anker'"); // prettier-ignore
  expect(await refused('two outputs', withLoss(typed('mse', { reduction: 'sum' })))).toBe(
    'the losses of a project add up means or sums, not both',
  );
});

test('slots choose their outputs: anchor and negative exchanged is another loss', async () => {
  const slots = { anchor: { output: 'out_c' }, negative: { output: 'out_a' } };
  const project = projectFor('triplet_margin', { epochs: 1 });
  const swapped = { ...project.training.loss, slots };
  const [first] = await epochsOf(
    await openSession({ ...project, training: { ...project.training, loss: swapped } }),
  );
  expect(first?.loss).not.toBeCloseTo(GOLDEN.answers['triplet_margin']?.losses[0] ?? NaN, 6);
});

test('whole numbers and masks inside a graph train and come out as they are', async () => {
  const graph: Graph = {
    nodes: [
      input('a'),
      node('word', 'input', { dtype: 'int32', shape: [1] }),
      node('long', 'to', { dtype: 'int64' }),
      node('rows', 'one_hot', { num_classes: 3 }),
      node('flat', 'flatten'),
      node('numbers', 'to', { dtype: 'float64' }),
      node('join', 'concatenate', { dim: 1 }),
      linear('fc', 6, 3),
      output('scores'),
      node('best', 'argmax', { dim: 1 }),
      output('found'),
      node('same', 'less', {}),
      node('kept', 'multiply'),
      output('kept_scores'),
    ],
    edges: [
      ...path_('word', 'long', 'rows', 'flat', 'numbers'),
      edge('a', 'join', 'inputs'),
      edge('numbers', 'join', 'inputs'),
      ...path_('join', 'fc', 'scores'),
      ...path_('fc', 'best', 'found'),
      edge('fc', 'same'),
      edge('a', 'same', 'other'),
      edge('fc', 'kept', 'inputs'),
      edge('same', 'kept', 'inputs'),
      edge('kept', 'kept_scores'),
    ],
  };
  const project = projectFor('gaussian_nll', { loss: typed('cross_entropy'), epochs: 2 });
  const table = {
    ...GOLDEN.answers['gaussian_nll']?.table,
    w: GOLDEN.answers['two outputs']?.table['kind'] ?? [],
  };
  const file = writeTable(table);
  const data = {
    ...project.data,
    file,
    feeds: { word: { columns: ['w.0'] } },
    targets: { kind: { kind: 'class', columns: ['w.0'] } },
  } as DataSource;
  const session = await openSession({ ...project, graph, data });
  const [first, last] = await epochsOf(session);
  expect(last?.loss).toBeLessThan(first?.loss ?? 0);
  const outputs = await session.predict();
  expect(outputs.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
    ['scores', 'float64', [12, 3]],
    ['found', 'int64', [12]],
    ['kept_scores', 'float64', [12, 3]],
  ]);
  const numbers = (name: string): number[] => {
    const { dtype, bytes } = outputs.find((each) => each.name === name) ?? {
      dtype: 'float64',
      bytes: new Uint8Array(),
    };
    const copy = bytes.slice().buffer;
    return dtype === 'int64' ? Array.from(new BigInt64Array(copy), Number) : [...new Float64Array(copy)];
  };
  const scores = numbers('scores');
  const rows = Array.from({ length: 12 }, (_, at) => scores.slice(3 * at, 3 * at + 3));
  expect(numbers('found')).toEqual(rows.map((row) => row.indexOf(Math.max(...row))));
  const a = (GOLDEN.answers['gaussian_nll']?.table['a'] ?? []).flat();
  expect(numbers('kept_scores')).toEqual(
    scores.map((value, at) => (value < (a[at] ?? 0) ? value : value < 0 ? -0 : 0)),
  );
});
