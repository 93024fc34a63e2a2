// Module: registration by assignment, walks, hooks, conversion, copies (docs/spec/modules.md).
import {
  Buffer,
  deepcopy,
  Module,
  ModuleDict,
  ModuleList,
  newTensor,
  Parameter,
  ParameterDict,
  ParameterList,
  Sequential,
  UninitializedParameter,
} from '#core/nn/index';
import type { Tensor } from '#core/tensor/tensor';
import { describe, expect, it } from 'vitest';

import { meta, nn, tensor, thrown } from './support';

class Net extends Module {
  first = nn('Linear', { in_features: 2, out_features: 3 });
  scale = new Parameter(tensor([1]));
  count = new Buffer(tensor([0]), { persistent: false });
  size = 7;
  declare extra: Parameter | Module | Tensor | null | undefined;
  override forward(input: Tensor): unknown {
    return this.first.forward(input);
  }
}
const names = (walk: Iterable<readonly [string, unknown]>): string[] => [...walk].map(([name]) => name);

describe('registration', () => {
  it('MODULE-1 fields and assignments register parameters, buffers and modules; the rest stays a field', () => {
    const net = new Net();
    expect(names(net.namedParameters())).toEqual(['scale', 'first.weight', 'first.bias']);
    expect(names(net.namedBuffers())).toEqual(['count']);
    expect(names(net.namedModules())).toEqual(['', 'first']);
    expect([net.size, 'scale' in net, net.scale instanceof Parameter]).toEqual([7, true, true]);
    expect(Object.keys(net)).not.toContain('scale');
  });

  it('MODULE-2 nothing registers before the constructor ran', () => {
    const raw: unknown = Object.create(Module.prototype);
    expect(thrown(() => Reflect.apply(Module.prototype.registerParameter.bind(raw), raw, ['w', null]))).toBe(
      'AttributeError: cannot assign parameter before Module.__init__() call',
    );
  });

  it('MODULE-2 a parameter computed from others is refused', () => {
    const net = new Net();
    const computed = new Parameter(tensor([1]));
    computed.gradFn = { name: 'AddBackward0', inputs: [], outputs: [] };
    expect(thrown(() => net.registerParameter('w', computed))).toMatch(
      /^ValueError: Cannot assign non-leaf Tensor to parameter 'w'\. Model parameters must be created explicitly\./,
    );
  });

  it('MODULE-5 assigning a parameter or module takes the name from whatever had it', () => {
    const net = new Net();
    net.extra = nn('ReLU');
    net.extra = new Parameter(tensor([2]));
    expect(names(net.namedChildren())).toEqual(['first']);
    expect(names(net.namedParameters({ recurse: false }))).toEqual(['scale', 'extra']);
    Reflect.set(net, 'size', new Parameter(tensor([3])));
    expect(Object.hasOwn(net, 'size')).toBe(false);
    Reflect.set(net, 'count', nn('ReLU'));
    expect(names(net.namedBuffers({ recurse: false }))).toEqual([]);
    // As PyTorch: a module does not take a parameter's name.
    expect(thrown(() => Reflect.set(net, 'scale', nn('ReLU')))).toMatch(/^TypeError: cannot assign/);
  });

  it('MODULE-6 None keeps the name without a value', () => {
    const net = new Net();
    Reflect.set(net, 'scale', null);
    expect(Reflect.get(net, 'scale')).toBeNull();
    expect(names(net.namedParameters({ recurse: false }))).toEqual([]);
    Reflect.set(net, 'scale', new Parameter(tensor([4])));
    expect(names(net.namedParameters({ recurse: false }))).toEqual(['scale']);
  });

  it('MODULE-7 a plain tensor under a buffer’s name keeps its persistence, a Buffer brings its own', () => {
    const net = new Net();
    Reflect.set(net, 'count', tensor([5]));
    expect([...net.stateDict().keys()]).not.toContain('count');
    Reflect.set(net, 'count', new Buffer(tensor([6])));
    expect([...net.stateDict().keys()]).toContain('count');
  });

  it('MODULE-8 a missing field is undefined, and getAttribute says so in PyTorch’s words', () => {
    const net = new Net();
    expect(Reflect.get(net, 'nothing')).toBeUndefined();
    expect(net.getAttribute('size')).toBe(7);
    expect(nn('LazyLinear', { out_features: 2 }).getAttribute('in_features')).toBe(0);
    Reflect.deleteProperty(net, 'scale');
    expect('scale' in net).toBe(false);
  });
});

