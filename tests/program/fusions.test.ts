// Passes that put what belongs together into one kernel: the same bits as eagerly.
import { describe, expect, test } from 'vitest';

import * as ops from '#core/ops/index';
import { compileProgram, printInstructions } from '#core/program/index';
import type { Tensor } from '#core/tensor/tensor';

import { BACKENDS, useTestBackend } from '../support/backend';
import { keep, leaf } from './leaves';
import { numbers } from './steps';

describe.each(BACKENDS)('on the %s backend', (name) => {
  const backend = useTestBackend(name);

  /** The ops of a step as a program, and the bytes of its results eagerly and as a program. */
  async function both(step: () => Tensor[]) {
    const eager = ops.scope(() => step().map((tensor) => ops.toNumbers(tensor)));
    const program = compileProgram(step);
    await backend.runProgram(program.spec, 1);
    const results = program.outputs.map((tensor) => ops.toNumbers(tensor));
    const { instructions } = program.spec;
    program.dispose();
    return { eager, results, instructions, names: instructions.map(({ op }) => op) };
  }

  test('a linear gives gelu and its slope, which the gradient takes', async () => {
    const [x, weight, bias] = [leaf([2, 3, 17], 1), leaf([35, 17], 2), leaf([35], 3)];
    const { eager, results, names, instructions } = await both(() => {
      const y = ops.gelu(ops.linear(x, weight, bias));
      const loss = ops.sum(ops.mul(y, y));
      return [loss, ...ops.gradients(loss, [x, weight, bias])].filter((each) => each !== null);
    });
    expect(names).toContain('linear_gelu');
    expect(JSON.stringify(instructions)).not.toContain('gelu_slope');
    expect(results).toEqual(eager);
  });

  test('a linear whose result something else reads stays', async () => {
    const [x, weight] = [leaf([3, 5], 1), leaf([7, 5], 2)];
    const { eager, results, names } = await both(() => {
      const z = ops.linear(x, weight);
      const y = ops.mul(ops.gelu(z), ops.softmax(z, 1));
      return [y, ...ops.gradients(ops.sum(y), [x, weight])].filter((each) => each !== null);
    });
    expect(names).not.toContain('linear_gelu');
    expect(results).toEqual(eager);
  });

  test.each(['mean', 'sum', 'none'] as const)(
    'cross entropy has one gradient, reduced by %s',
    async (reduction) => {
      const x = leaf([4, 7], 1);
      const target = keep(ops.fromArray([3, -100, 0, 6], 'int64', 'cpu', [4]));
      const weight = keep(ops.fromArray([1, 2, 0.5, 3, 1, 1, 0.25], 'float32', 'cpu', [7]));
      const { eager, results, names } = await both(() => {
        const loss = ops.sum(ops.nll(ops.logSoftmax(x, 1), target, { weight, reduction }));
        return [loss, ...ops.gradients(loss, [x])].filter((each) => each !== null);
      });
      expect(names).toContain('cross_entropy_gradient');
      expect(names).not.toContain('nll_gradient');
      expect(results).toEqual(eager);
    },
  );

  describe('a formula of a product’s result', () => {
    const of = (names: readonly string[], ending: string): string[] =>
      names.filter((each) => each.endsWith(ending));

    test('is applied by the product: a residual sum, in another shape too', async () => {
      const [x, weight, bias] = [leaf([2, 3, 17], 1), leaf([17, 17], 2), leaf([17], 3)];
      const { eager, results, names } = await both(() => {
        const y = ops.add(x, ops.linear(x, weight, bias));
        const loss = ops.sum(ops.square(y));
        const [gx, ...others] = ops.gradients(loss, [x, weight, bias]);
        return [loss, gx && ops.softmax(gx, 1), ...others].flatMap((each) => each ?? []);
      });
      // Forward, and the sum of both gradients of x.
      expect(of(names, '_elementwise')).toEqual(['linear_elementwise', 'matmul_elementwise']);
      expect(results).toEqual(eager);
    });

    test('is applied by the product: the slopes of gelu and relu', async () => {
      const weights = [leaf([35, 17], 2), leaf([9, 35], 3), leaf([5, 9], 4)];
      const x = keep(ops.fromArray(numbers(102, 1), 'float32', 'cpu', [2, 3, 17]));
      const { eager, results, instructions, names } = await both(() => {
        const [w1, w2, w3] = weights;
        if (!w1 || !w2 || !w3) throw new Error('three weights');
        const hidden = ops.relu(ops.linear(ops.gelu(ops.linear(x, w1)), w2));
        const loss = ops.sum(ops.square(ops.linear(hidden, w3)));
        return [loss, ...ops.gradients(loss, weights)].filter((each) => each !== null);
      });
      expect(of(names, 'matmul_elementwise')).toHaveLength(2);
      expect(printInstructions({ buffers: [], instructions }).join('\n')).toMatch(
        /matmul_elementwise\([^ ]+, [^ ]+\) mul\(result, [^ ]+\) transpose_a=false/,
      );
      expect(results).toEqual(eager);
    });

    test('of two products is applied by the later one', async () => {
      const [x, w1, w2] = [leaf([4, 5], 1), leaf([7, 5], 2), leaf([7, 5], 3)];
      const { eager, results, names } = await both(() => [
        ops.softmax(ops.sub(ops.linear(x, w1), ops.linear(x, w2)), 1),
      ]);
      expect(names).toEqual(['linear', 'linear_elementwise', 'softmax']);
      expect(results).toEqual(eager);
    });

    test('stays where something else reads the result, an operand repeats or comes later', async () => {
      const [x, weight, bias] = [leaf([4, 5], 1), leaf([7, 5], 2), leaf([7], 3)];
      const { eager, results, names } = await both(() => {
        const [z, w, v] = [1, 2, 3].map((factor) => ops.linear(ops.mul(x, factor), weight));
        if (!z || !w || !v) throw new Error('three products');
        return [ops.add(z, 1), ops.softmax(z, 1), ops.mul(w, bias), ops.mul(v, ops.softmax(ops.tanh(z), 1))];
      });
      expect(of(names, '_elementwise')).toEqual([]);
      expect(results).toEqual(eager);
    });

    test('stays where the program changes an operand', async () => {
      const [x, weight] = [leaf([4, 5], 1), leaf([7, 5], 2)];
      const counts = keep(ops.full([4, 7], 0));
      const settings = { momentum: 0, dampening: 0, weight_decay: 0, nesterov: false, maximize: false };
      const [step, lr] = [keep(ops.full([], 0)), keep(ops.fromArray(0.5, 'float64'))];
      const program = compileProgram(() => {
        const product = ops.linear(x, weight);
        ops.sgdStep({ parameter: counts, gradient: ops.full([4, 7], -1), step, lr }, settings);
        return [ops.add(product, counts)];
      });
      await backend.runProgram(program.spec, 1);
      const [got = []] = program.outputs.map((tensor) => ops.toNumbers(tensor));
      program.dispose();
      expect(got).toEqual(ops.scope(() => ops.toNumbers(ops.add(ops.linear(x, weight), 0.5))));
    });
  });

  describe('an optimizer’s step', () => {
    /** Two linear layers, a step of Adam for each weight; `use` does more with the gradients. */
    async function trained(rows: number, use: (gradients: readonly Tensor[]) => Tensor[]) {
      const runs = [1, 2].map(() => {
        const weights = [leaf([17, 5], 2), leaf([3, 17], 3)];
        const state = weights.map(({ shape }) => ({
          expAvg: keep(ops.full(shape, 0)),
          expAvgSq: keep(ops.full(shape, 0)),
          step: keep(ops.full([], 0)),
        }));
        return { weights, state };
      });
      const x = keep(ops.fromArray(numbers(rows * 5, 1), 'float32', 'cpu', [rows, 5]));
      const lr = keep(ops.fromArray(0.01, 'float64'));
      const settings = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.1, decoupled: true };
      const step = ({ weights, state }: (typeof runs)[number]) => {
        const [w1, w2] = weights;
        if (!w1 || !w2) throw new Error('two weights');
        const loss = ops.sum(ops.square(ops.linear(ops.relu(ops.linear(x, w1)), w2)));
        const gradients = ops.gradients(loss, weights).flatMap((gradient) => gradient ?? []);
        weights.forEach((parameter, i) => {
          const [own, gradient] = [state[i], gradients[i]];
          if (!own || !gradient) throw new Error('a weight has no state');
          ops.adamStep({ parameter, gradient, ...own, lr }, { ...settings, maximize: false });
        });
        return [loss, ...use(gradients)];
      };
      const [eager, compiled] = runs;
      if (!eager || !compiled) throw new Error('two runs');
      for (let i = 0; i < 3; i++) ops.scope(() => step(eager).length);
      const program = compileProgram(() => step(compiled));
      await backend.runProgram(program.spec, 3);
      const values = runs.map(({ weights, state }) =>
        [...weights, ...state.flatMap((own) => Object.values(own))].map((tensor) => ops.toNumbers(tensor)),
      );
      const names = program.spec.instructions.map(({ op }) => op);
      program.dispose();
      return { values, names };
    }

    test('is taken by the product of a small batch that makes its gradient', async () => {
      const { values, names } = await trained(8, () => []);
      expect(names.filter((op) => op === 'outer_adam_step')).toHaveLength(2);
      expect(names).not.toContain('adam_step');
      expect(values[1]).toEqual(values[0]);
    });

    test.each([
      [
        'something else reads the gradient',
        8,
        (gradients: readonly Tensor[]) => gradients.map((each) => ops.sum(each)),
      ],
      ['the batch is large', 13, () => []],
    ] as const)('stays where %s', async (_why, rows, use) => {
      const { values, names } = await trained(rows, use);
      expect(names).not.toContain('outer_adam_step');
      expect(values[1]).toEqual(values[0]);
    });
  });
});
