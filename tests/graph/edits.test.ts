// Every edit has an inverse that brings back the very same graph, order included.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { applyEdit, applyEdits } from '#core/graph/edits';
import { copyNodes, newEdgeId, newNodeId, pasteEdit } from '#core/graph/fragment';
import type { Edit } from '#core/graph/edits';
import type { Graph } from '#core/document/project';
import { chain, edge, node } from './graphs';

const graph: Graph = chain(node('a', 'relu'), node('b', 'linear', { out_features: 5 }), node('c', 'relu'));

const NOTE = { id: 'note1', text: 'a', position: { x: 0, y: 0 }, size: { width: 200, height: 80 } };

const edits: readonly (readonly [string, Edit])[] = [
  ['add_node', { kind: 'add_node', node: node('new', 'relu'), index: 1 }],
  ['add_node at the end', { kind: 'add_node', node: node('new', 'relu') }],
  ['remove_node with its edges', { kind: 'remove_node', id: 'b' }],
  ['move_node', { kind: 'move_node', id: 'a', position: { x: 3, y: 4 } }],
  ['rename_node', { kind: 'rename_node', id: 'a', name: 'first' }],
  ['set_param', { kind: 'set_param', id: 'b', param: 'out_features', value: 9 }],
  ['set_param anew', { kind: 'set_param', id: 'b', param: 'bias', value: false }],
  ['set_param to blank', { kind: 'set_param', id: 'b', param: 'in_features', value: null }],
  ['set_param back to initial', { kind: 'set_param', id: 'b', param: 'out_features' }],
  [
    'set_tensor_option',
    { kind: 'set_tensor_option', id: 'b', tensor: 'weight', option: 'frozen', value: true },
  ],
  [
    'set_tensor_option of a tie',
    { kind: 'set_tensor_option', id: 'c', tensor: 'bias', option: 'tied_to', value: 'b.bias' },
  ],
  ['connect', { kind: 'connect', edge: edge('a', 'c'), index: 0 }],
  ['add_note', { kind: 'add_note', note: NOTE }],
  [
    'change_note and remove_note',
    {
      kind: 'group',
      label: 'note',
      edits: [
        { kind: 'add_note', note: NOTE },
        { kind: 'add_note', note: { ...NOTE, id: 'other' }, index: 0 },
        { kind: 'change_note', id: NOTE.id, change: { text: 'b', position: { x: 1, y: 2 } } },
        { kind: 'remove_note', id: 'other' },
      ],
    },
  ],
  ['set_direction', { kind: 'set_direction', direction: 'right' }],
  ['disconnect', { kind: 'disconnect', id: 'a-b-input' }],
  [
    'group',
    {
      kind: 'group',
      label: 'swap',
      edits: [
        { kind: 'remove_node', id: 'a' },
        { kind: 'add_node', node: node('z', 'tanh') },
        { kind: 'connect', edge: edge('input', 'z') },
      ],
    },
  ],
];

test.each(edits)('%s is undone by its inverse and redone by the inverse of that', (_name, edit) => {
  const done = applyEdit(graph, edit);
  expect(done.graph).not.toEqual(graph);
  const undone = applyEdit(done.graph, done.inverse);
  expect(undone.graph).toEqual(graph);
  expect(applyEdit(undone.graph, undone.inverse).graph).toEqual(done.graph);
});

test('an edit survives JSON', () => {
  for (const [, edit] of edits) {
    const sent = JSON.parse(JSON.stringify(edit)) as Edit;
    expect(applyEdit(graph, sent).graph).toEqual(applyEdit(graph, edit).graph);
  }
});

test('edits that name what is not there, or an id that is, are refused and change nothing', () => {
  const refused: readonly Edit[] = [
    { kind: 'remove_node', id: 'gone' },
    { kind: 'rename_node', id: 'gone', name: 'x' },
    { kind: 'disconnect', id: 'gone' },
    { kind: 'connect', edge: edge('gone', 'a') },
    { kind: 'connect', edge: edge('a', 'b') },
    { kind: 'add_node', node: node('a', 'relu') },
  ];
  for (const edit of refused) expect(() => applyEdit(graph, edit)).toThrow(/there is no|exists already/);
});

test('any sequence of edits can be undone', () => {
  const each = fc.constantFrom(...edits.map(([, edit]) => edit));
  fc.assert(
    fc.property(fc.array(each, { maxLength: 12 }), (sequence) => {
      let current = graph;
      const inverses: Edit[] = [];
      for (const edit of sequence) {
        try {
          const applied = applyEdit(current, edit);
          current = applied.graph;
          inverses.unshift(applied.inverse);
        } catch {
          // The sequence named something an earlier edit removed.
        }
      }
      expect(applyEdits(current, inverses).graph).toEqual(graph);
    }),
  );
});