describe('walks and modes', () => {
  it('MODULE-9 tied parameters are walked once, under the first name', () => {
    const net = new Net();
    net.extra = net.scale;
    expect(names(net.namedParameters({ recurse: false }))).toEqual(['scale']);
    expect(names(net.namedParameters({ recurse: false, removeDuplicate: false }))).toEqual([
      'scale',
      'extra',
    ]);
    const shared = nn('ReLU');
    expect(names(new Sequential([shared, shared]).namedModules())).toEqual(['', '0']);
  });

  it('MODULE-10 train, eval, requiresGrad_, zeroGrad and apply reach everything', () => {
    const net = new Net();
    net.eval();
    expect([...net.modules()].map((module) => module.training)).toEqual([false, false]);
    net.train().requiresGrad_(false);
    expect([...net.parameters()].map((parameter) => parameter.requiresGrad)).toEqual([false, false, false]);
    net.scale.grad = tensor([1]);
    net.zeroGrad();
    expect(net.scale.grad).toBeNull();
    const seen: string[] = [];
    net.apply((module) => seen.push(module.constructor.name));
    expect(seen).toEqual(['Linear', 'Net']);
  });

  it('MODULE-11 hooks run in order around forward and may replace what passes', () => {
    const order: string[] = [];
    const layer = nn('Linear', { in_features: 2, out_features: 3 });
    const first = layer.registerForwardPreHook((_module, inputs) => {
      order.push('second');
      return inputs;
    });
    layer.registerForwardPreHook(
      () => {
        order.push('first');
        return [meta(5, 2)];
      },
      { prepend: true },
    );
    layer.registerForwardHook((_module, inputs, output) => {
      order.push(`after ${inputs.length}`);
      return [output, output];
    });
    expect(layer.invoke([meta(1, 2)])).toHaveLength(2);
    expect(order).toEqual(['first', 'second', 'after 1']);
    first.remove();
    first.remove();
    layer.invoke([meta(1, 2)]);
    expect(order).toHaveLength(5);
  });

  it('MODULE-13 deepcopy is independent, keeps ties, classes and hooks, and lazy copies initialize alone', () => {
    const lazy = nn('LazyLinear', { out_features: 2 });
    const net = new Sequential([lazy, nn('ReLU')]);
    const tied = nn('Linear', { in_features: 2, out_features: 2 });
    Reflect.set(tied, 'bias', null);
    net.append(tied).append(tied);
    const copy = deepcopy(net);
    copy.forward(meta(3, 5));
    expect(String(copy.at(0))).toBe('Linear(in_features=5, out_features=2, bias=True)');
    expect(String(net.at(0))).toBe('LazyLinear(in_features=0, out_features=2, bias=True)');
    expect(copy.at(2)).toBe(copy.at(3));
    expect(copy.at(2)).not.toBe(net.at(2));
    net.forward(meta(3, 4));
    expect(String(net.at(0))).toBe('Linear(in_features=4, out_features=2, bias=True)');
  });
});

