// Lazy layers beyond words and weights: identity, order, classes, every catalogue layer (docs/spec/lazy.md).
import { LAYERS } from '#core/layers/index';
import type { Module } from '#core/nn/index';
import {
  classNameOf,
  createLayerModule,
  Generator,
  isLazy,
  isLazyModule,
  LazyModule,
  Parameter,
  UninitializedParameter,
  newTensor,
} from '#core/nn/index';
import type { Tensor } from '#core/tensor/tensor';
import { describe, expect, it } from 'vitest';

import { asksForBatch } from '../catalogue/coverage';
import { classOf, declarationOf, hash, meta, nn, thrown } from './support';

describe('the mixin', () => {
  it('LAZY-2 constructors of lazy layers draw nothing; a given size is an argument they do not have', () => {
    const generator = new Generator(0);
    nn('LazyConv2d', { out_channels: 4, kernel_size: 3 }, { generator });
    nn('LazyBatchNorm2d', {}, { generator });
    expect(generator.getState()).toEqual(new Generator(0).getState());
    expect(thrown(() => nn('LazyLinear', { in_features: 3, out_features: 4 }))).toBe(
      "TypeError: LazyLinear.__init__() got an unexpected keyword argument 'in_features'",
    );
  });

  it('LAZY-3 the first call keeps every object and requiresGrad, and changes the class before forward', () => {
    const layer = nn('LazyLinear', { out_features: 4 });
    const [weight, bias] = [layer.tensor('weight'), layer.tensor('bias')];
    if (bias) bias.requiresGrad = false;
    const seen: string[] = [];
    layer.registerForwardPreHook((module) => void seen.push(module.constructor.name));
    layer.invoke([meta(2, 3)]);
    expect(seen).toEqual(['Linear']);
    expect([layer.tensor('weight') === weight, layer.tensor('bias') === bias]).toEqual([true, true]);
    expect([weight?.requiresGrad, bias?.requiresGrad]).toEqual([true, false]);
    expect(Object.getPrototypeOf(weight)).toBe(Parameter.prototype);
    expect(layer).toBeInstanceOf(classOf('Linear'));
    expect(isLazyModule(layer)).toBe(false);
  });

  it('LAZY-3 a hook put first may change the input that sizes come from', () => {
    const layer = nn('LazyLinear', { out_features: 4 });
    layer.registerForwardPreHook(() => [meta(2, 9)], { prepend: true });
    layer.invoke([meta(2, 3)]);
    expect(layer.tensor('weight')?.shape).toEqual([4, 9]);
  });

  it('LAZY-5 a module used twice initializes once; a derived class becomes the plain one; a mixin of one’s own keeps its class', () => {
    const generator = new Generator(0);
    const layer = nn('LazyLinear', { out_features: 3, bias: false }, { generator });
    layer.invoke([meta(2, 3)]);
    const state = generator.getState();
    layer.invoke([meta(2, 3)]);
    expect(generator.getState()).toEqual(state);
    class Mine extends classOf('LazyLinear') {}
    const mine = new Mine({ out_features: 2 });
    expect(mine).toBeInstanceOf(Mine);
    mine.invoke([meta(1, 2)]);
    expect(mine.constructor.name).toBe('Linear');
    class Own extends LazyModule {
      weight = new UninitializedParameter();
      override initializeParameters(input: Tensor): void {
        this.weight.materialize([input.shape[0] ?? 0]);
      }
      override forward(input: Tensor): Tensor {
        return input;
      }
    }
    const own = new Own();
    own.call(meta(5));
    expect([own.constructor.name, own.weight.shape, isLazyModule(own)]).toEqual(['Own', [5], false]);
  });

  it('LAZY-6 conv checks before it materializes and stays lazy', () => {
    const layer = nn('LazyConv2d', { out_channels: 4, kernel_size: 3 });
    thrown(() => layer.invoke([meta(2, 3)]));
    expect([isLazyModule(layer), isLazy(layer.tensor('weight'))]).toEqual([true, true]);
    layer.invoke([meta(3, 5, 5)]);
    expect(layer.tensor('weight')?.shape).toEqual([4, 3, 3, 3]);
  });

  it('LAZY-7 norms initialize before they check, and stay initialized', () => {
    const layer = nn('LazyBatchNorm2d');
    thrown(() => layer.invoke([meta(3, 2, 3)]));
    expect([isLazyModule(layer), layer.tensor('weight')?.shape]).toEqual([false, [2]]);
    const empty = nn('LazyBatchNorm1d', { affine: false, track_running_stats: false });
    empty.invoke([meta(2, 3)]);
    expect(String(empty)).toMatch(/^BatchNorm1d\(0, /);
  });

  it('LAZY-20 LazyInstanceNorm learns scale and statistics by default, unlike InstanceNorm', () => {
    const layer = nn('LazyInstanceNorm1d');
    layer.invoke([meta(2, 5, 3)]);
    expect([...layer.stateDict()].map(([key]) => key)).toHaveLength(5);
    expect([...nn('InstanceNorm1d', { num_features: 5 }).stateDict()]).toHaveLength(0);
    const unbatched = nn('LazyInstanceNorm2d');
    thrown(() => unbatched.invoke([meta(2, 3, 4)]));
    expect([isLazyModule(unbatched), unbatched.tensor('weight')?.shape]).toEqual([false, [3]]);
  });

  it('LAZY-20 workbench: without a batch axis a blank size asks and nothing changes; a given one does not', () => {
    const declaration = declarationOf('InstanceNorm2d');
    const blank = { num_features: null, affine: true };
    const layer = createLayerModule(declaration, blank, { name: 'norm' });
    expect(thrown(() => layer.invoke([meta(2, 3, 4)]))).toContain(
      "InstanceNorm2d 'norm', num_features: an input of 2×3×4 has no batch axis",
    );
    expect(isLazyModule(layer)).toBe(true);
    layer.invoke([meta(1, 2, 3, 4)]);
    expect(layer.tensor('weight')?.shape).toEqual([2]);
    layer.invoke([meta(2, 3, 4)]);
    const [problem] = [
      declaration.infer(layer.declaration === declaration ? { ...layer.params, num_features: null } : {}, [
        [2, 3, 4],
      ]),
    ].flatMap((inferred) => ('problems' in inferred ? inferred.problems : []));
    expect(problem?.hint).toBe(
      'feed [batch, channels, height, width], or set num_features (2 if this is one sample)',
    );
  });

  it('LAZY-16 an inferred size of 0 skips the initialization', () => {
    const generator = new Generator(0);
    const layer = nn('LazyLinear', { out_features: 4 }, { generator });
    layer.invoke([meta(2, 0)]);
    expect([layer.tensor('weight')?.shape, layer.tensor('bias')?.shape]).toEqual([[4, 0], [4]]);
    expect(generator.getState()).toEqual(new Generator(0).getState());
    layer.resetParameters();
    expect(generator.getState()).toEqual(new Generator(0).getState());
  });
});

describe('every catalogue layer may be lazy', () => {
  for (const declaration of LAYERS) {
    const blanks = Object.entries(declaration.params).filter(([, spec]) => spec.isInferred === true);
    if (blanks.length === 0 || declaration.tensors === undefined) continue;
    for (const example of declaration.examples.filter(({ title }) => !asksForBatch(declaration.type, title)))
      it(`LAZY-17 ${declaration.type} (${example.title}): blank sizes end in the same layer as given ones`, () => {
        const inputs = example.inputs.map((shape, port) => {
          const isIndex = declaration.inputs[port]?.content === 'index';
          return newTensor(shape, isIndex ? 'int64' : (example.inputDType ?? 'float32'), 'meta');
        });
        const full = createLayerModule(declaration, example.params, { generator: new Generator(3) });
        const outputShapes = full.run(inputs).map(({ shape }) => shape);
        const params = { ...example.params, ...Object.fromEntries(blanks.map(([name]) => [name, null])) };
        const blank = createLayerModule(declaration, params, { generator: new Generator(3) });
        const isSame = example.inputs.every(() => {
          const inferred = declaration.inferSizes?.(blank.params, example.inputs) ?? {};
          return Object.entries(inferred).every(
            ([name, size]) => JSON.stringify(size) === JSON.stringify(full.params[name]),
          );
        });
        const outputs = blank.run(inputs);
        expect(outputs.map(({ shape }) => shape)).toEqual(outputShapes);
        expect(blank.constructor.name).toBe(classNameOf(declaration));
        // Layers without tensors learn nothing; a blank normalized_shape stands for the last axis only.
        if (!isSame || full.tensorSpecs().length === 0) return;
        const values = (module: Module): string[] => [...module.parameters()].map(hash);
        expect(values(blank)).toEqual(values(full));
        expect(blank.params).toEqual(full.params);
      });
  }

  it('LAZY-18 the workbench refuses what cannot fit before anything changes, with the node and the numbers', () => {
    const fc1 = createLayerModule(
      declarationOf('Linear'),
      { in_features: 100, out_features: 4 },
      { name: 'fc1' },
    );
    expect(thrown(() => fc1.run([meta(2, 288)]))).toContain('288');
    const conv = createLayerModule(declarationOf('Conv2d'), { out_channels: 4, groups: 2 }, { name: 'conv' });
    expect(thrown(() => conv.run([meta(1, 3, 8, 8)]))).toMatch(/^LazuliError: Conv2d 'conv', /);
    expect(conv.params.in_channels).toBeNull();
    expect(isLazyModule(conv)).toBe(true);
  });

  it('LAZY-19 sizes remember where they came from', () => {
    const explain = (param: string, size: number | readonly number[]): string =>
      `${param} ${String(size)} from 'flatten'`;
    const layer = createLayerModule(declarationOf('Linear'), { out_features: 2 }, { explain });
    layer.run([meta(4, 288)]);
    expect(layer.provenance.get('in_features')).toEqual({
      param: 'in_features',
      size: 288,
      explanation: "in_features 288 from 'flatten'",
    });
    const plain = createLayerModule(declarationOf('Linear'), { out_features: 2 });
    expect(plain.partialShapeOf('weight')).toEqual([2, null]);
    plain.run([meta(4, 3)]);
    expect(plain.provenance.get('in_features')?.explanation).toBe('from the input 4×3');
    expect(plain.partialShapeOf('weight')).toEqual([2, 3]);
  });
});
