// The scenarios of scripts/golden/nn_parametrize.py about any parametrization: what it is, assigning, refusing, removing.
import type { Module } from '#core/nn/index';
import { deepcopy, Parameter, parametrize as P, Sequential } from '#core/nn/index';
import { cast, mul, sum } from '#core/ops/index';
import * as ops from '#core/ops/index';

import { names, type Scenarios } from './scenario';
import { bool, keysOf, ofDType, ones, shape } from './scenario-parts';
import { classOf, nn } from './support';
import {
  Square,
  Sum,
  assigned,
  bare,
  buffered,
  double,
  doubled,
  first,
  flat,
  invoke,
  isLeafParameter,
  lazy,
  linear,
  list,
  metadataOf,
  original,
  para,
  says,
  sumOf,
  text,
  weight,
} from './parametrize-parts';

const WHAT: Scenarios = {
  'repr of one': ['PARAMETRIZE-1', () => para(linear(), double())],
  'repr of two': ['PARAMETRIZE-1', () => para(linear(), double(), new Square())],
  'repr of weight and bias': [
    'PARAMETRIZE-1',
    () => para(para(linear(), double()), new Square(), { name: 'bias' }),
  ],
  'repr in a net': ['PARAMETRIZE-1', () => new Sequential([para(linear(), double()), nn('ReLU')])],
  'class name': [
    'PARAMETRIZE-1',
    () => {
      const made = para(linear(), double());
      return [
        made.constructor.name,
        P.typeBeforeParametrizations(made).name,
        P.typeBeforeParametrizations(linear()).name,
        bool(made instanceof classOf('Linear')),
      ].join(' ');
    },
  ],
  keys: ['PARAMETRIZE-2', () => keysOf(para(para(linear(), double()), new Sum(), { name: 'bias' }))],
  metadata: ['PARAMETRIZE-2', () => metadataOf(para(linear(), double()))],
  named_parameters: ['PARAMETRIZE-2', () => names(para(linear(), double(), new Square()).namedParameters())],
  named_modules: ['PARAMETRIZE-2', () => names(para(linear(), double()).namedModules())],
  'original keeps identity': [
    'PARAMETRIZE-2',
    () => {
      const module = linear();
      const before = weight(module);
      return bool(original(para(module, double())) === before);
    },
  ],
  'value of one': ['PARAMETRIZE-3', () => flat(weight(para(linear(), double())))],
  'value of two': ['PARAMETRIZE-3', () => flat(weight(para(linear(), double(), new Square())))],
  'value of several originals': [
    'PARAMETRIZE-3',
    () => {
      const module = para(linear(), new Sum());
      return [weight(module), original(module, 0), original(module, 1)].map((each) => flat(each)).join('|');
    },
  ],
  'a computed value needs gradients': [
    'PARAMETRIZE-3',
    () => {
      const value = weight(para(linear(), double()));
      return text(value.requiresGrad, value.isLeaf, value.constructor.name);
    },
  ],
  'frozen before': [
    'PARAMETRIZE-3',
    () => {
      const module = linear();
      weight(module).requiresGrad = false;
      return bool(weight(para(module, new Sum())).requiresGrad);
    },
  ],
  'training mode follows': [
    'PARAMETRIZE-1',
    () => {
      const made = double();
      para(linear().eval(), made);
      return bool(made.training);
    },
  ],
  is_parametrized: [
    'PARAMETRIZE-1',
    () => {
      const made = (): Module => para(linear(), double());
      return text(
        P.isParametrized(linear()),
        P.isParametrized(made()),
        P.isParametrized(made(), 'bias'),
        P.isParametrized(made(), 'weight'),
      );
    },
  ],
  forward: ['PARAMETRIZE-3', () => flat(invoke(para(linear(), double(), new Square())))],
  'list length': ['PARAMETRIZE-1', () => list(para(linear(), double(), new Square())).length],
  gradient: [
    'PARAMETRIZE-3',
    () => {
      const module = para(linear(), double(), new Square());
      ops.backward(sum(invoke(module)));
      return `${flat(original(module).grad)}|${flat(weight(module, 'bias').grad)}`;
    },
  ],
  buffer: [
    'PARAMETRIZE-2',
    () => {
      const module = para(buffered(), double(), { name: 'b' });
      return `${keysOf(module)}|${flat(weight(module, 'b'))}|${names(module.namedBuffers())}`;
    },
  ],
};

