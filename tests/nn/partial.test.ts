// Lazy layers whose first call fails, for a checkpoint brought some of their tensors: what PyTorch leaves them as (scripts/golden/nn_partial.py).
import { defaultGenerator, type Module } from '#core/nn/index';
import { tupleRepr } from '#core/nn/python-names';
import { isLazy } from '#core/nn/uninitialized';
import { Tensor } from '#core/tensor/tensor';
import { describe } from 'vitest';

import golden from '../golden/nn-partial.json';
import { useReferenceBackend } from '../support/backend';
import { testScenarios } from './golden-scenarios';
import { said, type Scenarios } from './scenario';
import { bool, ones } from './scenario-parts';
import { nn } from './support';

type Shapes = Readonly<Record<string, readonly number[]>>;
const LAYERS: Readonly<Record<string, readonly [make: () => Module, shapes: Shapes, input: readonly number[]]>> = {
  LazyLinear: [() => nn('LazyLinear', { out_features: 2 }), { weight: [2, 3], bias: [2] }, [1, 3]],
  LazyConv1d: [() => nn('LazyConv1d', { out_channels: 2, kernel_size: 1 }), { weight: [2, 3, 1], bias: [2] }, [1, 3, 4]],
  LazyConvTranspose2d: [
    () => nn('LazyConvTranspose2d', { out_channels: 2, kernel_size: 1 }), { weight: [3, 2, 1, 1], bias: [2] }, [1, 3, 4, 4]],
  LazyBatchNorm1d: [
    () => nn('LazyBatchNorm1d'), { weight: [3], bias: [3], running_mean: [3], running_var: [3] }, [2, 3]],
  'LazyBatchNorm1d without affine': [
    () => nn('LazyBatchNorm1d', { affine: false }), { running_mean: [3], running_var: [3] }, [2, 3]],
  LazyInstanceNorm1d: [() => nn('LazyInstanceNorm1d'), { weight: [3], running_var: [3] }, [2, 3, 4]],
}; // prettier-ignore

const described = (layer: Module): string =>
  [...layer.namedParameters(), ...layer.namedBuffers()]
    .map(
      ([name, tensor]) =>
        `${name} ${tensor.constructor.name}${tupleRepr(isLazy(tensor) ? [0] : [...tensor.shape])}`,
    )
    .join(', ');

function partly(make: () => Module, shapes: Shapes, input: readonly number[], names: readonly string[]) {
  return (): string => {
    const layer = make();
    layer.loadStateDict(Object.fromEntries(names.map((name) => [name, ones(...(shapes[name] ?? []))])), {
      strict: false,
    });
    const before = String(defaultGenerator.getState());
    const calls = [1, 2].map(() => {
      const result = said(() => {
        const out = layer.invoke([ones(...input)]);
        return tupleRepr(out instanceof Tensor ? [...out.shape] : []);
      });
      return `${result} | ${String(layer)} | ${described(layer)}`;
    });
    return [...calls, `draws: ${bool(before !== String(defaultGenerator.getState()))}`].join(' || ');
  };
}

/** All choices of `count` names, in order. */
function choices(names: readonly string[], count: number): string[][] {
  if (count === 0) return [[]];
  return names.flatMap((name, at) => choices(names.slice(at + 1), count - 1).map((rest) => [name, ...rest]));
}

const SCENARIOS: Scenarios = Object.fromEntries(
  Object.entries(LAYERS).flatMap(([title, [make, shapes, input]]) => {
    const names = Object.keys(shapes);
    return names.flatMap((_, at) =>
      choices(names, at + 1).map((chosen) => [
        `${title}, ${chosen.join(' and ')}`,
        ['LAZY-14', partly(make, shapes, input, chosen)] as const,
      ]),
    );
  }),
);

describe('first calls of partly loaded lazy layers as in PyTorch', () => {
  useReferenceBackend();
  testScenarios(SCENARIOS, golden.texts);
});
