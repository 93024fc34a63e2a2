// Reference kernels: what a training step changes in place, and the random mask.
import type { OpAttributes, StepOp } from '#core/ops/signatures';
import { elementSize } from '#core/tensor/dtype';
import { HostStorage } from '#core/tensor/host-storage';
import { numel } from '#core/tensor/shape';

import { at, read, write } from './arrays';
import { maybe, tensorAt, type Kernel } from './kernel';
import { matmul } from './products';

/** A stand-in for the native counter-based generator: as deterministic, with other numbers. */
function uniform(seed: number, step: number, stream: number, element: number): number {
  let state = (seed * 0x9e3779b1 + step * 0x85ebca6b + stream * 0xc2b2ae35 + element * 0x27d4eb2f) | 0;
  for (let round = 0; round < 3; round++) {
    state = Math.imul(state ^ (state >>> 16), 0x45d9f3b);
    state = (state ^ (state >>> 13)) | 0;
  }
  return (state >>> 0) / 2 ** 32;
}

export const dropoutMask: Kernel<'dropout_mask'> = ({
  inputs,
  outputs,
  attributes: { shape, probability, stream },
}) => {
  const [seed = 0, step = 0] = read(tensorAt(inputs, 0));
  const kept = probability === 1 ? 0 : 1 / (1 - probability);
  write(
    tensorAt(outputs, 0),
    Array.from({ length: numel(shape) }, (_, element) =>
      uniform(seed, step, stream, element) < probability ? 0 : kept,
    ),
  );
};

export const advance: Kernel<'advance'> = ({ inputs, attributes: { amounts } }) => {
  const counter = tensorAt(inputs, 0);
  write(
    counter,
    read(counter).map((value, index) => value + at(amounts, index)),
  );
};

export const takeRows: Kernel<'take_rows'> = ({ inputs, outputs, attributes: { batch } }) => {
  const [data, index, [cursor = 0]] = [
    tensorAt(inputs, 0),
    read(tensorAt(inputs, 1)),
    read(tensorAt(inputs, 2)),
  ];
  const values = read(data);
  const width = numel(data.shape.slice(1));
  const rows = index.slice(cursor, cursor + batch);
  write(
    tensorAt(outputs, 0),
    rows.flatMap((row) => values.slice(row * width, (row + 1) * width)),
  );
};

export const record: Kernel<'record'> = ({ inputs }) => {
  const log = tensorAt(inputs, 1);
  const position = at(read(tensorAt(inputs, 2)), 0);
  const start = position * (log.shape[1] ?? 1);
  const values = read(tensorAt(inputs, 0));
  write(
    log,
    read(log).map((value, place) => values[place - start] ?? value),
  );
};

export const sgdStep: Kernel<'sgd_step'> = ({ inputs, attributes: o }) => {
  const [p, step, lr] = [tensorAt(inputs, 0), tensorAt(inputs, 3), at(read(tensorAt(inputs, 4)), 0)];
  const isFirst = at(read(step), 0) === 0;
  const buffer = inputs[2];
  const old = maybe(inputs, 2);
  const values = read(p);
  const g = read(tensorAt(inputs, 1)).map(
    (value, i) => (o.maximize ? -value : value) + o.weight_decay * at(values, i),
  );
  const moved = g.map((value, i) =>
    isFirst || !old ? value : o.momentum * at(old, i) + (1 - o.dampening) * value,
  );
  const used = !buffer ? g : o.nesterov ? g.map((value, i) => value + o.momentum * at(moved, i)) : moved;
  if (buffer) write(buffer, moved);
  write(
    p,
    values.map((value, i) => value - lr * at(used, i)),
  );
  write(step, [at(read(step), 0) + 1]);
};

export const adamStep: Kernel<'adam_step'> = ({ inputs, attributes: o }) => {
  const [p, average, squares, most] = [
    tensorAt(inputs, 0),
    tensorAt(inputs, 2),
    tensorAt(inputs, 3),
    inputs[4],
  ];
  const [stepTensor, lr] = [tensorAt(inputs, 5), at(read(tensorAt(inputs, 6)), 0)];
  const step = at(read(stepTensor), 0) + 1;
  const raw = read(tensorAt(inputs, 1)).map((value) => (o.maximize ? -value : value));
  const values = read(p).map((value) => (o.decoupled ? value * (1 - lr * o.weight_decay) : value));
  const g = raw.map((value, i) => (o.decoupled ? value : value + o.weight_decay * at(values, i)));
  const m = read(average).map((value, i) => value + (at(g, i) - value) * (1 - o.beta1));
  const v = read(squares).map((value, i) => value * o.beta2 + (1 - o.beta2) * at(g, i) * at(g, i));
  const top = most ? read(most).map((value, i) => Math.max(value, at(v, i))) : v;
  const size = lr / (1 - o.beta1 ** step);
  const root = Math.sqrt(1 - o.beta2 ** step);
  write(
    p,
    values.map((value, i) => value - (size * at(m, i)) / (Math.sqrt(at(top, i)) / root + o.eps)),
  );
  write(average, m);
  write(squares, v);
  if (most) write(most, top);
  write(stepTensor, [step]);
};

export const rmspropStep: Kernel<'rmsprop_step'> = ({ inputs, attributes: o }) => {
  const [p, squares, averages, buffer] = [tensorAt(inputs, 0), tensorAt(inputs, 2), inputs[3], inputs[4]];
  const [step, lr] = [tensorAt(inputs, 5), at(read(tensorAt(inputs, 6)), 0)];
  const values = read(p);
  const g = read(tensorAt(inputs, 1)).map(
    (value, i) => (o.maximize ? -value : value) + o.weight_decay * at(values, i),
  );
  const v = read(squares).map((value, i) => o.alpha * value + (1 - o.alpha) * at(g, i) ** 2);
  write(squares, v);
  const mean = averages ? read(averages).map((value, i) => value + (at(g, i) - value) * (1 - o.alpha)) : null;
  if (averages && mean) write(averages, mean);
  const moves = g.map((value, i) => value / (Math.sqrt(at(v, i) - (mean ? at(mean, i) ** 2 : 0)) + o.eps));
  const used =
    buffer && o.momentum > 0 ? read(buffer).map((value, i) => o.momentum * value + at(moves, i)) : moves;
  if (buffer && o.momentum > 0) write(buffer, used);
  write(
    p,
    values.map((value, i) => value - lr * at(used, i)),
  );
  write(step, [at(read(step), 0) + 1]);
};

/** A step whose gradient is aᵀ·b of the first two inputs. */
export const outerStep =
  <N extends StepOp>(step: Kernel<N>): Kernel<`outer_${N}`> =>
  ({ inputs: [a = null, b = null, parameter = null, ...others], attributes }) => {
    const { dtype, shape } = tensorAt([parameter], 0);
    const storage = new HostStorage(numel(shape) * elementSize(dtype));
    const gradient = { dtype, shape, storage, offset: 0 };
    matmul({ inputs: [a, b], outputs: [gradient], attributes: { transpose_a: true, transpose_b: false } });
    step({
      inputs: [parameter, gradient, ...others],
      outputs: [],
      attributes: attributes as OpAttributes[`outer_${N}`] & OpAttributes[N],
    });
  };
