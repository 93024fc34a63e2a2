// Spectral norm and orthogonal weights as choices of a layer: PyTorch's keys, start, steps of training, lazy sizes (docs/spec/tensor-options.md).
import { describe, expect, it } from 'vitest';

import { chosenParametrization } from '#core/graph/parametrizations';
import { withParametrizations } from '#core/layers/parametrize/index';
import {
  compareState,
  createLayerModule,
  Generator,
  isLazy,
  loadEntries,
  newTensor,
  Parameter,
  StateDict,
  stateDictContent,
  valuesOf,
  type LayerModule,
} from '#core/nn/index';
import * as ops from '#core/ops/index';
import { Tensor } from '#core/tensor/tensor';

import golden from '../golden/parametrizations.json';
import { useReferenceBackend } from '../support/backend';
import { declarationOf, hash, tensor } from './support';

useReferenceBackend();

type Case = (typeof golden.cases)[number];

const given = (record: object): [string, unknown][] =>
  Object.entries(record).filter(([, value]) => value !== undefined);

function layerOf({ name, keywords, choices }: Case, blank: readonly string[] = [], seed = 0): LayerModule {
  const parametrizations = Object.fromEntries(
    given(choices).flatMap(([key, options]) => {
      const chosen = chosenParametrization(options as object);
      return chosen ? [[key, chosen]] : [];
    }),
  );
  const declaration = withParametrizations(declarationOf(name), parametrizations);
  const torch = Object.entries(declaration.params).flatMap(([key, { torchDefault }]) =>
    torchDefault === undefined ? [] : [[key, torchDefault] as const],
  );
  const params = Object.fromEntries([
    ...torch,
    ...given(keywords),
    ...blank.map((key) => [key, null] as const),
  ]);
  return createLayerModule(declaration, params, { generator: new Generator(seed) });
}

const feed = (layer: LayerModule, { shapes, name }: Case): void =>
  void layer.run(shapes.map((shape) => newTensor(shape, name === 'Embedding' ? 'int64' : 'float32', 'meta')));

const title = ({ name, keywords, choices }: Case): string =>
  `${name} ${JSON.stringify(keywords)} ${JSON.stringify(choices)}`;

function close(found: Tensor, expected: readonly number[], digits: number): void {
  expect(found.numel()).toBe(expected.length);
  [...valuesOf(found)].forEach((value, at) => expect(value).toBeCloseTo(expected[at] ?? NaN, digits));
}

describe.each(golden.cases.map((each) => [title(each), each] as const))('%s', (_title, each) => {
  const saved = new Map(given(each.state) as [string, { shape: number[]; values: number[] }][]);

  it('TENSOR-10 has PyTorch’s keys in its order, its metadata, and the values that seed 0 gives', () => {
    const state = layerOf(each).stateDict();
    expect([...state.keys()]).toEqual(each.keys);
    const metadata = [...(state.metadata ?? [])].map(([key, { version }]) => [key, version]);
    expect(Object.fromEntries(metadata)).toEqual(each.metadata);
    for (const [key, { shape, values }] of saved) {
      const found = state.get(key);
      if (!(found instanceof Tensor)) throw new Error(key);
      expect(found.shape).toEqual(shape);
      close(found, values, 5);
    }
  });

  it('TENSOR-11 learns as PyTorch does, step by step', () => {
    const layer = layerOf(each).double();
    for (const [key, member] of [...layer.namedParameters(), ...layer.namedBuffers()])
      member.setData(tensor(saved.get(key)?.values ?? [], member.shape, member.dtype));
    const inputs = each.inputs.map((values, at) =>
      tensor(values, each.shapes[at] ?? [], each.name === 'Embedding' ? 'int64' : 'float64'),
    );
    const parameters = [...layer.parameters()];
    for (const expected of each.outputs) {
      const [output] = layer.run(inputs);
      if (!output) throw new Error('no output');
      close(output, expected, 9);
      const count = output.numel();
      const weights = Array.from({ length: count }, (_, at) => -1 + (2 * at) / (count - 1));
      const loss = ops.sum(ops.mul(output, tensor(weights, output.shape, 'float64')));
      const gradients = ops.gradients(loss, parameters);
      ops.noGrad(() => {
        parameters.forEach((parameter, at) => {
          const gradient = gradients[at];
          if (gradient) ops.assign(parameter, ops.sub(parameter, ops.mul(gradient, golden.rate)));
        });
      });
    }
    const trained = layer.stateDict();
    for (const [key, values] of given(each.trained) as [string, number[]][]) {
      const found = trained.get(key);
      if (!(found instanceof Tensor)) throw new Error(key);
      close(found, values, 9);
    }
    const before = [...layer.buffers()].map(hash);
    const [evaluated] = layer.eval().run(inputs);
    if (!evaluated) throw new Error('no output');
    close(evaluated, each.evaluated, 9);
    expect([...layer.buffers()].map(hash)).toEqual(before);
  });

  it('TENSOR-10 with blank sizes it ends as the same layer, object for object', () => {
    const blank = Object.entries(declarationOf(each.name).params).flatMap(([key, spec]) =>
      spec.isInferred === true ? [key] : [],
    );
    const layer = layerOf(each, blank);
    const before = new Map([...layer.namedParameters(), ...layer.namedBuffers()]);
    feed(layer, each);
    for (const [key, member] of [...layer.namedParameters(), ...layer.namedBuffers()])
      expect(before.get(key)).toBe(member);
    const values = (module: LayerModule): unknown[] =>
      [...module.parameters(), ...module.buffers()].map(hash);
    expect(values(layer)).toEqual(values(layerOf(each)));
  });
});

describe('loading', () => {
  const [linear] = golden.cases as [Case];
  const blankLinear = (): LayerModule => layerOf({ ...linear, keywords: { out_features: 4 } } as Case);

  it('TENSOR-8 a checkpoint gives a lazy layer under spectral norm its sizes, and old names load', async () => {
    const source = layerOf(linear, [], 5);
    const place = 'parametrizations.weight.';
    const names = new Map([
      [`${place}original`, 'weight_orig'],
      [`${place}0._u`, 'weight_u'],
      [`${place}0._v`, 'weight_v'],
    ]);
    const old = new StateDict([...source.stateDict()].map(([key, value]) => [names.get(key) ?? key, value]));
    for (const dict of [source.stateDict(), old]) {
      const layer = blankLinear();
      const { entries } = stateDictContent(dict);
      expect(compareState(layer, entries).map(({ verdict }) => verdict)).toEqual(
        new Array(4).fill('will_materialize'),
      );
      await loadEntries(layer, entries);
      expect(layer.params.in_features).toBe(3);
      expect([...layer.parameters(), ...layer.buffers()].map(hash)).toEqual(
        [...source.parameters(), ...source.buffers()].map(hash),
      );
    }
    const strict = layerOf(linear);
    expect(String(strict.loadStateDict(old))).toBe('<All keys matched successfully>');
  });

  it('TENSOR-8 a plain weight is not taken for an original', () => {
    const layer = blankLinear();
    const plain = stateDictContent(new StateDict([['weight', new Parameter(newTensor([4, 3], 'float32'))]]));
    expect(compareState(layer, plain.entries).map(({ verdict }) => verdict)).toEqual([
      'missing',
      'missing',
      'missing',
      'missing',
      'unexpected',
    ]);
    expect([...layer.parameters()].every(isLazy)).toBe(true);
  });
});
