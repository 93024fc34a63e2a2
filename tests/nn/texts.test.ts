// What the parameter system says in the situations of scripts/golden/nn_semantics.py: PyTorch's words, class and text.
import {
  Buffer,
  deepcopy,
  init,
  LazyModule,
  Module,
  newTensor,
  Parameter,
  UninitializedBuffer,
  UninitializedParameter,
} from '#core/nn/index';
import type { StateDict } from '#core/nn/state-dict';
import { tensorRepr } from '#core/nn/tensor-repr';
import { apply } from '#core/ops/dispatch';
import { isDType } from '#core/tensor/dtype';
import type { Tensor } from '#core/tensor/tensor';
import { describe, expect, it } from 'vitest';

import golden from '../golden/nn-semantics.json';
import { meta, nn, tensor, thrown } from './support';

class Net extends Module {
  declare p: Parameter;
  declare m: Module;
  declare b: Tensor;
  declare x: unknown;
  constructor() {
    super();
    this.p = new Parameter(tensor([0, 0]));
    this.registerBuffer('b', tensor([0, 0]));
    this.m = nn('Linear', { in_features: 2, out_features: 3 });
    this.x = 5;
  }
}

const net = (): Net => new Net();
/** Calls with arguments TypeScript would refuse. */
const loosely = (target: object, method: string, ...inputs: unknown[]): unknown =>
  Reflect.apply(Reflect.get(target, method) as () => unknown, target, inputs);
const assign = (name: string, value: unknown): unknown => Reflect.set(net(), name, value);
const U = (): UninitializedParameter => new UninitializedParameter();
const lazy = (): Module => nn('LazyLinear', { out_features: 4 });
const source = (): Module => nn('Linear', { in_features: 3, out_features: 4 });
const call = (name: string, keywords: Record<string, unknown>, ...shape: number[]): unknown =>
  nn(name, keywords).invoke([meta(...shape)]);

function mixed(target: Net): StateDict {
  const entries = target.stateDict();
  entries.set('m.weight', newTensor([4, 5], 'float32'));
  entries.set('b', 5);
  entries.delete('p');
  for (const key of ['extra', 'm.extra', 'q.w', 'p.w']) entries.set(key, tensor([0]));
  return entries;
}

function loaded(layer: Module, from: Module): Module {
  layer.loadStateDict(from.stateDict());
  return layer;
}

const conv = { out_channels: 4, kernel_size: 3 };

