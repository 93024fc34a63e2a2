// What a run does beside its steps: schedules, best epochs, early stopping, points for curves, and going on where it stopped.
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

import type { Project } from '#core/document/project';
import type { RunEvent } from '#core/session/session';
import type { ModelSession, TrainOptions } from '#engine/session';
import { inspectFile } from '#engine/inspect';
import { chain, node } from '../graph/graphs';
import { openSession, template, temporaryFolder } from './support';

const folder = path.resolve(import.meta.dirname, '../../examples/digits');

/** A small model with random numbers inside its programs. */
function digits(settings: Partial<Project['training']>): Project {
  const graph = chain(
    node('flatten', 'flatten'),
    node('fc1', 'linear', { out_features: 24 }),
    node('relu', 'relu'),
    node('drop', 'dropout', { p: 0.3 }),
    node('fc2', 'linear', { out_features: 10 }),
  );
  return { ...template('digits', { epochs: 3, threads: 1, ...settings }), graph };
}

async function trained(session: ModelSession, options: TrainOptions = {}) {
  const run = await session.train(options);
  const result = await run.finished;
  if (result.error) throw result.error;
  const { events } = run.snapshot();
  const of = (kind: RunEvent['event']): RunEvent[] => events.filter(({ event }) => event === kind);
  return { result, of, weights: Buffer.from(await session.exportState()) };
}
const done = (of: (kind: RunEvent['event']) => RunEvent[]): RunEvent => {
  const [event] = of('done');
  if (!event) throw new Error('no done event');
  return event;
};

/** Everything a checkpoint has to hold at once. */
const FULL = {
  epochs: 30,
  batchSize: 16,
  accumulate: 2,
  optimizer: { type: 'adamw', params: { lr: 1e-3, amsgrad: true } },
  scheduler: { type: 'one_cycle_lr', params: { max_lr: 0.01 } },
  clipping: { max_norm: 1 },
  earlyStopping: { patience: 25 },
  metrics: ['accuracy', 'f1', 'auroc', 'confusion_matrix', 'calibration_error'],
} as const;

test(
  'a run with everything in it goes on bit for bit from wherever it stopped',
  { timeout: 60_000 },
  async () => {
    const whole = await trained(await openSession(digits(FULL), folder));
    const checkpoint = path.join(temporaryFolder(), 'c.pt');
    let resumeFrom: string | undefined;
    // Stops at once, in the middle of an epoch and in a later one: each piece starts where the last one ended.
    for (const until of [1, 57, 200, 700, Infinity]) {
      const session = await openSession(digits(FULL), folder);
      const run = await session.train({ checkpoint, ...(resumeFrom === undefined ? {} : { resumeFrom }) });
      run.onEvents((events) => {
        if (events.some(({ step }) => step >= until)) void run.stop();
      });
      const { outcome, error } = await run.finished;
      expect(error).toBeNull();
      if (outcome === 'stopped') {
        resumeFrom = checkpoint;
        continue;
      }
      expect(outcome).toBe('finished');
      expect(Buffer.from(await session.exportState()).equals(whole.weights)).toBe(true);
      const events = run.snapshot().events.filter(({ event }) => event === 'epoch');
      expect(events.at(-1)?.loss).toBe(whole.of('epoch').at(-1)?.loss);
      expect(events.at(-1)?.lr).toBe(whole.of('epoch').at(-1)?.lr);
    }
  },
);

test('a short run has a point for every step, a long one an even spread', async () => {
  const short = await trained(await openSession(digits({ epochs: 2 }), folder));
  const steps = short.of('step').map(({ step }) => step);
  expect(steps).toEqual(Array.from({ length: done(short.of).total_steps }, (_, at) => at + 1));
  const long = await trained(await openSession(digits({ epochs: 60, batchSize: 32 }), folder));
  expect(done(long.of).total_steps).toBe(60 * 45);
  expect(long.of('step').length).toBeGreaterThan(1000);
  expect(long.of('step').length).toBeLessThanOrEqual(2000);
});

test('the schedule is what events say, step by step', async () => {
  const { of } = await trained(
    await openSession(
      digits({ epochs: 2, scheduler: { type: 'exponential_lr', params: { gamma: 0.5 } } }),
      folder,
    ),
  );
  const rates = of('step').map(({ lr }) => lr);
  rates.forEach((rate, at) => expect(rate).toBe((rates[0] ?? 0) * 0.5 ** at));
});

test('clipping by norm is told with its steps', async () => {
  const { of } = await trained(await openSession(digits({ clipping: { max_norm: 0.5 } }), folder));
  for (const { metrics } of of('step')) expect(metrics['gradient_norm']).toBeGreaterThan(0);
});

