// torch.__future__'s conversion modes in the situations of scripts/golden/nn_future.py: PyTorch 2.14's words.
import { future, isLazy, type Module, Parameter, StateDict, valuesOf } from '#core/nn/index';
import { pythonRepr, tupleRepr } from '#core/nn/python-names';
import { newTensor } from '#core/nn/tensor-memory';
import type { DType } from '#core/tensor/dtype';
import type { Shape } from '#core/tensor/shape';
import { Tensor } from '#core/tensor/tensor';
import { afterEach, describe, expect, it } from 'vitest';

import golden from '../golden/nn-future.json';
import { loosely, said } from './scenario';
import { nn, tensor } from './support';

const MODES: Readonly<Record<string, () => void>> = {
  plain: () => {},
  overwrite: () => future.setOverwriteModuleParamsOnConversion(true),
  swap: () => future.setSwapModuleParamsOnConversion(true),
};
const linear = (): Module => nn('Linear', { in_features: 2, out_features: 3 });
const lazy = (): Module => nn('LazyLinear', { out_features: 3 });
const norm = (): Module => nn('BatchNorm1d', { num_features: 3 });
const frozen = (): Module => {
  const net = linear();
  net.getParameter('weight').requiresGrad = false;
  return net;
};
const weightOf = (net: Module): Parameter => net.getParameter('weight');
const shape = (value: Tensor): string => tupleRepr(isLazy(value) ? [0] : [...value.shape]);
const what = (now: Parameter, before: Parameter): string =>
  `${pythonRepr(now === before)} ${now.constructor.name} torch.${now.dtype} ${shape(now)} ${pythonRepr(now.requiresGrad)}`;

const conversion = (make: () => Module, convert: (net: Module) => void) => (): string => {
  const net = make();
  const weight = weightOf(net);
  Reflect.set(weight, 'tag', 1);
  convert(net);
  const now = weightOf(net);
  return `${what(now, weight)} ${pythonRepr(Reflect.get(now, 'tag') ?? null)}`;
};

const ones = (size: Shape, dtype: DType = 'float32'): StateDict => {
  const weight = newTensor(size, dtype);
  return new StateDict([
    ['weight', weight],
    ['bias', tensor([0, 0, 0])],
  ]);
};
const load =
  (make: () => Module, state: () => StateDict, assign = false) =>
  (): string => {
    const net = make();
    const given = state();
    const weight = weightOf(net);
    const memory = isLazy(weight) ? null : weight.storage;
    const result = said(() => net.loadStateDict(given, { assign }));
    const now = weightOf(net);
    const source = given.get('weight');
    const own = isLazy(now) || memory === null ? null : now.storage === memory;
    const theirs =
      isLazy(now) || !(source instanceof Tensor) || isLazy(source) ? null : now.storage === source.storage;
    return `${result} | ${what(now, weight)} own ${pythonRepr(own)} theirs ${pythonRepr(theirs)}`;
  };
const withParameter = (): StateDict => {
  const state = ones([3, 2]);
  return new StateDict(
    [...state].map(([key, value]) => [key, key === 'weight' ? new Parameter(value as Tensor) : value]),
  );
};
const withNumber = (): StateDict =>
  new StateDict([...ones([3, 2])].map(([key, value]) => [key, key === 'weight' ? 5 : value]));

const SITUATIONS: Readonly<Record<string, () => unknown>> = {
  double: conversion(linear, (net) => net.double()),
  'float of a float': conversion(linear, (net) => net.float()),
  'double of a frozen one': conversion(frozen, (net) => net.double()),
  'to meta': conversion(linear, (net) => net.to({ device: 'meta' })),
  'lazy double': conversion(lazy, (net) => net.double()),
  'lazy float of a float': conversion(lazy, (net) => net.float()),
  'lazy to meta': conversion(lazy, (net) => net.to({ device: 'meta' })),
  'lazy batch norm double': conversion(
    () => nn('LazyBatchNorm1d'),
    (net) => net.double(),
  ),
  to_empty: conversion(linear, (net) => net.toEmpty({ device: 'cpu' })),
  'gradient of a converted one': () => {
    const net = linear();
    const grad = tensor([1, 1, 1, 1, 1, 1], [3, 2]);
    weightOf(net).grad = grad;
    net.double();
    const now = weightOf(net).grad;
    return `${pythonRepr(now === grad)} torch.${now?.dtype} torch.${grad.dtype}`;
  },
  'buffers of a converted one': () => {
    const net = norm();
    const before = net.getBuffer('running_mean');
    net.double();
    const now = net.getBuffer('running_mean');
    return `${pythonRepr(now === before)} torch.${now?.dtype} torch.${before?.dtype}`;
  },
  load: load(linear, () => ones([3, 2])),
  'load another dtype': load(linear, () => ones([3, 2], 'float64')),
  'load another shape': load(linear, () => ones([3, 4])),
  'load a number': load(linear, withNumber),
  'load and assign': load(linear, () => ones([3, 2]), true),
  'load and assign another dtype': load(linear, () => ones([3, 2], 'float64'), true),
  'load and assign a parameter': load(frozen, withParameter, true),
  'load and assign integers': load(linear, () => ones([3, 2], 'int64'), true),
  'load float4': load(linear, () => ones([3, 2], 'float4_e2m1fn_x2')),
  'load into lazy': load(lazy, () => ones([3, 2])),
  'load into lazy and assign': load(lazy, () => ones([3, 2]), true),
  'load lazy into lazy': load(lazy, () => lazy().stateDict()),
  'load lazy into initialized': load(linear, () => lazy().stateDict()),
  'load buffers': () => {
    const net = norm();
    const [mean, count] = [net.getBuffer('running_mean'), net.getBuffer('num_batches_tracked')];
    const state = new StateDict(
      [...net.stateDict()].map(([key, value]) => {
        const { dtype, shape: size } = value as Tensor;
        const more = [...valuesOf(value as Tensor)].map((each) => each + 1);
        return [key, tensor(more, size, dtype)];
      }),
    );
    loosely(net, 'loadStateDict', state);
    const [now, counted] = [net.getBuffer('running_mean'), net.getBuffer('num_batches_tracked')];
    const values = [...(now ? valuesOf(now) : [])].map((each) => each.toFixed(1)).join(', ');
    return `${pythonRepr(now === mean)} [${values}] ${pythonRepr(counted === count)} ${counted ? valuesOf(counted)[0] : ''}`;
  },
};

describe('torch.__future__ as in PyTorch 2.14', () => {
  afterEach(() => {
    future.setOverwriteModuleParamsOnConversion(false);
    future.setSwapModuleParamsOnConversion(false);
  });

  const texts: Record<string, string> = golden.texts;
  const names: string[] = [];
  for (const [situation, body] of Object.entries(SITUATIONS))
    for (const [mode, turnOn] of Object.entries(MODES)) {
      const name = `${mode}: ${situation}`;
      names.push(name);
      it(`MODULE-23 ${name}`, () => {
        turnOn();
        expect(said(body)).toBe(texts[name]);
      });
    }

  it('MODULE-23 both modes are off by default', () => {
    expect([future.getOverwriteModuleParamsOnConversion(), future.getSwapModuleParamsOnConversion()]).toEqual(
      [false, false],
    );
  });

  it('every golden scenario has its counterpart here', () => {
    const others = ['overwrite is off by default', 'swap is off by default'];
    expect([...names, ...others].sort()).toEqual(Object.keys(texts).sort());
  });
});
