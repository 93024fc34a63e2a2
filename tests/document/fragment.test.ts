// Layers on the clipboard: text that comes back the same, other text that is none, damage told with its place.
import { expect, test } from 'vitest';
import { parseFragment, serializeFragment } from '#core/document/fragment';
import { findTemplate } from '#core/document/templates';
import { copyNodes } from '#core/graph/fragment';

const graph = findTemplate('digits')?.project.graph ?? { nodes: [], edges: [] };
const note = { id: 'note1', text: 'a', position: { x: 0, y: 0 }, size: { width: 200, height: 80 } };
const fragment = copyNodes({ ...graph, notes: [note] }, new Set(['n2', 'n3', 'note1']));

test('what was copied comes back', () => {
  expect(fragment.nodes).toHaveLength(2);
  expect(fragment.edges).toHaveLength(1);
  expect(fragment.notes).toEqual([note]);
  expect(parseFragment(serializeFragment(fragment))).toEqual(fragment);
});

test.each(['', 'a shopping list', '{}', '{"format":"lazuli"}', '[1, 2]'])('%j holds no layers', (text) => {
  expect(parseFragment(text)).toBeNull();
});

test.each([
  ['cut off', serializeFragment(fragment).slice(0, 300)],
  ['of a newer version', serializeFragment(fragment).replace('"version": ', '"version": 99')],
  ['with a node without a name', serializeFragment(fragment).replace('"name"', '"nome"')],
  ['with a forbidden key', serializeFragment(fragment).replace('"name"', '"__proto__"')],
])('layers %s are refused, naming the clipboard', (_what, text) => {
  expect(() => parseFragment(text)).toThrow(/clipboard/);
});

test('layers that an older version copied are brought up to date', () => {
  const product = { id: 'e', name: 'e', layer: 'einsum', params: {}, position: { x: 0, y: 0 } };
  const edge = { id: 'k', from: { node: 'n2', port: 'output' }, to: { node: 'e', port: 'input' } };
  const older = serializeFragment({ nodes: [...fragment.nodes, product], edges: [edge] });
  const pasted = parseFragment(older.replace(/"version": \d+/, '"version": 4'));
  expect(pasted?.edges[0]?.to).toEqual({ node: 'e', port: 'inputs' });
});
