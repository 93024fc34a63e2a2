// Weight files and samples against a model: what was loaded, trained or rebuilt shows as such, with the sizes it has.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

import type { Project } from '#core/document/project';
import { MemorySink, writeTorch } from '#core/formats/index';
import type { TensorEntry } from '#core/formats/weights';
import { applyEdits, type Edit } from '#core/graph/edits';
import type { RenameRule } from '#core/nn/rename';
import type { ModelInfo, NodeInfo, ParameterInfo } from '#core/session/session';
import { convertWeights } from '#engine/convert';
import { diffFiles } from '#engine/diff';
import { withWeights } from '#engine/inspect';
import { chain, node } from '../graph/graphs';
import { openSession, openExample, projectOf, temporaryFolder } from './support';

const lazyNet = projectOf(chain(node('flatten', 'flatten'), node('fc1', 'linear', { out_features: 5 })));

const parameter = (info: ModelInfo, key: string): ParameterInfo | undefined =>
  info.nodes.flatMap((each) => each.parameters).find((each) => each.key === key);
const nodeOf = (info: ModelInfo, name: string): NodeInfo | undefined =>
  info.nodes.find((each) => each.name === name);
const edited = (project: Project, ...edits: Edit[]): Project => ({
  ...project,
  graph: applyEdits(project.graph, edits).graph,
});

/** A float32 entry counting up from 1. */
function entry(name: string, shape: readonly number[]): TensorEntry {
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => at + 1);
  const bytes = new Uint8Array(values.buffer);
  return {
    name,
    kind: 'tensor',
    dtype: 'float32',
    shape,
    stride: shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1)),
    offset: 0,
    storage: {
      bytes: bytes.length,
      read: (from, length) => Promise.resolve(bytes.subarray(from, from + length)),
    },
    storageKey: '',
    requiresGrad: false,
  };
}

/** Writes a .pt file of these entries. */
async function weightsFile(...entries: readonly TensorEntry[]): Promise<string> {
  const sink = new MemorySink();
  await writeTorch(sink, { entries });
  const file = path.join(temporaryFolder(), 'weights.pt');
  writeFileSync(file, sink.take());
  return file;
}

test('a layer whose params change starts over, and has its state again when they change back', async () => {
  const session = await openExample('digits', { epochs: 1 });
  await (
    await session.train()
  ).finished;
  const { project } = session;
  const fc = project.graph.nodes.find(({ layer }) => layer === 'linear');
  if (!fc) throw new Error('no linear layer');
  const key = `${fc.name}.weight`;
  expect(parameter(session.info(), key)?.state).toBe('trained');
  const change = (param: string, value: number): Promise<ModelInfo> =>
    session.update(edited(project, { kind: 'set_param', id: fc.id, param, value }));
  expect(parameter(await change('in_features', 100), key)?.state).toBe('materialized');
  expect(parameter(await change('out_features', 7), key)?.state).toBe('uninitialized');
  expect(parameter(await session.update(project), key)).toMatchObject({ state: 'trained' });
});

test('WEIGHTS-4 a loaded layer shows its real sizes at once', async () => {
  const session = await openSession(lazyNet);
  const model = await session.loadWeights(
    await weightsFile(entry('fc1.weight', [5, 12]), entry('fc1.bias', [5])),
  );
  expect(nodeOf(model, 'fc1')?.sizes).toEqual({ in_features: 12 });
  expect(parameter(model, 'fc1.weight')).toMatchObject({
    state: 'loaded',
    shape: [5, 12],
    provenance: 'in_features = 12, from the loaded weights',
  });
});

test('WEIGHTS-9 keys are renamed before they are compared and loaded; the verdict names the file’s key', async () => {
  const session = await openSession(lazyNet);
  const file = await weightsFile(entry('module.head.weight', [5, 12]), entry('module.head.bias', [5]));
  const verdicts = await session.compareWeights(file);
  expect(verdicts.map(({ verdict }) => verdict)).toEqual(['missing', 'missing', 'unexpected', 'unexpected']);
  const rules: RenameRule[] = [
    { kind: 'strip', prefix: 'module.' },
    { kind: 'replace', pattern: '^head', replacement: 'fc1' },
  ];
  expect(await session.compareWeights(file, { rules })).toEqual([
    {
      key: 'fc1.weight',
      verdict: 'will_materialize',
      expected: [5, 12],
      got: [5, 12],
      from: 'module.head.weight',
    },
    { key: 'fc1.bias', verdict: 'will_materialize', expected: [5], got: [5], from: 'module.head.bias' },
  ]);
  expect(parameter(session.info(), 'fc1.weight')?.state).toBe('uninitialized');
  const model = await session.loadWeights(file, { rules });
  expect(parameter(model, 'fc1.weight')).toMatchObject({ state: 'loaded', shape: [5, 12] });
  const both = await weightsFile(entry('module.fc1.bias', [5]), entry('fc1.bias', [5]));
  await expect(session.compareWeights(both, { rules })).rejects.toMatchObject({
    code: 'usage',
    message: "the renaming rules make 'fc1.bias' of two keys: 'module.fc1.bias' and 'fc1.bias'",
  });
});

