// Blocks in a session: values stay through collapsing and breaking up, keys nest as PyTorch's, shared weights are one object, all of it trains.
import { expect, test } from 'vitest';

import { breakUpEdit } from '#core/graph/break-up';
import { collapseEdit } from '#core/graph/collapse';
import { applyEdit, applyEdits, type Edit } from '#core/graph/edits';
import type { Project } from '#core/document/project';
import { memorySource } from '#core/formats/bytes';
import { contiguousBytes, readWeights } from '#core/formats/index';
import { openExample } from './support';

const state = async (session: Awaited<ReturnType<typeof openExample>>): Promise<Record<string, string>> => {
  const weights = await readWeights(memorySource('state', await session.exportState()));
  return Object.fromEntries(weights.entries.map(({ name, shape }) => [name, String(shape)]));
};

/** Every tensor's bytes, in the order of the state dict. */
async function valuesByKey(
  session: Awaited<ReturnType<typeof openExample>>,
): Promise<Readonly<Record<string, string>>> {
  const { entries } = await readWeights(memorySource('state', await session.exportState()));
  const values: Record<string, string> = {};
  for (const entry of entries) {
    const bytes: Uint8Array[] = [];
    for await (const chunk of contiguousBytes(entry)) bytes.push(chunk.slice());
    values[entry.name] = Buffer.concat(bytes).toString('hex');
  }
  return values;
}

function collapse(
  project: Project,
  names: readonly string[],
  name: string,
): { project: Project; node: string; block: string } {
  const ids = new Set(project.graph.nodes.filter((node) => names.includes(node.name)).map(({ id }) => id));
  const made = collapseEdit(project.graph, ids, name);
  if (!made) throw new Error('not collapsed');
  const { graph } = applyEdit(project.graph, made.edit);
  return { project: { ...project, graph }, node: made.node, block: graph.blocks?.at(-1)?.id ?? '' };
}

test('values survive collapsing, breaking up and undo; the keys nest', async () => {
  const session = await openExample('iris');
  await session.feedSample();
  const before = await session.exportState();
  const plain = session.project;
  const { project, node } = collapse(plain, ['fc1', 'relu1'], 'block');
  const info = await session.update(project);
  expect(info.totals.uninitialized).toBe(0);
  expect(Object.keys(await state(session))).toEqual([
    'block.fc1.weight', 'block.fc1.bias', 'fc2.weight', 'fc2.bias', 'fc3.weight', 'fc3.bias',
  ]); // prettier-ignore
  const apart = breakUpEdit(project.graph, node);
  if (!apart) throw new Error('not broken up');
  await session.update({ ...plain, graph: applyEdit(project.graph, apart.edit).graph });
  expect(await session.exportState()).toEqual(before);
  await session.update(project);
  await session.update(plain);
  expect(await session.exportState()).toEqual(before);
});

test.each([undefined, 'shared'] as const)(
  'copies broken up keep their values, one by one; weights: %s',
  async (weights) => {
    const session = await openExample('iris', { epochs: 1 });
    const { project, node, block } = collapse(session.project, ['fc2', 'relu2'], 'deep');
    const { graph } = applyEdit(project.graph, {
      kind: 'set_block_use',
      id: node,
      use: { id: block, repeat: 3, ...(weights ? { weights } : {}) },
    });
    const three = { ...project, graph };
    await session.update(three);
    await session.feedSample();
    const run = await session.train();
    expect((await run.finished).error).toBeNull();
    const values = async (): Promise<readonly string[]> => Object.values(await valuesByKey(session));
    const before = await values();
    const apart = breakUpEdit(graph, node);
    if (!apart) throw new Error('not broken up');
    const flat = applyEdit(graph, apart.edit);
    const info = await session.update({ ...three, graph: flat.graph });
    expect(info.totals.uninitialized).toBe(0);
    expect(Object.keys(await state(session)).filter((key) => key.endsWith('weight'))).toEqual([
      'fc1.weight',
      'fc2.weight',
      'fc4.weight',
      'fc5.weight',
      'fc3.weight',
    ]);
    expect(await values()).toEqual(before);
    await session.update({ ...three, graph: applyEdit(flat.graph, flat.inverse).graph });
    expect(await values()).toEqual(before);
  },
);

