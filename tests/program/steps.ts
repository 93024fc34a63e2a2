// A two-layer network trained by Adam, written once and run both eagerly and as a program; and small programs to inspect.
import * as ops from '#core/ops/index';
import type { Tensor } from '#core/tensor/tensor';

export interface Network {
  readonly parameters: readonly Tensor[];
  readonly state: readonly { readonly expAvg: Tensor; readonly expAvgSq: Tensor; readonly step: Tensor }[];
  readonly data: Tensor;
  readonly targets: Tensor;
  readonly index: Tensor;
  /** int64 [2]: cursor into index, position in the log. */
  readonly counter: Tensor;
  readonly log: Tensor;
  readonly lr: Tensor;
}

/** Numbers in [-1, 1) that every language computes alike. */
export const numbers = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => (((i * 7919 + seed * 104729) % 2003) - 1001) / 1001.5);

const leaf = (shape: readonly number[], seed: number): Tensor => {
  const tensor = ops.fromArray(
    numbers(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
    'float64',
    'cpu',
    shape,
  );
  tensor.requiresGrad = true;
  return tensor;
};

/** 5 inputs, 7 hidden, 3 classes; 12 rows in batches of 4. */
export function createNetwork(): Network {
  const parameters = [leaf([7, 5], 1), leaf([7], 2), leaf([3, 7], 3), leaf([3], 4)];
  return {
    parameters,
    state: parameters.map(({ shape }) => ({
      expAvg: ops.zeros(shape, 'float64'),
      expAvgSq: ops.zeros(shape, 'float64'),
      step: ops.zeros([], 'float32'),
    })),
    data: ops.fromArray(numbers(60, 5), 'float64', 'cpu', [12, 5]),
    targets: ops.fromArray(
      Array.from({ length: 12 }, (_, i) => (i * 5) % 3),
      'int64',
    ),
    index: ops.fromArray(
      Array.from({ length: 80 }, (_, i) => (i * 7) % 12),
      'int64',
    ),
    counter: ops.fromArray([0, 0], 'int64'),
    log: ops.zeros([20], 'float64'),
    lr: ops.full([], 0.01, 'float64'),
  };
}

/** One training step: batch, forward, loss, backward, clipping by norm, Adam, log. */
export function trainStep({ parameters, state, data, targets, index, counter, log, lr }: Network): void {
  const cursor = ops.select(counter, 0, 0);
  const x = ops.takeRows(data, index, cursor, { batch: 4 });
  const target = ops.takeRows(targets, index, cursor, { batch: 4 });
  const [w1, b1, w2, b2] = parameters;
  if (!w1 || !b1 || !w2 || !b2) throw new Error('four parameters');
  const hidden = ops.gelu(ops.linear(x, w1, b1));
  const loss = ops.nll(ops.logSoftmax(ops.linear(hidden, w2, b2), 1), target);
  const gradients = ops.gradients(loss, parameters);
  const squares = gradients.map((gradient) => ops.sum(ops.square(gradient)));
  const norm = ops.sqrt(squares.reduce((a, b) => ops.add(a, b)));
  const factor = ops.clamp(ops.div(1, ops.add(norm, 1e-6)), { max: 1 });
  parameters.forEach((parameter, i) => {
    const own = state[i];
    const gradient = gradients[i];
    if (!own || !gradient) throw new Error('a parameter has no state');
    ops.adamStep(
      { parameter, gradient: ops.mul(gradient, factor), ...own, lr },
      { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.01, decoupled: false, maximize: false },
    );
  });
  ops.record(loss, log, ops.select(counter, 0, 1));
  ops.advance(counter, [4, 1]);
}

export const tensorsOf = (network: Network): Tensor[] => [
  ...network.parameters,
  ...network.state.flatMap(({ expAvg, expAvgSq, step }) => [expAvg, expAvgSq, step]),
  network.data,
  network.targets,
  network.index,
  network.counter,
  network.log,
  network.lr,
];
