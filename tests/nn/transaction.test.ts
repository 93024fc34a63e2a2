// Feeding a sample is a transaction, and loading weights is all or nothing (docs/spec/materialize.md).
import type { TensorEntry } from '#core/formats/weights';
import {
  compareState,
  createLayerModule,
  deepcopy,
  Generator,
  hasUninitializedParams,
  isLazy,
  isLazyModule,
  loadEntries,
  materialize,
  Module,
  Sequential,
  slotsOf,
  stateDictContent,
  stateDictFrom,
  StateDict,
  type LayerModule,
  type LayerOptions,
} from '#core/nn/index';
import type { Tensor } from '#core/tensor/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { declarationOf, hash, meta, nn, tensor, thrown } from './support';

const layer = (name: string, params: Record<string, unknown> = {}, options: LayerOptions = {}): LayerModule =>
  createLayerModule(declarationOf(name), params, options);

function cnn(generator = new Generator(0)): Sequential {
  const options = { generator };
  return new Sequential([
    layer('Conv2d', { out_channels: 4, kernel_size: 3 }, options),
    layer('BatchNorm2d', {}, options),
    layer('ReLU'),
    layer('Flatten'),
    layer('Linear', { out_features: 3 }, options),
    layer('BatchNorm1d', { num_features: 3 }, options),
  ]);
}

/** Everything observable about a tree: classes, params, hashes or "uninitialized", tensor identities, generator. */
function picture(root: Module): unknown {
  return {
    repr: root.toString(),
    lazy: [...root.modules()].map((module) => [isLazyModule(module), module.training]),
    tensors: slotsOf(root).map(({ key, tensor: held }) => [key, isLazy(held) ? held.dtype : hash(held)]),
  };
}
const identities = (root: Module): Tensor[] => slotsOf(root).map(({ tensor: held }) => held);
const same = (a: readonly Tensor[], b: readonly Tensor[]): boolean =>
  a.every((item, index) => item === b[index]);

