// A convolutional network with batch norm, pooling, dropout and an embedding: state that steps change in place keeps its
// order in a program, and random masks are the same.
import { describe, expect, test } from 'vitest';

import * as ops from '#core/ops/index';
import { compileProgram } from '#core/program/index';
import type { Tensor } from '#core/tensor/tensor';

import { BACKENDS, useTestBackend } from '../support/backend';
import { numbers } from './steps';

const fixed = (shape: readonly number[], seed: number): Tensor =>
  ops.fromArray(
    numbers(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
    'float32',
    'cpu',
    shape,
  );

function createModel() {
  const parameters = {
    table: fixed([6, 9], 1),
    kernel: fixed([4, 1, 3, 3], 2),
    weight: fixed([4], 3),
    bias: fixed([4], 4),
    last: fixed([3, 16], 5),
  };
  for (const parameter of Object.values(parameters)) parameter.requiresGrad = true;
  return {
    parameters,
    momenta: Object.values(parameters).map(({ shape }) => ({
      buffer: ops.zeros(shape),
      step: ops.zeros([], 'float32'),
    })),
    mean: ops.zeros([4]),
    variance: ops.ones([4]),
    batches: ops.zeros([], 'int64'),
    random: ops.fromArray([7, 0], 'int64'),
    words: ops.fromArray([0, 5, 3, 3, 1, 2, 4, 0], 'int64', 'cpu', [2, 4]),
    target: ops.fromArray([2, 0], 'int64'),
    lr: ops.full([], 0.05, 'float64'),
  };
}
type Model = ReturnType<typeof createModel>;

function step(model: Model): Tensor {
  const { table, kernel, weight, bias, last } = model.parameters;
  const image = ops.unsqueeze(ops.embedding(model.words, table, 3), 1);
  const normal = ops.batchNorm(ops.convolution(image, kernel, null, { padding: 1 }), {
    isTraining: true,
    weight,
    bias,
    runningMean: model.mean,
    runningVar: model.variance,
    numBatchesTracked: model.batches,
  });
  const pooled = ops.maxPool(ops.relu(normal), {
    kernel: [2, 2],
    stride: 2,
    padding: [0, 0, 0, 1],
    ceilMode: false,
  });
  const small = ops.adaptiveAvgPool(pooled, [2, 2]);
  const dropped = ops.dropout(ops.flatten(small, 1), { probability: 0.3, state: model.random, stream: 0 });
  const loss = ops.nll(ops.logSoftmax(ops.linear(dropped, last), 1), model.target);
  const parameters = Object.values(model.parameters);
  const gradients = ops.gradients(loss, parameters);
  parameters.forEach((parameter, index) => {
    const [gradient, momentum] = [gradients[index], model.momenta[index]];
    if (!gradient || !momentum) throw new Error('a parameter has no gradient');
    ops.sgdStep(
      { parameter, gradient, momentumBuffer: momentum.buffer, step: momentum.step, lr: model.lr },
      { momentum: 0.9, dampening: 0, weight_decay: 1e-3, nesterov: true, maximize: false },
    );
  });
  ops.advance(model.random, [0, 1]);
  return loss;
}

const tensorsOf = (model: Model): Tensor[] => [
  ...Object.values(model.parameters),
  ...model.momenta.flatMap(({ buffer, step: count }) => [buffer, count]),
  ...[model.mean, model.variance, model.batches, model.random, model.words, model.target, model.lr],
];

describe.each(BACKENDS)('on the %s backend', (name) => {
  const backend = useTestBackend(name);

  test('five steps give the same bits eagerly and as a program', async () => {
    const before = backend.live();
    const [eager, other] = [createModel(), createModel()];
    const losses = Array.from({ length: 5 }, () => ops.scope(() => ops.item(step(eager))));
    const program = compileProgram(() => step(other));
    await backend.runProgram(program.spec, 5);
    tensorsOf(eager).forEach((tensor, index) =>
      expect(tensorsOf(other)[index]?.bytes(), `tensor ${index}`).toEqual(tensor.bytes()),
    );
    expect(program.outputs.map(ops.item)).toEqual(losses.slice(-1));
    expect(ops.item(eager.batches)).toBe(5);
    program.dispose();
    for (const { storage } of [...tensorsOf(eager), ...tensorsOf(other)]) storage.dispose();
    expect(backend.live()).toBe(before);
  });
});
