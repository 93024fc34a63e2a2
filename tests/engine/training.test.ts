// Training runs on the native backend: they learn, repeat bit for bit, pause, stop, resume, and say when they diverge.
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { expect, test } from 'vitest';

import type { Project } from '#core/document/project';
import type { RunEvent } from '#core/session/session';
import type { ModelSession, TrainOptions } from '#engine/session';
import { chain, node } from '../graph/graphs';
import { openExample, openSession, projectOf, template, temporaryFolder } from './support';

async function trained(session: ModelSession, options: TrainOptions = {}) {
  const run = await session.train(options);
  const result = await run.finished;
  return { run, result, events: run.snapshot().events, weights: Buffer.from(await session.exportState()) };
}
const last = (events: readonly RunEvent[], event: RunEvent['event']): RunEvent | undefined =>
  events.filter((each) => each.event === event).at(-1);

test('digits pass 97% validation accuracy within 20 seconds', { timeout: 60_000 }, async () => {
  const session = await openExample('digits');
  const start = performance.now();
  const { result, events } = await trained(session);
  expect(performance.now() - start).toBeLessThan(20_000);
  expect(result).toMatchObject({ outcome: 'finished', error: null });
  expect(last(events, 'epoch')?.metrics['validation_accuracy']).toBeGreaterThan(0.97);
  expect(last(events, 'done')).toMatchObject({ outcome: 'finished', step: 276, total_steps: 276, epoch: 12 });
  expect(events.filter(({ event }) => event === 'epoch')).toHaveLength(12);
  expect(
    new Set(session.info().nodes.flatMap(({ parameters }) => parameters.map(({ state }) => state))),
  ).toEqual(new Set(['trained']));
  const evaluated = await session.evaluate();
  expect(evaluated.samples).toBe(1797);
  expect(evaluated.metrics['accuracy']).toBeGreaterThan(0.97);
});

test('iris learns with normalization from its training part', async () => {
  const session = await openExample('iris', { epochs: 30 });
  const { events } = await trained(session);
  expect(last(events, 'epoch')?.metrics['accuracy']).toBeGreaterThan(0.9);
  const [prediction] = await session.predict();
  expect(prediction?.shape).toEqual([150, 3]);
});

/** Dropout, so that random numbers inside programs count too. */
const withDropout = (settings: Partial<Project['training']>): Project => {
  const digits = template('digits', { epochs: 2, ...settings });
  const graph = chain(
    node('flatten', 'flatten'),
    node('fc1', 'linear', { out_features: 32 }),
    node('relu', 'relu'),
    node('drop', 'dropout', { p: 0.5 }),
    node('fc2', 'linear', { out_features: 10 }),
  );
  return { ...digits, graph };
};
const folder = path.resolve(import.meta.dirname, '../../examples/digits');

test(
  'the same seed gives the same weights bit for bit, whatever the threads',
  { timeout: 60_000 },
  async () => {
    for (const make of [
      withDropout,
      (settings: Partial<Project['training']>) => template('digits', { epochs: 2, ...settings }),
    ]) {
      const first = (await trained(await openSession(make({ threads: 1 }), folder))).weights;
      for (const threads of [2, 3, 0])
        expect((await trained(await openSession(make({ threads }), folder))).weights.equals(first)).toBe(
          true,
        );
      expect((await trained(await openSession(make({ seed: 1 }), folder))).weights.equals(first)).toBe(false);
    }
  },
);

test('a run that is stopped and resumed ends with the same weights', { timeout: 60_000 }, async () => {
  const project = withDropout({ epochs: 60, batchSize: 32 });
  const whole = await trained(await openSession(project, folder));
  const checkpoint = path.join(temporaryFolder(), 'c.pt');
  const stopped = await openSession(project, folder);
  const run = await stopped.train({ checkpoint });
  await new Promise<void>((resolve) => {
    run.onEvents((events) => {
      if (events.some(({ event }) => event === 'step' || event === 'epoch')) resolve();
    });
  });
  await run.stop();
  expect(await run.finished).toMatchObject({ outcome: 'stopped', checkpoint });
  expect(last(run.snapshot().events, 'done')?.outcome).toBe('stopped');
  const resumed = await openSession(project, folder);
  const { weights, result } = await trained(resumed, { resumeFrom: checkpoint });
  expect(result.outcome).toBe('finished');
  expect(weights.equals(whole.weights)).toBe(true);
});

