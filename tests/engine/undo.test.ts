// What undo keeps of a model: it shares the model's memory, costs no turn of the event loop, and gives back every bit.
import { expect, onTestFinished, test } from 'vitest';

import type { Project } from '#core/document/project';
import { isLazy } from '#core/nn/index';
import { drain } from '#core/turns';
import { cpuBackend } from '#engine/backend';
import { Model } from '#engine/model/model';
import { loadNative } from '#native';

import { chain, node } from '../graph/graphs';
import { openSession, projectOf, template } from './support';

const LAYERS = 40;
const deep = (): Project =>
  projectOf(
    chain(...Array.from({ length: LAYERS }, (_, at) => node(`l${at}`, 'linear', { out_features: 64 }))),
  );

function openModel(project: Project): Model {
  cpuBackend();
  const model = new Model(project);
  onTestFinished(() => model.dispose());
  return model;
}

const bytesOf = (model: Model): Buffer =>
  Buffer.concat([...model.module.namedParameters()].map(([, parameter]) => Buffer.from(parameter.bytes())));

test('keeping the values takes no memory before the model is written, and then only for what is written', () => {
  const model = openModel(deep());
  model.feed({ input: [2, 64] }, 0);
  const { bytes } = loadNative().live();
  model.keepHistory();
  model.keepHistory();
  expect(loadNative().live().bytes).toBe(bytes);
  const [, first] = [...model.module.namedParameters()][0] ?? [];
  first?.storage.write(0, Uint8Array.of(1, 2, 3, 4));
  expect(loadNative().live().bytes).toBe(bytes + 64 * 64 * 4);
});

test('feeding yields after every layer of the dry run', () => {
  const model = openModel(deep());
  let turns = 0;
  const work = model.feedInTurns({ input: [2, 64] }, 0);
  while (work.next().done !== true) turns += 1;
  expect(turns).toBeGreaterThanOrEqual(LAYERS);
  expect(bytesOf(model).equals(bytesOf(fedAtOnce()))).toBe(true);
});

function fedAtOnce(): Model {
  const model = openModel(deep());
  drain(model.feedInTurns({ input: [2, 64] }, 0));
  return model;
}

test('values come back to the last bit, there and back again, and every step of it takes no memory', async () => {
  const model = openModel(deep());
  model.feed({ input: [2, 64] }, 0);
  const { revision } = model;
  const before = bytesOf(model);
  model.keepHistory();
  for (const [, parameter] of model.module.namedParameters())
    parameter.storage.write(0, new Uint8Array(parameter.storage.bytes).fill(1));
  model.markTrained();
  const [after, trained] = [bytesOf(model), model.revision];
  const { bytes } = loadNative().live();
  for (let round = 0; round < 3; round++) {
    await model.restore(revision);
    expect(bytesOf(model).equals(before)).toBe(true);
    await model.restore(trained);
    expect(bytesOf(model).equals(after)).toBe(true);
  }
  expect(loadNative().live().bytes).toBe(bytes);
});

test('a value written after it was restored leaves the one that is kept', async () => {
  const model = openModel(deep());
  model.feed({ input: [2, 64] }, 0);
  const { revision } = model;
  const before = bytesOf(model);
  await model.backToUninitialized();
  for (let round = 0; round < 2; round++) {
    await model.restore(revision);
    expect(bytesOf(model).equals(before)).toBe(true);
    const [, first] = [...model.module.namedParameters()][0] ?? [];
    model.keepHistory();
    first?.storage.write(0, Uint8Array.of(9, 9, 9, 9));
    model.markTrained();
  }
});

test('training in place can be undone and redone to the last bit', async () => {
  const session = await openSession(
    { ...template('iris'), training: { ...template('iris').training, epochs: 2 } },
    new URL('../../examples/iris', import.meta.url).pathname,
  );
  const { model } = await session.feedSample();
  const before = Buffer.from(await session.exportState());
  const run = await session.train();
  await run.finished;
  const { revision } = session.info();
  const after = Buffer.from(await session.exportState());
  expect(after.equals(before)).toBe(false);
  await session.restore(model.revision);
  expect(Buffer.from(await session.exportState()).equals(before)).toBe(true);
  await session.restore(revision);
  expect(Buffer.from(await session.exportState()).equals(after)).toBe(true);
});

test('a tied parameter is kept once and is one object again after it is restored', async () => {
  const tied = chain(node('a', 'linear', { out_features: 8 }), {
    ...node('b', 'linear', { out_features: 8 }),
    tensors: { weight: { tied_to: 'a.weight' } },
  });
  const model = openModel(projectOf(tied));
  model.feed({ input: [2, 8] }, 0);
  const { revision } = model;
  await model.backToUninitialized();
  expect([...model.module.namedParameters()].every(([, parameter]) => isLazy(parameter))).toBe(true);
  await model.restore(revision);
  const tensor = (name: string): unknown => new Map(model.module.stateDict()).get(name);
  const names = [...model.module.namedParameters()].map(([name]) => name);
  expect(names).toEqual(['a.weight', 'a.bias', 'b.bias']);
  expect(tensor('b.weight')).toMatchObject({ storage: model.module.getParameter('a.weight').storage });
});

test('what is kept is freed with the model', async () => {
  cpuBackend();
  const before = loadNative().live();
  const model = new Model(deep());
  model.feed({ input: [2, 64] }, 0);
  model.keepHistory();
  await model.backToUninitialized();
  model.dispose();
  expect(loadNative().live()).toEqual(before);
});
