// Every allocation fails in turn, the first, the second and so on until a run meets no more: tensors, programs, a whole training
// run, files. Each failure is an error that JavaScript gets, and leaves nothing behind. RELIABILITY 21 and 59.
import path from 'node:path';
import { afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';

import { newTensor } from '#core/nn/index';
import * as ops from '#core/ops/index';
import { cpuBackend } from '#engine/backend';
import { ModelSession } from '#engine/session';
import { loadNative } from '#native';

import { chain, node } from '../graph/graphs';
import { examples, projectOf, template, temporaryFolder } from './support';

const native = loadNative();
beforeAll(() => {
  cpuBackend();
});
afterEach(() => {
  native.injectFault('allocate', 'none');
});

/** Does `body` until an allocation after so many was never asked for; returns how many there are. */
async function failingInTurn(body: () => Promise<void> | void): Promise<number> {
  const before = native.live();
  for (let count = 0; ; count++) {
    native.injectFault('allocate', 'bad_alloc', count);
    let failure: unknown = null;
    try {
      await body();
    } catch (error) {
      failure = error;
    }
    const isOver = native.injectFault('allocate', 'none');
    expect(native.live()).toEqual(before);
    if (isOver) {
      expect(failure).toBe(null);
      return count;
    }
    expect(failure).toMatchObject({ code: 'out_of_memory' });
  }
}

test('making and adding tensors', async () => {
  const count = await failingInTurn(() => {
    ops.scope(() => {
      const [a, b] = [ops.full([300, 300], 1), ops.full([300, 300], 2)];
      ops.matmul(ops.add(a, b), b);
    });
  });
  expect(count).toBeGreaterThanOrEqual(4);
});

test('a copy that is written', async () => {
  const tensor = newTensor([1000], 'float32');
  onTestFinished(() => tensor.storage.dispose());
  const count = await failingInTurn(() => {
    const copy = tensor.storage.copy();
    try {
      copy.write(0, Uint8Array.of(1));
    } finally {
      copy.dispose();
    }
  });
  expect(count).toBe(1);
});

test('opening a model, feeding it, training it and going back', { timeout: 120_000 }, async () => {
  const iris = template('iris');
  const project = { ...iris, training: { ...iris.training, epochs: 1, batchSize: 64 } };
  const count = await failingInTurn(async () => {
    const session = await ModelSession.open(project, { folder: path.join(examples, 'iris') });
    try {
      const { model } = await session.feedSample();
      const run = await session.train();
      const { error } = await run.finished;
      if (error) throw error;
      await session.restore(model.revision);
    } finally {
      await session.dispose();
    }
  });
  expect(count).toBeGreaterThan(20);
});

test('writing weights and reading them, over values that undo keeps', async () => {
  const file = path.join(temporaryFolder(), 'weights.pt');
  const project = projectOf(chain(node('a', 'linear', { in_features: 200, out_features: 200 })));
  const count = await failingInTurn(async () => {
    const session = await ModelSession.open(project, { folder: null });
    try {
      await session.saveWeights(file);
      await session.loadWeights(file);
    } finally {
      await session.dispose();
    }
  });
  expect(count).toBeGreaterThanOrEqual(4);
});