/** By scenario: the rule it shows, and what returns a text or throws. */
const SCENARIOS: Record<string, [rule: string, body: () => unknown]> = {
  'parameter of list': ['PARAM-5', () => Reflect.construct(Parameter, [[1]]) as unknown],
  'parameter of int64': ['PARAM-6', () => new Parameter(tensor([0], [1], 'int64'))],
  'uninitialized of int64': ['UNINIT-2', () => new UninitializedParameter({ dtype: 'int64' })],
  'parameter of uninitialized': ['UNINIT-5', () => new Parameter(U())],
  'shape of uninitialized': ['UNINIT-4', () => U().shape],
  'share_memory_ of uninitialized': ['UNINIT-4', () => loosely(U(), 'shareMemory_')],
  'share_memory_ of uninitialized buffer': ['UNINIT-4', () => loosely(new UninitializedBuffer(), 'shareMemory_')],
  'numel of uninitialized': ['UNINIT-5', () => U().numel()],
  'stride of uninitialized': ['UNINIT-5', () => U().strides],
  'detach of uninitialized': ['UNINIT-5', () => U().detach()],
  'is_contiguous of uninitialized buffer': ['UNINIT-5', () => new UninitializedBuffer().isContiguous()],
  'iter of uninitialized': ['UNINIT-5', () => Array.from(U() as unknown as Iterable<number>)],
  'linear with uninitialized': ['UNINIT-6', () => lazy().forward(meta(1, 2))],
  'uniform_ of uninitialized': ['UNINIT-6', () => init.uniform_(U())],
  'normal_ of uninitialized': ['UNINIT-6', () => init.normal_(U())],
  'constant_ of uninitialized': ['UNINIT-6', () => init.constant_(U(), 1)],
  'zeros_ of uninitialized': ['UNINIT-6', () => init.zeros_(U())],
  'repr of uninitialized': ['UNINIT-7', () => U().toString() + new UninitializedBuffer().toString()],
  'materialize negative': ['UNINIT-9', () => U().materialize([2, -1])],
  'materialize int64': ['UNINIT-9', () => U().materialize([2], undefined, 'int64')],
  'materialize to meta': ['UNINIT-9', () => U().materialize([2], 'meta')],
  'materialize twice': ['UNINIT-10', () => {
    const parameter = U();
    parameter.materialize(2);
    parameter.materialize(2);
  }],
  'materialize buffer twice': ['UNINIT-10', () => {
    const buffer = new UninitializedBuffer();
    buffer.materialize(2);
    buffer.materialize(2);
  }],
  'deepcopy of uninitialized buffer': ['UNINIT-11', () => deepcopy(new UninitializedBuffer())],
  'register_parameter number name': ['MODULE-2', () => loosely(net(), 'registerParameter', 5, null)],
  'register_parameter dot': ['MODULE-2', () => net().registerParameter('a.b', null)],
  'register_parameter empty': ['MODULE-2', () => net().registerParameter('', null)],
  'register_parameter taken': ['MODULE-2', () => net().registerParameter('x', null)],
  'register_parameter forward': ['MODULE-2', () => net().registerParameter('forward', null)],
  'register_parameter tensor': ['MODULE-2', () => loosely(net(), 'registerParameter', 'q', tensor([0]))],
  'register_buffer number name': ['MODULE-3', () => loosely(net(), 'registerBuffer', 5, null)],
  'register_buffer dot': ['MODULE-3', () => net().registerBuffer('a.b', null)],
  'register_buffer empty': ['MODULE-3', () => net().registerBuffer('', null)],
  'register_buffer taken': ['MODULE-3', () => net().registerBuffer('x', tensor([0]))],
  'register_buffer int': ['MODULE-3', () => loosely(net(), 'registerBuffer', 'c', 5)],
  'register_module number name': ['MODULE-4', () => loosely(net(), 'registerModule', 5, null)],
  'register_module dot': ['MODULE-4', () => net().registerModule('a.b', nn('ReLU'))],
  'register_module empty': ['MODULE-4', () => net().registerModule('', nn('ReLU'))],
  'register_module taken': ['MODULE-4', () => net().registerModule('x', nn('ReLU'))],
  'register_module int': ['MODULE-4', () => loosely(net(), 'registerModule', 'q', 5)],
  'assign tensor to parameter': ['MODULE-6', () => assign('p', tensor([0, 0]))],
  'assign buffer to parameter': ['MODULE-6', () => assign('p', new Buffer(tensor([0, 0])))],
  'assign int to module': ['MODULE-6', () => assign('m', 5)],
  'assign int to buffer': ['MODULE-6', () => assign('b', 5)],
  'assign buffer to field': ['MODULE-7', () => assign('x', new Buffer(tensor([0, 0])))],
  'missing attribute': ['MODULE-8', () => net().getAttribute('foo')],
  'missing forward': ['MODULE-8', () => new Module().call(1)],
  'load list': ['STATE-5', () => loosely(net(), 'loadStateDict', [1])],
  'load empty': ['STATE-6', () => net().loadStateDict({})],
  'load empty not strict': ['STATE-6', () => String(net().loadStateDict({}, { strict: false }))],
  'load own': ['STATE-6', () => {
    const target = net();
    return String(target.loadStateDict(target.stateDict()));
  }],
  'load mixed': ['STATE-7', () => {
    const target = net();
    return target.loadStateDict(mixed(target));
  }],
  'load mixed not strict': ['STATE-7', () => {
    const target = net();
    return target.loadStateDict(mixed(target), { strict: false });
  }],
  'plain module with uninitialized state_dict': ['STATE-4', () => {
    const plain = new Module();
    plain.registerParameter('u', U());
    return plain.stateDict();
  }],
  'lazy requires_grad_': ['LAZY-9', () => lazy().requiresGrad_(false)],
  'lazy bfloat16': ['LAZY-10', () => lazy().bfloat16()],
  'lazy load non-tensor': ['LAZY-14', () => lazy().loadStateDict({ weight: 5, bias: tensor([0, 0, 0, 0]) })],
  'lazy load empty': ['LAZY-14', () => nn('LazyBatchNorm1d').loadStateDict({})],
  'lazy load lazy': ['LAZY-13', () => String(lazy().loadStateDict(lazy().stateDict()))],
  'lazy assign lazy': ['LAZY-15', () => lazy().loadStateDict(lazy().stateDict(), { assign: true })],
  'initialized load lazy': ['LAZY-13', () => source().loadStateDict(lazy().stateDict(), { strict: false })],
  'lazy loaded repr': ['LAZY-11', () => String(loaded(lazy(), source()))],
  'lazy loaded wrong input': ['LAZY-12', () => loaded(lazy(), source()).invoke([meta(2, 5)])],
  'lazy loaded right input': ['LAZY-12', () => {
    const layer = loaded(lazy(), source());
    layer.invoke([meta(2, 3)]);
    return String(layer);
  }],
  'lazy conv loaded': ['LAZY-12', () => {
    const layer = loaded(nn('LazyConv1d', conv), nn('Conv1d', { in_channels: 2, ...conv }));
    layer.invoke([meta(1, 2, 5)]);
    return String(layer);
  }],
  'lazy partly loaded': ['LAZY-14', () => {
    const layer = lazy();
    layer.loadStateDict({ weight: newTensor([4, 3], 'float32') }, { strict: false });
    layer.invoke([meta(2, 3)]);
  }],
  'lazy tied': ['LAZY-8', () => {
    const [a, b] = [lazy(), lazy()];
    Reflect.set(b, 'weight', Reflect.get(a, 'weight'));
    a.invoke([meta(2, 3)]);
    b.invoke([meta(2, 3)]);
  }],
  'lazy groups repr': ['LAZY-6', () => {
    const layer = nn('LazyConv2d', { ...conv, groups: 2 });
    thrown(() => layer.invoke([meta(1, 3, 5, 5)]));
    return String(layer);
  }],
  'lazy not fully': ['LAZY-4', () => {
    class Foo extends LazyModule {
      w = U();
      override initializeParameters(): void {}
    }
    return new Foo().call(1);
  }],
  'lazy without initialize': ['LAZY-4', () => {
    class Foo extends LazyModule {}
    return new Foo().call(1);
  }],
  'lazy conv2d rank': ['LAZY-6', () => call('LazyConv2d', conv, 2, 3)],
  'lazy conv1d rank': ['LAZY-6', () => call('LazyConv1d', conv, 2)],
  'lazy conv_transpose2d rank': ['LAZY-6', () => call('LazyConvTranspose2d', conv, 2, 3)],
  'lazy conv groups': ['LAZY-6', () => call('LazyConv2d', { ...conv, groups: 2 }, 1, 3, 5, 5)],
  'lazy batch_norm1d rank 4': ['LAZY-7', () => call('LazyBatchNorm1d', {}, 3, 2, 3, 4)],
  'lazy batch_norm1d rank 1': ['LAZY-7', () => call('LazyBatchNorm1d', {}, 3)],
  'lazy batch_norm2d rank 3': ['LAZY-7', () => call('LazyBatchNorm2d', {}, 3, 2, 3)],
  'lazy batch_norm3d rank 4': ['LAZY-7', () => call('LazyBatchNorm3d', {}, 3, 2, 3, 4)],
  'lazy instance_norm2d unbatched': ['LAZY-20', () => call('LazyInstanceNorm2d', {}, 2, 3, 4)],
  'lazy instance_norm1d rank 4': ['LAZY-20', () => call('LazyInstanceNorm1d', {}, 3, 2, 3, 4)],
  'lazy instance_norm2d rank 2': ['LAZY-20', () => call('LazyInstanceNorm2d', {}, 3, 2)],
  'lazy instance_norm3d rank 1': ['LAZY-20', () => call('LazyInstanceNorm3d', {}, 3)],
  'lazy instance_norm2d forward': ['LAZY-20', () => nn('LazyInstanceNorm2d').forward(meta(1, 2, 5, 5))],
  'lazy instance_norm2d forward without affine': ['UNINIT-6', () =>
    nn('LazyInstanceNorm2d', { affine: false }).forward(meta(1, 2, 5, 5))],
  'lazy instance_norm2d loaded': ['LAZY-20', () => {
    const source = nn('InstanceNorm2d', { num_features: 3, affine: true, track_running_stats: true });
    loaded(nn('LazyInstanceNorm2d'), source).invoke([meta(1, 3, 2, 2)]);
  }],
  'lazy batch_norm2d forward rank 2': ['LAZY-7', () => nn('LazyBatchNorm2d').forward(meta(3, 4))],
  'lazy linear scalar': ['LAZY-6', () => call('LazyLinear', { out_features: 4 })],
  'lazy linear forward': ['UNINIT-6', () => lazy().forward(meta(1, 2))],
  'lazy conv2d forward': ['UNINIT-6', () => nn('LazyConv2d', conv).forward(meta(1, 2, 5, 5))],
  'lazy batch_norm2d forward': ['UNINIT-6', () => nn('LazyBatchNorm2d').forward(meta(1, 2, 5, 5))],
  'linear without in_features': ['LAZY-2', () => nn('Linear', { out_features: 3 })],
  'deepcopy of lazy batch_norm': ['UNINIT-11', () => deepcopy(nn('LazyBatchNorm1d'))],
  'fan of vector': ['INIT-2', () => init.kaimingUniform_(tensor([0, 0, 0]))],
  'eye of 3': ['INIT-2', () => init.eye_(tensor([0, 0, 0]))],
  'orthogonal of vector': ['INIT-2', () => init.orthogonal_(tensor([0, 0, 0]))],
  'dirac of 2': ['INIT-2', () => init.dirac_(newTensor([3, 3], 'float32'))],
}; // prettier-ignore

