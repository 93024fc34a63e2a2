// Tensors of a test's own, freed after it.
import { afterEach } from 'vitest';

import * as ops from '#core/ops/index';
import { numel, type Shape } from '#core/tensor/shape';
import type { Tensor } from '#core/tensor/tensor';

import { numbers } from './steps';

const kept: Tensor[] = [];
afterEach(() => {
  for (const { storage } of kept.splice(0)) storage.dispose();
});

/** The same tensor, freed after the test. */
export const keep = (tensor: Tensor): Tensor => {
  kept.push(tensor);
  return tensor;
};

/** Repeatable numbers that require a gradient, float32 on the CPU, freed after the test. */
export const leaf = (shape: Shape, seed: number): Tensor => {
  const tensor = keep(ops.fromArray(numbers(numel(shape), seed), 'float32', 'cpu', shape));
  tensor.requiresGrad = true;
  return tensor;
};
