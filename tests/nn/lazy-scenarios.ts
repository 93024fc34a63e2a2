// The scenarios of nn_behaviours about lazy modules: loading into them, calls and copies.
import { defaultGenerator, StateDict, type Module } from '#core/nn/index';
import { pythonRepr } from '#core/nn/python-names';
import { Tensor } from '#core/tensor/tensor';

import { loosely, type Scenarios } from './scenario';
import { meta, nn } from './support';
import {
  bool,
  conv,
  dtypes,
  flat,
  keysOf,
  lazyLinear,
  linear,
  norm,
  ones,
  shape,
  withMore,
  zeros,
} from './scenario-parts';

const lazily =
  (make: () => Module, source: () => unknown, strict = true, assigns = false) =>
  (): string => {
    const module = make();
    const keys = loosely(module, 'loadStateDict', source(), { strict, assign: assigns });
    const list = [...module.parameters()].map(({ dtype }) => `torch.${dtype}`);
    return `${String(keys)} ${String(module)} [${list.join(', ')}]`;
  };

const loadedRuns =
  (lazy: Module, source: Module, ...size: number[]) =>
  (): string => {
    lazy.loadStateDict(source.stateDict());
    const before = defaultGenerator.getState();
    lazy.invoke([meta(...size)]);
    const same = defaultGenerator.getState().every((byte, at) => byte === before[at]);
    return `${String(lazy)} ${bool(same)}`;
  };

