// What the model says of single samples, against its predictions and the data's own targets.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

import { isWrong, wrongness, type ClassVerdicts, type NumberVerdicts } from '#core/session/judged';
import { describeData } from '#engine/datasets/describe';
import { chain, node } from '../graph/graphs';
import { openExample, openSession, projectOf, template, temporaryFolder } from './support';

test('classes and probabilities of the validation samples are those of predictions', async () => {
  const session = await openExample('digits', { epochs: 2 });
  await session.feedSample();
  const run = await session.train();
  const during = await session.judge();
  await run.finished;
  const judged = await session.judge();
  expect(during.rows).toEqual(judged.rows);
  const verdicts = judged.verdicts as ClassVerdicts;
  expect(judged).toMatchObject({ from: 'validation', verdicts: { kind: 'class', shown: 3 } });
  const [prediction] = await session.predict();
  const scores = new Float32Array(prediction?.bytes.buffer ?? new ArrayBuffer(0));
  const { items, classes } = await session.preview({ rows: [...judged.rows.subarray(0, 40)] });
  items.forEach((item, at) => {
    const row = [...scores.subarray((judged.rows[at] ?? 0) * 10, (judged.rows[at] ?? 0) * 10 + 10)];
    const total = row.reduce((sum, score) => sum + Math.exp(score), 0);
    const shares = row.map((score) => Math.exp(score) / total);
    const order = shares.map((_, index) => index).sort((a, b) => (shares[b] ?? 0) - (shares[a] ?? 0));
    expect(classes[verdicts.target[at] ?? -1]).toBe(item.target);
    expect([...verdicts.top.subarray(at * 3, at * 3 + 3)]).toEqual(order.slice(0, 3));
    expect(verdicts.probabilities[at * 3]).toBeCloseTo(shares[order[0] ?? 0] ?? 0, 5);
    expect(verdicts.given[at]).toBeCloseTo(shares[verdicts.target[at] ?? -1] ?? 0, 5);
  });
  const wrong = [...judged.rows.keys()].filter((at) => isWrong(verdicts, at));
  const { metrics } = await session.evaluate();
  expect(wrong.length / judged.total).toBeLessThan(0.1);
  expect(metrics['accuracy']).toBeGreaterThan(0.9);
  for (const at of wrong) expect(wrongness(verdicts, at)).toBeGreaterThan(0.5);
});

test('numbers have their error; without a validation split all samples are shown', async () => {
  const folder = temporaryFolder();
  const lines = Array.from({ length: 40 }, (_, at) => `${at / 10},${at % 7},${at / 4}`);
  writeFileSync(path.join(folder, 'line.csv'), `x,y,t\n${lines.join('\n')}\n`);
  const graph = chain(node('fc', 'linear', { out_features: 1 }));
  const { training, sample } = template('iris', {
    validationSplit: 0,
    loss: { type: 'mse', params: {} },
    metrics: [],
  });
  const source = await describeData(path.join(folder, 'line.csv'), null);
  const data = { ...source, file: 'line.csv', targetKind: 'number' as const };
  const session = await openSession({ ...projectOf(graph, data), training, sample }, folder);
  await session.feedSample();
  const judged = await session.judge();
  const { target, predicted, error } = judged.verdicts as NumberVerdicts;
  expect(judged).toMatchObject({ from: 'all', total: 40 });
  expect([...target]).toEqual(lines.map((_, at) => at / 4));
  error.forEach((each, at) => expect(each).toBeCloseTo(Math.abs((predicted[at] ?? 0) - at / 4), 5));
});
