// The kept history: every kind of edit comes back as it was, bounded, and only as far as it fits its project.
import { expect, test } from 'vitest';

import { parseHistory, writeHistory, type DocumentStep, type KeptHistory } from '#core/document/history';
import type { Project } from '#core/document/project';
import { findTemplate } from '#core/document/templates';
import { applyEdit, type Edit } from '#core/graph/edits';
import { node } from '../graph/graphs';

const { project } = findTemplate('iris') ?? {};
if (!project) throw new Error('no template');
const [first] = project.graph.nodes;
const id = first?.id ?? '';

const NOTE = { id: 'note', text: 'a', position: { x: 0, y: 0 }, size: { width: 200, height: 80 } };
const BLOCK = { id: 'b', name: 'stem', graph: { nodes: [node('inside', 'relu')], edges: [] } };

/** One of each kind, in an order in which they apply. */
const EDITS: { readonly [kind in Edit['kind']]: Extract<Edit, { readonly kind: kind }> } = {
  add_node: { kind: 'add_node', node: node('new', 'relu'), index: 1 },
  move_node: { kind: 'move_node', id, position: { x: 3, y: 4 } },
  rename_node: { kind: 'rename_node', id, name: 'renamed' },
  set_param: { kind: 'set_param', id: 'new', param: 'inplace', value: true },
  set_tensor_option: {
    kind: 'set_tensor_option',
    id: 'new',
    tensor: 'weight',
    option: 'initializer',
    value: { kind: 'orthogonal' },
  },
  connect: {
    kind: 'connect',
    edge: { id: 'e', from: { node: id, port: 'output' }, to: { node: 'new', port: 'input' } },
  },
  disconnect: { kind: 'disconnect', id: 'e' },
  add_note: { kind: 'add_note', note: NOTE },
  change_note: { kind: 'change_note', id: 'note', change: { text: 'b' } },
  remove_note: { kind: 'remove_note', id: 'note' },
  add_block: { kind: 'add_block', block: BLOCK },
  rename_block: { kind: 'rename_block', id: 'b', name: 'head' },
  in_block: { kind: 'in_block', block: 'b', edit: { kind: 'rename_node', id: 'inside', name: 'x' } },
  group: {
    kind: 'group',
    label: 'an instance',
    edits: [{ kind: 'add_node', node: { ...node('use', 'block'), block: { id: 'b' } } }],
  },
  set_block_use: { kind: 'set_block_use', id: 'use', use: { id: 'b', repeat: 3 } },
  remove_node: { kind: 'remove_node', id: 'use' },
  remove_block: { kind: 'remove_block', id: 'b' },
  set_direction: { kind: 'set_direction', direction: 'right' },
};

function edited(): { readonly after: Project; readonly history: KeptHistory } {
  let after = project as Project;
  const past: DocumentStep[] = [];
  for (const edit of Object.values(EDITS)) {
    const { graph, inverse } = applyEdit(after.graph, edit);
    past.push({ kind: 'graph', label: edit.kind, edit, inverse });
    after = { ...after, graph };
  }
  const { graph, ...before } = after;
  const settings = { ...before, name: 'another' };
  past.push({ kind: 'settings', label: 'Rename', before, after: settings });
  return { after: { ...settings, graph }, history: { past, future: [] } };
}

test('every kind of edit, there and back, comes through its text', () => {
  const { after, history } = edited();
  expect(parseHistory(writeHistory(history), after)).toEqual(history);
  const undone = { past: [], future: history.past };
  expect(parseHistory(writeHistory(undone), project)).toEqual(undone);
});

test('what does not lead back from the project is left out, and what lies behind it', () => {
  const { after, history } = edited();
  const past = history.past.map((step): DocumentStep =>
    step.label === 'add_block'
      ? {
          kind: 'graph',
          label: 'broken',
          edit: EDITS.set_direction,
          inverse: { kind: 'disconnect', id: 'none' },
        }
      : step,
  );
  const { past: usable } = parseHistory(writeHistory({ past, future: [] }), after);
  expect(usable).toEqual(past.slice(past.findIndex(({ label }) => label === 'broken') + 1));
});

test('a history is as long as its limit: the steps next to now stay', () => {
  const { after, history } = edited();
  const { past } = history;
  const whole = writeHistory({ past, future: past.slice(0, 2) });
  expect(whole.length).toBeLessThan(20_000);
  const short = writeHistory({ past, future: past.slice(0, 2) }, whole.length / 2);
  expect(short.length).toBeLessThanOrEqual(whole.length / 2);
  const kept = parseHistory(short, after);
  expect(kept.past.length).toBeGreaterThan(2);
  expect(kept).toEqual({ past: past.slice(-kept.past.length), future: [] });
});

test.each([
  ['no JSON', 'past'],
  [
    'an unknown kind',
    '{"past":[{"kind":"graph","label":"a","edit":{"kind":"x"},"inverse":{"kind":"x"}}],"future":[]}',
  ],
  ['a step over values', '{"past":[{"kind":"values","label":"a","before":1,"after":2}],"future":[]}'],
  ['a hostile key', '{"past":[],"future":[],"__proto__":{}}'],
])('%s is refused', (_what, text) => {
  expect(() => parseHistory(text, project)).toThrow();
});
