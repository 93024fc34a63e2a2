// Whole runs beside PyTorch's: every optimizer, clipping, accumulation, schedules and mixed precision through a training run,
// and checkpoints that either side wrote.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

import type { Project, TrainingSettings } from '#core/document/project';
import type { ModelSession, TrainOptions } from '#engine/session';
import { inspectFile } from '#engine/inspect';
import { stateDictFrom, valuesOf } from '#core/nn/index';
import { Tensor } from '#core/tensor/tensor';
import { withWeights } from '#engine/inspect';
import { chain, node } from '../graph/graphs';
import { openSession, projectOf, template, temporaryFolder } from './support';

interface Answer {
  readonly settings: Partial<TrainingSettings> & { readonly optimizer: TrainingSettings['optimizer'] };
  readonly dtype: 'float32' | 'float64';
  readonly initial: Readonly<Record<string, string>>;
  readonly losses: string;
  readonly rates: string;
  readonly weights: Readonly<Record<string, string>>;
  readonly state: readonly (readonly [number, Readonly<Record<string, string>>])[];
  readonly groups: readonly Readonly<Record<string, unknown>>[];
}

const golden = path.resolve(import.meta.dirname, '../golden');
const GOLDEN = JSON.parse(readFileSync(path.join(golden, 'training.json'), 'utf8')) as {
  readonly steps: number;
  readonly answers: Readonly<Record<string, Answer>>;
};
const RUNS = Object.entries(GOLDEN.answers);

/** PyTorch's names of the model's weights, and ours. */
const NAMES = [
  ['0.weight', 'fc1.weight'],
  ['0.bias', 'fc1.bias'],
  ['2.weight', 'fc2.weight'],
  ['2.bias', 'fc2.bias'],
] as const;
const ours = (name: string): string => NAMES.find(([theirs]) => theirs === name)?.[1] ?? name;

function decode(text: string): number[] {
  const bytes = Buffer.from(text, 'base64');
  return Array.from({ length: bytes.byteLength / 8 }, (_, at) => bytes.readDoubleLE(at * 8));
}

/** Writes the twelve samples of scripts/golden/training.py. */
function writeSamples(): string {
  const rows = Array.from({ length: 12 }, (_, i) => {
    const x = Array.from({ length: 3 }, (_, j) => ((i * 7 + j * 3) % 11) / 8 - 0.5);
    const [a = 0, b = 0, c = 0] = x;
    return [...x, a * 0.5 - b + c * c].join(',');
  });
  const file = path.join(temporaryFolder(), 'samples.csv');
  writeFileSync(file, rows.join('\n'));
  return file;
}

function projectFor({ settings, dtype }: Pick<Answer, 'settings' | 'dtype'>): Project {
  const graph = chain(
    node('fc1', 'linear', { out_features: 4 }),
    node('tanh', 'tanh'),
    node('fc2', 'linear', { out_features: 1 }),
  );
  const data = {
    file: writeSamples(),
    format: 'csv',
    header: false,
    target: -1,
    targetKind: 'number',
    normalization: { kind: 'none' },
  } as const;
  const training = {
    ...template('blank').training,
    loss: { type: 'mse', params: {} },
    metrics: [],
    epochs: GOLDEN.steps,
    batchSize: 12,
    validationSplit: 0,
    ...settings,
  };
  return { ...projectOf(graph, data), dtype, training };
}

/** A session whose weights are those PyTorch started from. */
async function openAt(answer: Answer): Promise<ModelSession> {
  const session = await openSession(projectFor(answer));
  await session.feedSample();
  const state = await weightsOf(session);
  const drawn = Object.entries(answer.initial).map(([name, data]) => [ours(name), decode(data)] as const);
  // The same seed draws the same weights, so that nothing has to be loaded.
  expect(state).toEqual(Object.fromEntries(drawn));
  return session;
}

async function weightsOf(session: ModelSession): Promise<Record<string, number[]>> {
  const file = path.join(temporaryFolder(), 'w.pt');
  writeFileSync(file, await session.exportState());
  return withWeights(file, async ({ entries }) => {
    const state = await stateDictFrom({ entries });
    const values = [...state].flatMap(([name, tensor]): [string, number[]][] =>
      tensor instanceof Tensor ? [[name, [...valuesOf(tensor)]]] : [],
    );
    for (const [, tensor] of state) if (tensor instanceof Tensor) tensor.storage.dispose();
    return Object.fromEntries(values);
  });
}

async function trained(session: ModelSession, options: TrainOptions = {}) {
  const run = await session.train(options);
  const { error } = await run.finished;
  if (error) throw error;
  return run.snapshot().events.filter(({ event }) => event === 'epoch');
}

