// Fields assigned over each other, loads and conversions, in the situations of scripts/golden/nn_audit.py: PyTorch's words.
import {
  Buffer,
  Module,
  Parameter,
  Sequential,
  UninitializedParameter,
  type LayerModule,
  type StateDict,
} from '#core/nn/index';
import { pythonRepr, tupleRepr } from '#core/nn/python-names';
import { mul } from '#core/ops/index';
import type { Tensor } from '#core/tensor/tensor';
import { describe } from 'vitest';

import golden from '../golden/nn-audit.json';
import { useReferenceBackend } from '../support/backend';
import { testScenarios } from './golden-scenarios';
import { loosely, type Scenarios } from './scenario';
import { assign, bool, ofDType, ones, shape, text, zeros } from './scenario-parts';
import { hash, nn } from './support';

useReferenceBackend();

type Step = (module: Module) => unknown;
const parameter = (...sizes: number[]): Parameter => new Parameter(ones(...sizes));
const sets =
  (value: () => unknown, name = 'c'): Step =>
  (module) =>
    assign(module, name, value());
const buffer =
  (value: () => Tensor | null, persistent = true): Step =>
  (module) =>
    module.registerBuffer('c', value(), { persistent });
const made = (...steps: readonly Step[]): Module => {
  const module = new Module();
  for (const step of steps) step(module);
  return module;
};

/** What is registered under `c`, as what, whether it is saved, and whether it is a field. */
function described(...steps: readonly Step[]): string {
  const { _parameters, _buffers, _modules, _non_persistent_buffers_set, ...fields } = Object.fromEntries(
    made(...steps).getState(),
  ) as Record<string, Map<string, unknown>>;
  const names = [_parameters, _buffers, _modules, _non_persistent_buffers_set].map((all) =>
    text([...(all?.keys() ?? [])]),
  );
  return [
    ...names,
    text([
      ...made(...steps)
        .stateDict()
        .keys(),
    ]),
    bool('c' in fields),
  ].join(' ');
}

const KINDS: Readonly<Record<string, Step>> = {
  nothing: () => null,
  'a field': sets(() => 5),
  'a parameter': sets(() => parameter(1)),
  'an absent parameter': (module) => module.registerParameter('c', null),
  'a buffer': buffer(() => ones(1)),
  'a passing buffer': buffer(() => ones(1), false),
  'an absent buffer': buffer(() => null),
  'a module': sets(() => nn('ReLU')),
  'an absent module': (module) => module.registerModule('c', null),
};
const VALUES: Readonly<Record<string, () => unknown>> = {
  'a parameter': () => parameter(1),
  'a tensor': () => ones(1),
  'a Buffer': () => new Buffer(ones(1)),
  'a passing Buffer': () => new Buffer(ones(1), { persistent: false }),
  'a module': () => nn('ReLU'),
  None: () => null,
  'a number': () => 5,
};

const FIELDS: Scenarios = {
  ...Object.fromEntries(
    Object.entries(KINDS).flatMap(([kind, first]) =>
      Object.entries(VALUES).map(([title, value]) => [
        `${title} over ${kind}`,
        ['MODULE-5', () => described(first, sets(value))] as const,
      ]),
    ),
  ),
  'a parameter deleted, then a tensor': [
    'MODULE-5',
    () => described(sets(() => parameter(1)), (module) => Reflect.deleteProperty(module, 'c'), sets(() => ones(1))),
  ],
  'register_buffer over a buffer': ['MODULE-7', () => described(buffer(() => ones(1), false), buffer(() => ones(1)))],
  'register_buffer of a passing Buffer': [
    'MODULE-7',
    () => described(buffer(() => new Buffer(ones(1), { persistent: false }))),
  ],
  'register_parameter of what is computed': [
    'MODULE-2',
    () => loosely(new Module(), 'registerParameter', 'c', mul(parameter(1), 1)),
  ],
  'register_parameter of a computed custom parameter': [
    'MODULE-2',
    () => loosely(new Module(), 'registerParameter', 'c', Object.assign(mul(parameter(1), 1), { isParam: true })),
  ],
  'flagged tensors': [
    'PARAM-4',
    () => {
      const x: Tensor = Object.assign(ones(1), { isParam: true });
      const [y, z]: Tensor[] = [Object.assign(ones(1), { isBuffer: false }), Object.assign(parameter(1), { isBuffer: true })];
      const module = made(sets(() => x, 'a'), (each) => loosely(each, 'registerParameter', 'b', x));
      const checks = [
        x instanceof Parameter,
        x instanceof UninitializedParameter,
        y instanceof Buffer,
        z instanceof Buffer,
        z instanceof Parameter,
      ];
      return `(['a', 'b'], ${text(checks)})`.replace("['a', 'b']", text([...module.namedParameters({ removeDuplicate: false })].map(([name]) => name)));
    },
  ],
}; // prettier-ignore

function load(module: Module, state: unknown, options: { strict?: boolean; assign?: boolean } = {}): string {
  const result = module.loadStateDict(state as StateDict, options);
  const all = [...module.namedParameters(), ...module.namedBuffers()].map(
    ([name, value]) => `${name} ${shape(value)} torch.${value.dtype} ${bool(value.requiresGrad)}`,
  );
  return `${String(result)} ${text(all)}`;
}
const scalar = (): Module => made(sets(() => new Parameter(ones()), 's'));
const linear = (in_features: number, out_features: number, bias = true): LayerModule =>
  nn('Linear', { in_features, out_features, bias });
const norm = (): LayerModule => nn('BatchNorm1d', { num_features: 2 });
const loose = { strict: false };
const assigning = { strict: false, assign: true };

