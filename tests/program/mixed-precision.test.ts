// Products under autocast: rounded to bfloat16 by the kernels themselves, the same eagerly and in a program, and near what
// rounding the operands first and summing in float32 gives.
import { describe, expect, test } from 'vitest';

import * as ops from '#core/ops/index';
import { compileProgram } from '#core/program/index';
import type { Tensor } from '#core/tensor/tensor';

import { useTestBackend } from '../support/backend';
import { leaf } from './leaves';

describe('mixed precision', () => {
  const backend = useTestBackend();

  /** Two linears with a relu between and their gradients; `product` is one linear. */
  const step = (product: typeof ops.linear, [x, first, second, bias]: readonly Tensor[]): Tensor[] => {
    if (!x || !first || !second || !bias) throw new Error('too few tensors');
    const y = product(ops.relu(product(x, first, bias)), second);
    const parameters = [x, first, second, bias];
    return [y, ...ops.gradients(ops.sum(ops.mul(y, y)), parameters)].filter((each) => each !== null);
  };
  const rounded = (x: Tensor): Tensor => ops.cast(ops.cast(x, 'bfloat16'), 'float32');

  test('products round their operands and results themselves, the same eagerly and in a program', async () => {
    const inputs = [leaf([9, 40], 1), leaf([33, 40], 2), leaf([12, 33], 3), leaf([33], 4)];
    const lowered = (): Tensor[] => ops.autocast(() => step(ops.linear, inputs));
    const eager = ops.scope(() => lowered().map((tensor) => ops.toNumbers(tensor)));
    const program = compileProgram(lowered);
    await backend.runProgram(program.spec, 1);
    const products = program.spec.instructions.filter(({ op }) => /^(linear|matmul)/.test(op));
    // Two forward and four gradients.
    expect(products.map(({ attributes }) => [attributes['precision'], attributes['rounds']])).toEqual(
      new Array(6).fill(['bfloat16', 'bfloat16']),
    );
    expect(program.outputs.map((tensor) => ops.toNumbers(tensor))).toEqual(eager);
    program.dispose();
  });

  test('they are near products of operands rounded before, summed in float32', () => {
    const inputs = [leaf([9, 40], 1), leaf([33, 40], 2), leaf([12, 33], 3), leaf([33], 4)];
    const explicit = (x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor =>
      rounded(ops.linear(rounded(x), rounded(weight), bias && rounded(bias)));
    const numbersOf = (tensors: readonly Tensor[]): number[][] =>
      tensors.map((tensor) => ops.toNumbers(tensor));
    const expected = ops.scope(() => numbersOf(step(explicit, inputs)));
    const got = ops.scope(() => numbersOf(ops.autocast(() => step(ops.linear, inputs))));
    expect(got.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
    // A sum in another order ends on the next bfloat16 number now and then, 2⁻⁸ away, and what follows carries that on.
    got.forEach((values, index) => {
      const most = Math.max(...(expected[index] ?? []).map(Math.abs));
      values.forEach((value, at) =>
        expect(Math.abs(value - (expected[index]?.[at] ?? NaN))).toBeLessThanOrEqual(most / 64),
      );
    });
  });
});
