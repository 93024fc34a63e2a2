// The parameter browser's questions to a model: figures, values, changes of single tensors, and the way back.
import { expect, test } from 'vitest';

import type { TensorRef } from '#core/session/parameters';
import type { ParameterInfo } from '#core/session/session';
import type { ModelSession } from '#engine/session';
import { chain, node } from '../graph/graphs';
import { openSession, projectOf } from './support';

const net = projectOf(
  chain(
    node('fc1', 'linear', { out_features: 4 }),
    node('norm', 'batch_norm1d'),
    node('fc2', 'linear', { out_features: 2 }),
  ),
);

async function fed(): Promise<{ session: ModelSession; ref: (key: string) => TensorRef }> {
  const session = await openSession(net);
  await session.feedSample({ shapes: { input: [8, 3] } });
  return { session, ref: (key) => refOf(session, key) };
}
const find = (session: ModelSession, key: string): ParameterInfo => {
  const found = session
    .info()
    .nodes.flatMap(({ parameters }) => parameters)
    .find((info) => info.key === key);
  if (!found) throw new Error(`no ${key}`);
  return found;
};
const refOf = (session: ModelSession, key: string): TensorRef => {
  const { node: id, name } = find(session, key);
  return { node: id, name };
};
const whole = { row: 0, rows: 100, column: 0, columns: 100 };

test('figures of initialized tensors, null for those without values', async () => {
  const session = await openSession(net);
  const refs = ['fc1.weight', 'fc2.weight'].map((key) => refOf(session, key));
  expect(await session.figures(refs)).toEqual([null, null]);
  await session.feedSample({ shapes: { input: [8, 3] } });
  const [weight, last] = await session.figures(refs);
  const [counter] = await session.figures([refOf(session, 'norm.num_batches_tracked')]);
  expect(weight).toMatchObject({ count: 12, nan: 0 });
  expect(last).toMatchObject({ count: 8 });
  expect(weight?.max).toBeLessThanOrEqual(1 / Math.sqrt(3));
  expect(counter).toMatchObject({ count: 1, min: 0, max: 0 });
});

test('the detail has a histogram of all values and the matrix itself when it is small', async () => {
  const { session, ref } = await fed();
  const detail = await session.detail(ref('fc1.weight'));
  const { values } = await session.values(ref('fc1.weight'), whole);
  expect(detail?.histogram.reduce((sum, count) => sum + count)).toBe(12);
  expect(detail?.grid).toMatchObject({ rows: 4, columns: 3 });
  expect([...(detail?.grid.values ?? [])]).toEqual([...values]);
});

test('a rectangle is cut to what there is; a vector is one column', async () => {
  const { session, ref } = await fed();
  const all = await session.values(ref('fc1.weight'), whole);
  expect(all).toMatchObject({ rows: 4, columns: 3, shape: [4, 3], dtype: 'float32' });
  const part = await session.values(ref('fc1.weight'), { row: 2, rows: 9, column: 1, columns: 1 });
  expect([...part.values]).toEqual([all.values[7], all.values[10]]);
  expect(await session.values(ref('fc1.bias'), whole)).toMatchObject({ rows: 4, columns: 1 });
});

test('a value is written in place, and undo brings it back', async () => {
  const { session, ref } = await fed();
  const before = session.info().revision;
  const old = await session.values(ref('fc1.weight'), whole);
  const { revision } = await session.writeValue(ref('fc1.weight'), 7, 0.5);
  const now = await session.values(ref('fc1.weight'), whole);
  expect(now.values[7]).toBe(0.5);
  expect([...now.values].filter((value, at) => value !== old.values[at])).toEqual([0.5]);
  await session.restore(before);
  expect((await session.values(ref('fc1.weight'), whole)).values).toEqual(old.values);
  await session.restore(revision);
  expect((await session.values(ref('fc1.weight'), whole)).values[7]).toBe(0.5);
});

test('initializing anew draws other values of the same start, for that tensor alone, each time others', async () => {
  const { session, ref } = await fed();
  const keys = ['fc1.weight', 'fc1.bias', 'fc2.weight'];
  const read = (): Promise<string[]> =>
    Promise.all(keys.map(async (key) => String((await session.values(ref(key), whole)).values)));
  const first = await read();
  await session.drawAnew([ref('fc1.weight')]);
  const second = await read();
  expect(second.slice(1)).toEqual(first.slice(1));
  expect(second[0]).not.toBe(first[0]);
  await session.drawAnew([ref('fc1.weight')]);
  expect([first[0], second[0]]).not.toContain((await read())[0]);
  const [figures] = await session.figures([ref('fc1.weight')]);
  expect(Math.max(-(figures?.min ?? 9), figures?.max ?? 9)).toBeLessThanOrEqual(1 / Math.sqrt(3));
});

test('a tensor is copied as NumPy', async () => {
  const { session, ref } = await fed();
  await session.writeValue(ref('fc2.bias'), 0, 0.25);
  await session.writeValue(ref('fc2.bias'), 1, -2);
  expect(await session.numpyText(ref('fc2.bias'))).toBe('np.array([0.25, -2.], dtype=np.float32)');
});

test('what cannot be done says why and changes nothing', async () => {
  const session = await openSession(net);
  const weight = refOf(session, 'fc1.weight');
  await expect(session.values(weight, whole)).rejects.toMatchObject({ code: 'uninitialized' });
  await expect(session.drawAnew([weight])).rejects.toMatchObject({ code: 'uninitialized' });
  await expect(session.figures([{ node: 'gone', name: 'weight' }])).rejects.toMatchObject({ code: 'usage' });
  await session.feedSample({ shapes: { input: [8, 3] } });
  const { revision } = session.info();
  await expect(session.writeValue(weight, 12, 1)).rejects.toMatchObject({ code: 'usage' });
  await expect(session.writeValue(refOf(session, 'norm.num_batches_tracked'), 0, 1.5)).rejects.toThrow(
    /whole/,
  );
  expect(session.info().revision).toBe(revision);
});
