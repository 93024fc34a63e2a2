// A model session: feeding is all or nothing and can be undone; edits keep what they do not touch; weights load whole or not.
import path from 'node:path';
import { expect, test } from 'vitest';

import type { Project } from '#core/document/project';
import { applyEdits, type Edit } from '#core/graph/edits';
import { writeTorch, MemorySink } from '#core/formats/index';
import type { ModelInfo, ParameterInfo } from '#core/session/session';
import type { ModelSession } from '#engine/session';
import { chain, edge, node } from '../graph/graphs';
import { openExample, openSession, projectOf, temporaryFolder } from './support';

const net = projectOf(
  chain(
    node('conv1', 'conv2d', { out_channels: 8, kernel_size: [3, 3] }),
    node('norm1', 'batch_norm2d'),
    node('relu1', 'relu'),
    node('flatten', 'flatten'),
    node('fc1', 'linear', { out_features: 5 }),
    node('fc2', 'linear', { in_features: 5, out_features: 2 }),
  ),
);
const images = { input: [4, 3, 8, 8] };
const parameter = (info: ModelInfo, key: string): ParameterInfo | undefined =>
  info.nodes.flatMap((each) => each.parameters).find((each) => each.key === key);
const states = (info: ModelInfo): Record<string, string> =>
  Object.fromEntries(info.nodes.flatMap((each) => each.parameters.map(({ key, state }) => [key, state])));
const bytes = async (session: ModelSession): Promise<string> =>
  Buffer.from(await session.exportState()).toString('base64');
const edited = (project: Project, ...edits: Edit[]): Project => ({
  ...project,
  graph: applyEdits(project.graph, edits).graph,
});

test('before a sample lazy parameters show what they wait for and the sizes they know', async () => {
  const info = (await openSession(net)).info();
  expect(parameter(info, 'conv1.weight')).toMatchObject({
    state: 'uninitialized',
    kind: 'uninitialized_parameter',
    shape: [8, null, 3, 3],
    waitsFor: 'in_channels',
    provenance: '',
  });
  expect(parameter(info, 'fc2.weight')).toMatchObject({
    state: 'materialized',
    shape: [2, 5],
    waitsFor: null,
  });
  expect(info.totals).toMatchObject({ parameters: null, uninitialized: 8, flops: null });
  expect(info.problems).toEqual([]);
});

test('a sample gives every parameter its shape, with its provenance', async () => {
  const session = await openSession(net);
  const { model, materialized, unreached, sampleShape } = await session.feedSample({ shapes: images });
  expect(materialized).toHaveLength(8);
  expect(unreached).toEqual([]);
  expect(sampleShape).toEqual([4, 3, 8, 8]);
  expect(parameter(model, 'fc1.weight')).toMatchObject({
    state: 'materialized',
    shape: [5, 288],
    provenance: "in_features = 288, from 'flatten' 8·6·6, from 'conv1', from the sample's 3×8×8",
  });
  expect(model.nodes.find(({ name }) => name === 'flatten')?.outputs).toEqual([[4, 288]]);
  expect(model.totals).toMatchObject({ uninitialized: 0, parameters: 8 * 27 + 8 + 16 + 5 * 288 + 5 + 12 });
});

test('a sample that does not fit changes nothing and says which numbers clash', async () => {
  const wrong = edited(net, { kind: 'set_param', id: 'fc1', param: 'in_features', value: 100 });
  const session = await openSession(wrong);
  const before = await bytes(session);
  const revision = session.info().revision;
  await expect(session.feedSample({ shapes: images })).rejects.toMatchObject({
    code: 'shape_mismatch',
    message: "Linear 'fc1', in_features: expected 100, got 288 = 8·6·6 from 'flatten'.",
    details: { where: "node 'fc1'", expected: '100', got: '288' },
  });
  expect(await bytes(session)).toBe(before);
  expect(session.info().revision).toBe(revision);
});

