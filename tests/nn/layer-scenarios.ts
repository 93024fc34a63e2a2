// The scenarios of nn_layers: PyTorch's layers made, called for the first time and loaded in unusual ways.
import {
  defaultGenerator,
  hasUninitializedParams,
  Module,
  UninitializedBuffer as UB,
  UninitializedParameter as U,
  type LayerModule,
  valuesOf,
} from '#core/nn/index';
import type { Tensor } from '#core/tensor/tensor';

import { bool, keysOf, ofDType, ones, seventeen, shape, text } from './scenario-parts';
import { loosely, repr, said, type Scenarios } from './scenario';
import { meta, nn, tensor } from './support';

const made = (
  rule: string,
  title: string,
  name: string,
  keywords: Record<string, unknown> = {},
): Scenarios => ({
  [title]: [rule, () => repr(nn(name, keywords))],
});
const kernel = (out_channels: number, kernel_size = 1, more: Record<string, unknown> = {}) => ({
  out_channels,
  kernel_size,
  ...more,
});

const MADE: Scenarios = {
  ...made('LAZY-2', 'LazyLinear without outputs', 'LazyLinear'),
  ...made('LAZY-2', 'LazyConv2d without anything', 'LazyConv2d'),
  ...made('LAZY-2', 'LazyConv2d without kernel', 'LazyConv2d', { out_channels: 3 }),
  ...made('LAZY-2', 'Linear without anything', 'Linear'),
  ...made('LAZY-2', 'Conv2d without anything', 'Conv2d'),
  ...made('LAZY-22', 'Conv2d of groups that do not divide inputs', 'Conv2d', kernel(4, 1, { in_channels: 3, groups: 2 })),
  ...made('LAZY-22', 'Conv2d of groups that do not divide outputs', 'Conv2d', kernel(3, 1, { in_channels: 4, groups: 2 })),
  ...made('LAZY-22', 'Conv2d of no groups', 'Conv2d', kernel(3, 1, { in_channels: 4, groups: 0 })),
  ...made('LAZY-22', 'Conv2d of negative groups', 'Conv2d', kernel(4, 1, { in_channels: 4, groups: -1 })),
  ...made('LAZY-22', 'LazyConv2d of no groups', 'LazyConv2d', kernel(4, 1, { groups: 0 })),
  ...made('LAZY-22', 'Conv2d of strided same', 'Conv2d', kernel(3, 1, { in_channels: 4, stride: 2, padding: 'same' })),
  ...made('LAZY-22', 'ConvTranspose2d of another padding mode', 'ConvTranspose2d', kernel(3, 1, { in_channels: 4, padding_mode: 'reflect' })),
  ...made('LAZY-22', 'LazyConvTranspose2d of another padding mode', 'LazyConvTranspose2d', kernel(3, 1, { padding_mode: 'reflect' })),
  ...made('LAZY-22', 'Linear of negative inputs', 'Linear', { in_features: -1, out_features: 3 }),
  ...made('LAZY-16', 'Linear of no inputs', 'Linear', { in_features: 0, out_features: 3 }),
  'LazyLinear of negative outputs': ['LAZY-22', () => nn('LazyLinear', { out_features: -1 }).call(ones(1, 2))],
  ...made('LAZY-22', 'Dropout of 1.5', 'Dropout', { p: 1.5 }),
  ...made('MODULE-12', 'LazyBatchNorm1d without bias', 'LazyBatchNorm1d', { bias: false }),
  ...made('MODULE-12', 'BatchNorm1d without affine, with bias', 'BatchNorm1d', { num_features: 2, affine: false, bias: true }),
  ...made('MODULE-12', 'InstanceNorm1d without bias', 'InstanceNorm1d', { num_features: 2, affine: true, bias: false }),
  ...made('LAZY-20', 'LazyInstanceNorm2d', 'LazyInstanceNorm2d'),
  ...made('LAZY-20', 'LazyInstanceNorm2d of nothing', 'LazyInstanceNorm2d', { affine: false, track_running_stats: false }),
  ...made('MODULE-12', 'LazyConv2d', 'LazyConv2d', kernel(4, 3)),
  ...made('MODULE-12', 'LazyConv2d with everything', 'LazyConv2d', kernel(4, 3, { padding: 1, dilation: 2, groups: 2, bias: false, padding_mode: 'circular' })),
  ...made('MODULE-12', 'LazyConv2d of same', 'LazyConv2d', kernel(4, 3, { padding: 'same' })),
  ...made('MODULE-12', 'LazyConvTranspose2d', 'LazyConvTranspose2d', kernel(4, 3, { stride: 2, output_padding: 1 })),
  'what no inputs draw': [
    'LAZY-16',
    () => {
      defaultGenerator.manualSeed(3);
      const bias = [...valuesOf(nn('Linear', { in_features: 0, out_features: 3 }).getParameter('bias'))];
      const after = defaultGenerator.uniform('float32', 1)[0] ?? NaN;
      defaultGenerator.manualSeed(3);
      nn('LazyLinear', { out_features: 3 }).call(ones(1, 0));
      const untouched = defaultGenerator.uniform('float32', 1)[0] ?? NaN;
      return `[${bias.map((value) => value.toFixed(1)).join(', ')}] ${seventeen(after)} ${seventeen(untouched)}`;
    },
  ],
  'keys of a norm without bias': ['MODULE-24', () => keysOf(nn('LazyBatchNorm1d', { bias: false }))],
}; // prettier-ignore