test('a run stops early and ends with the weights of its best epoch', { timeout: 60_000 }, async () => {
  const best = path.join(temporaryFolder(), 'best.pt');
  // A rate that spoils what was learned: the loss of the validation part soon grows.
  const settings = {
    epochs: 60,
    optimizer: { type: 'sgd', params: { lr: 0.02, momentum: 0.9 } },
    scheduler: { type: 'step_lr', params: { step_size: 5, gamma: 40 }, interval: 'epoch' },
    earlyStopping: { patience: 3 },
  } as const;
  const session = await openSession(digits(settings), folder);
  const { of, result } = await trained(session, { best });
  const losses = of('epoch').map(({ metrics }) => metrics['validation_loss'] ?? NaN);
  const least = losses.indexOf(Math.min(...losses)) + 1;
  expect(done(of)).toMatchObject({ outcome: 'finished', stopped_early: true, best_epoch: least });
  expect(losses.length).toBe(least + 3);
  expect(result.best).toEqual({ epoch: least, monitor: 'validation_loss', value: Math.min(...losses) });
  const other = await openSession(digits({}), folder);
  await other.loadWeights(best);
  expect((await session.evaluate()).loss).toBe((await other.evaluate()).loss);

  const last = await openSession(
    digits({ ...settings, earlyStopping: { patience: 3, restore_best: false } }),
    folder,
  );
  await trained(last);
  expect((await last.evaluate()).loss).not.toBe((await session.evaluate()).loss);
});

test('accuracy is better when it is higher', async () => {
  const session = await openSession(digits({ epochs: 4, monitor: 'validation_accuracy' }), folder);
  const { of, result } = await trained(session);
  const shares = of('epoch').map(({ metrics }) => metrics['validation_accuracy'] ?? NaN);
  expect(result.best?.value).toBe(Math.max(...shares));
});

test('a finished run keeps its checkpoint when asked, and goes on for more epochs', async () => {
  const checkpoint = path.join(temporaryFolder(), 'c.pt');
  await trained(await openSession(digits({ epochs: 2 }), folder), { checkpoint, keepsCheckpoint: true });
  expect(existsSync(checkpoint)).toBe(true);
  const longer = await openSession(digits({ epochs: 4 }), folder);
  const { of, weights } = await trained(longer, { resumeFrom: checkpoint });
  expect(of('epoch').map(({ epoch }) => epoch)).toEqual([3, 4]);
  const whole = await trained(await openSession(digits({ epochs: 4 }), folder));
  expect(weights.equals(whole.weights)).toBe(true);
});

test('in bfloat16 the loss falls, products are rounded, and weights stay float32', async () => {
  const full = await trained(await openSession(digits({ epochs: 4 }), folder));
  const session = await openSession(digits({ epochs: 4, precision: 'bfloat16' }), folder);
  const { of, weights } = await trained(session);
  const losses = of('epoch').map(({ loss }) => loss);
  expect(losses.at(-1)).toBeLessThan(0.8 * (losses[0] ?? 0));
  expect(weights.equals(full.weights)).toBe(false);
  const wanted = full.of('epoch').at(-1)?.loss ?? NaN;
  // 8 bits of mantissa: half a percent per product.
  expect(Math.abs((losses.at(-1) ?? NaN) - wanted)).toBeLessThan(0.05 * wanted);
  const file = path.join(temporaryFolder(), 'w.pt');
  writeFileSync(file, weights);
  expect(new Set((await inspectFile(file)).entries.map(({ dtype }) => dtype))).toEqual(new Set(['float32']));
});

test('every option of a group counts', async () => {
  const base = digits({ epochs: 1 });
  const grouped = (groups: Project['training']['optimizer']['groups']): Project => ({
    ...base,
    graph: {
      ...base.graph,
      nodes: base.graph.nodes.map((each) =>
        each.name === 'fc2' ? { ...each, tensors: { weight: { group: 'head' } } } : each,
      ),
    },
    training: {
      ...base.training,
      optimizer: { type: 'adam', params: { lr: 0.01 }, ...(groups ? { groups } : {}) },
    },
  });
  const run = async (project: Project): Promise<Buffer> =>
    (await trained(await openSession(project, folder))).weights;
  const same = await run(grouped({ head: {} }));
  expect((await run(grouped({ head: { params: { lr: 0.01 } } }))).equals(same)).toBe(true);
  for (const options of [{ lr_factor: 0.5 }, { params: { lr: 0.005 } }, { params: { betas: [0.5, 0.9] } }])
    expect((await run(grouped({ head: options }))).equals(same)).toBe(false);
  expect(
    (await run(grouped({ head: { lr_factor: 0.5 } }))).equals(
      await run(grouped({ head: { params: { lr: 0.005 } } })),
    ),
  ).toBe(true);
});