test('feeding twice with one seed gives the same values; another seed gives others', async () => {
  const [one, two, three] = await Promise.all([openSession(net), openSession(net), openSession(net)]);
  await one.feedSample({ shapes: images, seed: 3 });
  await two.feedSample({ shapes: images, seed: 3 });
  await three.feedSample({ shapes: images, seed: 4 });
  expect(await bytes(one)).toBe(await bytes(two));
  expect(await bytes(one)).not.toBe(await bytes(three));
});

test('feeding again changes no value, whatever the seed', async () => {
  const session = await openSession(net);
  await session.feedSample({ shapes: images, seed: 3 });
  const before = await bytes(session);
  const { materialized } = await session.feedSample({ shapes: { input: [9, 3, 8, 8] }, seed: 4 });
  expect(materialized).toEqual([]);
  expect(await bytes(session)).toBe(before);
});

test('undo across a materialization and back', async () => {
  const session = await openSession(net);
  const { revision: before } = session.info();
  const lazy = await bytes(session);
  const { model } = await session.feedSample({ shapes: images });
  const fed = await bytes(session);
  const undone = await session.restore(before);
  expect(undone.revision).toBe(before);
  expect(undone.totals.uninitialized).toBe(8);
  expect(undone.nodes[1]?.outputs).toEqual([null]);
  expect(await bytes(session)).toBe(lazy);
  const redone = await session.restore(model.revision);
  expect(redone).toEqual(model);
  expect(await bytes(session)).toBe(fed);
  await expect(session.restore(999)).rejects.toMatchObject({ code: 'not_supported' });
});

test('back to uninitialized, and a feed gives the first values again', async () => {
  const session = await openSession(net);
  await session.feedSample({ shapes: images, seed: 1 });
  const first = await bytes(session);
  const info = await session.backToUninitialized();
  expect(info.totals.uninitialized).toBe(8);
  await session.feedSample({ shapes: images, seed: 1 });
  expect(await bytes(session)).toBe(first);
});

test('edits keep the tensors of what they do not touch', async () => {
  const session = await openSession(net);
  await session.feedSample({ shapes: images });
  const renamed = await session.update(edited(net, { kind: 'rename_node', id: 'conv1', name: 'stem' }));
  expect(parameter(renamed, 'stem.weight')?.state).toBe('materialized');
  const changed = await session.update(
    edited(net, { kind: 'set_param', id: 'fc1', param: 'out_features', value: 7 }),
  );
  expect(parameter(changed, 'fc1.weight')?.state).toBe('uninitialized');
  expect(parameter(changed, 'conv1.weight')?.state).toBe('materialized');
  expect(changed.problems[0]?.message).toBe("Linear 'fc2', in_features: expected 5, got 7 from 'fc1'.");
  const back = await session.update(net);
  expect(states(back)).toEqual(states((await session.feedSample({ shapes: images })).model));
});

test('a node that was removed finds its values when it comes back', async () => {
  const session = await openSession(net);
  await session.feedSample({ shapes: images });
  const before = await bytes(session);
  await session.update(edited(net, { kind: 'remove_node', id: 'norm1' }));
  await session.update(net);
  expect(await bytes(session)).toBe(before);
});

test('a sample lists what it did not reach', async () => {
  const graph = { ...net.graph, nodes: [...net.graph.nodes, node('island', 'linear')] };
  const session = await openSession({ ...net, graph });
  const { unreached, model } = await session.feedSample({ shapes: images });
  expect(unreached).toEqual(['island.weight', 'island.bias']);
  expect(model.problems.map(({ code, severity }) => [code, severity])).toEqual([
    ['unconnected_input', 'warning'],
  ]);
});

test('a side branch that leads to no output is materialized all the same', async () => {
  const graph = {
    nodes: [...net.graph.nodes, node('side', 'linear', { out_features: 3 })],
    edges: [...net.graph.edges, edge('flatten', 'side')],
  };
  const session = await openSession({ ...net, graph });
  const { materialized, unreached } = await session.feedSample({ shapes: images });
  expect(materialized).toContain('side.weight');
  expect(unreached).toEqual([]);
});