const ASSIGNING: Scenarios = {
  assign: [
    'PARAMETRIZE-4',
    () => {
      const module = assigned(para(linear(), double()), ones(3, 2));
      return `${flat(weight(module))}|${flat(original(module))}`;
    },
  ],
  'assign to two': [
    'PARAMETRIZE-4',
    () => flat(weight(assigned(para(linear(), double(), double()), ones(3, 2)))),
  ],
  'assign to several originals': [
    'PARAMETRIZE-4',
    () => {
      const module = assigned(para(linear(), new Sum()), ones(3, 2));
      return `${flat(weight(module))}|${flat(original(module, 1))}`;
    },
  ],
  'assign without inverse': ['PARAMETRIZE-4', () => assigned(para(linear(), new Square()), ones(3, 2))],
  'assign a parameter': [
    'PARAMETRIZE-4',
    () => assigned(para(linear(), double()), new Parameter(ones(3, 2))),
  ],
  'assign another dtype': [
    'PARAMETRIZE-4',
    () => assigned(para(linear(), double()), ofDType('float64', 3, 2)),
  ],
  'assign another shape': ['PARAMETRIZE-4', () => flat(weight(assigned(para(linear(), double()), ones(1))))],
  'assign inverse of list': [
    'PARAMETRIZE-4',
    () =>
      assigned(
        para(
          linear(),
          says(null, (x) => (isLeafParameter(x) ? x : [x])),
        ),
        ones(3, 2),
      ),
  ],
  'assign inverse of number': [
    'PARAMETRIZE-4',
    () =>
      assigned(
        para(
          linear(),
          says(sumOf, (x) => (isLeafParameter(x) ? [x, x] : 5)),
        ),
        ones(3, 2),
      ),
  ],
  'assign too many': [
    'PARAMETRIZE-4',
    () =>
      assigned(
        para(
          linear(),
          says(sumOf, (x) => (isLeafParameter(x) ? [x, x] : [x, x, x])),
        ),
        ones(3, 2),
      ),
  ],
  'assign elements of another kind': [
    'PARAMETRIZE-4',
    () =>
      assigned(
        para(
          linear(),
          says(sumOf, (x) => (isLeafParameter(x) ? [x, x] : [x, 5])),
        ),
        ones(3, 2),
      ),
  ],
  'assign elements of another dtype': [
    'PARAMETRIZE-4',
    () =>
      assigned(
        para(
          linear(),
          says(sumOf, (x) => (isLeafParameter(x) ? [x, x] : [x, cast(x, 'float64')])),
        ),
        ones(3, 2),
      ),
  ],
};

const REFUSED: Scenarios = {
  'no such tensor': ['PARAMETRIZE-5', () => para(linear(), double(), { name: 'w' })],
  'no such tensor of a module': ['PARAMETRIZE-5', () => para(new Sequential([linear()]), double())],
  'empty list': ['PARAMETRIZE-5', () => new P.ParametrizationList([], ones(1))],
  'shape changes': ['PARAMETRIZE-5', () => para(linear(), says(first))],
  'dtype changes': ['PARAMETRIZE-5', () => para(linear(), says(doubled))],
  'no tensor': [
    'PARAMETRIZE-5',
    () =>
      para(
        linear(),
        says(() => 5),
      ),
  ],
  'unsafe shape': ['PARAMETRIZE-5', () => shape(weight(para(linear(), says(first), { unsafe: true })))],
  'inverse of another dtype': ['PARAMETRIZE-5', () => para(linear(), says(null, doubled))],
  'inverse of another kind': [
    'PARAMETRIZE-5',
    () =>
      para(
        linear(),
        says(null, () => 5),
      ),
  ],
  'inverse with another element': [
    'PARAMETRIZE-5',
    () =>
      para(
        linear(),
        says(null, (x) => [x, 5]),
      ),
  ],
  'inverse not implemented': ['PARAMETRIZE-5', () => flat(weight(para(linear(), says())))],
  'further shape': ['PARAMETRIZE-5', () => para(linear(), double(), says(first))],
  'further dtype': ['PARAMETRIZE-5', () => para(linear(), double(), says(doubled))],
  'further no tensor': [
    'PARAMETRIZE-5',
    () =>
      para(
        linear(),
        double(),
        says((x) => [x]),
      ),
  ],
  'further inverse kind': [
    'PARAMETRIZE-5',
    () =>
      para(
        linear(),
        double(),
        says(null, () => 5),
      ),
  ],
  'further inverse dtype': ['PARAMETRIZE-5', () => para(linear(), double(), says(null, doubled))],
  'further inverse shape': ['PARAMETRIZE-5', () => para(linear(), double(), says(null, first))],
  'further inverse not implemented': ['PARAMETRIZE-5', () => list(para(linear(), double(), says())).length],
  'None parameter': ['PARAMETRIZE-5', () => para(bare(), double(), { name: 'bias' })],
  lazy: ['PARAMETRIZE-5', () => para(lazy(), double())],
};

