// sgd_step, adam_step and rmsprop_step against PyTorch's own parameters and states after each of several steps, and against
// plain TypeScript on sizes that use every thread. Equal bit for bit, but for what passes through PyTorch's float32 square
// root, which (MKL's) is not correctly rounded while ours is.
import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import type { OpAttributes } from '#core/ops/signatures';

import { compare, given, runNative, unitOf, type Given } from './against-reference';
import { FLOATS, forEachIsa, randomTensor, runOp, withThreads } from './run-op';

interface Options {
  readonly lr: number;
  readonly weight_decay?: number;
  readonly maximize?: boolean;
  readonly momentum?: number;
  readonly dampening?: number;
  readonly nesterov?: boolean;
  readonly betas?: readonly [number, number];
  readonly eps?: number;
  readonly amsgrad?: boolean;
  readonly alpha?: number;
  readonly centered?: boolean;
}
interface GoldenCase {
  readonly optimizer: 'sgd' | 'adam' | 'adamw' | 'rmsprop';
  readonly options: Options;
  readonly dtype: 'float32' | 'float64';
  readonly start: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  readonly after: readonly (readonly number[])[];
  readonly state: Readonly<Record<string, readonly number[]>>;
}
const golden = JSON.parse(
  readFileSync(new URL('../golden/native_optimizers.json', import.meta.url), 'utf8'),
) as { cases: readonly GoldenCase[] };

/** The op, its attributes and the names of its state tensors (null: absent) of a golden case. */
function callOf({ optimizer, options }: GoldenCase) {
  const { weight_decay = optimizer === 'adamw' ? 0.01 : 0, maximize = false, momentum = 0 } = options;
  const [beta1, beta2] = options.betas ?? [0.9, 0.999];
  const { dampening = 0, nesterov = false, eps = 1e-8, alpha = 0.99 } = options;
  if (optimizer === 'sgd')
    return {
      op: 'sgd_step' as const,
      attributes: { momentum, dampening, weight_decay, nesterov, maximize },
      state: [momentum === 0 ? null : 'momentum_buffer'],
    };
  if (optimizer === 'rmsprop')
    return {
      op: 'rmsprop_step' as const,
      attributes: { alpha, eps, weight_decay, momentum, maximize },
      state: ['square_avg', options.centered ? 'grad_avg' : null, momentum > 0 ? 'momentum_buffer' : null],
    };
  return {
    op: 'adam_step' as const,
    attributes: { beta1, beta2, eps, weight_decay, decoupled: optimizer === 'adamw', maximize },
    state: ['exp_avg', 'exp_avg_sq', options.amsgrad ? 'max_exp_avg_sq' : null],
  };
}

const vector = (dtype: GoldenCase['dtype'], values: readonly number[]): Given =>
  given(dtype, [values.length], (index) => values[index] ?? 0);
const scalar = (dtype: 'float32' | 'float64', value: number): Given => given(dtype, [], () => value);

/** Largest distance in last units, those of `scale` for what a step has brought near 0. */
const distance = (
  dtype: GoldenCase['dtype'],
  got: readonly number[],
  expected: readonly number[],
  scale: number,
): number =>
  Math.max(
    ...expected.map(
      (value, index) =>
        Math.abs((got[index] ?? NaN) - value) / unitOf(dtype, Math.max(Math.abs(value), scale)),
    ),
  );

describe.each(
  golden.cases.map((golden) => ({ golden, name: `${golden.optimizer} ${JSON.stringify(golden.options)}` })),
)('$name $golden.dtype', ({ golden }) => {
  it('gives PyTorch’s bits', () => {
    const { op, attributes, state } = callOf(golden);
    const { dtype } = golden;
    const most = dtype === 'float32' && op !== 'sgd_step' ? 2 : 0;
    let parameter = golden.start;
    let states = state.map((name) => (name === null ? null : golden.start.map(() => 0)));
    golden.gradients.forEach((gradient, step) => {
      const inputs = [
        vector(dtype, parameter),
        vector(dtype, gradient),
        ...states.map((values) => (values ? vector(dtype, values) : null)),
        scalar('float32', step),
        scalar('float64', golden.options.lr),
      ];
      const after = runNative(
        op,
        inputs,
        attributes as OpAttributes['sgd_step' & 'adam_step' & 'rmsprop_step'],
      ).inputs;
      parameter = after[0] ?? [];
      states = after.slice(2, -2);
      expect(after.at(-2)).toEqual([step + 1]);
      expect(distance(dtype, parameter, golden.after[step] ?? [], 0.25)).toBeLessThanOrEqual(most);
    });
    state.forEach((name, index) => {
      if (name === null) return;
      const units = distance(dtype, states[index] ?? [], golden.state[name] ?? [], 16);
      expect(units).toBeLessThanOrEqual(name === 'momentum_buffer' ? most : 0);
    });
  });
});