test.each([
  ['an unknown scheduler', { scheduler: { type: 'cosine', params: {} } }, "no scheduler 'cosine'"],
  [
    'a cycle that ends before the run',
    { scheduler: { type: 'one_cycle_lr', params: { total_steps: 3 } } },
    'ends after 3 steps',
  ],
  ['an unknown monitor', { monitor: 'accurracy' }, "does not compute 'accurracy'"],
  ['a monitor without its data', { monitor: 'validation_loss', validationSplit: 0 }, 'does not compute'],
  ['an unknown clipping option', { clipping: { norm: 1 } }, 'norm: clipping has no such parameter'],
  [
    'a norm there is not',
    { clipping: { max_norm: 1, norm_type: 0 } },
    'norm_type: expected a number above 0, or inf',
  ],
  ['a patience that is no number', { earlyStopping: { patience: 'long' } }, 'patience: expected an integer'],
  ['a bias for Muon', { optimizer: { type: 'muon', params: {} } }, 'Muon only supports 2D parameters'],
] as const)('%s is refused before anything starts', async (_title, settings, message) => {
  const session = await openSession(digits(settings), folder);
  await expect(session.train()).rejects.toMatchObject({
    code: 'parameter_invalid',
    message: expect.stringContaining(message) as string,
  });
  expect(session.run).toBeNull();
});

test('bfloat16 of a float64 model is refused, as it would change nothing', async () => {
  const session = await openSession({ ...digits({ precision: 'bfloat16' }), dtype: 'float64' }, folder);
  await expect(session.train()).rejects.toMatchObject({ code: 'parameter_invalid' });
});

test('a norm that is not finite stops the run where it is an error', async () => {
  const settings = {
    optimizer: { type: 'sgd', params: { lr: 1e19 } },
    clipping: { max_norm: 1e30, error_if_nonfinite: true },
  };
  const session = await openSession(digits(settings), folder);
  const run = await session.train();
  const { error } = await run.finished;
  expect(error).toMatchObject({ code: 'diverged', message: expect.stringContaining('norm') as string });
});

test('a checkpoint of another schedule is refused by name', async () => {
  const checkpoint = path.join(temporaryFolder(), 'c.pt');
  await trained(await openSession(digits({ epochs: 1 }), folder), { checkpoint, keepsCheckpoint: true });
  const other = await openSession(
    digits({ scheduler: { type: 'step_lr', params: { step_size: 2 } } }),
    folder,
  );
  await expect(other.train({ resumeFrom: checkpoint })).rejects.toMatchObject({
    code: 'weights_mismatch',
    message: expect.stringContaining('another learning-rate scheduler') as string,
  });
});

test('a run is prepared in turns: others go on meanwhile', async () => {
  const layers = Array.from({ length: 60 }, (_, at) => [
    node(`fc${at}`, 'linear', { out_features: 16 }),
    node(`relu${at}`, 'relu'),
  ]).flat();
  const graph = chain(node('flatten', 'flatten'), ...layers, node('head', 'linear', { out_features: 10 }));
  const session = await openSession({ ...digits({ epochs: 1 }), graph }, folder);
  await session.feedSample();
  let turns = 0;
  let isPreparing = true;
  const count = (): void => {
    turns += 1;
    if (isPreparing) setImmediate(count);
  };
  setImmediate(count);
  const run = await session.train();
  isPreparing = false;
  // In one piece it would be two or three.
  expect(turns).toBeGreaterThan(10);
  expect((await run.finished).outcome).toBe('finished');
});

test('the search for a learning rate suggests one, and leaves the model as it was', async () => {
  const session = await openSession(digits({ optimizer: { type: 'sgd', params: {} } }), folder);
  await session.feedSample();
  const before = Buffer.from(await session.exportState());
  const { suggestion, points } = await session.findLearningRate({ from: 1e-5, to: 100, steps: 80 });
  expect(Buffer.from(await session.exportState()).equals(before)).toBe(true);
  expect(points[0]?.lr).toBe(1e-5);
  points.slice(1).forEach(({ lr }, at) => expect(lr).toBeGreaterThan(points[at]?.lr ?? NaN));
  // Too small a rate learns nothing, too large a one spoils it: between them the loss falls.
  expect(suggestion).toBeGreaterThan(1e-3);
  expect(suggestion).toBeLessThan(10);
  const good = await trained(
    await openSession(digits({ optimizer: { type: 'sgd', params: { lr: suggestion } } }), folder),
  );
  const losses = good.of('epoch').map(({ loss }) => loss);
  expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
});

test('no rate is suggested where the loss only wanders, as that of a trained model does', async () => {
  const adam = { type: 'adam', params: { lr: 0.01 } };
  const session = await openSession(digits({ optimizer: adam, epochs: 40 }), folder);
  await (
    await session.train()
  ).finished;
  expect((await session.findLearningRate()).suggestion).toBeNull();
});
