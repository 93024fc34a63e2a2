// The scenarios of scripts/golden/nn_edges.py about ties, loads, conversions and modes.
import { Buffer, deepcopy, Module, Parameter, Sequential, StateDict } from '#core/nn/index';
import { torchSize } from '#core/tensor/shape';
import { Tensor } from '#core/tensor/tensor';

import { names, type Scenarios } from './scenario';
import { assign, bool, flat, keysOf, linear, norm, ofDType, ones, shape, zeros } from './scenario-parts';
import { nn, tensor } from './support';

const weight = (module: Module, name = 'weight'): Parameter => module.getParameter(name);
const run = (module: Module, ...inputs: unknown[]): Tensor => module.invoke(inputs) as Tensor;
const onMeta = (): Module => nn('Linear', { in_features: 2, out_features: 3 }, { device: 'meta' });
const held = (name: string, value: unknown): Module => {
  const module = new Module();
  assign(module, name, value);
  return module;
};
const buffered = (value: Tensor | null, persistent = true): Module => {
  const module = new Module();
  module.registerBuffer('b', value, { persistent });
  return module;
};
const map = (record: Record<string, unknown>): Map<string, unknown> => new Map(Object.entries(record));
const pair = (...values: unknown[]): string =>
  `(${values.map((value) => (typeof value === 'boolean' ? bool(value) : `'${String(value)}'`)).join(', ')})`;

function tied(): Module {
  const net = new Module();
  assign(net, 'a', linear(2, 2));
  assign(net, 'b', linear(2, 2));
  assign(net.getSubmodule('b'), 'weight', weight(net, 'a.weight'));
  return net;
}
const isTied = (net: Module): string => bool(weight(net, 'a.weight') === weight(net, 'b.weight'));

const TIES: Scenarios = {
  'tie survives double': ['MODULE-14', () => isTied(tied().double())],
  'tie survives half and float': ['MODULE-14', () => isTied(tied().half().float())],
  'tie breaks on meta': ['MODULE-14', () => isTied(tied().to({ device: 'meta' }))],
  'tie survives deepcopy': ['MODULE-13', () => isTied(deepcopy(tied()))],
  'tie survives load': [
    'STATE-8',
    () => {
      const net = tied();
      net.loadStateDict(tied().stateDict());
      return isTied(net);
    },
  ],
  'tie breaks on assign': [
    'STATE-9',
    () => {
      const net = tied();
      net.loadStateDict(tied().stateDict(), { assign: true });
      const isShared = weight(net, 'a.weight').storage === weight(net, 'b.weight').storage;
      return `(${isTied(net)}, ${bool(isShared)})`;
    },
  ],
  'tie loads the later': [
    'STATE-8',
    () => {
      const net = tied();
      net.loadStateDict(
        map({ ...Object.fromEntries(net.stateDict()), 'a.weight': zeros(2, 2), 'b.weight': ones(2, 2) }),
      );
      return flat(weight(net, 'a.weight'));
    },
  ],
  'shared buffers under double': [
    'MODULE-14',
    () => {
      const [net, child] = [buffered(zeros(1)), new Module()];
      assign(net, 't', child);
      child.registerBuffer('b', net.getBuffer('b'));
      net.double();
      return bool(net.getBuffer('b') === child.getBuffer('b'));
    },
  ],
  'shared child loads twice': [
    'STATE-8',
    () => {
      const net = new Module();
      const child = linear(1, 1);
      assign(net, 'a', child);
      assign(net, 'b', child);
      const state = new Map(
        [...net.stateDict()].map(([key, value], at) => [key, tensor([at], (value as Tensor).shape)]),
      );
      return `${String(net.loadStateDict(state))} ${flat(weight(child))}${flat(weight(child, 'bias'))}`;
    },
  ],
};

