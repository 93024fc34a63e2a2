// state_dict and load_state_dict, with what PyTorch's table says about lazy targets and sources (docs/spec/state-dict.md).
import {
  Buffer,
  deepcopy,
  Generator,
  isLazy,
  isLazyModule,
  Module,
  Parameter,
  Sequential,
  StateDict,
  valuesOf,
  type LayerModule,
} from '#core/nn/index';
import { Tensor } from '#core/tensor/tensor';
import { describe, expect, it } from 'vitest';

import { hash, meta, nn, tensor, thrown } from './support';

const linear = (seed = 0): LayerModule =>
  nn('Linear', { in_features: 3, out_features: 4 }, { generator: new Generator(seed) });
const lazy = (generator = new Generator(0)): LayerModule =>
  nn('LazyLinear', { out_features: 4 }, { generator });
const numbers = (value: unknown): number[] => (value instanceof Tensor ? Array.from(valuesOf(value)) : []);
const stored = (state: StateDict, key: string): Tensor => {
  const value = state.get(key);
  if (!(value instanceof Tensor)) throw new Error(`${key} is no tensor`);
  return value;
};

describe('state_dict', () => {
  it('STATE-1 order: own parameters, own buffers, then children; every module has a version', () => {
    class Net extends Module {
      child = nn('BatchNorm1d', { num_features: 2 });
      buffer = new Buffer(tensor([1]));
      hidden = new Buffer(tensor([1]), { persistent: false });
      weight = new Parameter(tensor([1]));
      none = new Parameter(tensor([1]));
    }
    const net = new Net();
    Reflect.set(net, 'none', null);
    const state = net.stateDict();
    expect([...state.keys()]).toEqual([
      'weight',
      'buffer',
      'child.weight',
      'child.bias',
      'child.running_mean',
      'child.running_var',
      'child.num_batches_tracked',
    ]);
    expect(Object.fromEntries(state.metadata ?? [])).toEqual({ '': { version: 1 }, child: { version: 2 } });
  });

  it('STATE-2 entries are fresh detached tensors; tied weights are two over one memory; keepVars keeps the objects', () => {
    const layer = linear();
    const net = new Sequential([layer, layer]);
    const state = net.stateDict();
    const [a, b] = [stored(state, '0.weight'), stored(state, '1.weight')];
    expect(a === b).toBe(false);
    expect(a.storage).toBe(b.storage);
    expect(a).not.toBeInstanceOf(Parameter);
    expect(net.stateDict({ keepVars: true, prefix: 'x.' }).get('x.0.weight')).toBe(layer.tensor('weight'));
  });

  it('STATE-3 metadata survives clone and deepcopy and is lost by copy', () => {
    const state = linear().stateDict();
    expect(state.clone().metadata).toBe(state.metadata);
    expect(deepcopy(state).metadata).toEqual(state.metadata);
    expect(deepcopy(state).metadata).not.toBe(state.metadata);
    expect(state.copy().metadata).toBeNull();
    expect([...state.copy().keys()]).toEqual([...state.keys()]);
  });

  it('STATE-4 a lazy module puts the same uninitialized objects into its state dict', () => {
    const layer = lazy();
    const state = layer.stateDict();
    expect(state.get('weight') === layer.tensor('weight')).toBe(true);
    expect([...state.keys()]).toEqual(['weight', 'bias']);
    expect(nn('LazyBatchNorm1d').stateDict().size).toBe(5);
  });

  it('STATE-4 extra state is saved and loaded, and not asked for while lazy', () => {
    class Counting extends Module {
      count = 3;
      override getExtraState(): unknown {
        return { count: this.count };
      }
      override setExtraState(state: unknown): void {
        this.count = Number(Reflect.get(Object(state) as object, 'count'));
      }
    }
    const state = new Counting().stateDict();
    expect(state.get('_extra_state')).toEqual({ count: 3 });
    const other = new Counting();
    other.count = 0;
    other.loadStateDict(state);
    expect(other.count).toBe(3);
    expect(thrown(() => other.loadStateDict({}))).toContain('Missing key(s) in state_dict: "_extra_state". ');
    expect(
      thrown(() => linear().loadStateDict(new StateDict([...linear().stateDict(), ['_extra_state', 1]]))),
    ).toContain('Unexpected key(s) in state_dict: "_extra_state". ');
  });
});

