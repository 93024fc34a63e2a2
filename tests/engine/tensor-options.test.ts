// What a project chooses for tensors, in real sessions: frozen ones keep their values, groups their rates, ties their one storage.
import { expect, test } from 'vitest';

import type { GraphNode, Project, TensorOptions } from '#core/document/project';
import { parseProject } from '#core/document/parse';
import { applyEdits } from '#core/graph/edits';
import { serializeProject } from '#core/document/serialize';
import { readTorch } from '#core/formats/index';
import { memorySource } from '#core/formats/index';
import type { ModelSession } from '#engine/session';
import path from 'node:path';
import { chain, node } from '../graph/graphs';
import { examples, openSession, template } from './support';

const with_ = (each: GraphNode, tensors: Readonly<Record<string, TensorOptions>>): GraphNode => ({
  ...each,
  tensors,
});

function project(
  choices: Readonly<Record<string, Readonly<Record<string, TensorOptions>>>>,
  optimizer: Project['training']['optimizer'] = { type: 'sgd', params: { lr: 0.1 } },
): Project {
  const digits = template('digits', { epochs: 1, optimizer, validationSplit: 0 });
  const layers = [
    node('flatten', 'flatten'),
    node('a', 'linear', { out_features: 16 }),
    node('relu', 'relu'),
    node('b', 'linear', { out_features: 16 }),
    node('relu2', 'relu'),
    node('c', 'linear', { out_features: 16 }),
    node('d', 'linear', { out_features: 10 }),
  ];
  return { ...digits, graph: chain(...layers.map((each) => with_(each, choices[each.name] ?? {}))) };
}
const open = (given: Project): Promise<ModelSession> => openSession(given, path.join(examples, 'digits'));

async function weights(session: ModelSession): Promise<ReadonlyMap<string, Buffer>> {
  const file = await readTorch(memorySource('state', await session.exportState()));
  const values = new Map<string, Buffer>();
  for (const { name, storage } of file.entries)
    if (storage) values.set(name, Buffer.from(await storage.read(0, storage.bytes)));
  return values;
}
const parameter = (session: ModelSession, key: string) =>
  session
    .info()
    .nodes.flatMap(({ parameters }) => parameters)
    .find((each) => each.key === key);

test('TENSOR-2 a frozen parameter takes no steps, whatever the others do', async () => {
  const session = await open(project({ a: { weight: { frozen: true } } }));
  expect(parameter(session, 'a.weight')).toMatchObject({ frozen: true, state: 'uninitialized' });
  await session.feedSample();
  const before = await weights(session);
  await (
    await session.train()
  ).finished;
  const after = await weights(session);
  expect(after.get('a.weight')).toEqual(before.get('a.weight'));
  expect(after.get('a.bias')).not.toEqual(before.get('a.bias'));
  expect(after.get('b.weight')).not.toEqual(before.get('b.weight'));
});

test('TENSOR-2 freezing and thawing later keeps the values; with everything frozen a run is refused', async () => {
  const session = await open(project({}));
  await session.feedSample();
  const before = await weights(session);
  const all = { weight: { frozen: true }, bias: { frozen: true } };
  await session.update(project({ a: all, b: all, c: all, d: all }));
  expect(await weights(session)).toEqual(before);
  await expect(session.train()).rejects.toThrow('every parameter is frozen');
  await session.update(project({}));
  expect(parameter(session, 'a.weight')?.frozen).toBeUndefined();
});

test('TENSOR-4 a tied parameter is one object: counted once, saved under both names, trained as one', async () => {
  const session = await open(project({ c: { weight: { tied_to: 'b.weight' } } }));
  const { model } = await session.feedSample();
  const free = await (await open(project({}))).feedSample();
  expect(model.totals.parameters).toBe((free.model.totals.parameters ?? 0) - 16 * 16);
  expect(parameter(session, 'c.weight')).toMatchObject({ tied_to: 'b.weight' });
  await (
    await session.train()
  ).finished;
  const file = await readTorch(memorySource('state', await session.exportState()));
  const [b, c] = ['b.weight', 'c.weight'].map((key) => file.entries.find(({ name }) => name === key));
  expect(b?.storageKey).toBe(c?.storageKey);
  const kept = session.info().revision;
  const before = await weights(session);
  await session.backToUninitialized();
  await session.restore(kept);
  expect(await weights(session)).toEqual(before);
  await session.update(project({}));
  const apart = await readTorch(memorySource('state', await session.exportState()));
  const [own, other] = ['b.weight', 'c.weight'].map((key) => apart.entries.find(({ name }) => name === key));
  expect(own?.storageKey).not.toBe(other?.storageKey);
  expect(await weights(session)).toEqual(before);
  await (
    await session.train()
  ).finished;
  const after = await weights(session);
  expect(after.get('c.weight')).not.toEqual(after.get('b.weight'));
});

