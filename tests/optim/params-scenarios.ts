// The scenarios of scripts/golden/optim.py about what an optimizer may be given, uninitialized parameters among them.
import type { Module } from '#core/nn/index';
import { mul, ones, sum, backward } from '#core/ops/index';
import { torchOptimizers, type GroupInput, type TableOptimizer } from '#core/optim/index';
import { Tensor } from '#core/tensor/tensor';

import { loosely, type Scenarios } from '../nn/scenario';
import { nn, tensor } from '../nn/support';
import { bool, ints, item, list, optimizer, P, paramsOf, sgd, texts } from './support';

const linear = nn('Linear', { in_features: 2, out_features: 3 });
const [weight, bias] = [linear.getParameter('weight'), linear.getParameter('bias')];
const lazyLinear = (outFeatures: number, isBiased = true): Module =>
  nn('LazyLinear', { out_features: outFeatures, bias: isBiased });

const params = (given: () => unknown) => ['OPTIM-3', () => sgd(given())] as const;
const adding = (given: () => unknown) =>
  [
    'OPTIM-4',
    () => {
      const made = sgd([weight]);
      loosely(made, 'addParamGroup', given());
      return made.paramGroups.length;
    },
  ] as const;

const NAMES = Object.keys(torchOptimizers);

const ofUninitialized = (name: string) => (): string => {
  const made = optimizer(name, lazyLinear(2).parameters());
  const result = name === 'LBFGS' ? made.step(() => tensor([1], [])) : made.step();
  const { state } = made.stateDict();
  return `${item(result)} ${made.state.size} {${[...state.keys()].join('')}}`;
};

const isSame = (
  groups: readonly { readonly params: readonly Tensor[] }[],
  modules: readonly Module[],
): string =>
  `[${groups.flatMap((group, at) => [...(modules[at]?.parameters() ?? [])].map((param, index) => bool(group.params[index] === param))).join(', ')}]`;