export const LAZY: Scenarios = {
  'lazy to_empty': ['LAZY-10', () => nn('LazyLinear', { out_features: 3 }).toEmpty({ device: 'cpu' })],
  'lazy type': ['LAZY-10', () => nn('LazyLinear', { out_features: 3 }).type('float64')],
  'lazy share_memory': ['LAZY-10', () => nn('LazyLinear', { out_features: 3 }).shareMemory()],
  'lazy half': ['LAZY-10', () => dtypes(nn('LazyLinear', { out_features: 3 }).half().namedParameters())],
  'lazy meta to cpu': ['LAZY-10', () => nn('LazyLinear', { out_features: 3 }, { device: 'meta' }).to({ device: 'cpu' })],
  'lazy keyword input': ['LAZY-3', () => {
    const layer = lazyLinear();
    const output = layer.invoke([], { input: meta(2, 3) });
    return `${layer.constructor.name} ${shape(output instanceof Tensor ? output : null)}`;
  }],
  'lazy from initialized': ['LAZY-11', lazily(lazyLinear, () => linear(3, 4).stateDict())],
  'lazy from wider': ['LAZY-11', lazily(lazyLinear, () => linear(3, 7).stateDict())],
  'lazy from odd shapes': ['LAZY-11', lazily(lazyLinear, () => ({ weight: zeros(2, 3, 4), bias: zeros() }))],
  'lazy double from float': ['LAZY-11', lazily(() => lazyLinear({}, 'float64'), () => linear(3, 4).stateDict())],
  'lazy from half': ['LAZY-11', lazily(lazyLinear, () => linear(3, 4).half().stateDict())],
  'lazy conv from initialized': ['LAZY-11', lazily(() => nn('LazyConv2d', conv), () => nn('Conv2d', { in_channels: 2, ...conv }).stateDict())],
  'lazy norm from initialized': ['LAZY-11', lazily(() => nn('LazyBatchNorm2d'), () => nn('BatchNorm2d', { num_features: 3 }).stateDict())],
  'lazy from lazy': ['LAZY-13', lazily(() => nn('LazyConv1d', conv), () => nn('LazyConv1d', conv).stateDict())],
  'lazy norm from lazy': ['LAZY-13', lazily(() => nn('LazyBatchNorm2d'), () => nn('LazyBatchNorm2d').stateDict())],
  'lazy norm from nothing': ['LAZY-14', lazily(() => nn('LazyBatchNorm2d'), () => ({}))],
  'lazy norm from nothing with metadata': ['LAZY-14', lazily(() => nn('LazyBatchNorm2d'), () =>
    new StateDict([], nn('BatchNorm2d', { num_features: 3 }).stateDict().metadata))],
  'lazy from nothing': ['LAZY-14', lazily(lazyLinear, () => ({}))],
  'lazy from a part': ['LAZY-14', lazily(lazyLinear, () => ({ weight: zeros(4, 3) }), false)],
  'lazy from a part, strict': ['LAZY-14', lazily(lazyLinear, () => ({ weight: zeros(4, 3) }))],
  'lazy from text': ['LAZY-14', lazily(lazyLinear, () => ({ weight: 'x', bias: zeros(4) }))],
  'lazy from None': ['LAZY-14', lazily(lazyLinear, () => ({ weight: null, bias: zeros(4) }))],
  'lazy from unexpected': ['LAZY-14', lazily(lazyLinear, () => withMore(linear(3, 4), { foo: zeros(1) }))],
  'lazy without bias from bias': ['LAZY-14', lazily(() => lazyLinear({ bias: false }), () => linear(3, 4).stateDict())],
  'initialized from lazy': ['LAZY-13', lazily(() => linear(3, 4), () => lazyLinear().stateDict())],
  'initialized norm from lazy': ['LAZY-13', lazily(norm, () => nn('LazyBatchNorm1d').stateDict(), false)],
  'loaded lazy from lazy': ['LAZY-13', () => {
    const layer = lazyLinear();
    layer.loadStateDict(linear(3, 4).stateDict());
    layer.loadStateDict(lazyLinear().stateDict());
  }],
  'lazy assign': ['LAZY-15', lazily(lazyLinear, () => linear(3, 4).stateDict(), true, true)],
  'lazy assign from lazy': ['LAZY-15', lazily(() => nn('LazyConv1d', conv), () => nn('LazyConv1d', conv).stateDict(), true, true)],
  'lazy norm assign from lazy': ['LAZY-15', lazily(() => nn('LazyBatchNorm1d'), () => nn('LazyBatchNorm1d').stateDict(), true, true)],
  'lazy loaded twice': ['LAZY-11', () => {
    const layer = lazyLinear();
    layer.loadStateDict(linear(3, 4).stateDict());
    layer.loadStateDict(linear(5, 4).stateDict());
  }],
  'lazy loaded, reset_parameters': ['LAZY-12', () => {
    const layer = nn('LazyLinear', { out_features: 2 });
    layer.loadStateDict({ weight: ones(2, 1), bias: ones(2) });
    layer.resetParameters();
    return flat(layer.tensor('weight'));
  }],
  'loaded LazyConv2d runs': ['LAZY-12', () => loadedRuns(nn('LazyConv2d', conv), nn('Conv2d', { in_channels: 2, ...conv }), 1, 2, 5, 5)()],
  'loaded LazyConvTranspose1d runs': ['LAZY-12', () =>
    loadedRuns(nn('LazyConvTranspose1d', conv), nn('ConvTranspose1d', { in_channels: 2, ...conv }), 1, 2, 5)()],
  'loaded LazyBatchNorm1d runs': ['LAZY-12', () => loadedRuns(nn('LazyBatchNorm1d'), norm(), 4, 3)()],
  'loaded LazyInstanceNorm1d runs': ['LAZY-20', () => loadedRuns(nn('LazyInstanceNorm1d'),
    nn('InstanceNorm1d', { num_features: 3, affine: true, track_running_stats: true }), 2, 3, 4)()],
  'loaded LazyInstanceNorm1d without affine runs': ['LAZY-20', () => loadedRuns(nn('LazyInstanceNorm1d', { affine: false }),
    nn('InstanceNorm1d', { num_features: 3, track_running_stats: true }), 2, 3, 4)()],
  'loaded LazyLinear runs': ['LAZY-12', () => loadedRuns(lazyLinear(), linear(3, 4), 2, 3)()],
  'lazy without bias': ['LAZY-3', () => {
    const layer = lazyLinear({ bias: false });
    layer.invoke([meta(1, 3)]);
    return `${String(layer)} ${pythonRepr(Reflect.get(layer, 'bias') ?? null)} ${keysOf(layer)}`;
  }],
}; // prettier-ignore
