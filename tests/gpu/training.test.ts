// Training on the GPU: the losses of the CPU, on every driver; a lost device, too little memory, two runs at once.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { continuable } from '#cli/verbs/train';
import type { Project } from '#core/document/project';
import { refuseTooLarge } from '#core/session/training-memory';
import { showBytes } from '#core/units';
import { prepareStep } from '#engine/bench/steps';
import { CNN, encoder, MLP, type BenchModel } from '#engine/bench/models';
import { gpuBackend } from '#engine/backend';
import type { ModelSession } from '#engine/session';
import { loadNative } from '#native';

import { openExample, temporaryFolder } from '../engine/support';
import { DEVICES } from './devices';

const cache = mkdtempSync(path.join(tmpdir(), 'lazuli-cache-'));
beforeAll(() => {
  process.env['LAZULI_SOFTWARE_GPU'] = '1';
  process.env['LAZULI_CACHE'] = cache;
});
afterAll(() => {
  const live = gpuBackend().native.live();
  delete process.env['LAZULI_SOFTWARE_GPU'];
  delete process.env['LAZULI_CACHE'];
  rmSync(cache, { recursive: true });
  expect(live).toMatchObject({ storages: 0, programs: 0 });
});

/** Enough for losses to part where a gradient is wrong; each takes up to a second on a GPU in software. */
const STEPS = 20;

async function lossesOf(
  model: BenchModel,
  batch: number,
  device: 'cpu' | 'gpu',
  dtype: 'float32' | 'bfloat16' = 'float32',
): Promise<readonly number[]> {
  const step = prepareStep(model, batch, { device, dtype, batch });
  try {
    await step.run(STEPS);
    return step.losses(STEPS);
  } finally {
    await step.dispose();
  }
}

/** Narrower than the benchmark's where a software driver would need minutes. */
const small = (model: BenchModel, factor: number): BenchModel => ({
  ...model,
  graph: {
    ...model.graph,
    nodes: model.graph.nodes.map((node) => ({ ...node, params: shrunk(node.params, factor) })),
  },
});
const shrunk = (params: Readonly<Record<string, unknown>>, factor: number): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      ['out_features', 'out_channels', 'dim_feedforward', 'embedding_dim'].includes(name) &&
      typeof value === 'number' &&
      value > 10 &&
      value !== 256
        ? value / factor
        : value,
    ]),
  );

const WORKLOADS: readonly (readonly [string, BenchModel, number])[] = [
  ['mlp_b64', small(MLP, 8), 16],
  ['mlp_b8', small(MLP, 8), 8],
  ['cnn_b64', { ...small(CNN, 8), inputShape: [1, 12, 12] }, 4],
  ['tenc_b16', { ...small(encoder(0), 4), inputShape: [16], targetShape: [16] }, 2],
  ['tenc_drop_b16', { ...small(encoder(0.1), 4), inputShape: [16], targetShape: [16] }, 2],
];

describe.each(DEVICES.map(({ name }) => name))('%s', (device) => {
  beforeAll(() => {
    process.env['LAZULI_GPU'] = device;
  });
  test.each(WORKLOADS)('twenty steps of %s have the losses of the CPU', async (_, model, batch) => {
    const expected = await lossesOf(model, batch, 'cpu');
    const got = await lossesOf(model, batch, 'gpu');
    expect(expected).toHaveLength(STEPS);
    got.forEach((loss, step) => expect(Math.abs(loss / (expected[step] ?? 0) - 1)).toBeLessThan(1e-3));
  });
  // Roundings to bfloat16 fall on the other side where sums are added in another order.
  test('twenty steps in bfloat16 precision have the losses of the CPU', async () => {
    const expected = await lossesOf(small(MLP, 8), 16, 'cpu', 'bfloat16');
    const got = await lossesOf(small(MLP, 8), 16, 'gpu', 'bfloat16');
    got.forEach((loss, step) => expect(Math.abs(loss / (expected[step] ?? 0) - 1)).toBeLessThan(1e-2));
  });
});

const onGpu = (project: Project): Project => ({
  ...project,
  training: { ...project.training, device: 'gpu' },
});

async function sessionOnGpu(epochs: number): Promise<ModelSession> {
  const session = await openExample('iris', { epochs });
  await session.update(onGpu(session.project));
  return session;
}

test('a session trains, evaluates and predicts on the GPU, and its weights are back on the CPU after it', async () => {
  const session = await sessionOnGpu(30);
  const run = await session.train();
  const { outcome, error } = await run.finished;
  expect(error).toBeNull();
  expect(outcome).toBe('finished');
  const gpu = await session.evaluate();
  const [prediction] = await session.predict();
  await session.update({ ...session.project, training: { ...session.project.training, device: 'cpu' } });
  const cpu = await session.evaluate();
  expect(gpu.metrics['accuracy']).toBeGreaterThan(0.9);
  expect(Math.abs(gpu.loss / cpu.loss - 1)).toBeLessThan(1e-4);
  expect(prediction?.shape).toEqual([150, 3]);
});