export const PARAMS: Scenarios = {
  'params: a tensor': params(() => P([2])),
  'params: an uninitialized tensor': params(() => lazyLinear(1).getParameter('weight')),
  'params: a number': params(() => 5),
  'params: None': params(() => null),
  'params: nothing': params(() => []),
  'params: an empty dict': params(() => ({})),
  'params: a dict': params(() => ({ params: 1 })),
  'params: a text': params(() => 'ab'),
  'params: a module in a list': params(() => [linear]),
  'params: numbers': params(() => [1, 2]),
  'params: a tensor, then a name': params(() => [weight, ['bias', bias]]),
  'params: a name, then a tensor': params(() => [['weight', weight], bias]),
  'params: a tensor, then a dict': params(() => [weight, {}]),
  'params: a group, then a tensor': params(() => [{ params: [weight] }, bias]),
  'params: a group without params': params(() => [{ lr: 1 }]),
  'params: a group of None': params(() => [{ params: null }]),
  'params: a group of a number': params(() => [{ params: 5 }]),
  'params: a group of a set': params(() => [{ params: new Set([weight]) }]),
  'params: a group of a tensor': params(() => [{ params: weight }]),
  'params: an empty group': params(() => [{ params: [] }]),
  'params: a tensor that is computed': params(() => [mul(weight, 2)]),
  'params: a tensor in two groups': params(() => [{ params: [weight] }, { params: [weight] }]),
  'params: a tensor twice': params(() => [weight, weight]),
  'params: named, then without names': params(() => [{ params: linear.namedParameters() }, { params: [P([1])] }]),
  'params: without names, then named': params(() => [{ params: [P([1])] }, { params: linear.namedParameters() }]),
  'params: an integer tensor': params(() => [tensor([1, 1], [2], 'int64')]),
  'params: a frozen tensor': params(() => {
    const frozen = P([2]);
    frozen.requiresGrad = false;
    return [frozen];
  }),
  'params: a generator': params(() => linear.parameters()),
  'params: names': params(() => linear.namedParameters()),
  'params: groups with options': params(() => [
    { params: [weight], lr: 0.5, own: 'text' }, { params: [bias], momentum: 0.5, maximize: true }]),
  'params: groups with names': params(() => [{ params: [['a', weight]] }, { params: [['b', bias]] }]),
  'params: uninitialized ones': params(() => lazyLinear(1).parameters()),
  'params: uninitialized ones by name': params(() => nn('LazyConv2d', { out_channels: 1, kernel_size: 2 }).namedParameters()),
  'params: an uninitialized buffer': params(() => [nn('LazyBatchNorm1d').getBuffer('running_mean')]),
  'params: none at all': ['OPTIM-3', () => Reflect.construct(torchOptimizers['SGD'] ?? Object, []) as unknown],
  'a group is the object that was given': ['OPTIM-4', () => {
    const group: GroupInput & Record<string, unknown> = { params: [weight].values() };
    const made = sgd([group], { lr: 0.5 });
    group['lr'] = 7;
    const [own] = made.paramGroups;
    return `${bool((own as unknown) === group)} ${own?.params.length} ${String(own?.['lr'])} ${texts(Object.keys(group).sort())}`;
  }],
  'a group added later': ['OPTIM-4', () => {
    const made = sgd([weight], { lr: 0.5, momentum: 0.5 });
    made.addParamGroup({ params: bias, lr: 0.25 });
    return made;
  }],
  'adding a group: a list': adding(() => [bias]),
  'adding a group: of what is there': adding(() => ({ params: weight })),
  'adding a group: with names': adding(() => ({ params: [['bias', bias]] })),
  'adding a group: without params': adding(() => ({})),
  'adding a group: of nothing': adding(() => ({ params: [] })),
  'adding a group: None': adding(() => null),
  ...Object.fromEntries(NAMES.map((name) => [`${name} of uninitialized parameters`, ['OPTIM-5', ofUninitialized(name)] as const])),
  'uninitialized parameters by groups, one frozen, then trained': ['OPTIM-5', () => {
    const layers = [lazyLinear(2), lazyLinear(1)] as const;
    const frozen = layers[0].getParameter('bias');
    frozen.requiresGrad = false;
    const made = optimizer('Adam', [{ params: layers[0].parameters(), lr: 0.5 }, { params: [...layers[1].parameters()] }]);
    made.step();
    const before = `[${made.state.size}, ${isSame(made.paramGroups, layers)}]`;
    backward(sum(layers[1].invoke([layers[0].invoke([ones([2, 3])])]) as Tensor));
    made.step();
    const shapes = paramsOf(made).flatMap((param) => {
      const moments = made.state.get(param)?.['exp_avg'];
      return moments instanceof Tensor ? [ints(moments.shape)] : [];
    });
    return `${before} ${isSame(made.paramGroups, layers)} [${shapes.join(', ')}] ${bool(made.state.has(frozen))}`;
  }],
  'zero_grad of uninitialized parameters': ['OPTIM-5', () => {
    const layer = lazyLinear(2);
    const made = sgd(layer.parameters());
    made.zeroGrad();
    made.zeroGrad({ setToNone: false });
    return list(layer.getParameter('weight').grad);
  }],
  'a state dict of uninitialized parameters, loaded into others': ['OPTIM-5', () => {
    const [a, b] = [lazyLinear(2), lazyLinear(2)];
    const [made, other] = [optimizer('Adam', a.parameters(), { lr: 0.5 }), optimizer('Adam', b.parameters())];
    other.loadStateDict(made.stateDict());
    const [group] = other.paramGroups;
    return `${String(group?.['lr'])} ${bool(group?.params[0] === b.getParameter('weight'))} ${other.state.size}`;
  }],
  'trained state, loaded for uninitialized parameters': ['OPTIM-5', () => {
    const [param, layer] = [P([2, 3], 1), lazyLinear(2, false)];
    const [made, other]: [TableOptimizer, TableOptimizer] = [optimizer('Adam', [param]), optimizer('Adam', layer.parameters())];
    made.step();
    other.loadStateDict(made.stateDict());
    const own = other.state.get(layer.getParameter('weight'));
    const moments = own?.['exp_avg'];
    return `${other.state.size} ${moments instanceof Tensor ? ints(moments.shape) : ''} ${item(own?.['step'])}`;
  }],
  'Muon of a vector': ['OPTIM-3', () => optimizer('Muon', [P([3])])],
  'Muon of a vector in the second group': ['OPTIM-3', () => optimizer('Muon', [{ params: P([3, 3]) }, { params: P([4]) }])],
  'LBFGS of two groups': ['OPTIM-3', () => optimizer('LBFGS', [{ params: P([1]) }, { params: P([1]) }])],
}; // prettier-ignore
