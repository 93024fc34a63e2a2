// Weight norm as a choice of a layer: PyTorch's keys, values, products and gradients, lazy sizes, old names (docs/spec/tensor-options.md).
import { describe, expect, it } from 'vitest';

import { withParametrizations } from '#core/layers/parametrize/index';
import {
  createLayerModule,
  Generator,
  isLazy,
  loadEntries,
  compareState,
  newTensor,
  Parameter,
  stateDictContent,
  StateDict,
  valuesOf,
  type LayerModule,
} from '#core/nn/index';
import * as ops from '#core/ops/index';
import { Tensor } from '#core/tensor/tensor';

import golden from '../golden/weight-norm.json';
import { useReferenceBackend } from '../support/backend';
import { declarationOf, hash, tensor } from './support';

useReferenceBackend();

type Case = (typeof golden.cases)[number];

const listOf = (record: object): Map<string, unknown> =>
  new Map(Object.entries(record).filter(([, value]) => value !== undefined));

function layerOf({ name, keywords, norms }: Case, blank: readonly string[] = [], seed = 0): LayerModule {
  const normed = Object.fromEntries(
    [...listOf(norms)].map(([key, dim]) => [
      key,
      { kind: 'weight_norm' as const, dim: typeof dim === 'number' ? dim : null },
    ]),
  );
  const declaration = withParametrizations(declarationOf(name), normed);
  const params = {
    ...Object.fromEntries(listOf(keywords)),
    ...Object.fromEntries(blank.map((key) => [key, null])),
  };
  const torch = Object.fromEntries(
    Object.entries(declaration.params).flatMap(([key, spec]) =>
      spec.torchDefault === undefined ? [] : [[key, spec.torchDefault]],
    ),
  );
  return createLayerModule(declaration, { ...torch, ...params }, { generator: new Generator(seed) });
}

const inferredOf = ({ name }: Case): string[] =>
  Object.entries(declarationOf(name).params).flatMap(([key, spec]) =>
    spec.isInferred === true ? [key] : [],
  );

const feed = (layer: LayerModule, { shapes, name }: Case): void =>
  void layer.run(shapes.map((shape) => newTensor(shape, name === 'Embedding' ? 'int64' : 'float32', 'meta')));

const title = ({ name, norms }: Case): string => `${name} ${JSON.stringify(norms)}`;

describe.each(golden.cases.map((given) => [title(given), given] as const))('%s', (_title, given) => {
  const saved = listOf(given.state) as Map<string, { shape: number[]; values: number[] }>;

  it('TENSOR-7 has PyTorch’s keys in its order, its metadata, and the values that seed 0 gives', () => {
    const layer = layerOf(given);
    if ([...layer.parameters()].some(isLazy)) feed(layer, given);
    const state = layer.stateDict();
    expect([...state.keys()]).toEqual(given.keys);
    expect(
      Object.fromEntries([...(state.metadata ?? [])].map(([key, { version }]) => [key, version])),
    ).toEqual(given.metadata);
    for (const [key, { shape, values }] of saved) {
      const found = state.get(key);
      if (!(found instanceof Tensor)) throw new Error(key);
      expect(found.shape).toEqual(shape);
      if (key.endsWith('original0'))
        [...valuesOf(found)].forEach((value, at) => expect(value).toBeCloseTo(values[at] ?? NaN, 6));
      else expect([...valuesOf(found)]).toEqual(values);
    }
  });

  it('TENSOR-7 computes and learns as PyTorch does', () => {
    const layer = layerOf(given);
    if ([...layer.parameters()].some(isLazy)) feed(layer, given);
    layer.double();
    for (const [key, parameter] of layer.namedParameters()) {
      const { values } = saved.get(key) ?? { values: [] };
      const factor = key.endsWith('original0') && parameter.rank > 0 ? 1.5 : 1;
      // PyTorch scales the float32 value.
      const scaled = values.map((value) => Math.fround(value * factor));
      parameter.setData(tensor(scaled, parameter.shape, 'float64'));
    }
    const inputs = given.inputs.map((values, at) =>
      tensor(values, given.shapes[at] ?? [], given.name === 'Embedding' ? 'int64' : 'float64'),
    );
    const [output] = layer.run(inputs);
    if (!output) throw new Error('no output');
    const close = (found: Tensor, expected: readonly number[]): void =>
      [...valuesOf(found)].forEach((value, at) => expect(value).toBeCloseTo(expected[at] ?? NaN, 10));
    close(output, given.output);
    const count = output.numel();
    const weights = Array.from({ length: count }, (_, at) =>
      count === 1 ? -1 : -1 + (2 * at) / (count - 1),
    );
    const loss = ops.sum(ops.mul(output, tensor(weights, output.shape, 'float64')));
    const named = [...layer.namedParameters()];
    const gradients = ops.gradients(
      loss,
      named.map(([, parameter]) => parameter),
    );
    const expected = listOf(given.gradients) as Map<string, number[]>;
    named.forEach(([key], at) => {
      const gradient = gradients[at];
      if (!gradient) throw new Error(key);
      close(gradient, expected.get(key) ?? []);
    });
  });

  it('TENSOR-7 with blank sizes it ends as the same layer, object for object', () => {
    const blank = inferredOf(given);
    const layer = layerOf(given, blank);
    const before = new Map(layer.namedParameters());
    const waiting = [...before.values()].filter(isLazy).length;
    expect(waiting > 0).toBe(layer.tensorSpecs().some(({ waitsFor }) => waitsFor !== null));
    feed(layer, given);
    const after = new Map(layer.namedParameters());
    for (const [key, parameter] of before) expect(after.get(key)).toBe(parameter);
    if (given.name === 'LayerNorm') return; // A blank normalized_shape stands for the last axis only.
    const full = layerOf(given);
    if ([...full.parameters()].some(isLazy)) feed(full, given);
    const hashes = (module: LayerModule): string[] => [...module.parameters()].map(hash);
    expect(hashes(layer)).toEqual(hashes(full));
  });
});