const LAYERS: Readonly<Record<string, () => LayerModule>> = {
  LazyLinear: () => nn('LazyLinear', { out_features: 3 }),
  LazyConv2d: () => nn('LazyConv2d', kernel(3)),
  LazyConvTranspose1d: () => nn('LazyConvTranspose1d', kernel(3)),
  LazyBatchNorm1d: () => nn('LazyBatchNorm1d'),
  LazyInstanceNorm1d: () => nn('LazyInstanceNorm1d'),
};

const firstCalls = ([name, make]: readonly [string, () => LayerModule]): Scenarios => ({
  [`${name} called without input`]: ['LAZY-23', () => make().invoke([])],
  [`${name} called with another keyword`]: ['LAZY-23', () => make().invoke([], { x: ones(1, 2) })],
  [`${name} called with a list`]: ['LAZY-23', () => make().invoke([[1]])],
  ...(name === 'LazyConvTranspose1d'
    ? {}
    : { [`${name} called with two inputs`]: ['LAZY-23', () => make().invoke([ones(1, 2, 3), 1])] }),
  [`${name} has uninitialized`]: ['LAZY-4', () => bool(hasUninitializedParams(make()))],
  [`${name} reset`]: ['LAZY-12', () => loosely(make(), 'resetParameters') ?? 'None'],
});

const called = (title: string, rule: string, name: string, keywords: Record<string, unknown>, input: Tensor): Scenarios => ({
  [`call: ${title}`]: [
    rule,
    () => {
      const module = nn(name, keywords);
      const output = module.call(input) as Tensor;
      const state = [...module.stateDict()].map(([key, value]) => `${key}:${shape(value as Tensor)}`);
      return `${repr(module)} ${shape(output)} ${state.join(' ')}`;
    },
  ],
}); // prettier-ignore
const NOTHING = { affine: false, track_running_stats: false };

const CALLED: Scenarios = {
  ...(Object.assign({}, ...Object.entries(LAYERS).map(firstCalls)) as Scenarios),
  'transposed called with three': ['LAZY-23', () => nn('LazyConvTranspose1d', kernel(3)).invoke([ones(1, 2, 3), [3], 1])],
  ...called('LazyLinear of a vector', 'LAZY-3', 'LazyLinear', { out_features: 3 }, ones(5)),
  ...called('LazyLinear of no features', 'LAZY-16', 'LazyLinear', { out_features: 3 }, ones(1, 0)),
  ...called('LazyLinear of no rows', 'LAZY-3', 'LazyLinear', { out_features: 3 }, ones(0, 2)),
  ...called('LazyLinear of integers', 'LAZY-3', 'LazyLinear', { out_features: 3 }, ofDType('int64', 1, 5)),
  ...called('LazyConv1d without batch', 'LAZY-6', 'LazyConv1d', kernel(3, 2), ones(4, 5)),
  ...called('LazyConvTranspose2d without batch', 'LAZY-6', 'LazyConvTranspose2d', kernel(3, 2), ones(4, 5, 5)),
  ...called('LazyConv2d of groups', 'LAZY-6', 'LazyConv2d', kernel(4, 1, { groups: 2 }), ones(1, 4, 5, 5)),
  ...called('LazyConvTranspose2d of groups', 'LAZY-6', 'LazyConvTranspose2d', kernel(4, 1, { groups: 2 }), ones(1, 6, 5, 5)),
  ...called('LazyBatchNorm1d of nothing', 'LAZY-7', 'LazyBatchNorm1d', NOTHING, ones(2, 2)),
  ...called('LazyInstanceNorm2d of nothing', 'LAZY-7', 'LazyInstanceNorm2d', NOTHING, ones(1, 2, 3, 3)),
  ...called('LazyConvTranspose2d of groups that do not divide', 'LAZY-6', 'LazyConvTranspose2d', kernel(3, 3, { groups: 2 }), ones(1, 4, 5, 5)),
  ...called('LazyConv2d of groups that do not divide outputs', 'LAZY-6', 'LazyConv2d', kernel(3, 3, { groups: 2 }), ones(1, 4, 5, 5)),
  'counter set before, training': ['LAZY-7', () => counter(true)],
  'counter set before, evaluation': ['LAZY-7', () => counter(false)],
  'same fields as the eager class': [
    'LAZY-3',
    () => {
      const module = nn('LazyLinear', { out_features: 3 });
      module.call(ones(1, 2));
      const fields = [module, nn('Linear', { in_features: 2, out_features: 3 })].map((each) =>
        Reflect.ownKeys(each).map(String).sort().join(),
      );
      return bool(fields[0] === fields[1]);
    },
  ],
  ...Object.assign({}, ...[['weight'], ['running_mean'], ['weight', 'running_mean', 'running_var']].map((part) => ({
    [`norm of ${part.join(' and ')}`]: [
      'LAZY-14',
      () => {
        const module = nn('LazyBatchNorm1d');
        module.loadStateDict(Object.fromEntries(part.map((name) => [name, ones(3)])), { strict: false });
        return `${said(() => module.call(ones(2, 3)))} ${repr(module)}`;
      },
    ],
  }))) as Scenarios,
  'norm with too few channels': ['LAZY-7', () => nn('BatchNorm1d', { num_features: 4 }).call(ones(2, 5))],
  'norm of one value': ['LAZY-7', () => nn('BatchNorm1d', { num_features: 4 }).call(ones(1, 4))],
  'instance norm of one value': ['LAZY-7', () => nn('InstanceNorm1d', { num_features: 4 }).call(ones(2, 4, 1))],
  'linear of another width': ['LAZY-7', () => nn('Linear', { in_features: 4, out_features: 3 }).call(ones(2, 5))],
  'share_memory on meta': [
    'MODULE-14',
    () => nn('Linear', { in_features: 4, out_features: 3 }, { device: 'meta' }).shareMemory(),
  ],
  'reset of statistics': ['UNINIT-5', () => loosely(nn('LazyBatchNorm1d').getBuffer('running_mean') ?? {}, 'zero_')],
  'count of uninitialized parameters': [
    'UNINIT-5',
    () => [...nn('LazyLinear', { out_features: 3 }).parameters()].reduce((sum, each) => sum + each.numel(), 0),
  ],
}; // prettier-ignore