function expectNear(
  what: string,
  got: readonly number[],
  wanted: readonly number[],
  tolerance: number,
): void {
  expect(got.length, what).toBe(wanted.length);
  const scale = Math.max(...wanted.map(Math.abs), 1e-30);
  wanted.forEach((value, at) => {
    const distance = Math.abs((got[at] ?? NaN) - value) / scale;
    if (!(distance <= tolerance))
      throw new Error(`${what}[${at}]: ${got[at]}, PyTorch has ${value}, ${distance} of the largest apart`);
  });
}

/**
 * float64: 1e-10 relative, as everywhere; 1e-8 after a line search, which divides differences of nearly equal losses: over its
 * 24 steps sums in another order (other tiles of a product, about 1e-16) grew to 4e-9. bfloat16 has 8 bits, and PyTorch adds up
 * in another order before it rounds: one rounding that falls the other way is 2^-8 of a product, and 24 steps add a few of them.
 */
const toleranceOf = ({ settings }: Answer): number => {
  if (settings.precision === 'bfloat16') return 2 ** -7;
  return settings.optimizer.params['line_search_fn'] === 'strong_wolfe' ? 1e-8 : 1e-10;
};

test.each(RUNS)('%s', async (_name, answer) => {
  const session = await openAt(answer);
  const checkpoint = path.join(temporaryFolder(), 'c.pt');
  const epochs = await trained(session, { checkpoint, keepsCheckpoint: true });
  const tolerance = toleranceOf(answer);
  expectNear(
    'loss',
    epochs.map(({ loss }) => loss),
    decode(answer.losses),
    tolerance,
  );
  expectNear(
    'lr',
    epochs.map(({ lr }) => lr),
    decode(answer.rates),
    1e-14,
  );
  const weights = await weightsOf(session);
  for (const [name, data] of Object.entries(answer.weights))
    expectNear(name, weights[ours(name)] ?? [], decode(data), tolerance);

  // The checkpoint has torch.optim's own layout: the same entries with the same numbers.
  const { entries, values } = await inspectFile(checkpoint);
  const state = entries.filter(({ name }) => name.startsWith('optimizer.state.')).map(({ name }) => name);
  const wanted = answer.state.flatMap(([at, tensors]) =>
    Object.keys(tensors).map((name) => `optimizer.state.${at}.${name}`),
  );
  expect(state.sort()).toEqual(wanted.sort());
  const [group = {}] = answer.groups;
  for (const [name, value] of Object.entries(group))
    if (name !== 'param_names' && name !== 'params')
      expectOption(name, values[`optimizer.param_groups.0.${name}`], value);
});

function expectOption(name: string, got: unknown, wanted: unknown): void {
  // "original" is what PyTorch's None means.
  if (Array.isArray(wanted) && Array.isArray(got))
    expectNear(name, got.map(Number), wanted.map(Number), 1e-13);
  else if (typeof wanted === 'number' && typeof got === 'number') expectNear(name, [got], [wanted], 1e-13);
  else expect(got, name).toEqual(wanted);
}

test('an optimizer of closures goes on from its checkpoint as if it had not stopped', async () => {
  const answer = GOLDEN.answers['lbfgs that searches'];
  if (!answer) throw new Error('no answer');
  const checkpoint = path.join(temporaryFolder(), 'c.pt');
  const half = { ...answer, settings: { ...answer.settings, epochs: 10 } };
  await trained(await openAt(half), { checkpoint, keepsCheckpoint: true });
  const session = await openSession(projectFor(answer));
  const epochs = await trained(session, { resumeFrom: checkpoint });
  const losses = epochs.map(({ loss }) => loss);
  expectNear('loss', losses, decode(answer.losses).slice(10), 1e-10);
});

test.each(['sgd', 'adam', 'one cycle of adam'])(
  'a checkpoint that PyTorch wrote goes on here: %s',
  async (name) => {
    const answer = GOLDEN.answers[name];
    if (!answer) throw new Error(name);
    const session = await openSession(projectFor(answer));
    const file = path.join(golden, `training-${name.replaceAll(' ', '-')}.pt`);
    const epochs = await trained(session, { resumeFrom: file });
    expectNear(
      'loss',
      epochs.map(({ loss }) => loss),
      decode(answer.losses).slice(10),
      1e-10,
    );
    const weights = await weightsOf(session);
    for (const [key, data] of Object.entries(answer.weights))
      expectNear(key, weights[ours(key)] ?? [], decode(data), 1e-10);
  },
);
