// The scenarios of scripts/golden/nn_edges.py about what keywords leave out and about containers at their ends.
import type { Module } from '#core/nn/index';
import {
  deepcopy,
  ModuleDict,
  ModuleList,
  Parameter,
  ParameterDict,
  ParameterList,
  Sequential,
  UninitializedParameter,
} from '#core/nn/index';
import { REGISTRY } from '#core/nn/registry';
import { typeName } from '#core/nn/python-names';
import type { Tensor } from '#core/tensor/tensor';

import { loosely, names, type Scenarios } from './scenario';
import { assign, bool, flat, keysOf, linear, ones, text, zeros } from './scenario-parts';
import { nn } from './support';

const bare = (): Module => nn('Linear', { in_features: 2, out_features: 3, bias: false });
const list = (...layers: string[]): ModuleList => new ModuleList(layers.map((name) => nn(name)));
const after = <T>(value: T, ...steps: ((value: T) => unknown)[]): T => {
  for (const step of steps) step(value);
  return value;
};
const run = (module: Module, input: Tensor): Tensor => module.invoke([input]) as Tensor;
const parameters = (...values: unknown[]): ParameterList => new ParameterList(values);
const frozen = new Parameter(zeros(1), { requiresGrad: false });

const absent = (name: string, keywords: Record<string, unknown>): Scenarios[string] => [
  'MODULE-24',
  () => {
    const { parameters: own, buffers } = nn(name, keywords)[REGISTRY];
    return [...own, ...buffers].map(([key, value]) => `${key}:${bool(value === null)}`).join(' ');
  },
];
const noStats = { affine: false, track_running_stats: false };

const ABSENT: Scenarios = {
  'absent of Linear': absent('Linear', { in_features: 2, out_features: 3, bias: false }),
  'absent of Conv2d': absent('Conv2d', { in_channels: 2, out_channels: 3, kernel_size: 1, bias: false }),
  'absent of BatchNorm1d': absent('BatchNorm1d', { num_features: 3, ...noStats }),
  'absent of InstanceNorm1d': absent('InstanceNorm1d', { num_features: 3 }),
  'absent of LayerNorm': absent('LayerNorm', { normalized_shape: [3], elementwise_affine: false }),
  'absent of LayerNorm without bias': absent('LayerNorm', { normalized_shape: [3], bias: false }),
  'absent of GroupNorm': absent('GroupNorm', { num_groups: 1, num_channels: 3, affine: false }),
  'absent of Bilinear': absent('Bilinear', {
    in1_features: 2,
    in2_features: 3,
    out_features: 4,
    bias: false,
  }),
  'absent of RNNCell': absent('RNNCell', { input_size: 2, hidden_size: 3, bias: false }),
  'absent of LSTM': absent('LSTM', { input_size: 2, hidden_size: 3, bias: false }),
  'absent of RMSNorm': absent('RMSNorm', { normalized_shape: [3], elementwise_affine: false }),
  'absent of LazyLinear': absent('LazyLinear', { out_features: 3, bias: false }),
  'absent of LazyBatchNorm1d': absent('LazyBatchNorm1d', noStats),
  'tensor to absent bias': ['MODULE-24', () => assign(bare(), 'bias', zeros(3))],
  'register_buffer of absent bias': ['MODULE-24', () => bare().registerBuffer('bias', zeros(3))],
  'parameter to absent bias': [
    'MODULE-24',
    () => {
      const module = bare();
      assign(module, 'bias', new Parameter(ones(3)));
      return `${String(module)} ${keysOf(module)} ${flat(run(module, zeros(1, 2)))}`;
    },
  ],
  'None to bias': [
    'MODULE-24',
    () => {
      const module = linear();
      assign(module, 'bias', null);
      return `${String(module)} ${keysOf(module)} ${flat(run(module, zeros(1, 2)))}`;
    },
  ],
  "None to a convolution's bias": [
    'MODULE-24',
    () => {
      const module = nn('Conv1d', { in_channels: 2, out_channels: 3, kernel_size: 1 });
      assign(module, 'bias', null);
      return module;
    },
  ],
  'load bias into absent': ['MODULE-24', () => bare().loadStateDict(linear().stateDict())],
  'deleted bias': [
    'MODULE-24',
    () => {
      const module = linear();
      Reflect.deleteProperty(module, 'bias');
      return keysOf(module);
    },
  ],
  'bias attribute of linear': [
    'MODULE-24',
    () => typeName(linear().getAttribute('bias')) + typeName(bare().getAttribute('bias')),
  ],
  'in_features attribute': ['MODULE-24', () => linear().getAttribute('in_features')],
  'in_features set': [
    'MODULE-24',
    () => {
      const module = linear();
      assign(module, 'in_features', 7);
      return module;
    },
  ],
};