describe('load_state_dict', () => {
  it('STATE-8 values are copied in place, cast to the target’s dtype; objects stay', () => {
    const [from, to] = [linear(1).double(), linear(2)];
    const weight = to.tensor('weight');
    to.loadStateDict(from.stateDict());
    expect(to.tensor('weight')).toBe(weight);
    expect(weight?.dtype).toBe('float32');
    expect(numbers(weight)).toEqual(numbers(from.tensor('weight')).map(Math.fround));
  });

  it('STATE-8 a one-element vector loads into a scalar', () => {
    class Scalar extends Module {
      value = new Parameter(tensor([0], []));
    }
    const module = new Scalar();
    module.loadStateDict({ value: tensor([7]) });
    expect(numbers(module.value)).toEqual([7]);
  });

  it('STATE-7 what fits has been loaded when the error comes', () => {
    const layer = linear();
    expect(thrown(() => layer.loadStateDict({ weight: tensor([1]), bias: tensor([1, 2, 3, 4]) }))).toBe(
      'RuntimeError: Error(s) in loading state_dict for Linear:\n\tsize mismatch for weight: copying a param with shape torch.Size([1]) from checkpoint, the shape in current model is torch.Size([4, 3]).',
    );
    expect(numbers(layer.tensor('bias'))).toEqual([1, 2, 3, 4]);
  });

  it('STATE-9 assign takes the tensors over, with the module’s requiresGrad, and the dict goes on assigning', () => {
    const layer = linear();
    layer.requiresGrad_(false);
    const state = linear(3).stateDict();
    layer.loadStateDict(state, { assign: true });
    expect(layer.tensor('weight')?.storage).toBe(stored(state, 'weight').storage);
    expect(layer.tensor('weight')).toBeInstanceOf(Parameter);
    expect(layer.tensor('weight')?.requiresGrad).toBe(false);
    const other = linear();
    other.loadStateDict(state);
    expect(other.tensor('weight')?.storage).toBe(stored(state, 'weight').storage);
  });

  it('STATE-10 an absent counter is filled silently for old or unknown metadata, and missing for version 2', () => {
    const norm = nn('BatchNorm1d', { num_features: 2 });
    const state = norm.stateDict();
    state.delete('num_batches_tracked');
    expect(thrown(() => norm.loadStateDict(state))).toContain(
      'Missing key(s) in state_dict: "num_batches_tracked". ',
    );
    expect(String(norm.loadStateDict(state.copy()))).toBe('<All keys matched successfully>');
    state.metadata?.set('', { version: 1 });
    expect(String(norm.loadStateDict(state))).toBe('<All keys matched successfully>');
  });

  it('STATE-11 hooks see the load before and after', () => {
    const layer = linear();
    const seen: string[] = [];
    layer.registerLoadStateDictPreHook((_module, { stateDict, prefix }) => {
      stateDict.set(`${prefix}bias`, tensor([9, 9, 9, 9]));
    });
    layer.registerLoadStateDictPostHook((_module, keys) => void seen.push(keys.toString()));
    layer.loadStateDict({ weight: linear(1).tensor('weight') });
    expect(numbers(layer.tensor('bias'))).toEqual([9, 9, 9, 9]);
    expect(seen).toEqual(['<All keys matched successfully>']);
  });
});

describe('lazy targets and sources', () => {
  it('LAZY-11 an initialized source materializes to its shape in the module’s dtype, and draws nothing', () => {
    const generator = new Generator(0);
    const layer = lazy(generator).double();
    const weight = layer.tensor('weight');
    const before = generator.getState();
    layer.loadStateDict(linear(1).stateDict());
    expect(weight === layer.tensor('weight')).toBe(true);
    expect([weight?.shape, weight?.dtype]).toEqual([[4, 3], 'float64']);
    expect(String(layer)).toBe('LazyLinear(in_features=0, out_features=4, bias=True)');
    expect(isLazyModule(layer)).toBe(true);
    expect(generator.getState()).toEqual(before);
  });

  it('LAZY-11 the other sizes are not checked: seven rows load into LazyLinear(4)', () => {
    const layer = lazy();
    layer.loadStateDict(nn('Linear', { in_features: 5, out_features: 7 }).stateDict());
    expect(layer.tensor('weight')?.shape).toEqual([7, 5]);
  });

  it('LAZY-12 the next call keeps the loaded values, draws nothing and drops the hooks', () => {
    const generator = new Generator(0);
    const layer = lazy(generator);
    const source = linear(1);
    layer.loadStateDict(source.stateDict());
    layer.invoke([meta(2, 3)]);
    expect(isLazyModule(layer)).toBe(false);
    expect(numbers(layer.tensor('weight'))).toEqual(numbers(source.tensor('weight')));
    expect(generator.getState()).toEqual(new Generator(0).getState());
  });

  it('LAZY-12 resetParameters does nothing while the size is unknown', () => {
    const generator = new Generator(0);
    const layer = lazy(generator);
    layer.loadStateDict(linear(1).stateDict());
    layer.resetParameters();
    expect(generator.getState()).toEqual(new Generator(0).getState());
  });

  it('LAZY-13 lazy into lazy changes nothing, and a used lazy module refuses a lazy source raw', () => {
    const layer = lazy();
    const weight = layer.tensor('weight');
    if (weight) weight.requiresGrad = false;
    layer.loadStateDict(lazy().stateDict());
    expect([isLazy(layer.tensor('weight')), weight?.requiresGrad]).toEqual([true, false]);
    layer.invoke([meta(2, 3)]);
    const state = lazy().stateDict();
    expect(thrown(() => layer.loadStateDict(state))).toMatch(/^RuntimeError: Can't access the shape/);
  });

  it('LAZY-15 assign shares the checkpoint’s memory', () => {
    const layer = lazy();
    const state = linear(1).stateDict();
    layer.loadStateDict(state, { assign: true });
    expect(layer.tensor('weight')?.storage).toBe(stored(state, 'weight').storage);
    expect(hash(stored(state, 'weight'))).toBe(hash(layer.tensor('weight') ?? tensor([])));
  });
});