const REMOVED: Scenarios = {
  remove: [
    'PARAMETRIZE-6',
    () => {
      const module = P.removeParametrizations(para(linear(), double()), 'weight');
      return `${String(module)} ${keysOf(module)} ${flat(weight(module))} ${weight(module).constructor.name}`;
    },
  ],
  'remove keeps the object': [
    'PARAMETRIZE-6',
    () => {
      const module = linear();
      const before = weight(module);
      return bool(
        weight(P.removeParametrizations(para(module, double(), new Square()), 'weight')) === before,
      );
    },
  ],
  'remove, leave unparametrized': [
    'PARAMETRIZE-6',
    () => {
      const module = P.removeParametrizations(para(linear(), double()), 'weight', {
        leaveParametrized: false,
      });
      return `${keysOf(module)} ${flat(weight(module))}`;
    },
  ],
  'remove several originals': [
    'PARAMETRIZE-6',
    () => {
      const module = P.removeParametrizations(para(linear(), new Sum()), 'weight');
      return `${keysOf(module)} ${flat(weight(module))} ${weight(module).constructor.name}`;
    },
  ],
  'remove several, leave unparametrized': [
    'PARAMETRIZE-6',
    () => P.removeParametrizations(para(linear(), new Sum()), 'weight', { leaveParametrized: false }),
  ],
  'remove one of two tensors': [
    'PARAMETRIZE-6',
    () => {
      const module = para(para(linear(), double()), double(), { name: 'bias' });
      P.removeParametrizations(module, 'weight');
      return `${String(module)} ${keysOf(module)}`;
    },
  ],
  'remove what is not there': ['PARAMETRIZE-6', () => P.removeParametrizations(linear(), 'weight')],
  'remove another': ['PARAMETRIZE-6', () => P.removeParametrizations(para(linear(), double()), 'bias')],
  'remove a buffer': [
    'PARAMETRIZE-6',
    () => {
      const module = P.removeParametrizations(para(buffered(), double(), { name: 'b' }), 'b');
      return `${keysOf(module)}|${flat(weight(module, 'b'))}|${module.constructor.name}`;
    },
  ],
};

const MORE: Scenarios = {
  deepcopy: [
    'PARAMETRIZE-7',
    () => {
      const module = para(linear(), double());
      const copy = deepcopy(module);
      original(copy).setData(ofDType('float32', 3, 2));
      return `${copy.constructor.name} ${flat(weight(copy))} ${flat(weight(module))}`;
    },
  ],
  cached: [
    'PARAMETRIZE-8',
    () => {
      let calls = 0;
      const module = para(
        linear(),
        says((x) => {
          calls++;
          return x && mul(x, 1);
        }),
        { unsafe: true },
      );
      weight(module);
      weight(module);
      const isSame = P.cached(() => {
        const value = weight(module);
        return (
          weight(module) === value && P.cached(() => weight(module) === value) && weight(module) === value
        );
      });
      weight(module);
      return `${calls} ${bool(isSame)}`;
    },
  ],
  load: [
    'PARAMETRIZE-2',
    () => {
      const [module, other] = [para(linear(), double()), para(linear(2, 3, 1), double())];
      return `${String(module.loadStateDict(other.stateDict()))} ${flat(weight(module))}`;
    },
  ],
  'load a plain weight': [
    'PARAMETRIZE-2',
    () => para(linear(), double()).loadStateDict(linear().stateDict()),
  ],
  'load into plain': ['PARAMETRIZE-2', () => linear().loadStateDict(para(linear(), double()).stateDict())],
  transfer: [
    'PARAMETRIZE-7',
    () => {
      const [module, to] = [para(linear(), double(), new Square()), linear(2, 3, 1)];
      P.transferParametrizationsAndParams(module, to);
      return `${String(to)} ${flat(weight(to))} ${bool(original(to) === original(module))}`;
    },
  ],
  'transfer of nothing': ['PARAMETRIZE-7', () => P.transferParametrizationsAndParams(linear(), linear())],
};

export const PARAMETRIZED: Scenarios = { ...WHAT, ...ASSIGNING, ...REFUSED, ...REMOVED, ...MORE };