test('paste gives fresh ids and free names, keeps the edges inside and can be undone', () => {
  const fragment = copyNodes(graph, new Set(['a', 'b']));
  const { edit, ids } = pasteEdit(graph, fragment);
  const pasted = applyEdit(graph, edit);
  const added = pasted.graph.nodes.filter((each) => ids.includes(each.id));
  expect(added.map(({ name, layer }) => [name, layer])).toEqual([
    ['a_1', 'relu'],
    ['b_1', 'linear'],
  ]);
  expect(pasted.graph.edges.length).toBe(graph.edges.length + 1);
  expect(new Set(pasted.graph.nodes.map(({ id }) => id)).size).toBe(pasted.graph.nodes.length);
  expect(applyEdit(pasted.graph, pasted.inverse).graph).toEqual(graph);
  expect(pasted.graph.nodes.map(({ id }) => id)).not.toContain(newNodeId(pasted.graph));
  expect(pasted.graph.edges.map(({ id }) => id)).not.toContain(newEdgeId(pasted.graph));
});

test('a tensor option that is taken back leaves the node as it was; a tie follows a new name', () => {
  const frozen = applyEdit(graph, {
    kind: 'set_tensor_option',
    id: 'b',
    tensor: 'weight',
    option: 'frozen',
    value: true,
  });
  expect(frozen.graph.nodes[2]?.tensors).toEqual({ weight: { frozen: true } });
  const thawed = applyEdit(frozen.graph, frozen.inverse);
  expect(thawed.graph.nodes[2]).toEqual(graph.nodes[2]);
  expect(Object.hasOwn(thawed.graph.nodes[2] ?? {}, 'tensors')).toBe(false);
  const tie: Edit = {
    kind: 'set_tensor_option',
    id: 'b',
    tensor: 'weight',
    option: 'tied_to',
    value: 'a.weight',
  };
  const tied = applyEdit(graph, tie).graph;
  const renamed = applyEdit(tied, { kind: 'rename_node', id: 'a', name: 'first' });
  expect(renamed.graph.nodes[2]?.tensors).toEqual({ weight: { tied_to: 'first.weight' } });
  expect(applyEdit(renamed.graph, renamed.inverse).graph).toEqual(tied);
  const taken = applyEdit(tied, { kind: 'rename_node', id: 'a', name: 'c' });
  expect(taken.graph.nodes[2]?.tensors).toEqual({ weight: { tied_to: 'a.weight' } });
  expect(applyEdit(taken.graph, taken.inverse).graph).toEqual(tied);
});

test('a group of many edits says what its edits say one after the other, and its inverse too', () => {
  const ids = ['a', 'b', 'c', 'input', 'output', 'x', 'y'];
  const id = fc.constantFrom(...ids);
  const place = fc
    .option(fc.nat(5), { nil: undefined })
    .map((index) => (index === undefined ? {} : { index }));
  const any: fc.Arbitrary<Edit> = fc.oneof(
    fc
      .record({ id, place })
      .map((of): Edit => ({ kind: 'add_node', node: node(of.id, 'relu'), ...of.place })),
    id.map((of): Edit => ({ kind: 'remove_node', id: of })),
    fc
      .record({ id, x: fc.nat(9) })
      .map((of): Edit => ({ kind: 'move_node', id: of.id, position: { x: of.x, y: 1 } })),
    fc
      .record({ from: id, to: id, place })
      .map((of): Edit => ({ kind: 'connect', edge: edge(of.from, of.to), ...of.place })),
    fc.constantFrom(...graph.edges).map((of): Edit => ({ kind: 'disconnect', id: of.id })),
    fc.record({ id }).map((of): Edit => ({ kind: 'rename_node', id: of.id, name: `${of.id}_` })),
  );
  fc.assert(
    fc.property(fc.array(any, { minLength: 4, maxLength: 40 }), (wanted) => {
      const group: Edit[] = [];
      const inverses: Edit[] = [];
      let one = graph;
      for (const each of wanted) {
        try {
          const applied = applyEdit(one, each);
          one = applied.graph;
          inverses.unshift(applied.inverse);
          group.push(each);
        } catch {
          // An edit that is refused alone is refused in the group as well.
          expect(() => applyEdits(graph, [...group, each])).toThrow(/there is no|exists already/);
        }
      }
      const together = applyEdits(graph, group);
      expect(together.graph).toEqual(one);
      expect(together.inverse).toEqual({ kind: 'group', label: 'edit', edits: inverses });
    }),
  );
});

test('moving, removing and bringing back 10,000 nodes costs no more than a moment', () => {
  const large = chain(...Array.from({ length: 10_000 }, (_, at) => node(`r${at}`, 'relu')));
  const moves = large.nodes.map(({ id }): Edit => ({ kind: 'move_node', id, position: { x: 1, y: 1 } }));
  const removals = large.nodes.map(({ id }): Edit => ({ kind: 'remove_node', id }));
  expect(applyEdits(large, moves).graph.nodes.every(({ position }) => position.x === 1)).toBe(true);
  const removed = applyEdits(large, removals);
  expect(removed.graph.nodes).toEqual([]);
  expect(applyEdit(removed.graph, removed.inverse).graph).toEqual(large);
  // One after the other they take a minute.
}, 15_000);