function said(body: () => unknown): string {
  let text: unknown;
  const error = (() => {
    try {
      text = body();
      return null;
    } catch (caught) {
      return thrown(() => {
        throw caught as Error;
      });
    }
  })();
  return error ?? String(text);
}

describe('PyTorch’s words', () => {
  const texts: Record<string, string> = golden.texts;
  for (const [name, [rule, body]] of Object.entries(SCENARIOS))
    it(`${rule} ${name}`, () => {
      expect(said(body)).toBe(texts[name]);
    });

  it('UNINIT-6 every op refuses it, through the one door they share', () => {
    expect(said(() => apply('linear', [meta(1, 2), U(), null], {}))).toContain(
      'Attempted to use an uninitialized parameter in <built-in method linear of type object>.',
    );
  });

  it('every golden scenario has its counterpart here', () => {
    expect(Object.keys(SCENARIOS).sort()).toEqual(Object.keys(texts).sort());
  });
});

const number = (text: string): number =>
  text === 'inf' ? Infinity : text === '-inf' ? -Infinity : Number(text);

describe('reprs', () => {
  for (const { name, shape, dtype, values, printed } of golden.tensors)
    it(`PARAM-9 a tensor prints as in PyTorch: ${name}`, () => {
      if (!isDType(dtype)) throw new Error(dtype);
      const data = tensor(values.map(number), shape, dtype);
      expect(tensorRepr(data)).toBe(printed[0]);
      if (printed[1] !== undefined) expect(String(new Parameter(data))).toBe(printed[1]);
    });

  for (const { name, keywords, repr } of golden.reprs)
    it(`MODULE-12 ${repr}`, () => {
      expect(String(nn(name, keywords))).toBe(repr);
    });
});