const LISTS: Scenarios = {
  'list insert in front': [
    'MODULE-15',
    () => {
      const made = new ModuleList([linear(), nn('ReLU')]);
      made.insert(0, nn('BatchNorm1d', { num_features: 2 }));
      return keysOf(made);
    },
  ],
  'list insert at the end': ['MODULE-15', () => after(list('ReLU'), (it) => it.insert(1, nn('Tanh')))],
  'list insert negative': [
    'MODULE-15',
    () => after(list('ReLU', 'Tanh'), (it) => it.insert(-1, nn('Sigmoid'))),
  ],
  'list insert far': [
    'MODULE-15',
    () => names(after(list('ReLU'), (it) => it.insert(4, nn('Tanh'))).namedChildren()),
  ],
  'list delete negative': [
    'MODULE-15',
    () => after(list('ReLU', 'Tanh', 'Sigmoid'), (it) => it.deleteItem(-2)),
  ],
  'list delete out of range': ['MODULE-15', () => list('ReLU').deleteItem(1)],
  'list set out of range': ['MODULE-15', () => list('ReLU').setItem(1, nn('Tanh'))],
  'list set to number': ['MODULE-15', () => loosely(list('ReLU'), 'setItem', 0, 5)],
  'list append None': [
    'MODULE-15',
    () => {
      const made = list('ReLU');
      loosely(made, 'append', null);
      return `${names(made.namedChildren())}${made.length}`;
    },
  ],
  'list pop of empty': ['MODULE-15', () => loosely(new ModuleList(), 'pop')],
  'list extend itself': ['MODULE-15', () => after(list('ReLU', 'Tanh'), (it) => it.extend([...it])).length],
  'list call': ['MODULE-15', () => list('ReLU').invoke([zeros(1)])],
  'list of a module': ['MODULE-15', () => new ModuleList(nn('ReLU') as unknown as Module[])],
  'dict of list': [
    'MODULE-15',
    () =>
      new ModuleDict([
        ['a', nn('ReLU')],
        ['b', nn('Tanh')],
      ]),
  ],
  'dict call': ['MODULE-15', () => new ModuleDict({ a: nn('ReLU') }).invoke([zeros(1)])],
  'dict pop missing': ['MODULE-15', () => new ModuleDict().pop('a')],
  'dict set number': ['MODULE-15', () => loosely(new ModuleDict(), 'setItem', 'a', 5)],
  'dict key empty': ['MODULE-15', () => new ModuleDict({ '': nn('ReLU') })],
  'dict key number': ['MODULE-15', () => loosely(new ModuleDict(), 'setItem', 1, nn('ReLU'))],
  'dict delete and order': [
    'MODULE-15',
    () => {
      const made = new ModuleDict({ a: nn('ReLU'), b: nn('Tanh') });
      made.deleteItem('a');
      made.setItem('a', nn('ReLU'));
      return made.keys().join(',');
    },
  ],
  'dict replaced in place': [
    'MODULE-15',
    () => after(new ModuleDict({ a: nn('ReLU'), b: nn('Tanh') }), (it) => it.setItem('a', nn('Sigmoid'))),
  ],
  'sequential append and call': [
    'MODULE-15',
    () => flat(run(new Sequential([nn('ReLU')]).append(nn('Tanh')), zeros(2))),
  ],
  'sequential plus list': ['MODULE-15', () => loosely(new Sequential([nn('ReLU')]), 'plus', [nn('ReLU')])],
  'sequential times text': ['MODULE-15', () => loosely(new Sequential([nn('ReLU')]), 'times', 'a')],
  'sequential delete out of range': ['MODULE-15', () => new Sequential([nn('ReLU')]).deleteItem(3)],
  'sequential named delete': [
    'MODULE-15',
    () =>
      names(
        after(new Sequential([nn('ReLU'), nn('Tanh'), nn('Sigmoid')]), (it) =>
          it.deleteItem(1),
        ).namedChildren(),
      ),
  ],
  'sequential shared module': [
    'MODULE-15',
    () => {
      const module = linear();
      const made = new Sequential([module, module]);
      return `${String(made)} ${keysOf(made)} ${names(made.namedChildren())}`;
    },
  ],
  'sequential times shares': [
    'MODULE-15',
    () => [...new Sequential([linear()]).times(3).parameters()].length,
  ],
  'module list deepcopy': ['MODULE-13', () => deepcopy(list('ReLU', 'Tanh')).append(nn('ReLU'))],
  'module dict deepcopy': [
    'MODULE-13',
    () => after(deepcopy(new ModuleDict({ a: nn('ReLU') })), (it) => it.setItem('b', nn('Tanh'))),
  ],
};

