// What moves: relu behind the max pool that reads it, and each optimizer step to right after its gradient; and that neither
// moves where something else looks at what lies between.
import { expect, test } from 'vitest';

import * as ops from '#core/ops/index';
import { compileProgram } from '#core/program/index';
import type { Tensor } from '#core/tensor/tensor';

import { useTestBackend } from '../support/backend';
import { createNetwork, numbers, tensorsOf, trainStep } from './steps';

const backend = useTestBackend('native');
const POOL = { kernel: [2, 2], stride: 2, padding: [0, 0, 0, 0], ceilMode: false };

const image = (): Tensor => {
  // Ties, zeros of both signs and NaN, inside and across windows.
  const values = numbers(2 * 3 * 8 * 8, 3).map((value, at) => (at % 3 === 0 ? Math.round(value) : value));
  values[9] = NaN;
  values[20] = -0;
  const x = ops.fromArray(values, 'float32', 'cpu', [2, 3, 8, 8]);
  x.requiresGrad = true;
  return x;
};

type Result = readonly [loss: Tensor, gradient: Tensor];
async function bothWays(body: (x: Tensor) => Result) {
  const x = image();
  const eager = ops.scope(() => body(x).map((tensor) => tensor.bytes()));
  const program = compileProgram(() => body(x));
  await backend.runProgram(program.spec, 1);
  const results = program.outputs.map((tensor) => tensor.bytes());
  const { instructions } = program.spec;
  const listed = instructions.map(({ op }) => op);
  const activations = instructions.flatMap(({ attributes: { activation } }) =>
    typeof activation === 'string' ? [activation] : [],
  );
  program.dispose();
  x.storage.dispose();
  return { eager, results, listed, activations };
}

/** Products with fixed numbers keep gradients of windows apart. */
const weighted = (y: Tensor): Tensor => {
  const factors = ops.fromArray(
    Array.from({ length: y.numel() }, (_, at) => at - 40),
    'float32',
    'cpu',
    y.shape,
  );
  return ops.sum(ops.mul(y, factors));
};

test.each([
  ['windows side by side', POOL],
  ['windows that overlap', { ...POOL, stride: 1, padding: [1, 0, 0, 1] }],
])('relu moves behind a max pool of %s and keeps every bit', async (_name, options) => {
  const { eager, results, listed } = await bothWays((x) => {
    const loss = weighted(ops.maxPool(ops.relu(ops.mul(x, 1.5)), options));
    const [gradient] = ops.gradients(loss, [x]);
    if (!gradient) throw new Error('no gradient');
    return [loss, gradient];
  });
  expect(results).toEqual(eager);
  expect(listed.indexOf('max_pool')).toBe(1);
});

test('relu stays where something else reads it', async () => {
  const { eager, results } = await bothWays((x) => {
    const active = ops.relu(ops.mul(x, 1.5));
    const loss = ops.add(weighted(ops.maxPool(active, POOL)), weighted(active));
    const [gradient] = ops.gradients(loss, [x]);
    if (!gradient) throw new Error('no gradient');
    return [loss, gradient];
  });
  expect(results).toEqual(eager);
});

test('an optimizer step follows its gradient, after the last that reads the parameter', () => {
  const network = createNetwork();
  const program = compileProgram(() => {
    const { parameters, state, lr, data } = network;
    const [w1, , w2] = parameters;
    if (!w1 || !w2) throw new Error('parameters');
    // More rows than a step takes into the product that makes its gradient.
    const rows = ops.concatenate([data, data]);
    const loss = ops.sum(ops.linear(ops.relu(ops.linear(rows, w1)), w2));
    const gradients = ops.gradients(loss, [w1, w2]);
    [w1, w2].forEach((parameter, i) => {
      const own = state[i === 0 ? 0 : 2];
      const gradient = gradients[i];
      if (!own || !gradient) throw new Error('state');
      const settings = {
        beta1: 0.9,
        beta2: 0.999,
        eps: 1e-8,
        weight_decay: 0,
        decoupled: false,
        maximize: false,
      };
      ops.adamStep({ parameter, gradient, ...own, lr }, settings);
    });
  });
  const listed = program.spec.instructions.map(({ op }) => op);
  const first = listed.indexOf('adam_step');
  expect(listed.slice(first + 1)).toContain('matmul');
  expect(listed.filter((op) => op === 'adam_step')).toHaveLength(2);
  program.dispose();
  for (const { storage } of tensorsOf(network)) storage.dispose();
});

test('a step whose gradient is clipped by the norm of all waits for that norm', () => {
  const network = createNetwork();
  const program = compileProgram(() => trainStep(network));
  const listed = program.spec.instructions.map(({ op }) => op);
  expect(listed.indexOf('adam_step')).toBeGreaterThan(listed.lastIndexOf('matmul'));
  program.dispose();
  for (const { storage } of tensorsOf(network)) storage.dispose();
});

test('a product applies the activation that alone reads it, with the same bits', async () => {
  const weight = ops.fromArray(numbers(8 * 5, 2), 'float32', 'cpu', [5, 8]);
  weight.requiresGrad = true;
  const { eager, results, activations } = await bothWays((x) => {
    const loss = weighted(ops.relu(ops.linear(x, weight)));
    const [gradient] = ops.gradients(loss, [x]);
    if (!gradient) throw new Error('no gradient');
    return [loss, gradient];
  });
  weight.storage.dispose();
  expect(results).toEqual(eager);
  expect(activations).toEqual(['relu']);
});

test('a result that the gradient needs as well is kept, and its activation is an op of its own', async () => {
  const weight = ops.fromArray(numbers(8 * 5, 2), 'float32', 'cpu', [5, 8]);
  weight.requiresGrad = true;
  const { eager, results, activations } = await bothWays((x) => {
    const loss = weighted(ops.gelu(ops.linear(x, weight)));
    const [gradient] = ops.gradients(loss, [x]);
    if (!gradient) throw new Error('no gradient');
    return [loss, gradient];
  });
  weight.storage.dispose();
  expect(results).toEqual(eager);
  expect(activations).toEqual([]);
});