test('TENSOR-4 what was tied to a layer that is removed keeps its values, and before a sample it stays uninitialized', async () => {
  const tied = project({ c: { weight: { tied_to: 'b.weight' } } });
  const session = await open(tied);
  const free = (given: Project): Project => ({ ...given, graph: project({}).graph });
  await session.update(free(tied));
  expect(parameter(session, 'c.weight')?.state).toBe('uninitialized');
  await session.update(tied);
  await session.feedSample();
  const before = await weights(session);
  const { nodes } = tied.graph;
  const [b, c] = ['b', 'c'].map((name) => nodes.find((each) => each.name === name)?.id);
  const { graph } = applyEdits(tied.graph, [
    { kind: 'set_tensor_option', id: c ?? '', tensor: 'weight', option: 'tied_to' },
    { kind: 'remove_node', id: b ?? '' },
  ]);
  await session.update({ ...tied, graph });
  expect((await weights(session)).get('c.weight')).toEqual(before.get('c.weight'));
});

test('TENSOR-4 a tie of shapes that differ forbids the run and says both shapes', async () => {
  const session = await open(project({ d: { weight: { tied_to: 'c.weight' } } }));
  await expect(session.feedSample()).rejects.toMatchObject({
    code: 'shape_mismatch',
    details: { where: "node 'd'" },
  });
});

test('TENSOR-5 a group has its own learning rate and weight decay; an unknown one is refused', async () => {
  const optimizer = (groups: Project['training']['optimizer']['groups']) => ({
    type: 'sgd',
    params: { lr: 0.1 },
    ...(groups ? { groups } : {}),
  });
  const choices = { a: { weight: { group: 'still' } }, b: { weight: { group: 'pulled' } } };
  const groups = { still: { lr_factor: 0 }, pulled: { weight_decay: 10 } };
  const session = await open(project(choices, optimizer(groups)));
  await session.feedSample();
  const before = await weights(session);
  await (
    await session.train()
  ).finished;
  const after = await weights(session);
  expect(after.get('a.weight')).toEqual(before.get('a.weight'));
  const size = (bytes: Buffer | undefined): number =>
    Math.max(...Array.from({ length: 256 }, (_, at) => Math.abs(bytes?.readFloatLE(at * 4) ?? 0)));
  expect(size(after.get('b.weight'))).toBeLessThan(size(before.get('b.weight')) / 2);
  const lost = await open(project(choices, optimizer({ stil: {} })));
  await expect(lost.train()).rejects.toMatchObject({
    code: 'parameter_invalid',
    details: { where: 'a.weight', hint: 'did you mean stil?' },
  });
});

const NORMED = { a: { weight: { weight_norm: { dim: 0 } } } } as const;
const G = 'a.parametrizations.weight.original0';
const V = 'a.parametrizations.weight.original1';
const floats = (bytes: Buffer | undefined): number[] =>
  Array.from({ length: (bytes?.length ?? 0) / 4 }, (_, at) => bytes?.readFloatLE(at * 4) ?? NaN);

test('TENSOR-7 chosen on an uninitialized weight it applies when a sample comes, draws the same values and trains', async () => {
  const [session, plain] = [await open(project(NORMED)), await open(project({}))];
  expect(parameter(session, V)).toMatchObject({
    state: 'uninitialized',
    shape: [16, null],
    part_of: 'weight',
  });
  expect(session.info().totals.parameters).toBeNull();
  const { model } = await session.feedSample();
  const free = await plain.feedSample();
  expect(model.totals.parameters).toBe((free.model.totals.parameters ?? 0) + 16);
  const [before, drawn] = [await weights(session), await weights(plain)];
  expect(before.get(V)).toEqual(drawn.get('a.weight'));
  expect(before.get('b.weight')).toEqual(drawn.get('b.weight'));
  const untrained = (await session.evaluate()).loss;
  await (
    await session.train()
  ).finished;
  const after = await weights(session);
  expect(after.get(G)).not.toEqual(before.get(G));
  expect(after.get(V)).not.toEqual(before.get(V));
  expect(parameter(session, V)?.state).toBe('trained');
  expect((await session.evaluate()).loss).toBeLessThan(untrained);
});

