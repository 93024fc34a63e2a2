// The scenarios of nn_behaviours about Parameter, Buffer and their uninitialized forms.
import {
  Buffer,
  deepcopy,
  init,
  Parameter,
  shallowCopy,
  UninitializedBuffer,
  UninitializedParameter,
} from '#core/nn/index';
import { pythonRepr, tupleRepr } from '#core/nn/python-names';
import { Tensor } from '#core/tensor/tensor';

import { loosely, type Scenarios } from './scenario';
import { nn } from './support';
import { bool, ofDType, shape, zeros } from './scenario-parts';

const U = UninitializedParameter;

const UB = UninitializedBuffer;

const CONVERSIONS = ['half', 'float', 'double', 'char', 'short', 'int', 'long', 'cpu'] as const;

const REFUSED = ['bfloat16', 'byte', 'bool', 'numel'] as const;

const pair = (
  kind: string,
  rule: string,
  make: () => UninitializedParameter | UninitializedBuffer,
): Scenarios => ({
  [`size of uninitialized ${kind}`]: ['UNINIT-3', () => tupleRepr(make().size())],
  [`is_floating_point of uninitialized ${kind}`]: ['UNINIT-3', () => bool(make().isFloatingPoint())],
  [`is_complex of uninitialized ${kind}`]: ['UNINIT-3', () => bool(make().isComplex())],
  [`get_device of uninitialized ${kind}`]: ['UNINIT-3', () => make().getDevice()],
  ...Object.fromEntries(
    CONVERSIONS.map((name) => [
      `${name} of uninitialized ${kind}`,
      [
        rule,
        () => {
          const given = make();
          const result = given[name]();
          const persistent: unknown = Reflect.get(result, 'persistent');
          return `${bool(result === given)} ${result.constructor.name} torch.${result.dtype} ${pythonRepr(persistent)}`;
        },
      ] as const,
    ]),
  ),
  [`to of uninitialized ${kind}`]: [
    rule,
    () => {
      const given = make();
      const result = given.to({ dtype: 'float64' });
      return `${result.constructor.name} torch.${result.dtype} ${bool(given.to({ dtype: 'float32' }) === given)}`;
    },
  ],
  ...Object.fromEntries(
    REFUSED.map((name) => [`${name} of uninitialized ${kind}`, ['UNINIT-5', () => make()[name]()] as const]),
  ),
});