describe('materialize', () => {
  it('MATERIALIZE-1 gives everything reachable its shape, and says what and from where', () => {
    const root = cnn();
    const result = materialize(root, () => root.forward(meta(2, 1, 6, 6)), new Generator(0));
    expect(result.materialized.map(({ key, shape }) => [key, shape])).toEqual([
      ['0.weight', [4, 1, 3, 3]],
      ['0.bias', [4]],
      ['1.weight', [4]],
      ['1.bias', [4]],
      ['1.running_mean', [4]],
      ['1.running_var', [4]],
      ['4.weight', [3, 64]],
      ['4.bias', [3]],
    ]);
    expect(result.materialized[6]?.provenance).toEqual([
      { param: 'in_features', size: 64, explanation: 'from the input 2×64' },
    ]);
    expect(result.unreached).toEqual([]);
    expect(hasUninitializedParams(root)).toBe(false);
  });

  it('MATERIALIZE-2 a failure changes nothing at all: classes, sizes, objects, hooks and the random stream', () => {
    const root = cnn();
    root.append(layer('Linear', { in_features: 100, out_features: 1 }, { name: 'last' }));
    const [before, objects] = [picture(root), identities(root)];
    const generator = new Generator(9);
    const stream = generator.getState();
    expect(thrown(() => materialize(root, () => root.forward(meta(2, 1, 6, 6)), generator))).toContain('100');
    expect(picture(root)).toEqual(before);
    expect(same(identities(root), objects)).toBe(true);
    expect(generator.getState()).toEqual(stream);
    const good = new Sequential([...root].slice(0, -1));
    materialize(good, () => good.forward(meta(2, 1, 6, 6)), generator);
    expect(hasUninitializedParams(good)).toBe(false);
  });

  it('MATERIALIZE-3 draws from the given generator only, exactly the initializations', () => {
    const own = new Generator(1);
    const root = cnn(own);
    const untouched = own.getState();
    const given = new Generator(5);
    materialize(root, () => root.forward(meta(2, 1, 6, 6)), given);
    expect(own.getState()).toEqual(untouched);
    const expected = new Generator(5);
    expected.uniform('float32', 4 * 9 + 4 + 3 * 64 + 3);
    expect(given.getState()).toEqual(expected.getState());
    expect([...root.modules()].map((module) => Reflect.get(module, 'generator') === own)).toContain(true);
  });

  it('MATERIALIZE-4 moves no statistic and leaves training modes alone', () => {
    const root = new Sequential([
      layer('BatchNorm1d', { num_features: 2 }),
      layer('Linear', { out_features: 2 }),
    ]);
    const statistics = ['0.running_mean', '0.running_var', '0.num_batches_tracked'];
    const values = (): string[] =>
      slotsOf(root)
        .filter(({ key }) => statistics.includes(key))
        .map(({ tensor: held }) => hash(held));
    const before = values();
    root.train();
    materialize(root, () => root.forward(meta(4, 2)), new Generator(0));
    expect(values()).toEqual(before);
    expect([...root.modules()].every((module) => module.training)).toBe(true);
  });

  it('MATERIALIZE-5 lists what the sample did not reach', () => {
    class Branches extends Module {
      used = layer('Linear', { out_features: 2 });
      unused = layer('Linear', { out_features: 2 });
      override forward(input: Tensor): unknown {
        return this.used.call(input);
      }
    }
    const root = new Branches();
    const { materialized, unreached } = materialize(root, () => void root.call(meta(1, 3)));
    expect(materialized.map(({ key }) => key)).toEqual(['used.weight', 'used.bias']);
    expect(unreached).toEqual(['unused.weight', 'unused.bias']);
  });

  it('MATERIALIZE-6 undo brings the same objects back to uninitialized, and feeding again gives the same weights', () => {
    const root = cnn();
    const generator = new Generator(2);
    const [before, objects] = [picture(root), identities(root)];
    const result = materialize(root, () => root.forward(meta(2, 1, 6, 6)), generator);
    const after = picture(root);
    result.undo();
    result.undo();
    expect(picture(root)).toEqual(before);
    expect(same(identities(root), objects)).toBe(true);
    materialize(root, () => root.forward(meta(2, 1, 6, 6)), generator);
    expect(picture(root)).toEqual(after);
    expect(same(identities(root), objects)).toBe(true);
  });

  it('MATERIALIZE-6 undo keeps what was initialized before, freezing included, and a stream somebody drew from since', () => {
    const root = new Sequential([
      layer('Linear', { in_features: 2, out_features: 2 }),
      layer('Linear', { out_features: 1 }),
    ]);
    const generator = new Generator(2);
    const result = materialize(root, () => root.forward(meta(1, 2)), generator);
    const [weight] = identities(root);
    const trained = tensor([9, 9, 9, 9], [2, 2]);
    weight?.storage.write(0, trained.bytes());
    if (weight) weight.requiresGrad = false;
    generator.random();
    const stream = generator.getState();
    result.undo();
    expect(weight && hash(weight)).toBe(hash(trained));
    expect(weight?.requiresGrad).toBe(false);
    expect(generator.getState()).toEqual(stream);
    expect(slotsOf(root).map(({ tensor: held }) => isLazy(held))).toEqual([false, false, true, true]);
  });

  it('MATERIALIZE-7 freezing and tying set before count after', () => {
    const [a, b] = [layer('Linear', { out_features: 3 }), layer('Linear', { out_features: 3 })];
    Reflect.set(b, 'weight', Reflect.get(a, 'weight'));
    const frozen = a.tensor('bias');
    if (frozen) frozen.requiresGrad = false;
    const root = new Sequential([a, b]);
    materialize(root, () => root.forward(meta(1, 3)));
    expect(a.tensor('weight')).toBe(b.tensor('weight'));
    expect(frozen?.requiresGrad).toBe(false);
  });

  it('MATERIALIZE-2 whatever fails, wherever: all or nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 9 }), (failing, size) => {
        const root = cnn();
        const before = picture(root);
        const feed = (): void => {
          let value: unknown = meta(2, 1, size, size);
          for (const [index, module] of [...root].entries()) {
            if (index === failing) throw new Error('stop');
            value = module.invoke([value]);
          }
        };
        try {
          materialize(root, feed, new Generator(0));
          expect(failing).toBe(6);
          expect([...root.modules()].some(hasUninitializedParams)).toBe(false);
        } catch {
          expect(picture(root)).toEqual(before);
        }
      }),
      { numRuns: 40 },
    );
  });
});

const entriesOf = (module: Module, rename = (key: string): string => key): TensorEntry[] =>
  stateDictContent(module.stateDict()).entries.map((entry) => ({ ...entry, name: rename(entry.name) }));