test('TENSOR-9 with values it goes on with the same weight, both ways, exactly while nothing was trained in between', async () => {
  const session = await open(project({}));
  await session.feedSample();
  const before = await weights(session);
  const { loss } = await session.evaluate();
  await session.update(project(NORMED));
  expect((await weights(session)).get(V)).toEqual(before.get('a.weight'));
  expect((await session.evaluate()).loss).toBeCloseTo(loss, 5);
  await session.update(project({}));
  expect(await weights(session)).toEqual(before);
  await session.update(project(NORMED));
  await (
    await session.train()
  ).finished;
  const trained = (await session.evaluate()).loss;
  await session.update(project({ a: { weight: { weight_norm: { dim: 1 } } } }));
  expect((await session.evaluate()).loss).toBeCloseTo(trained, 5);
  await session.update(project({}));
  expect((await session.evaluate()).loss).toBeCloseTo(trained, 5);
  expect(floats((await weights(session)).get('a.weight'))).not.toEqual(floats(before.get('a.weight')));
});

const place = 'a.parametrizations.weight.';
const SPECTRAL = { a: { weight: { spectral_norm: {} } } } as const;

test('TENSOR-11 a spectral norm chosen on an uninitialized weight draws it as ever, follows it in training and rests in evaluation', async () => {
  const [session, plain] = [await open(project(SPECTRAL)), await open(project({}))];
  expect(parameter(session, `${place}original`)).toMatchObject({
    state: 'uninitialized',
    shape: [16, null],
    part_of: 'weight',
  });
  const { model } = await session.feedSample();
  expect(model.totals.parameters).toBe((await plain.feedSample()).model.totals.parameters);
  const before = await weights(session);
  expect(before.get(`${place}original`)).toEqual((await weights(plain)).get('a.weight'));
  const { loss } = await session.evaluate();
  expect((await session.evaluate()).loss).toBe(loss);
  expect(await weights(session)).toEqual(before);
  await (
    await session.train()
  ).finished;
  const after = await weights(session);
  for (const part of ['original', '0._u', '0._v'])
    expect(after.get(place + part)).not.toEqual(before.get(place + part));
  expect((await session.evaluate()).loss).toBeLessThan(loss);
  // The layer computes with a weight of largest singular value 1.
  await session.update(project({}));
  expect(singularValue(floats((await weights(session)).get('a.weight')), 16)).toBeCloseTo(1, 2);
});

test.each([{}, { orthogonal_map: 'cayley' }, { use_trivialization: false }] as const)(
  'TENSOR-11 orthogonal rows stay orthogonal while they learn, and after: %j',
  async (orthogonal) => {
    const session = await open(project({ a: { weight: { orthogonal } } }));
    await session.feedSample();
    const before = await weights(session);
    const { loss } = await session.evaluate();
    await (
      await session.train()
    ).finished;
    expect((await weights(session)).get(`${place}original`)).not.toEqual(before.get(`${place}original`));
    const trained = (await session.evaluate()).loss;
    expect(trained).toBeLessThan(loss);
    await session.update(project({}));
    expect((await session.evaluate()).loss).toBeCloseTo(trained, 4);
    const rows = rowsOf(floats((await weights(session)).get('a.weight')), 16);
    for (const [at, a] of rows.entries())
      for (const [to, b] of rows.entries()) expect(dot(a, b)).toBeCloseTo(at === to ? 1 : 0, 4);
    // Chosen again, what is orthogonal goes on as it is.
    await session.update(project({ a: { weight: { orthogonal: {} } } }));
    expect((await session.evaluate()).loss).toBeCloseTo(trained, 4);
  },
);

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
const rowsOf = (values: readonly number[], rows: number): number[][] =>
  Array.from({ length: rows }, (_, row) =>
    values.slice((row * values.length) / rows, ((row + 1) * values.length) / rows),
  );

/** The largest, by many power iterations. */
function singularValue(values: readonly number[], rows: number): number {
  const matrix = rowsOf(values, rows);
  let u = matrix.map((_, at) => 1 + at);
  let size = 0;
  for (let time = 0; time < 500; time++) {
    const v = (matrix[0] ?? []).map((_, at) =>
      matrix.reduce((sum, row, r) => sum + (row[at] ?? 0) * (u[r] ?? 0), 0),
    );
    const length = Math.sqrt(dot(v, v));
    u = matrix.map((row) => dot(row, v) / length);
    size = Math.sqrt(dot(u, u));
    u = u.map((value) => value / size);
  }
  return size;
}

test('TENSOR-1 choices are written with the node and only where there are any', () => {
  const given = project({ a: { weight: { frozen: true, initializer: { kind: 'normal', std: 0.1 } } } });
  const text = serializeProject(given);
  expect(parseProject(text)).toEqual(given);
  expect(serializeProject(template('digits'))).not.toContain('tensors');
  expect(() => parseProject(text.replace('"frozen": true', '"frozen": "yes"'))).toThrow(
    'tensors.weight.frozen',
  );
});
