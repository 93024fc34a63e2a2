// What a layer does with the sample, against the same numbers worked out here from predictions and targets.
import { expect, test } from 'vitest';

import type { OutputActivity } from '#core/session/activity';
import type { ModelSession } from '#engine/session';
import { chain, node } from '../graph/graphs';
import { openExample, openSession, examples, projectOf, template } from './support';

const idOf = (session: ModelSession, name: string): string =>
  session.info().nodes.find((each) => each.name === name)?.id ?? '';

async function outputOf(session: ModelSession, name: string): Promise<OutputActivity> {
  const { outputs } = await session.activity(idOf(session, name));
  const [output] = outputs;
  if (!output) throw new Error(`${name} has no output`);
  return output;
}

test('values are those of predictions, and the gradient is the softmax less the target', async () => {
  const session = await openExample('iris');
  await session.feedSample();
  const { batchSize } = session.project.sample;
  const scores = await outputOf(session, 'fc3');
  const [prediction] = await session.predict();
  const bytes = prediction?.bytes ?? new Uint8Array();
  const rows = new Float32Array(bytes.buffer, bytes.byteOffset, batchSize * 3);
  expect(scores.shape).toEqual([batchSize, 3]);
  expect([...(scores.first?.values ?? [])]).toEqual([...rows.subarray(0, 3)]);
  expect(scores.values?.figures.max).toBe(Math.max(...rows));

  const preview = await session.preview({ from: 0, count: batchSize });
  let squares = 0;
  for (let at = 0; at < batchSize; at++) {
    const row = [...rows.subarray(3 * at, 3 * at + 3)];
    const total = row.reduce((sum, score) => sum + Math.exp(score), 0);
    const target = preview.classes.indexOf(preview.items[at]?.target ?? '');
    row.forEach((score, index) => {
      squares += ((Math.exp(score) / total - (index === target ? 1 : 0)) / batchSize) ** 2;
    });
  }
  expect(scores.gradient?.figures.norm).toBeCloseTo(Math.sqrt(squares), 6);
});

test('silent and saturated units are told, and nothing of the model changes', async () => {
  const { data, training, sample } = template('iris');
  const graph = chain(
    node('fc1', 'linear', { out_features: 4 }),
    node('norm', 'batch_norm1d'),
    node('act', 'relu'),
    node('squash', 'tanh'),
    node('fc2', 'linear', { out_features: 3 }),
  );
  const session = await openSession({ ...projectOf(graph, data), training, sample }, `${examples}/iris`);
  await session.feedSample();
  const write = (index: number, value: number) =>
    session.writeValue({ node: idOf(session, 'norm'), name: 'bias' }, index, value);
  await write(0, -1000);
  await write(1, 1000);
  await write(2, 1000);
  await write(3, 1000);
  const before = await session.exportState();
  const { revision } = session.info();
  expect((await outputOf(session, 'act')).silent).toEqual({ units: 1, of: 4 });
  expect((await outputOf(session, 'squash')).saturated).toBeCloseTo(0.75, 6);
  expect((await outputOf(session, 'fc1')).saturated).toBeNull();
  expect(await session.exportState()).toEqual(before);
  expect(session.info().revision).toBe(revision);
});

test('a convolution shows the maps of the first sample; the input has values and no gradient', async () => {
  const session = await openExample('digits');
  await session.feedSample();
  const conv = await outputOf(session, 'conv1');
  const [, channels = 0, height = 0, width = 0] = conv.shape;
  expect(conv.first?.shape).toEqual([channels, height, width]);
  expect(conv.gradient?.figures.norm).toBeGreaterThan(0);
  const input = await session.activity(idOf(session, 'input'));
  expect(input).toMatchObject({
    no_gradient: 'nothing that learns lies before it',
    outputs: [{ gradient: null }],
  });
});

test('before a sample, and for a node that is not there, it says what to do', async () => {
  const session = await openExample('digits');
  await expect(session.activity(idOf(session, 'conv1'))).rejects.toMatchObject({
    code: 'uninitialized',
  });
  await session.feedSample();
  await expect(session.activity('nowhere')).rejects.toMatchObject({ code: 'usage' });
});

test('it is told while a run goes on', async () => {
  const session = await openExample('digits', { epochs: 50 });
  const run = await session.train();
  const { values } = await outputOf(session, 'conv1');
  expect(values?.figures.nan).toBe(0);
  await run.stop();
  await run.finished;
});