test('a checkpoint of another optimizer is refused by name', async () => {
  const checkpoint = path.join(temporaryFolder(), 'c.pt');
  const session = await openSession(withDropout({ epochs: 500 }), folder);
  const run = await session.train({ checkpoint });
  await run.stop();
  const other = await openSession(withDropout({ optimizer: { type: 'sgd', params: {} } }), folder);
  await expect(other.train({ resumeFrom: checkpoint })).rejects.toMatchObject({
    code: 'weights_mismatch',
    details: { expected: 'sgd', got: 'adam' },
  });
  expect(other.run).toBeNull();
});

test('pause holds the run, resume goes on, and the result is the same', { timeout: 60_000 }, async () => {
  const project = withDropout({ epochs: 40 });
  const whole = await trained(await openSession(project, folder));
  const session = await openSession(project, folder);
  const run = await session.train();
  await run.pause();
  expect(run.state).toBe('paused');
  const held = run.snapshot().events.length;
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(run.snapshot().events.length).toBe(held);
  await expect(session.backToUninitialized()).rejects.toMatchObject({ code: 'not_supported' });
  run.resume();
  expect((await run.finished).outcome).toBe('finished');
  expect(Buffer.from(await session.exportState()).equals(whole.weights)).toBe(true);
});

test('a paused run can be stopped, and the session be disposed while one runs', async () => {
  const session = await openSession(withDropout({ epochs: 500 }), folder);
  const run = await session.train();
  await run.pause();
  await run.stop();
  expect((await run.finished).outcome).toBe('stopped');
  const abort = new AbortController();
  const { signal } = abort;
  const other = await (await openSession(withDropout({ epochs: 5000 }), folder)).train({ signal });
  abort.abort();
  expect((await other.finished).outcome).toBe('stopped');
  await (await openSession(withDropout({ epochs: 500 }), folder)).train();
});

test('a loss that is not finite stops the run and says what to do', async () => {
  const session = await openSession(
    withDropout({ optimizer: { type: 'sgd', params: { lr: 1e30 } } }),
    folder,
  );
  const { result, events, run } = await trained(session);
  expect(result.outcome).toBe('failed');
  expect(result.error).toMatchObject({
    code: 'diverged',
    message: expect.stringMatching(/the loss became (NaN|infinite) in step \d+ of epoch 1/) as string,
  });
  expect(result.error?.details.hint).toContain('learning rate');
  expect(last(events, 'done')?.outcome).toBe('failed');
  expect(run.snapshot().error?.code).toBe('diverged');
});

test('training can be undone', async () => {
  const session = await openSession(withDropout({}), folder);
  const { model } = await session.feedSample();
  const before = Buffer.from(await session.exportState());
  const { weights } = await trained(session);
  expect(weights.equals(before)).toBe(false);
  await session.restore(model.revision);
  expect(Buffer.from(await session.exportState()).equals(before)).toBe(true);
});

test(
  'parameters can be read while a run goes on, and the event loop stays free',
  { timeout: 60_000 },
  async () => {
    const session = await openExample('digits', { epochs: 200 });
    const run = await session.train();
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    delay.disable();
    expect((await session.exportState()).byteLength).toBeGreaterThan(100_000);
    expect(run.state).toBe('running');
    await run.stop();
    // Two shared cores of a test machine: the median says what the code does.
    expect(delay.percentile(50) / 1e6).toBeLessThan(8);
  },
);