describe('loading', () => {
  const [linear] = golden.cases;
  const blankLinear = (): LayerModule => layerOf({ ...linear, keywords: { out_features: 4 } } as Case);

  it('TENSOR-8 a checkpoint of a normalized layer gives a lazy one its sizes', async () => {
    const { entries } = stateDictContent(layerOf(linear as Case, [], 5).stateDict());
    const layer = blankLinear();
    expect(compareState(layer, entries).map(({ verdict }) => verdict)).toEqual(
      new Array(3).fill('will_materialize'),
    );
    await loadEntries(layer, entries);
    expect(layer.params.in_features).toBe(3);
    expect(layer.constructor.name).toBe('Linear');
  });

  it('TENSOR-8 weight_g and weight_v of PyTorch’s older weight norm load under the names of today', async () => {
    const source = layerOf(linear as Case, [], 7);
    const old = new StateDict();
    const names = {
      bias: 'bias',
      'parametrizations.weight.original0': 'weight_g',
      'parametrizations.weight.original1': 'weight_v',
    };
    for (const [key, value] of source.stateDict()) old.set(Reflect.get(names, key) as string, value);
    const { entries } = stateDictContent(old);
    const layer = blankLinear();
    expect(compareState(layer, entries)).toEqual([
      { key: 'bias', verdict: 'will_materialize', expected: [4], got: [4] },
      {
        key: 'parametrizations.weight.original0',
        verdict: 'will_materialize',
        expected: [4, 1],
        got: [4, 1],
        from: 'weight_g',
      },
      {
        key: 'parametrizations.weight.original1',
        verdict: 'will_materialize',
        expected: [4, 3],
        got: [4, 3],
        from: 'weight_v',
      },
    ]);
    await loadEntries(layer, entries);
    const hashes = (module: LayerModule): string[] => [...module.parameters()].map(hash);
    expect(hashes(layer)).toEqual(hashes(source));
    const strict = layerOf(linear as Case);
    expect(String(strict.loadStateDict(old))).toBe('<All keys matched successfully>');
    expect(hashes(strict)).toEqual(hashes(source));
  });

  it('TENSOR-8 shapes that disagree conflict, and a plain weight is not taken for a direction', () => {
    const layer = blankLinear();
    const wrong = stateDictContent(
      new StateDict([
        ['bias', newTensor([4], 'float32')],
        ['parametrizations.weight.original0', newTensor([7, 1], 'float32')],
        ['parametrizations.weight.original1', newTensor([4, 3], 'float32')],
      ]),
    );
    expect(compareState(layer, wrong.entries).map(({ verdict }) => verdict)).toEqual([
      'will_materialize',
      'conflicts',
      'will_materialize',
    ]);
    const plain = stateDictContent(new StateDict([['weight', new Parameter(newTensor([4, 3], 'float32'))]]));
    expect(compareState(layer, plain.entries).map(({ verdict }) => verdict)).toEqual([
      'missing',
      'missing',
      'missing',
      'unexpected',
    ]);
    expect([...layer.parameters()].every(isLazy)).toBe(true);
  });
});
