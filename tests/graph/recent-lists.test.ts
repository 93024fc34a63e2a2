// What is known of a long list follows from edit to edit, and says what the list alone would say.
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { Graph, GraphNode } from '#core/document/project';
import { applyEdit, applyEdits, type Edit } from '#core/graph/edits';
import { edgesFrom, edgesInto } from '#core/graph/order';
import { finderIn, inOrderOf, placesOf } from '#core/graph/places';
import { RecentLists } from '#core/graph/recent-lists';
import { namesOf } from '#core/graph/taken-names';

const COUNT = 300;

const node = (at: number): GraphNode => ({
  id: `n${at}`,
  name: `relu${at}`,
  layer: 'relu',
  params: {},
  position: { x: 0, y: at },
});

const edge = (at: number, from: number, to: number) => ({
  id: `e${at}`,
  from: { node: `n${from}`, port: 'output' },
  to: { node: `n${to}`, port: 'input' },
});

const chain: Graph = {
  nodes: Array.from({ length: COUNT }, (_, at) => node(at)),
  edges: Array.from({ length: COUNT - 1 }, (_, at) => edge(at, at, at + 1)),
};

/** Edits of nodes that are there, as numbers from 0 to 1 choose them; `fresh` counts ids nobody has. */
function editOf(graph: Graph, [kind, a, b]: readonly [number, number, number], fresh: number): Edit {
  const pick = (list: readonly { readonly id: string }[], share: number): string =>
    list[Math.floor(share * list.length)]?.id ?? '';
  const [one, other] = [pick(graph.nodes, a), pick(graph.nodes, b)];
  const index = Math.floor(b * graph.nodes.length);
  switch (kind) {
    case 0:
      return { kind: 'add_node', node: node(fresh), ...(a < 0.5 ? {} : { index }) };
    case 1:
      return { kind: 'remove_node', id: one };
    case 2:
      return { kind: 'move_node', id: one, position: { x: fresh, y: 0 } };
    case 3:
      return { kind: 'disconnect', id: pick(graph.edges, a) };
    default:
      return {
        kind: 'connect',
        edge: {
          ...edge(fresh, 0, 0),
          from: { node: one, port: 'output' },
          to: { node: other, port: 'input' },
        },
      };
  }
}

const anyChoice = fc.tuple(
  fc.integer({ min: 0, max: 4 }),
  fc.double({ min: 0, max: 0.999, noNaN: true }),
  fc.double({ min: 0, max: 0.999, noNaN: true }),
);

function check(graph: Graph): void {
  const names = namesOf(graph.nodes);
  const given = new Set(graph.nodes.map(({ name }) => name));
  for (const { name } of chain.nodes) expect(names.has(name)).toBe(given.has(name));
  const places = placesOf(graph.nodes);
  expect(graph.nodes.map(({ id }) => places.get(id))).toEqual(graph.nodes.map((_, at) => at));
  const there = new Set(graph.nodes.map(({ id }) => id));
  const ids = chain.nodes.map(({ id }) => id);
  expect(ids.filter((id) => places.has(id))).toEqual(ids.filter((id) => there.has(id)));
  const ends = (end: 'from' | 'to') => {
    const found = new Map<string, string[]>(ids.map((id) => [id, []]));
    for (const { id, [end]: at } of graph.edges) found.get(at.node)?.push(id);
    return [...found.values()];
  };
  const said = (of: typeof edgesInto) => ids.map((node) => of(graph, node).map(({ id }) => id));
  expect(said(edgesInto)).toEqual(ends('to'));
  expect(said(edgesFrom)).toEqual(ends('from'));
}

describe('what is known of a long list', () => {
  it('says what the list says, after any edits and after undoing them', () => {
    fc.assert(
      fc.property(fc.array(anyChoice, { minLength: 1, maxLength: 40 }), fc.boolean(), (choices, isGroup) => {
        const inverses: Edit[] = [];
        let graph = chain;
        let made: Edit[] = [];
        let single = graph;
        choices.forEach((choice, at) => {
          const edit = editOf(single, choice, COUNT + at);
          single = applyEdit(single, edit).graph;
          made.push(edit);
          if (isGroup && made.length < 6) return;
          const applied = applyEdits(graph, made);
          graph = applied.graph;
          single = graph;
          inverses.push(applied.inverse);
          made = [];
          check(graph);
        });
        for (const inverse of inverses.toReversed()) graph = applyEdit(graph, inverse).graph;
        expect(graph).toEqual(chain);
        check(graph);
      }),
      { numRuns: 15 },
    );
  });

  it('a name two nodes have stays taken when one of them goes', () => {
    const twice = chain.nodes.with(7, { ...node(7), name: 'relu3' });
    expect([namesOf(twice).has('relu3'), namesOf(twice).has('relu7')]).toEqual([true, false]);
    expect(namesOf(twice.toSpliced(7, 1)).has('relu3')).toBe(true);
    expect(namesOf(twice.toSpliced(7, 1).toSpliced(3, 1)).has('relu3')).toBe(false);
  });

  it('items are found in the order of the list, out of it, and not where they are not there', () => {
    const find = finderIn(chain.nodes);
    const ids = ['n3', 'n4', 'n5', 'n200', 'gone', 'n0', 'n1', 'n1', 'n299', 'n2'];
    expect(ids.map(find)).toEqual([3, 4, 5, 200, -1, 0, 1, 1, 299, 2]);
  });

  it('few items are found without looking through all, in the order of the list', () => {
    const ids = ['n200', 'gone', 'n3', 'n77'];
    expect(inOrderOf(chain.nodes, new Set(ids)).map(({ id }) => id)).toEqual(['n3', 'n77', 'n200']);
    const most = new Set(chain.nodes.slice(20).map(({ id }) => id));
    expect(inOrderOf(chain.nodes, most)).toEqual(chain.nodes.slice(20));
  });

  it('is made once, and then follows the edits, from the list that is nearest', () => {
    let madeCount = 0;
    const sums = new RecentLists<{ readonly size: number }, { readonly sum: number }>(
      (list) => {
        madeCount++;
        return { sum: list.reduce((sum, { size }) => sum + size, 0) };
      },
      ({ sum }, { before }, { at, removed, added }) => {
        if (added.length > 10) return null;
        const left = before.slice(at, at + removed).reduce((total, { size }) => total + size, 0);
        return { sum: sum - left + added.reduce((total, { size }) => total + size, 0) };
      },
    );
    const list = Array.from({ length: COUNT }, () => ({ size: 1 }));
    expect(sums.of(list)).toBe(sums.of(list));
    const longer = list.toSpliced(7, 1, { size: 5 }, { size: 6 });
    expect(sums.of(longer).sum).toBe(COUNT - 1 + 11);
    expect(sums.of(longer.slice(1)).sum).toBe(COUNT - 2 + 11);
    expect(sums.of(list.slice(0, -1)).sum).toBe(COUNT - 1);
    expect(madeCount).toBe(1);
    expect(sums.of(list.map(() => ({ size: 2 }))).sum).toBe(2 * COUNT);
    expect(madeCount).toBe(2);
  });
});
