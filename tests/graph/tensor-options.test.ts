// What nodes choose for their tensors: wrong choices are located problems, right ones are in effect before and after the sample.
import { expect, test } from 'vitest';

import type { GraphNode, TensorOptions } from '#core/document/project';
import { diagnose } from '#core/graph/diagnose';
import { GraphModule, PLAN } from '#core/graph/graph-module';
import { inferGraph } from '#core/graph/infer';
import { tensorGroups } from '#core/graph/tensor-options';
import { resolveNode } from '#core/graph/resolve';
import {
  createLayerModule,
  Generator,
  INITIALIZERS,
  isLazy,
  materialize,
  newTensor,
  valuesOf,
} from '#core/nn/index';
import { chain, node } from './graphs';

const linear = (
  name: string,
  out_features: number,
  tensors: Readonly<Record<string, TensorOptions>> = {},
  more: Readonly<Record<string, unknown>> = {},
): GraphNode => ({ ...node(name, 'linear', { out_features, ...more }), tensors });

const problemsOf = (...nodes: readonly GraphNode[]) =>
  diagnose(inferGraph(chain(...nodes), { inputs: { input: [2, 4] } }));

function moduleOf(...nodes: readonly GraphNode[]): GraphModule {
  const generator = new Generator(0);
  return new GraphModule(chain(...nodes), (each, params) => {
    const { declaration } = resolveNode(each);
    if (!declaration) throw new Error(each.layer);
    return createLayerModule(declaration, params, { generator, name: each.name });
  });
}
const feed = (module: GraphModule): void =>
  void materialize(
    module,
    () => module.call({ input: newTensor([2, 4], 'float32', 'meta') }),
    new Generator(1),
  );

test.each([
  [{ wieght: { frozen: true } }, "chooses options for its 'wieght', which is no parameter"],
  [{ weight: { initializer: { kind: 'orthogonl' } } }, "there is no initializer 'orthogonl'"],
  [{ bias: { initializer: { kind: 'kaiming_normal' } } }, 'kaiming_normal needs a tensor of at least 2 axes'],
  [{ weight: { initializer: { kind: 'normal', std: 'x' } } }, 'std of normal is no number'],
  [{ weight: { initializer: { kind: 'uniform', from: 2 } } }, 'uniform needs from at most to'],
  [{ weight: { tied_to: 'gone.weight' } }, "tied to 'gone.weight', which is no parameter of the graph"],
  [{ weight: { tied_to: 'b.weight' } }, 'b.weight is tied to itself'],
  [{ bias: { tied_to: 'a.bias' } }, 'it has the shape 5 and a.bias has 4'],
  [
    { weight: { weight_norm: { dim: 2 } } },
    'its weight norm keeps axis 2, which a tensor of 5×4 does not have',
  ],
  [
    { weight: { weight_norm: { dim: 0 }, tied_to: 'a.weight' } },
    'has a weight norm, which makes it other parameters',
  ],
  [
    { weight: { weight_norm: { dim: 0 }, spectral_norm: {} } },
    'b.weight has a weight norm and a spectral norm; one at a time',
  ],
  [{ weight: { spectral_norm: { dim: -3 } } }, 'its spectral norm keeps axis -3, which a tensor of 5×4'],
  [{ bias: { orthogonal: {} } }, 'an orthogonal parametrization needs a matrix'],
  [{ weight: { orthogonal: { orthogonal_map: 'caley' } } }, "there is no orthogonal map 'caley'"],
  [{ weight: { weight_norm: { dim: 0 }, initializer: { kind: 'orthogonl' } } }, "no initializer 'orthogonl'"],
] as const)('TENSOR-6 %j is a located problem', (tensors, message) => {
  const [problem, ...others] = problemsOf(linear('a', 4), linear('b', 5, tensors));
  expect(others).toEqual([]);
  expect(problem).toMatchObject({ severity: 'error', where: "node 'b'", node: 'b' });
  expect(problem?.message).toContain(message);
});

test('TENSOR-6 a tie to what is tied itself names the one to tie to', () => {
  const [problem] = problemsOf(
    linear('a', 4),
    linear('b', 4, { bias: { tied_to: 'a.bias' } }),
    linear('c', 4, { bias: { tied_to: 'b.bias' } }),
  );
  expect(problem?.fixes[0]).toBe('Tie it to a.bias.');
});