test('WEIGHTS-6 a part loads when asked; the layer shows the sizes it came with, and a sample completes it', async () => {
  const session = await openSession(lazyNet);
  const file = await weightsFile(entry('fc1.weight', [5, 12]), entry('other.weight', [3]));
  await expect(session.loadWeights(file)).rejects.toMatchObject({ code: 'weights_mismatch' });
  expect(parameter(session.info(), 'fc1.weight')?.state).toBe('uninitialized');
  const model = await session.loadWeights(file, { partial: true });
  expect(nodeOf(model, 'fc1')?.sizes).toEqual({ in_features: 12 });
  expect(parameter(model, 'fc1.weight')).toMatchObject({
    state: 'loaded',
    shape: [5, 12],
    provenance: 'in_features = 12, from the loaded weights',
  });
  expect(parameter(model, 'fc1.bias')).toMatchObject({ state: 'uninitialized', shape: [5] });
  expect(model.totals.parameters).toBe(65);
  await expect(session.feedSample({ shapes: { input: [2, 13] } })).rejects.toMatchObject({
    code: 'shape_mismatch',
  });
  const fed = await session.feedSample({ shapes: { input: [2, 3, 4] } });
  expect(fed.materialized).toEqual(['fc1.bias']);
  expect(parameter(fed.model, 'fc1.weight')?.state).toBe('loaded');
  expect(parameter(fed.model, 'fc1.bias')?.state).toBe('materialized');
});

test('WEIGHTS-10 a part that conflicts is refused, and so is a file with no key of the model', async () => {
  const session = await openSession(lazyNet);
  const conflict = await weightsFile(entry('fc1.weight', [6, 12]));
  await expect(session.loadWeights(conflict, { partial: true })).rejects.toThrow(
    'fc1.weight does not fit: expected 5×?, got 6×12',
  );
  const strange = await weightsFile(entry('model.fc1.weight', [5, 12]));
  await expect(session.loadWeights(strange, { partial: true })).rejects.toThrow(
    'no key of the weights is in the model',
  );
  expect(session.info().totals.uninitialized).toBe(2);
});

test('TORCH-12 saving uninitialized entries says that torch.load refuses them, or leaves them out', async () => {
  const session = await openSession(lazyNet);
  await session.loadWeights(await weightsFile(entry('fc1.weight', [5, 12])), { partial: true });
  const file = path.join(temporaryFolder(), 'part.pt');
  const names = (): Promise<string[]> =>
    withWeights(file, async ({ entries }) => entries.map(({ name }) => name));
  const kept = await session.saveWeights(file);
  expect(kept.warnings).toHaveLength(1);
  expect(kept.warnings[0]).toMatch(
    /1 entries are uninitialized \(fc1\.bias\): torch\.load refuses the whole file/,
  );
  expect(await names()).toEqual(['fc1.weight', 'fc1.bias']);
  const whole = path.join(path.dirname(file), 'whole.safetensors');
  expect((await convertWeights(file, whole, { uninitialized: 'skip' })).entries).toBe(1);
  const skipped = await session.saveWeights(file, { uninitialized: 'skip' });
  expect(skipped.warnings).toEqual(['left out, uninitialized: fc1.bias']);
  expect(await names()).toEqual(['fc1.weight']);
});

const twoLayers = projectOf(
  chain(
    node('flatten', 'flatten'),
    node('fc1', 'linear', { out_features: 5 }),
    node('norm', 'batch_norm1d'),
    node('fc2', 'linear', { out_features: 2 }),
  ),
);

test('FEED-1 a sample of another size says first what it resizes, and is refused unless asked for', async () => {
  const session = await openSession(twoLayers);
  expect(session.previewFeed({ input: [3, 4] })).toEqual([]);
  await session.feedSample({ shapes: { input: [3, 4] } });
  expect(session.previewFeed({ input: [7, 4] })).toEqual([]);
  const changes = [{ key: 'fc1.weight', before: [5, 4], after: [5, 6] }];
  expect(session.previewFeed({ input: [3, 6] })).toEqual(changes);
  const before = Buffer.from(await session.exportState());
  await expect(session.feedSample({ shapes: { input: [3, 6] } })).rejects.toMatchObject({
    code: 'shape_mismatch',
    details: {
      where: "node 'fc1'",
      hint: 'this sample changes sizes: fc1.weight 5×4 → 5×6; --rematerialize initializes these anew and keeps all else',
    },
  });
  expect(Buffer.from(await session.exportState()).equals(before)).toBe(true);
});

test('FEED-1 re-materializing keeps every value whose shape stays, and can be undone', async () => {
  const session = await openSession(twoLayers);
  const names = ['weight', 'bias', 'running_mean', 'running_var'];
  const file = await weightsFile(
    ...[entry('fc1.weight', [5, 4]), entry('fc1.bias', [5])],
    ...[
      ...names.map((name) => entry(`norm.${name}`, [5])),
      entry('fc2.weight', [2, 5]),
      entry('fc2.bias', [2]),
    ],
  );
  const { revision } = await session.loadWeights(file);
  const { model, materialized } = await session.feedSample({
    shapes: { input: [3, 6] },
    seed: 1,
    rematerialize: true,
  });
  expect(materialized).toEqual(['fc1.weight', 'fc1.bias']);
  expect(parameter(model, 'fc1.weight')).toMatchObject({ shape: [5, 6], state: 'materialized' });
  expect(parameter(model, 'fc1.bias')).toMatchObject({ shape: [5], state: 'loaded' });
  expect(parameter(model, 'norm.running_mean')?.state).toBe('loaded');
  const saved = path.join(temporaryFolder(), 'after.pt');
  await session.saveWeights(saved);
  const { changed } = await diffFiles(file, saved);
  expect(changed.map(({ where }) => where)).toEqual(['fc1.weight']);
  await session.restore(revision);
  await session.saveWeights(saved);
  expect((await diffFiles(file, saved)).changed).toEqual([]);
});