test('a last batch of one sample does not break batch statistics', async () => {
  const file = path.join(temporaryFolder(), 'seven.csv');
  writeFileSync(file, Array.from({ length: 7 }, (_, at) => `${at},${at % 3},${at % 2}`).join('\n'));
  const graph = chain(
    node('fc', 'linear', { out_features: 4 }),
    node('norm', 'batch_norm1d'),
    node('head', 'linear', { out_features: 2 }),
  );
  const data = {
    file,
    format: 'csv',
    header: false,
    target: -1,
    targetKind: 'class',
    normalization: { kind: 'none' },
  } as const;
  const project = {
    ...projectOf(graph, data),
    training: { ...template('blank').training, batchSize: 3, epochs: 2, validationSplit: 0 },
  };
  const session = await openSession(project);
  expect((await session.trainingNeed()).batch).toBe(3);
  const { result } = await trained(session);
  expect(result).toMatchObject({ outcome: 'finished', error: null });
});

test('numbers are learned with mse, in float64 too', async () => {
  const file = path.join(temporaryFolder(), 'line.csv');
  writeFileSync(
    file,
    ['x,y', ...Array.from({ length: 64 }, (_, at) => `${at / 64},${(3 * at) / 64 + 1}`)].join('\n'),
  );
  const graph = chain(node('fc', 'linear', { out_features: 1 }));
  const data = {
    file,
    format: 'csv',
    target: 'y',
    targetKind: 'number',
    normalization: { kind: 'none' },
  } as const;
  for (const dtype of ['float32', 'float64'] as const) {
    const project: Project = {
      ...projectOf(graph, data),
      dtype,
      training: {
        ...template('blank').training,
        loss: { type: 'mse', params: {} },
        optimizer: { type: 'adam', params: { lr: 0.1 } },
        metrics: ['accuracy', 'mean_absolute_error'],
        epochs: 150,
        validationSplit: 0,
      },
    };
    const { events } = await trained(await openSession(project));
    const epoch = last(events, 'epoch');
    expect(epoch?.loss).toBeLessThan(1e-3);
    expect(Object.keys(epoch?.metrics ?? {})).toEqual(['mean_absolute_error']);
  }
});

test.each([
  [
    'an unknown optimizer',
    { optimizer: { type: 'adm', params: {} } },
    'parameter_invalid',
    "no optimizer 'adm'",
  ],
  [
    'an unknown loss',
    { loss: { type: 'cros_entropy', params: {} } },
    'parameter_invalid',
    "no loss 'cros_entropy'",
  ],
  [
    'an option it does not have',
    { optimizer: { type: 'sgd', params: { betas: 1 } } },
    'parameter_invalid',
    'betas',
  ],
  [
    'a loss for numbers on classes',
    { loss: { type: 'mse', params: {} } },
    'data_invalid',
    'targets are classes',
  ],
  [
    'a loss without a mean',
    { loss: { type: 'cross_entropy', params: { reduction: 'none' } } },
    'parameter_invalid',
    'reduction',
  ],
  ['the GPU', { device: 'gpu' }, 'not_supported', 'GPU'],
] as const)('%s is refused before anything starts', async (_title, settings, code, message) => {
  const session = await openSession(withDropout(settings), folder);
  await expect(session.train()).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message) as string,
  });
  expect(session.run).toBeNull();
});

test('too few scores for the classes is said with the numbers', async () => {
  const digits = template('digits');
  const graph = chain(node('flatten', 'flatten'), node('fc', 'linear', { out_features: 7 }));
  const session = await openSession({ ...digits, graph }, folder);
  await expect(session.train()).rejects.toMatchObject({
    code: 'shape_mismatch',
    details: { expected: 'at least 10 scores', got: '7' },
  });
});

test('a finished run leaves no checkpoint of its own', async () => {
  const checkpoint = path.join(temporaryFolder(), 'c.pt');
  await trained(await openSession(withDropout({}), folder), { checkpoint });
  expect(existsSync(checkpoint)).toBe(false);
});