test('an instance whose weights another one uses is broken up: both keep the values, also through undo', async () => {
  const session = await openExample('iris', { epochs: 1 });
  const { project, node, block } = collapse(session.project, ['fc2', 'relu2'], 'deep');
  const port = { node, port: 'output' };
  const again = { id: 'n90', name: 'again', layer: 'block', params: {}, position: { x: 0, y: 0 } };
  const { graph } = applyEdits(project.graph, [
    { kind: 'add_node', node: { ...again, block: { id: block, weights: 'shared' } } },
    ...project.graph.edges
      .filter(({ from }) => from.node === node)
      .flatMap((edge): Edit[] => [
        { kind: 'disconnect', id: edge.id },
        { kind: 'connect', edge: { ...edge, from: { ...port, node: 'n90' } } },
      ]),
    { kind: 'connect', edge: { id: 'e90', from: port, to: { node: 'n90', port: 'input' } } },
  ]);
  const two = { ...project, graph };
  await session.update(two);
  await session.feedSample();
  expect((await (await session.train()).finished).error).toBeNull();
  const shared = await valuesByKey(session);
  expect(shared['again.fc2.weight']).toBe(shared['deep.fc2.weight']);
  const apart = breakUpEdit(graph, node);
  if (!apart) throw new Error('not broken up');
  const flat = applyEdit(graph, apart.edit);
  const info = await session.update({ ...two, graph: flat.graph });
  const states = info.nodes.flatMap(({ parameters }) => parameters.map(({ state }) => state));
  expect(new Set(states)).toEqual(new Set(['trained']));
  const after = await valuesByKey(session);
  expect(after['fc2.weight']).toBe(shared['deep.fc2.weight']);
  expect(after['again.fc2.weight']).toBe(shared['deep.fc2.weight']);
  expect(after['again.fc2.bias']).toBe(shared['deep.fc2.bias']);
  await session.update({ ...two, graph: applyEdit(flat.graph, flat.inverse).graph });
  expect(await valuesByKey(session)).toEqual(shared);
});

test('three copies that share weights train as one set of parameters', async () => {
  const session = await openExample('iris', { epochs: 2 });
  const { project, node, block } = collapse(session.project, ['fc2', 'relu2'], 'deep');
  const { graph } = applyEdit(project.graph, {
    kind: 'set_block_use',
    id: node,
    use: { id: block, repeat: 3, weights: 'shared' },
  });
  await session.update({ ...project, graph });
  const { model } = await session.feedSample();
  expect(model.totals.uninitialized).toBe(0);
  // 4·16+16, 16·16+16 once, 16·3+3.
  expect(model.totals.parameters).toBe(80 + 272 + 51);
  expect(Object.keys(await state(session))).toContain('deep.2.fc2.weight');
  const run = await session.train();
  expect((await run.finished).error).toBeNull();
});

test.each([
  { orthogonal: {} },
  { orthogonal: { use_trivialization: false } },
  { spectral_norm: {} },
] as const)(
  'TENSOR-11 copies that share weights share what a weight is learned through: %j',
  async (options) => {
    const session = await openExample('iris', { epochs: 1 });
    const { project, node, block } = collapse(session.project, ['fc2', 'relu2'], 'deep');
    const { graph } = applyEdit(project.graph, {
      kind: 'set_block_use',
      id: node,
      use: { id: block, repeat: 2, weights: 'shared' },
    });
    const blocks = (graph.blocks ?? []).map((each) => ({
      ...each,
      graph: {
        ...each.graph,
        nodes: each.graph.nodes.map((inner) =>
          inner.name === 'fc2' ? { ...inner, tensors: { weight: options } } : inner,
        ),
      },
    }));
    await session.update({ ...project, graph: { ...graph, blocks } });
    await session.feedSample();
    const run = await session.train();
    expect((await run.finished).error).toBeNull();
    const { entries } = await readWeights(memorySource('state', await session.exportState()));
    const first = entries.filter(({ name }) => name.startsWith('deep.0.'));
    expect(first.map(({ name }) => name)).toContain('deep.0.fc2.parametrizations.weight.original');
    for (const { name, storageKey } of first) {
      const second = entries.find((entry) => entry.name === name.replace('deep.0.', 'deep.1.'));
      expect(second?.storageKey, name).toBe(storageKey);
    }
  },
);