test('weights go out and come in again, into lazy layers too', async () => {
  const folder = temporaryFolder();
  const one = await openSession(net);
  await one.feedSample({ shapes: images });
  for (const name of ['w.pt', 'w.safetensors']) {
    const file = path.join(folder, name);
    expect((await one.saveWeights(file)).warnings).toEqual([]);
    const two = await openSession(net);
    const verdicts = await two.compareWeights(file);
    expect(new Set(verdicts.map(({ verdict }) => verdict))).toEqual(new Set(['fits', 'will_materialize']));
    const info = await two.loadWeights(file);
    expect(info.totals.uninitialized).toBe(0);
    expect(parameter(info, 'fc1.weight')).toMatchObject({
      state: 'loaded',
      provenance: 'in_features = 288, from the loaded weights',
    });
    expect(await bytes(two)).toBe(await bytes(one));
  }
});

test('the state travels as .pt bytes', async () => {
  const one = await openSession(net);
  await one.feedSample({ shapes: images });
  const two = await openSession(net);
  const info = await two.importState(await one.exportState());
  expect(info.totals.uninitialized).toBe(0);
  expect(await bytes(two)).toBe(await bytes(one));
});

test('weights that do not fit change nothing; the message names file and keys', async () => {
  const folder = temporaryFolder();
  const other = await openSession(
    edited(net, { kind: 'set_param', id: 'fc2', param: 'out_features', value: 9 }),
  );
  await other.feedSample({ shapes: images });
  const file = path.join(folder, 'other.pt');
  await other.saveWeights(file);
  const session = await openSession(net);
  const before = await bytes(session);
  await expect(session.loadWeights(file)).rejects.toMatchObject({
    code: 'weights_mismatch',
    message: expect.stringMatching(/other\.pt[^]*fc2\.weight does not fit: expected 2×5, got 9×5/) as string,
    details: { where: file },
  });
  expect(await bytes(session)).toBe(before);
  const verdicts = await session.compareWeights(file);
  expect(verdicts.find(({ key }) => key === 'fc2.bias')).toEqual({
    key: 'fc2.bias',
    verdict: 'conflicts',
    expected: [2],
    got: [9],
  });
});

test('a file that is no weights file is refused by name', async () => {
  const sink = new MemorySink();
  await writeTorch(sink, { entries: [] });
  const session = await openSession(net);
  await expect(session.importState(sink.take().subarray(0, 100))).rejects.toMatchObject({
    code: 'file_refused',
  });
  await expect(session.loadWeights('/nowhere/w.pt')).rejects.toMatchObject({ code: 'file_not_found' });
});

test('another dtype starts over', async () => {
  const session = await openSession(net);
  await session.feedSample({ shapes: images });
  const info = await session.update({ ...net, dtype: 'float64' });
  expect(info.totals.uninitialized).toBe(8);
  const { model } = await session.feedSample({ shapes: images });
  expect(parameter(model, 'fc1.weight')?.dtype).toBe('float64');
});

test('the preview shows pictures with their classes', async () => {
  const session = await openExample('digits');
  const preview = await session.preview({ from: 1, count: 3 });
  expect(preview).toMatchObject({ samples: 1797, inputShape: [1, 8, 8], targetKind: 'class' });
  expect(preview.classes).toHaveLength(10);
  expect(preview.items.map((item) => [item.kind, item.target])).toEqual([
    ['picture', '1'],
    ['picture', '2'],
    ['picture', '3'],
  ]);
  const rows = await (await openExample('iris')).preview({ from: 149, count: 5 });
  expect(rows.items).toEqual([
    { kind: 'row', values: [5.9, 3, 5.1, 1.8].map(Math.fround), target: 'virginica' },
  ]);
});