const LOADS: Scenarios = {
  'load into meta': [
    'STATE-8',
    () => {
      const module = onMeta();
      return `${String(module.loadStateDict(linear().stateDict()))} ${weight(module).device}`;
    },
  ],
  'assign into meta': [
    'STATE-9',
    () => {
      const module = onMeta();
      const result = module.loadStateDict(linear().stateDict(), { assign: true });
      return `${String(result)} ${weight(module).device} ${weight(module).constructor.name}`;
    },
  ],
  'load of meta': ['STATE-8', () => linear().loadStateDict(onMeta().stateDict())],
  'load of nothing into nothing': ['STATE-6', () => nn('ReLU').loadStateDict({})],
  'load of something into nothing': [
    'STATE-6',
    () => nn('ReLU').loadStateDict(map({ a: zeros(1), 'b.c': zeros(1) })),
  ],
  'load not strict repr': [
    'STATE-6',
    () => linear().loadStateDict(map({ weight: zeros(3, 2), "x'y": zeros(1) }), { strict: false }),
  ],
  'load many problems': [
    'STATE-7',
    () =>
      new Sequential([linear(), norm(), linear(3, 1)]).loadStateDict(
        map({
          '0.weight': zeros(1),
          '0.bias': 5,
          '1.weight': zeros(3, 1),
          '2.bias': null,
          '9.x': zeros(1),
          y: zeros(1),
        }),
      ),
  ],
  'load prefix of another': [
    'STATE-6',
    () =>
      new Sequential({ fc1: linear() }).loadStateDict(
        map({
          'fc1.weight': zeros(3, 2),
          'fc1.bias': zeros(3),
          'fc10.weight': zeros(1),
        }),
      ),
  ],
  'load with non-persistent buffer': [
    'STATE-6',
    () => buffered(zeros(1), false).loadStateDict(map({ b: ones(1) })),
  ],
  'load with non-persistent buffer, not strict': [
    'STATE-6',
    () => {
      const module = buffered(zeros(1), false);
      return `${String(module.loadStateDict(map({ b: ones(1) }), { strict: false }))} ${flat(module.getBuffer('b'))}`;
    },
  ],
  'load None buffer': ['STATE-6', () => buffered(null).loadStateDict(map({ b: ones(1) }))],
  'load assign buffer': [
    'STATE-9',
    () => {
      const [module, given] = [buffered(zeros(2)), ones(2)];
      module.loadStateDict(map({ b: given }), { assign: true });
      return bool(module.getBuffer('b') === given);
    },
  ],
  'load assign parameter to buffer': [
    'STATE-9',
    () => {
      const module = buffered(zeros(2));
      module.loadStateDict(map({ b: new Parameter(ones(2)) }), { assign: true });
      return `${names(module.namedParameters())}|${names(module.namedBuffers())}`;
    },
  ],
  'load assign of a frozen': [
    'STATE-9',
    () => {
      const module = linear().requiresGrad_(false);
      const given = [...linear().stateDict()].map(
        ([key, value]) => [key, new Parameter(value as Tensor)] as const,
      );
      module.loadStateDict(new StateDict(given), { assign: true });
      return bool(weight(module).requiresGrad);
    },
  ],
  'load assign of another shape': [
    'STATE-9',
    () => linear().loadStateDict(map({ weight: zeros(1), bias: zeros(3) }), { assign: true }),
  ],
  'load expanded': [
    'STATE-8',
    () => {
      const module = linear();
      const one = ones(6);
      const expanded = new Tensor(one.storage, { dtype: 'float32', shape: [3, 2], strides: [0, 0] });
      const everySecond = new Tensor(one.storage, { dtype: 'float32', shape: [3], strides: [2] });
      module.loadStateDict(map({ weight: expanded, bias: everySecond }));
      return flat(weight(module));
    },
  ],
  'load bool into float': [
    'STATE-8',
    () => {
      const module = linear();
      module.loadStateDict(
        map({ weight: tensor([1, 1, 1, 1, 1, 1], [3, 2], 'bool'), bias: ofDType('int64', 3) }),
      );
      return flat(weight(module));
    },
  ],
  'load scalar into scalar vector': [
    'STATE-7',
    () => held('p', new Parameter(zeros(1))).loadStateDict(map({ p: tensor([2], []) })),
  ],
  'load frozen': [
    'STATE-8',
    () => {
      const module = linear().requiresGrad_(false);
      module.loadStateDict(linear().stateDict());
      return bool(weight(module).requiresGrad);
    },
  ],
  'load keeps gradient': [
    'STATE-8',
    () => {
      const module = linear();
      weight(module).grad = ones(3, 2);
      module.loadStateDict(linear().stateDict());
      return flat(weight(module).grad);
    },
  ],
  'state_dict with prefix': [
    'STATE-1',
    () => {
      const state = new Sequential([linear()]).stateDict({ prefix: 'a.' });
      return `${[...state.keys()].join(',')}|${[...(state.metadata ?? new Map<string, unknown>()).keys()].join(',')}`;
    },
  ],
  'state_dict into another': [
    'STATE-1',
    () => [...linear().stateDict({ destination: linear().stateDict(), prefix: 'x.' }).keys()].join(','),
  ],
  'state_dict keep_vars': [
    'STATE-2',
    () => {
      const module = linear();
      const [kept, fresh] = [
        module.stateDict({ keepVars: true }).get('weight'),
        module.stateDict().get('weight'),
      ];
      return pair(kept === weight(module), (fresh as Tensor).requiresGrad);
    },
  ],
  'state_dict with None child': [
    'STATE-1',
    () => {
      const module = held('c', linear());
      assign(module, 'c', null);
      return `${keysOf(module)}|${String(module)}`;
    },
  ],
};

