// Passes that put what belongs together into one kernel: the same bits as eagerly.
import { afterEach, describe, expect, test } from 'vitest';

import * as ops from '#core/ops/index';
import { compileProgram } from '#core/program/index';
import type { Tensor } from '#core/tensor/tensor';

import { BACKENDS, useTestBackend } from '../support/backend';
import { numbers } from './steps';

const kept: Tensor[] = [];
afterEach(() => {
  for (const { storage } of kept.splice(0)) storage.dispose();
});
const keep = (tensor: Tensor): Tensor => {
  kept.push(tensor);
  return tensor;
};

const leaf = (shape: readonly number[], seed: number): Tensor => {
  const count = shape.reduce((a, b) => a * b, 1);
  const tensor = keep(ops.fromArray(numbers(count, seed), 'float32', 'cpu', shape));
  tensor.requiresGrad = true;
  return tensor;
};

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
});