describe('conversion', () => {
  it('MODULE-14 parameters keep their identity, buffers do not, integers are left alone', () => {
    const norm = nn('BatchNorm1d', { num_features: 2 });
    const weight = norm.tensor('weight');
    const mean = norm.tensor('running_mean');
    norm.double();
    expect(norm.tensor('weight')).toBe(weight);
    expect(weight?.dtype).toBe('float64');
    expect(norm.tensor('running_mean')).not.toBe(mean);
    expect(norm.tensor('num_batches_tracked')?.dtype).toBe('int64');
    expect(norm.half().tensor('weight')?.dtype).toBe('float16');
    expect(norm.to({ dtype: 'bfloat16' }).tensor('running_var')?.dtype).toBe('bfloat16');
  });

  it('MODULE-14 gradients are converted with their parameter', () => {
    const net = new Net();
    net.scale.grad = tensor([0.5]);
    net.double();
    expect(net.scale.grad.dtype).toBe('float64');
  });

  it('LAZY-10 a lazy layer converts in place and uses the dtype when it materializes', () => {
    const layer = nn('LazyBatchNorm1d');
    const weight = layer.tensor('weight');
    const mean = layer.tensor('running_mean');
    layer.double();
    expect(layer.tensor('weight') === weight).toBe(true);
    expect(layer.tensor('running_mean') === mean).toBe(false);
    layer.invoke([newTensor([2, 3], 'float64', 'meta')]);
    expect([weight?.dtype, weight?.shape, layer.tensor('num_batches_tracked')?.dtype]).toEqual([
      'float64',
      [3],
      'int64',
    ]);
    const other = nn('LazyLinear', { out_features: 2 });
    expect(other.to({ dtype: 'bfloat16' }).tensor('weight')?.dtype).toBe('bfloat16');
  });

  it('LAZY-10 to meta replaces uninitialized parameters by empty ones, as PyTorch does', () => {
    const layer = nn('LazyLinear', { out_features: 2 });
    const weight = layer.tensor('weight');
    layer.to({ device: 'meta' });
    expect(layer.tensor('weight') === weight).toBe(false);
    expect(layer.tensor('weight')).not.toBeInstanceOf(UninitializedParameter);
    expect(layer.tensor('weight')?.shape).toEqual([0]);
  });
});

describe('containers', () => {
  it('MODULE-20 parameters of a ParameterList or ParameterDict are the net’s, under their place or key', () => {
    const owner = new Module();
    Reflect.set(owner, 'list', new ParameterList([tensor([1]), 'text']));
    Reflect.set(owner, 'dict', new ParameterDict({ b: tensor([2]), a: tensor([3]) }));
    expect(names(owner.namedParameters())).toEqual(['list.0', 'dict.a', 'dict.b']);
    expect([...owner.parameters()].every((each) => each instanceof Parameter)).toBe(true);
  });

  it('MODULE-15 Sequential chains, ModuleList and ModuleDict only hold', () => {
    const relu = nn('ReLU');
    const chain = new Sequential({ a: nn('Linear', { in_features: 2, out_features: 3 }), b: relu });
    expect(names(chain.namedChildren())).toEqual(['a', 'b']);
    expect([chain.length, chain.at(-1) === relu, [...chain].length]).toEqual([2, true, 2]);
    const list = new ModuleList([nn('ReLU'), nn('ReLU'), nn('Flatten')]);
    expect(String(list)).toBe('ModuleList(\n  (0-1): 2 x ReLU()\n  (2): Flatten(start_dim=1, end_dim=-1)\n)');
    expect(thrown(() => list.invoke([]))).toBe(
      'NotImplementedError: Module [ModuleList] is missing the required "forward" function',
    );
    const dict = new ModuleDict({ x: relu });
    dict.setItem('y', nn('Tanh'));
    expect([dict.keys(), dict.size, dict.item('x') === relu]).toEqual([['x', 'y'], 2, true]);
    expect(thrown(() => dict.item('z'))).toBe('KeyError: z');
    expect(thrown(() => list.at(9))).toBe('IndexError: index 9 is out of range');
    expect(String(new Sequential([chain]))).toBe(
      'Sequential(\n  (0): Sequential(\n    (a): Linear(in_features=2, out_features=3, bias=True)\n    (b): ReLU()\n  )\n)',
    );
  });
});