const lazy = (keywords: Record<string, unknown> = { out_features: 3 }): Module => nn('LazyLinear', keywords);
const transposed = (rank: number): Module =>
  nn(`LazyConvTranspose${rank}d`, { out_channels: 3, kernel_size: 3, stride: 2 });
const MODES: Scenarios = {
  'double keeps integers': [
    'MODULE-14',
    () => `torch.${norm().double().getBuffer('num_batches_tracked')?.dtype ?? ''}`,
  ],
  'double of gradients': [
    'MODULE-14',
    () => {
      const module = linear();
      weight(module).grad = ones(3, 2);
      return `torch.${weight(module.double()).grad?.dtype ?? ''}`;
    },
  ],
  'to nothing': ['MODULE-14', () => `torch.${weight(linear().to({ dtype: 'float32' })).dtype}`],
  'requires_grad_ of lazy with frozen': [
    'LAZY-3',
    () => {
      const module = lazy();
      weight(module).requiresGrad = false;
      run(module, zeros(1, 2));
      return pair(weight(module).requiresGrad, weight(module, 'bias').requiresGrad);
    },
  ],
  'eval of lazy stays': [
    'LAZY-3',
    () => {
      const module = nn('LazyBatchNorm1d').eval();
      run(module, zeros(2, 3));
      return pair(module.training, module.constructor.name);
    },
  ],
  'lazy in sequential repr': [
    'LAZY-3',
    () => {
      const module = new Sequential([lazy(), nn('LazyBatchNorm1d').eval(), nn('ReLU')]);
      const before = String(module);
      run(module, zeros(1, 2));
      return before + String(module);
    },
  ],
  'lazy used twice': [
    'LAZY-5',
    () => {
      const layer = lazy();
      return torchSize(run(new Sequential([layer, layer]), zeros(1, 3)).shape);
    },
  ],
  'lazy with forward hook': [
    'LAZY-3',
    () => {
      const log: string[] = [];
      const module = lazy();
      module.registerForwardHook((owner) => void log.push(owner.constructor.name));
      run(module, zeros(1, 2));
      run(module, zeros(1, 2));
      return log.join(',');
    },
  ],
  'lazy transposed with output_size': [
    'LAZY-21',
    () => shape(run(transposed(2), zeros(1, 2, 4, 4), [10, 10])),
  ],
  'lazy transposed with output_size by keyword': [
    'LAZY-21',
    () => shape(transposed(1).invoke([zeros(1, 2, 4)], { output_size: [10] }) as Tensor),
  ],
  'lazy groups do not divide outputs': [
    'LAZY-6',
    () => run(nn('LazyConv2d', { out_channels: 3, kernel_size: 1, groups: 2 }), zeros(1, 4, 3, 3)),
  ],
  'lazy dtype recorded': [
    'LAZY-10',
    () => {
      const module = lazy().double();
      const output = run(module, ofDType('float64', 1, 2));
      return pair(`torch.${output.dtype}`, `torch.${weight(module).dtype}`);
    },
  ],
  'lazy of float64 given float32': ['LAZY-10', () => run(lazy().double(), zeros(1, 2))],
  'zero_grad reaches the frozen': [
    'MODULE-10',
    () => {
      const module = linear();
      weight(module).grad = ones(3, 2);
      module.requiresGrad_(false).zeroGrad();
      return bool(weight(module).grad === null);
    },
  ],
  'named_parameters with prefix': [
    'MODULE-9',
    () => names(new Sequential([linear()]).namedParameters({ prefix: 'net' })),
  ],
  'named_modules with prefix': [
    'MODULE-9',
    () => names(new Sequential([linear(), new Sequential([nn('ReLU')])]).namedModules({ prefix: 'net' })),
  ],
  'apply order': [
    'MODULE-10',
    () => {
      const log: string[] = [];
      new Sequential([linear(), new Sequential([nn('ReLU')])]).apply(
        (module) => void log.push(module.constructor.name),
      );
      return log.join(',');
    },
  ],
  'modules counted once': [
    'MODULE-9',
    () => {
      const shared = nn('ReLU');
      return [...new Sequential([shared, new Sequential([shared])]).modules()].length;
    },
  ],
  'buffers of a buffer object': [
    'MODULE-7',
    () => {
      const module = held('b', new Buffer(ones(1), { persistent: false }));
      const first = `${keysOf(module)}|${names(module.namedBuffers())}`;
      assign(module, 'b', zeros(2));
      return pair(first, keysOf(module));
    },
  ],
  'parameter over buffer keeps order': [
    'MODULE-5',
    () => {
      const module = held('a', new Parameter(zeros(1)));
      module.registerBuffer('b', zeros(1));
      assign(module, 'c', new Parameter(zeros(1)));
      assign(module, 'a', new Parameter(ones(1)));
      return keysOf(module);
    },
  ],
};

export const LOAD_EDGES: Scenarios = { ...TIES, ...LOADS, ...MODES };
