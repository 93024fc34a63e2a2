// Differences between two projects: every choice counts, also inside blocks; where things stand does not.
import { expect, test } from 'vitest';

import type { Graph } from '#core/document/project';
import { findTemplate } from '#core/document/templates';
import { collapseEdit } from '#core/graph/collapse';
import { applyEdits, type Edit } from '#core/graph/edits';
import { saidIn } from '#core/text/said';
import { diffProjects } from '#engine/diff';

const digits = findTemplate('digits')?.project;
if (!digits) throw new Error('no template');
const idOf = (name: string): string => digits.graph.nodes.find((node) => node.name === name)?.id ?? '';
const made = collapseEdit(digits.graph, new Set([idOf('conv1'), idOf('norm1')]), 'stem');
if (!made) throw new Error('not collapsed');
const { graph } = applyEdits(digits.graph, [made.edit]);
const block = graph.blocks?.[0]?.id ?? '';

const differences = (edits: readonly Edit[]): readonly string[] => {
  const after: Graph = applyEdits(graph, edits).graph;
  const { added, removed, changed } = diffProjects({ ...digits, graph }, { ...digits, graph: after });
  return [...added, ...removed, ...changed.map(({ where }) => where)];
};

test('what is chosen in a block, for a tensor, for an instance and in a note counts; a place does not', () => {
  const note = { id: 'note1', text: 'why', position: { x: 0, y: 0 }, size: { width: 100, height: 50 } };
  expect(
    differences([
      {
        kind: 'in_block',
        block,
        edit: { kind: 'set_param', id: idOf('conv1'), param: 'out_channels', value: 8 },
      },
      { kind: 'set_tensor_option', id: idOf('fc1'), tensor: 'weight', option: 'frozen', value: true },
      { kind: 'set_block_use', id: made.node, use: { id: block, repeat: 2 } },
      { kind: 'add_note', note },
    ]),
  ).toEqual([
    "node 'stem', repeat",
    "node 'fc1', weight.frozen",
    "note 'why'",
    "block 'stem', node 'conv1', out_channels",
  ]);
  expect(differences([{ kind: 'move_node', id: idOf('fc1'), position: { x: 7, y: 7 } }])).toEqual([]);
});

test('where projects differ is said in German', () => {
  const said = ["node 'fc1', weight.frozen", "block 'stem', node 'conv1', out_channels", "note 'why'"];
  expect(said.map((each) => saidIn('de', each))).toEqual([
    'Knoten „fc1“, weight.frozen',
    'Block „stem“, Knoten „conv1“, out_channels',
    'Notiz „why“',
  ]);
});