test('TENSOR-1 choices on an uninitialized layer hold when it materializes: identity, frozen, initializer, one object', () => {
  const module = moduleOf(
    linear('a', 4, { weight: { frozen: true, initializer: { kind: 'constant', value: 3 } } }),
    linear('b', 4, { weight: { tied_to: 'a.weight' }, bias: { initializer: { kind: 'ones' } } }),
  );
  const before = new Map(module.namedParameters({ removeDuplicate: false }));
  expect([...before.values()].every(isLazy)).toBe(true);
  expect(before.get('b.weight')).toBe(before.get('a.weight'));
  feed(module);
  const after = new Map(module.namedParameters({ removeDuplicate: false }));
  for (const [key, parameter] of before) expect(after.get(key)).toBe(parameter);
  expect([...module.stateDict()].map(([key]) => key)).toEqual(['a.weight', 'a.bias', 'b.weight', 'b.bias']);
  expect([...after].map(([key, { requiresGrad }]) => [key, requiresGrad])).toEqual([
    ['a.weight', false],
    ['a.bias', true],
    ['b.weight', false],
    ['b.bias', true],
  ]);
  const weight = after.get('b.weight');
  expect(weight && [...valuesOf(weight)]).toEqual(new Array(16).fill(3));
  const bias = after.get('b.bias');
  expect(bias && [...valuesOf(bias)]).toEqual([1, 1, 1, 1]);
});

test('TENSOR-4 whichever of two tied layers runs first draws as the owner does; a layer of given sizes may wait for the other', () => {
  const module = moduleOf(
    linear('first', 4, { weight: { tied_to: 'owner.weight' } }, { in_features: 4, bias: false }),
    linear('owner', 4, { weight: { initializer: { kind: 'constant', value: 2 } } }),
  );
  feed(module);
  const shared = new Map(module.namedParameters({ removeDuplicate: false }));
  expect(shared.get('first.weight')).toBe(shared.get('owner.weight'));
  const weight = shared.get('first.weight');
  expect(weight && [...valuesOf(weight)]).toEqual(new Array(16).fill(2));
});

test('TENSOR-3 every initializer of the menu makes a problem-free choice with its own numbers', () => {
  for (const { kind, numbers } of INITIALIZERS)
    expect(problemsOf(linear('a', 4, { weight: { initializer: { kind, ...numbers } } })), kind).toEqual([]);
});

test('TENSOR-6 the parts of a normalized weight have choices of their own, but no norm of their own', () => {
  const weight = { weight_norm: { dim: 0 } };
  const magnitude = 'parametrizations.weight.original0';
  expect(problemsOf(linear('a', 4, { weight, [magnitude]: { frozen: true } }))).toEqual([]);
  const [problem] = problemsOf(linear('a', 4, { weight, [magnitude]: weight }));
  expect(problem?.message).toContain('is a part of a weight that is learned through it');
});

test('TENSOR-7 both parts share what is chosen for the weight; the magnitude starts as the norm of the direction', () => {
  const initializer = { kind: 'constant', value: 3 };
  const module = moduleOf(
    linear('a', 4, { weight: { weight_norm: { dim: 0 }, frozen: true, group: 'slow', initializer } }),
  );
  feed(module);
  const found = new Map(module.namedParameters());
  expect([...found].map(([key, { requiresGrad }]) => [key, requiresGrad])).toEqual([
    ['a.bias', true],
    ['a.parametrizations.weight.original0', false],
    ['a.parametrizations.weight.original1', false],
  ]);
  const [, g, v] = [...found.values()].map((parameter) => [...valuesOf(parameter)]);
  expect(g).toEqual([6, 6, 6, 6]);
  expect(v).toEqual(new Array(16).fill(3));
  expect([...tensorGroups(module[PLAN].graph).keys()]).toEqual([
    'a.parametrizations.weight.original0',
    'a.parametrizations.weight.original1',
  ]);
});

test('TENSOR-5 groups go by key', () => {
  const graph = chain(linear('a', 4, { weight: { group: 'slow' } }), linear('b', 4));
  expect([...tensorGroups(graph)]).toEqual([['a.weight', 'slow']]);
});
