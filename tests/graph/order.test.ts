// Running order: after everything a node needs, else as the file says; cycles are found whatever their size.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { closesCycle, reachable, topologicalOrder } from '#core/graph/order';
import { chain, edge, node } from './graphs';

const nodes = (...names: string[]) => names.map((name) => node(name, 'relu'));
const run = (names: string[], edges: [string, string][]) =>
  topologicalOrder({ nodes: nodes(...names), edges: edges.map(([from, to]) => edge(from, to)) });

test('without a reason to do otherwise nodes run in the order of the file', () => {
  expect(run(['c', 'a', 'b'], []).nodes.map(({ name }) => name)).toEqual(['c', 'a', 'b']);
  const order = run(['x', 'y', 'z'], [['z', 'x']]);
  expect(order.nodes.map(({ name }) => name)).toEqual(['y', 'z', 'x']);
});

test('a cycle is named in the direction of its edges and what hangs behind it is left out', () => {
  const { nodes: ordered, cycle } = run(
    ['in', 'a', 'b', 'c', 'behind'],
    [
      ['in', 'a'],
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
      ['c', 'behind'],
    ],
  );
  expect(ordered.map(({ name }) => name)).toEqual(['in']);
  const names = cycle?.map(({ name }) => name) ?? [];
  expect([...names].sort()).toEqual(['a', 'b', 'c']);
  const next = { a: 'b', b: 'c', c: 'a' } as const;
  names.forEach((name, at) => expect(names[(at + 1) % 3]).toBe(Reflect.get(next, name)));
});

test('every order of an acyclic graph respects its edges', () => {
  const size = 30;
  const link = fc.tuple(fc.nat(size - 1), fc.nat(size - 1)).filter(([a, b]) => a < b);
  fc.assert(
    fc.property(
      fc.array(link, { maxLength: 80 }),
      fc.shuffledSubarray([...Array(size).keys()], { minLength: size }),
      (links, file) => {
        const edges = links.map(([from, to], at) => ({ ...edge(`n${from}`, `n${to}`), id: `e${at}` }));
        const { nodes: ordered, cycle } = topologicalOrder({
          nodes: nodes(...file.map((at) => `n${at}`)),
          edges,
        });
        const position = new Map(ordered.map(({ id }, at) => [id, at]));
        expect(cycle).toBeNull();
        expect(ordered.length).toBe(size);
        for (const { from, to } of edges)
          expect(position.get(from.node)).toBeLessThan(position.get(to.node) ?? -1);
      },
    ),
  );
});

test('a long chain does not overflow the stack', () => {
  const names = Array.from({ length: 20_000 }, (_, at) => `n${at}`);
  const graph = chain(...nodes(...names));
  expect(topologicalOrder(graph).nodes.length).toBe(20_002);
  expect(closesCycle(graph, 'n19999', 'n0')).toBe(true);
  expect(closesCycle(graph, 'n0', 'n19999')).toBe(false);
  expect(reachable(graph, ['output'], 'backward').size).toBe(20_002);
});

test('what hangs together is reached both ways, past branches that only meet it', () => {
  const graph = {
    nodes: nodes('a', 'b', 'c', 'd', 'x', 'y'),
    edges: [edge('a', 'b'), edge('c', 'b'), edge('c', 'd'), edge('x', 'y')],
  };
  expect([...reachable(graph, ['a'], 'both')].sort()).toEqual(['a', 'b', 'c', 'd']);
  expect([...reachable(graph, ['a'], 'forward')].sort()).toEqual(['a', 'b']);
  expect([...reachable(graph, ['d'], 'backward')].sort()).toEqual(['c', 'd']);
});