const PARAMETERS: Scenarios = {
  'parameter list deepcopy': [
    'MODULE-20',
    () => {
      const made = parameters(zeros(2), ones(1));
      const copy = deepcopy(made);
      return `${String(copy)} ${flat(copy.at(-1) as Tensor)} ${bool(copy.at(0) === made.at(0))}`;
    },
  ],
  'parameter list ties': [
    'MODULE-20',
    () => {
      const tied = new Parameter(zeros(1));
      const made = parameters(tied, tied);
      return `${names(made.namedParameters())}|${keysOf(made)}`;
    },
  ],
  'parameter list of None': ['MODULE-20', () => parameters(null, 1, 'a', zeros(1))],
  'parameter list keeps requires_grad': [
    'MODULE-20',
    () => text([...parameters(frozen, zeros(1))].map((each) => (each as Tensor).requiresGrad)),
  ],
  'parameter list slice': ['MODULE-20', () => parameters(zeros(1), zeros(2), zeros(3)).slice(1)],
  'parameter list set': [
    'MODULE-20',
    () => after(parameters(zeros(1), zeros(2)), (it) => it.setItem(-1, ones(3))),
  ],
  'parameter list of uninitialized': ['MODULE-20', () => parameters(new UninitializedParameter())],
  'parameter dict deepcopy': [
    'MODULE-20',
    () => {
      const made = new ParameterDict({ a: zeros(2), b: ones(1) });
      const copy = deepcopy(made);
      return `${String(copy)} ${flat(copy.item('b') as Tensor)} ${bool(copy.item('a') === made.item('a'))}`;
    },
  ],
  'parameter dict order': [
    'MODULE-20',
    () =>
      [
        new ParameterDict({ b: zeros(1), a: zeros(1) }).keys().join(','),
        new ParameterDict([
          ['b', zeros(1)],
          ['a', zeros(1)],
        ])
          .keys()
          .join(','),
      ].join('|'),
  ],
  'parameter dict setdefault': [
    'MODULE-20',
    () => {
      const made = new ParameterDict({ a: zeros(1) });
      const given = [made.setDefault('a', ones(1)), made.setDefault('b', ones(2))];
      return `${given.map((each) => flat(each as Tensor)).join(' ')} ${made.keys().join(',')}`;
    },
  ],
  'parameter dict popitem': [
    'MODULE-20',
    () => {
      const made = new ParameterDict({ a: zeros(1), b: zeros(1) });
      return `${made.popItem()[0]} ${made.size}`;
    },
  ],
  'parameter dict popitem of empty': ['MODULE-20', () => new ParameterDict().popItem()],
  'parameter dict delete missing': ['MODULE-20', () => new ParameterDict().deleteItem('a')],
  'parameter dict key of method': ['MODULE-20', () => new ParameterDict({ keys: zeros(1) })],
  'parameter dict copy shares': [
    'MODULE-20',
    () => {
      const made = new ParameterDict({ a: zeros(1) });
      return bool(made.copy().item('a') === made.item('a'));
    },
  ],
  'parameter dict fromkeys': ['MODULE-20', () => new ParameterDict().fromKeys(['b', 'a'], 5)],
  'parameter dict or': [
    'MODULE-20',
    () =>
      new ParameterDict({ a: zeros(1) })
        .or(new ParameterDict({ b: ones(1), a: ones(2) }))
        .keys()
        .join(','),
  ],
  'parameter dict reversed': [
    'MODULE-20',
    () => new ParameterDict({ a: zeros(1), b: zeros(1) }).keys().reverse().join(','),
  ],
};

export const CONTAINER_EDGES: Scenarios = { ...ABSENT, ...LISTS, ...PARAMETERS };
