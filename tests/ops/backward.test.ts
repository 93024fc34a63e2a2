// backward and gradients: accumulation, sharing, errors in PyTorch's words, and no memory left behind.
import { describe, expect, test } from 'vitest';

import * as ops from '#core/ops/index';
import type { Tensor } from '#core/tensor/tensor';

import { useTestBackend } from '../support/backend';

const backend = useTestBackend('native');

function leaf(values: ops.NestedArray): Tensor {
  const tensor = ops.fromArray(values, 'float64');
  tensor.requiresGrad = true;
  return tensor;
}
const gradOf = (tensor: Tensor): number[] => (tensor.grad ? ops.toNumbers(tensor.grad) : []);
const inScope = (body: () => void) => (): void => {
  const before = backend.live();
  ops.scope(body);
  expect(backend.live()).toBe(before);
};

describe('backward', () => {
  test(
    'accumulates into leaves over calls and over uses',
    inScope(() => {
      const x = leaf([1, 2]);
      ops.backward(ops.sum(ops.add(ops.mul(x, x), x)));
      expect(gradOf(x)).toEqual([3, 5]);
      ops.backward(ops.sum(ops.mul(x, 10)));
      expect(gradOf(x)).toEqual([13, 15]);
    }),
  );

  test(
    'gives leaves that share one gradient memory of their own',
    inScope(() => {
      const [a, b] = [leaf([1, 2]), leaf([3, 4])];
      const seed = ops.fromArray([1, 1], 'float64');
      ops.backward(ops.add(a, b), seed);
      const storages = new Set([a.grad?.storage, b.grad?.storage, seed.storage]);
      expect(storages.size).toBe(3);
    }),
  );

  test('frees everything but the gradients of leaves', () => {
    const before = backend.live();
    const x = leaf([1, 2, 3]);
    ops.scope(() => ops.backward(ops.sum(ops.gelu(ops.mul(x, x)))));
    expect(backend.live()).toBe(before + 2);
    x.grad?.storage.dispose();
    x.storage.dispose();
    expect(backend.live()).toBe(before);
  });

  test(
    'needs a gradient for anything but a scalar, of the same shape',
    inScope(() => {
      const y = ops.mul(leaf([[1, 2, 3]]), 2);
      expect(() => ops.backward(y)).toThrow('grad can be implicitly created only for scalar outputs');
      expect(() => ops.backward(y, ops.zeros([2, 2], 'float64'))).toThrow(
        'Mismatch in shape: grad_output[0] has a shape of torch.Size([2, 2]) and output[0] has a shape of torch.Size([1, 3]).',
      );
      expect(() => ops.backward(ops.zeros([]))).toThrow(
        'element 0 of tensors does not require grad and does not have a grad_fn',
      );
    }),
  );

  test(
    'walks a graph twice only when told so',
    inScope(() => {
      const x = leaf([1, 2]);
      const y = ops.sum(ops.exp(x));
      ops.backward(y, null, { retainGraph: true });
      ops.backward(y);
      expect(gradOf(x)[0]).toBeCloseTo(2 * Math.E, 12);
      expect(() => ops.backward(y)).toThrow(
        'Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed).',
      );
    }),
  );

  test(
    'names an op it cannot differentiate',
    inScope(() => {
      const y = first(
        ops.apply('max_pool_gradient', [leaf([[[1]]]), ops.zeros([1, 1, 1], 'int64')], { shape: [1, 1, 2] }),
      );
      expect(() => ops.backward(ops.sum(y))).toThrow('derivative for max_pool_gradient is not implemented');
    }),
  );

  test(
    'stops at detached tensors, comparisons and noGrad',
    inScope(() => {
      const x = leaf([1, 2]);
      expect(ops.noGrad(() => ops.exp(x)).requiresGrad).toBe(false);
      ops.backward(ops.sum(ops.mul(x, ops.gt(x, 1.5))));
      expect(gradOf(x)).toEqual([0, 1]);
      expect(ops.exp(x).detach().requiresGrad).toBe(false);
    }),
  );

  test(
    'goes through thousands of ops',
    inScope(() => {
      const x = leaf(1);
      let y: Tensor = x;
      for (let i = 0; i < 5000; i++) y = ops.add(y, 1);
      ops.backward(y);
      expect(gradOf(x)).toEqual([1]);
    }),
  );
});

describe('gradients', () => {
  test(
    'gives gradients of leaves and of what lies between, and sets no grad',
    inScope(() => {
      const x = leaf([2, 3]);
      const y = ops.square(x);
      const [ofX, ofY] = ops.gradients(ops.sum(ops.mul(y, y)), [x, y]);
      expect(ofX && ops.toNumbers(ofX)).toEqual([32, 108]);
      expect(ofY && ops.toNumbers(ofY)).toEqual([8, 18]);
      expect(x.grad).toBeNull();
    }),
  );

  test(
    'refuses inputs that the output does not depend on, unless allowed',
    inScope(() => {
      const [x, other] = [leaf(1), leaf(2)];
      const y = ops.mul(x, 2);
      expect(() => ops.gradients(y, [other], { retainGraph: true })).toThrow(
        'The differentiated Tensor at index 0 appears to not have been used in the graph.',
      );
      expect(() => ops.gradients(y, [ops.zeros([])], { retainGraph: true })).toThrow(
        'One of the differentiated Tensors does not require grad',
      );
      expect(ops.gradients(y, [other], { allowUnused: true })).toEqual([null]);
    }),
  );
});

function first(tensors: readonly Tensor[]): Tensor {
  const [tensor] = tensors;
  if (!tensor) throw new Error('no tensor');
  return tensor;
}