function counter(isTraining: boolean): number {
  const module = nn('LazyBatchNorm1d').train(isTraining);
  const tracked = module.getBuffer('num_batches_tracked');
  tracked?.storage.write(0, new Uint8Array(BigInt64Array.of(5n).buffer));
  module.call(ones(2, 2));
  return Number(tracked?.storage.read(0, 1)[0]);
}

const plainWith = (value: U | UB): Module => {
  const module = new Module();
  Reflect.set(module, 'p', value);
  return module;
};
const lazy = (device: 'cpu' | 'meta' = 'cpu'): LayerModule =>
  nn('LazyLinear', { out_features: 3 }, { device });

function loaded(module: LayerModule, weight: Tensor): string {
  const result = module.loadStateDict({ weight, bias: ones(3) });
  const now = module.getParameter('weight');
  return `${String(result)} ${shape(now)} torch.${now.dtype} ${repr(module)}`;
}

const LOADED: Scenarios = {
  'keep_vars of a plain module with an uninitialized parameter': [
    'STATE-4',
    () =>
      `[${[...plainWith(new U()).stateDict({ keepVars: true })].map(([key, value]) => `('${key}', ${String(value)})`).join(', ')}]`,
  ],
  'state_dict of a plain module with a passing uninitialized buffer': [
    'STATE-4',
    () =>
      text([
        ...plainWith(new UB({ persistent: false }))
          .stateDict()
          .keys(),
      ]),
  ],
  "load into a plain module's uninitialized parameter": [
    'LAZY-24',
    () => plainWith(new U()).loadStateDict({ p: ones(2) }),
  ],
  "load into a plain module's uninitialized buffer": [
    'LAZY-24',
    () => plainWith(new UB()).loadStateDict({ p: ones(2) }),
  ],
  "load one element into a plain module's uninitialized buffer": [
    'LAZY-24',
    () => plainWith(new UB()).loadStateDict({ p: ones(1) }),
  ],
  "load uninitialized into a plain module's uninitialized parameter": [
    'LAZY-24',
    () => plainWith(new U()).loadStateDict({ p: new U() }),
  ],
  'lazy load of half': ['LAZY-11', () => loaded(lazy(), ofDType('float16', 3, 2))],
  'lazy load of a scalar': ['LAZY-11', () => loaded(lazy(), tensor([1], []))],
  'lazy load of meta': ['LAZY-11', () => loaded(lazy(), meta(3, 2))],
  'lazy on meta loaded': ['LAZY-11', () => loaded(lazy('meta'), ones(3, 2))],
  'lazy loaded, refused, stays lazy': [
    'LAZY-12',
    () => {
      const module = lazy();
      module.loadStateDict({ weight: ones(3, 2), bias: ones(3) });
      said(() => module.call(ones(1, 5)));
      return repr(module);
    },
  ],
};

export const LAYER_SCENARIOS: Scenarios = { ...MADE, ...CALLED, ...LOADED };