describe.each(['float32', 'float64'] as const)('large and odd sizes of %s', (dtype) => {
  it.each([[0], [1], [513], [20, 5003]])('%j', (...shape) => {
    const [param, grad, one] = [given(dtype, shape, 1), given(dtype, shape, 2), given(dtype, shape, 3)];
    const positive = { ...one, values: one.values.map(Math.abs) };
    const [step, lr] = [scalar('float32', 3), scalar('float64', 0.01)];
    const [weight_decay, maximize] = [0.1, false];
    // The reference rounds once, at the end of each formula.
    const sgd = { momentum: 0.9, dampening: 0, weight_decay, nesterov: true, maximize };
    const tolerance = { units: 8, scale: 4 };
    compare('sgd_step', [param, grad, one, step, lr], sgd, tolerance);
    const adam = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay, decoupled: true, maximize };
    compare('adam_step', [param, grad, one, positive, null, step, lr], adam, tolerance);
    const rmsprop = { alpha: 0.99, eps: 1e-8, weight_decay, momentum: 0.9, maximize };
    compare('rmsprop_step', [param, grad, positive, null, one, step, lr], rmsprop, tolerance);
  });
});

describe.each(FLOATS)('%s, steps whose gradient is a sum of outer products', (dtype) => {
  it.each([
    [0, 3, 5],
    [1, 1, 1],
    [8, 33, 600],
    [12, 70, 1024],
    [5, 7, 3],
    [300, 9, 70],
  ])('of %i rows, parameter %i × %i: the bits of the product and the step', (depth, rows, columns) => {
    const [a, b] = [randomTensor(dtype, [depth, rows], 1), randomTensor(dtype, [depth, columns], 2)];
    const shape = [rows, columns];
    const positive = (seed: number) => {
      const tensor = randomTensor(dtype, shape, seed);
      return { ...tensor, data: tensor.data.map(Math.abs) };
    };
    const numbers = [
      { dtype: 'float32', shape: [], data: [3] },
      { dtype: 'float64', shape: [], data: [0.01] },
    ] as const;
    const [param, one] = [randomTensor(dtype, shape, 3), randomTensor(dtype, shape, 4)];
    const [weight_decay, maximize, eps] = [0.1, true, 1e-8];
    const steps = [
      ['sgd_step', [one], { momentum: 0.9, dampening: 0, weight_decay, nesterov: true, maximize }],
      ['adam_step', [one, positive(5), positive(6)], { beta1: 0.9, beta2: 0.999, eps, weight_decay, decoupled: false, maximize }], // prettier-ignore
      ['rmsprop_step', [positive(5), one, one], { alpha: 0.99, eps, weight_decay, momentum: 0.9, maximize }],
    ] as const;
    forEachIsa(() => {
      const product = runOp('matmul', [a, b], [{ dtype, shape }], { transpose_a: true, transpose_b: false });
      const [gradient = null] = product.outputs;
      for (const [op, states, attributes] of steps) {
        const changed = runOp(op, [param, gradient, ...states, ...numbers], [], attributes).inputs;
        const got = withThreads(() =>
          runOp(`outer_${op}`, [a, b, param, ...states, ...numbers], [], attributes)
            .inputs.slice(2)
            .flatMap((tensor) => tensor ?? []),
        );
        expect(got).toEqual([changed[0], ...changed.slice(2)]);
      }
    });
  });
});