test('a lost device ends the run with its last state as a checkpoint, which the CPU continues', async () => {
  const checkpoint = path.join(temporaryFolder(), 'run.checkpoint.pt');
  const session = await sessionOnGpu(400);
  const run = await session.train({ checkpoint });
  await new Promise<void>((resolve) => {
    const stop = run.onEvents((events) => {
      if (!events.some(({ event }) => event === 'epoch')) return;
      stop();
      gpuBackend().native.lose();
      resolve();
    });
  });
  const result = await run.finished;
  expect(result.outcome).toBe('failed');
  expect(result.error?.code).toBe('device_lost');
  expect(result.error?.message).toContain('was lost');
  expect(result.checkpoint).toBe(checkpoint);
  expect(existsSync(checkpoint)).toBe(true);
  const { training } = session.project;
  await session.update({ ...session.project, training: { ...training, device: 'cpu', epochs: 2 } });
  const resumed = await session.train({ resumeFrom: checkpoint });
  expect((await resumed.finished).error).toBeNull();
});

test('a device without memory left ends the run with a checkpoint too', async () => {
  const checkpoint = path.join(temporaryFolder(), 'run.checkpoint.pt');
  const session = await sessionOnGpu(400);
  const run = await session.train({ checkpoint });
  await new Promise<void>((resolve) => {
    const stop = run.onEvents((events) => {
      if (!events.some(({ event }) => event === 'epoch')) return;
      stop();
      loadNative().injectFault('kernel', 'bad_alloc');
      resolve();
    });
  });
  const result = await run.finished;
  expect(result).toMatchObject({ outcome: 'failed', error: { code: 'out_of_memory' }, checkpoint });
  const told = result.error && continuable(result.error, checkpoint);
  expect(told).toMatchObject({ code: 'out_of_memory', details: { where: checkpoint } });
  expect(told?.details.hint).toContain('--resume --device cpu');
  const { training } = session.project;
  await session.update({ ...session.project, training: { ...training, device: 'cpu', epochs: 2 } });
  const resumed = await session.train({ resumeFrom: checkpoint });
  expect((await resumed.finished).error).toBeNull();
});

test('too little GPU memory is an error that says how much, and the model stays whole', async () => {
  const session = await sessionOnGpu(2);
  await session.feedSample();
  gpuBackend().native.setMemoryLimit(1000);
  await expect(session.train()).rejects.toMatchObject({ code: 'out_of_memory' });
  gpuBackend().native.setMemoryLimit(2 ** 30);
  loadNative().injectFault('allocate', 'bad_alloc');
  await expect(session.train()).rejects.toMatchObject({ code: 'out_of_memory' });
  const run = await session.train();
  expect((await run.finished).error).toBeNull();
});

test('a run that needs more than the device may give is refused with both before it starts', async () => {
  const session = await sessionOnGpu(2);
  const { native } = gpuBackend();
  const { total, scratch } = (await session.trainingNeed()).memory;
  expect(scratch).toBeGreaterThan(0);
  onTestFinished(() => native.setMemoryLimit(2 ** 30));
  native.setMemoryLimit(total - 1);
  const before = native.live();
  const need = await session.trainingNeed();
  expect(need.limit).toBe(total - 1);
  expect(() => refuseTooLarge(need)).toThrow(`${showBytes(total)} (${total} bytes) of memory, the limit is`);
  native.setMemoryLimit(total);
  expect(() => refuseTooLarge({ ...need, limit: native.live().limit })).not.toThrow();
  expect(native.live()).toEqual({ ...before, limit: total });
});

test('two runs at once share the device', async () => {
  const sessions = await Promise.all([sessionOnGpu(10), sessionOnGpu(10)]);
  const runs = await Promise.all(sessions.map((session) => session.train()));
  const results = await Promise.all(runs.map((run) => run.finished));
  expect(results.map(({ outcome }) => outcome)).toEqual(['finished', 'finished']);
  const [first, second] = await Promise.all(sessions.map((session) => session.exportState()));
  expect(Buffer.from(first ?? []).equals(Buffer.from(second ?? []))).toBe(true);
});

test('float64 is refused before anything starts', async () => {
  const session = await openExample('iris', { epochs: 1 });
  await session.update({ ...onGpu(session.project), dtype: 'float64' });
  await expect(session.train()).rejects.toMatchObject({ code: 'not_supported' });
});