export const TENSORS: Scenarios = {
  ...Object.fromEntries(
    (
      [
        ['ones_', init.ones_], ['zeros_', init.zeros_], ['eye_', init.eye_], ['dirac_', init.dirac_],
        ['xavier_uniform_', init.xavierUniform_], ['xavier_normal_', init.xavierNormal_],
        ['kaiming_uniform_', init.kaimingUniform_], ['kaiming_normal_', init.kaimingNormal_],
        ['orthogonal_', init.orthogonal_], ['trunc_normal_', init.truncNormal_],
      ] as const
    ).map(([name, fill]) => [
      `lazy apply ${name}`,
      ['UNINIT-6', () =>
        nn('LazyLinear', { out_features: 3 }).apply((module) => void fill(module.getParameter('weight')))] as const,
    ]),
  ),
  'parameter of scalar number': ['PARAM-5', () => Reflect.construct(Parameter, [1.5]) as unknown],
  'parameter of text': ['PARAM-5', () => Reflect.construct(Parameter, ['x']) as unknown],
  'parameter of dict': ['PARAM-5', () => Reflect.construct(Parameter, [{}]) as unknown],
  'parameter of bool tensor': ['PARAM-6', () => new Parameter(ofDType('bool', 1))],
  'parameter of complex': ['PARAM-6', () => bool(new Parameter(ofDType('complex64', 1)).requiresGrad)],
  'requires_grad of int': ['PARAM-6', () => {
    const parameter = new Parameter(ofDType('int64', 1), { requiresGrad: false });
    parameter.requiresGrad = true;
  }],
  'data of int': ['PARAM-6', () => new Parameter(zeros(1)).setData(ofDType('int64', 1))],
  'data changes shape': ['PARAM-2', () => {
    const parameter = new Parameter(zeros(2));
    parameter.setData(zeros(3, 4));
    return `${shape(parameter)} ${bool(parameter.requiresGrad)} ${parameter.constructor.name}`;
  }],
  'copy of a parameter': ['PARAM-11', () => {
    const parameter = Object.assign(new Parameter(zeros(2), { requiresGrad: false }), { note: 'x' });
    const copy = shallowCopy(parameter);
    const flags = `${bool(copy === parameter)} ${copy.constructor.name} ${bool(copy.storage === parameter.storage)} ${bool(copy.requiresGrad)}`;
    return `${flags} ${String(Reflect.get(copy, 'note'))}`;
  }],
  'copy of a buffer': ['PARAM-11', () => {
    const buffer = new Buffer(zeros(2), { persistent: false });
    const copy = shallowCopy(buffer);
    return `${copy.constructor.name} ${bool(copy.storage === buffer.storage)} ${pythonRepr(Reflect.get(copy, 'persistent'))} ${bool(copy instanceof Buffer)}`;
  }],
  'buffer positional': ['BUFFER-1', () => Reflect.construct(Buffer, [zeros(1), true]) as unknown],
  'parameter of sliced deepcopy': ['PARAM-7', () =>
    tupleRepr(deepcopy(new Parameter(new Tensor(zeros(4, 4).storage, { dtype: 'float32', shape: [4, 2], strides: [4, 2] }))).strides)],
  'parameter of transposed deepcopy': ['PARAM-7', () =>
    tupleRepr(deepcopy(new Parameter(new Tensor(zeros(4, 3).storage, { dtype: 'float32', shape: [3, 4], strides: [1, 3] }))).strides)],
  'parameter of permuted deepcopy': ['PARAM-7', () =>
    tupleRepr(deepcopy(new Parameter(new Tensor(zeros(2, 3, 4).storage, { dtype: 'float32', shape: [4, 2, 3], strides: [1, 12, 4] }))).strides)],
  'deepcopy of computed': ['PARAM-7', () => {
    const computed = zeros(1);
    computed.gradFn = { name: 'MulBackward0', inputs: [], outputs: [] };
    return deepcopy(computed);
  }],
  ...pair('parameter', 'UNINIT-13', () => new U()),
  ...pair('buffer', 'UNINIT-13', () => new UB()),
  'copy_ of size 2 into uninitialized buffer': ['UNINIT-13', () => new UB().copy_(zeros(2))],
  'copy_ of size 1 into uninitialized buffer': ['UNINIT-13', () => {
    const buffer = new UB();
    buffer.copy_(zeros(1));
    return tupleRepr(buffer.size());
  }],
  'copy_ into uninitialized parameter': ['UNINIT-13', () => new U().copy_(zeros(1))],
  'deepcopy of uninitialized': ['UNINIT-11', () => {
    const copy = deepcopy(new U({ requiresGrad: false, dtype: 'float64' }));
    return `${copy.constructor.name} torch.${copy.dtype} ${bool(copy.requiresGrad)}`;
  }],
  'materialize scalar': ['UNINIT-8', () => {
    const given: Tensor = new U({ requiresGrad: false });
    loosely(given, 'materialize', []);
    return `${given.constructor.name} ${shape(given)} ${bool(given.requiresGrad)}`;
  }],
  'materialize with data set before': ['UNINIT-8', () => {
    const given = new U();
    given.setData(ofDType('float64', 0));
    given.materialize(2);
    return `torch.${given.dtype}`;
  }],
  'materialize two negative': ['UNINIT-9', () => new U().materialize([-3, -1])],
  'share_memory_ named class': ['UNINIT-4', () => new (class Mine extends U {})().shareMemory_()],
  'numel of derived class': ['UNINIT-5', () => new (class Mine extends U {})().numel()],
  'repr of derived class': ['UNINIT-7', () => String(new (class Mine extends U {})())],
}; // prettier-ignore