describe('weights', () => {
  it('WEIGHTS-1 entries and back: values, shapes, kinds, shared memory and metadata', async () => {
    const shared = nn('Linear', { in_features: 2, out_features: 2 });
    const root = new Sequential([shared, shared, nn('LazyLinear', { out_features: 2 })]);
    const content = stateDictContent(root.stateDict());
    expect(content.entries.map(({ name, kind, shape }) => [name, kind, shape])).toEqual([
      ['0.weight', 'tensor', [2, 2]],
      ['0.bias', 'tensor', [2]],
      ['1.weight', 'tensor', [2, 2]],
      ['1.bias', 'tensor', [2]],
      ['2.weight', 'uninitialized_parameter', null],
      ['2.bias', 'uninitialized_parameter', null],
    ]);
    expect(content.entries[0]?.storage).toBe(content.entries[2]?.storage);
    const back = await stateDictFrom(content);
    expect(back.metadata?.get('0')).toEqual({ version: 1 });
    const [first, second] = [back.get('0.weight') as Tensor, back.get('1.weight') as Tensor];
    expect(first.storage).toBe(second.storage);
    expect(hash(first)).toBe(hash(shared.tensor('weight') ?? tensor([])));
    expect(isLazy(back.get('2.weight'))).toBe(true);
    const kept = stateDictContent(root.stateDict({ keepVars: true }));
    expect(kept.entries[0]?.kind).toBe('parameter');
    expect((await stateDictFrom(kept)).get('0.weight')).toMatchObject({ requiresGrad: true });
    expect(stateDictContent(new StateDict([['x', 3]])).entries).toEqual([]);
  });

  it('WEIGHTS-2 every key gets a verdict before anything happens; known sizes count while a layer is lazy', () => {
    const root = new Sequential([
      layer('Linear', { out_features: 10 }),
      layer('Linear', { in_features: 3, out_features: 2 }),
    ]);
    const before = picture(root);
    const file = new Sequential([
      nn('Linear', { in_features: 5, out_features: 7 }),
      nn('Linear', { in_features: 3, out_features: 2 }),
    ]);
    const entries = entriesOf(file)
      .filter(({ name }) => name !== '1.bias')
      .map((entry) => ({ ...entry, name: entry.name.replace('0.bias', 'x.bias') }));
    expect(compareState(root, entries)).toEqual([
      { key: '0.weight', verdict: 'conflicts', expected: [10, null], got: [7, 5] },
      { key: '0.bias', verdict: 'missing', expected: [10], got: null },
      { key: '1.weight', verdict: 'fits', expected: [2, 3], got: [2, 3] },
      { key: '1.bias', verdict: 'missing', expected: [2], got: null },
      { key: 'x.bias', verdict: 'unexpected', expected: null, got: [7] },
    ]);
    expect(picture(root)).toEqual(before);
  });

  it('WEIGHTS-3 entries of one layer must agree on the sizes they imply', () => {
    const root = layer('BatchNorm1d');
    const [three, four] = [nn('BatchNorm1d', { num_features: 3 }), nn('BatchNorm1d', { num_features: 4 })];
    const entries = entriesOf(three).map((entry) =>
      entry.name === 'running_mean'
        ? (entriesOf(four).find(({ name }) => name === 'running_mean') ?? entry)
        : entry,
    );
    expect(compareState(root, entries).map(({ key, verdict }) => [key, verdict])).toEqual([
      ['weight', 'will_materialize'],
      ['bias', 'will_materialize'],
      ['running_mean', 'conflicts'],
      ['running_var', 'will_materialize'],
      ['num_batches_tracked', 'fits'],
    ]);
    const grouped = layer('Conv2d', { out_channels: 4, groups: 2 });
    const weights = nn('Conv2d', { in_channels: 6, out_channels: 4, kernel_size: 3, groups: 2 });
    expect(compareState(grouped, entriesOf(weights)).map(({ verdict }) => verdict)).toEqual([
      'will_materialize',
      'will_materialize',
    ]);
  });

  it('WEIGHTS-4 a loaded lazy layer has its real sizes at once', async () => {
    const root = new Sequential([layer('Conv2d', { out_channels: 4, groups: 2 }), layer('LayerNorm')]);
    const [conv, norm] = [root.at(0), root.at(1)];
    const weight = slotsOf(conv)[0]?.tensor;
    const file = new Sequential([
      nn('Conv2d', { in_channels: 6, out_channels: 4, kernel_size: 3, groups: 2 }),
      nn('LayerNorm', { normalized_shape: [5] }),
    ]);
    await loadEntries(root, entriesOf(file));
    expect(String(conv)).toContain('Conv2d(6, 4, kernel_size=(3, 3)');
    expect(String(norm)).toContain('LayerNorm((5,)');
    expect([...root.modules()].some(isLazyModule)).toBe(false);
    expect(slotsOf(conv)[0]?.tensor === weight).toBe(true);
    expect(slotsOf(root).map(({ tensor: held }) => hash(held))).toEqual(
      slotsOf(file).map(({ tensor: held }) => hash(held)),
    );
    expect((conv as LayerModule).provenance.get('in_channels')?.explanation).toBe('from the loaded weights');
  });

  it('WEIGHTS-5 what does not fit is refused with every key, and nothing has changed', async () => {
    const root = cnn();
    const before = picture(root);
    const file = nn('Linear', { in_features: 3, out_features: 2 });
    await expect(
      loadEntries(
        root,
        entriesOf(file, (key) => `4.${key}`),
      ),
    ).rejects.toThrow(
      /^the weights do not fit the model:\n {2}0\.weight is missing from the file\n[^]*4\.weight does not fit: expected 3×\?, got 2×3/,
    );
    expect(picture(root)).toEqual(before);
    const broken = entriesOf(nn('Linear', { in_features: 5, out_features: 3 }), (key) => `4.${key}`).map(
      (entry) => ({
        ...entry,
        storage: { bytes: 0, read: async () => Promise.reject(new Error('disk')) },
      }),
    );
    await expect(loadEntries(root, broken, { partial: true })).rejects.toThrow('disk');
    expect(picture(root)).toEqual(before);
  });

  it('WEIGHTS-6 partial loads are legal, and the first call completes a layer that came in part', async () => {
    const root = layer('Linear', { out_features: 4 }, { generator: new Generator(0) });
    const file = nn('Linear', { in_features: 3, out_features: 4 });
    const part = entriesOf(file).filter(({ name }) => name === 'weight');
    await expect(loadEntries(root, part)).rejects.toThrow('bias is missing from the file');
    await loadEntries(root, part, { partial: true });
    expect(isLazyModule(root)).toBe(true);
    expect(thrown(() => root.run([meta(1, 5)]))).toContain('from the loaded weights');
    root.run([meta(1, 3)]);
    expect(hash(root.tensor('weight') ?? tensor([]))).toBe(hash(file.tensor('weight') ?? tensor([])));
    expect(root.tensor('bias')?.shape).toEqual([4]);
    expect(String(root)).toBe('Linear(in_features=3, out_features=4, bias=True)');
  });

  it('WEIGHTS-7 dtypes convert, strided entries are read through their strides, float4 only fits itself', async () => {
    const root = layer('Linear', { in_features: 2, out_features: 2, bias: false }, { dtype: 'float64' });
    const [entry] = stateDictContent(new StateDict([['weight', tensor([1, 2, 3, 4], [2, 2])]])).entries;
    if (entry === undefined) throw new Error('no entry');
    await loadEntries(root, [{ ...entry, stride: [1, 2] }]);
    expect(hash(root.tensor('weight') ?? tensor([]))).toBe(hash(tensor([1, 3, 2, 4], [2, 2], 'float64')));
    expect(compareState(root, [{ ...entry, dtype: 'float4_e2m1fn_x2' }])[0]?.verdict).toBe('conflicts');
    expect(compareState(root, [{ ...entry, dtype: 'float8_e4m3fn' }])[0]?.verdict).toBe('fits');
    expect(
      compareState(root, [{ ...entry, kind: 'uninitialized_parameter', shape: null, storage: null }])[0],
    ).toEqual({
      key: 'weight',
      verdict: 'conflicts',
      expected: [2, 2],
      got: null,
    });
  });

  it('WEIGHTS-8 an absent counter is missing only for metadata of version 2', () => {
    const root = nn('BatchNorm1d', { num_features: 2 });
    const entries = entriesOf(deepcopy(root)).filter(({ name }) => name !== 'num_batches_tracked');
    const verdicts = (metadata?: Record<string, { version: number }>): string[] =>
      compareState(root, entries, metadata ? { metadata } : {}).map(({ verdict }) => verdict);
    expect(verdicts()).not.toContain('missing');
    expect(verdicts({ '': { version: 1 } })).not.toContain('missing');
    expect(verdicts({ '': { version: 2 } })).toContain('missing');
  });
});