function withoutCounter(version: number | null | undefined): StateDict {
  const state = norm().stateDict();
  state.delete('num_batches_tracked');
  if (version === undefined) state.metadata?.delete('');
  else state.metadata?.set('', { version });
  return state;
}

const loads = (title: string, rule: string, body: () => string): Scenarios => ({
  [`load ${title}`]: [rule, body],
});

const LOADS: Scenarios = {
  ...loads('vector of one into scalar', 'STATE-8', () => load(scalar(), { s: ones(1) })),
  ...loads('vector of three into scalar', 'STATE-8', () => load(scalar(), { s: ones(3) })),
  ...loads('vector of none into scalar', 'STATE-8', () => load(scalar(), { s: zeros(0) })),
  ...loads('scalar into vector of one', 'STATE-8', () => load(made(sets(() => parameter(1), 's')), { s: ones() })),
  ...loads('matrix of one into scalar', 'STATE-8', () => load(scalar(), { s: ones(1, 1) })),
  ...loads('dotted below a parameter', 'STATE-6', () => load(linear(1, 1), { 'weight.x': 1 }, loose)),
  ...loads('dotted below an absent module', 'STATE-6', () => load(made((m) => m.registerModule('c', null)), { 'c.x': 1 })),
  ...loads('dotted below a field', 'STATE-6', () => load(made(sets(() => 5)), { 'c.x': 1 }, loose)),
  ...loads('below a module, nothing there', 'STATE-6', () => load(new Sequential([nn('ReLU')]), { '0.x': 1 }, loose)),
  ...loads("a module's own name", 'STATE-6', () => load(new Sequential([nn('ReLU')]), { '0': 1 }, loose)),
  ...loads('empty name', 'STATE-6', () => load(nn('ReLU'), { '': 1 }, loose)),
  ...loads('of None into an absent parameter', 'STATE-6', () => load(linear(1, 1, false), { weight: ones(1, 1), bias: null }, loose)),
  ...loads('mismatch, not strict', 'STATE-7', () => load(linear(3, 4), { weight: ones(4, 5), foo: 1 }, loose)),
  ...loads('mismatch of rank', 'STATE-7', () => load(linear(3, 4), { weight: ones(4, 3, 1) }, loose)),
  ...loads('assign, mismatch', 'STATE-9', () => load(linear(3, 4), { weight: ones(4, 5) }, assigning)),
  ...loads('assign integers', 'STATE-9', () => load(linear(3, 4), { weight: ofDType('int64', 4, 3) }, assigning)),
  ...loads('assign a frozen parameter', 'STATE-9', () => load(linear(3, 4), { weight: new Parameter(ones(4, 3), { requiresGrad: false }) }, assigning)),
  ...loads('assign double', 'STATE-9', () => load(linear(3, 4), { weight: ofDType('float64', 4, 3) }, assigning)),
  ...loads('assign a buffer', 'STATE-9', () => load(norm(), { running_mean: ofDType('float64', 2) }, assigning)),
  ...loads('of nothing into nothing', 'STATE-6', () => load(nn('ReLU'), {})),
  ...Object.assign({}, ...[1, 2, 3, null, undefined].map((version) =>
    loads(`norm without counter, version ${version === undefined ? 'absent' : pythonRepr(version)}`, 'STATE-10', () =>
      load(norm(), withoutCounter(version))),
  )) as Scenarios,
}; // prettier-ignore

const FORMATS: Readonly<Record<string, () => LayerModule>> = {
  Conv2d: () => nn('Conv2d', { in_channels: 2, out_channels: 3, kernel_size: 3 }),
  Conv3d: () => nn('Conv3d', { in_channels: 2, out_channels: 3, kernel_size: 3 }),
  Linear: () => linear(2, 3),
  BatchNorm2d: () => nn('BatchNorm2d', { num_features: 3 }),
  LazyLinear: () => nn('LazyLinear', { out_features: 3 }),
  LazyConv2d: () => nn('LazyConv2d', { out_channels: 3, kernel_size: 3 }),
  LazyBatchNorm2d: () => nn('LazyBatchNorm2d', { affine: false }),
};
const strides = (module: Module): string =>
  `[${[...module.stateDict()].map(([, value]) => tupleRepr((value as Tensor).strides)).join(', ')}]`;

const CONVERSIONS: Scenarios = {
  ...Object.fromEntries(
    Object.entries(FORMATS).flatMap(([name, make]) =>
      (['channels_last', 'channels_last_3d', 'contiguous_format'] as const).map((memoryFormat) => [
        `${name} to ${memoryFormat}`,
        ['MODULE-14', () => strides(make().to({ memoryFormat }))] as const,
      ]),
    ),
  ),
  'values survive channels_last': [
    'MODULE-14',
    () => {
      const module = FORMATS.Conv2d?.();
      const weight = module?.getParameter('weight');
      const before = weight && hash(weight);
      module?.to({ memoryFormat: 'channels_last' });
      return bool(weight !== undefined && !weight.isContiguous() && hash(weight) === before);
    },
  ],
  'object survives channels_last': [
    'MODULE-14',
    () => {
      const module = FORMATS.Conv2d?.();
      const weight = module?.getParameter('weight');
      return bool(module?.to({ memoryFormat: 'channels_last' }).getParameter('weight') === weight);
    },
  ],
  'half of a lazy norm': [
    'LAZY-10',
    () => text([...nn('LazyBatchNorm1d').half().stateDict().values()].map((value) => `torch.${(value as Tensor).dtype}`)),
  ],
  'train with a text': ['MODULE-10', () => loosely(nn('ReLU'), 'train', 'x')],
}; // prettier-ignore

describe('as PyTorch', () => {
  testScenarios({ ...FIELDS, ...LOADS, ...CONVERSIONS }, golden.texts);
});
