// Repairs are tried before they are offered: each takes its problem away and brings no other.
import { expect, test } from 'vitest';

import type { Graph } from '#core/document/project';
import { findTemplate } from '#core/document/templates';
import { collapseEdit } from '#core/graph/collapse';
import { diagnose } from '#core/graph/diagnose';
import { applyEdits, applyEdit, type Edit } from '#core/graph/edits';
import { flattenGraph } from '#core/graph/flatten';
import { inferGraph } from '#core/graph/infer';
import { repairsFor } from '#core/graph/repairs';

const digits = findTemplate('digits')?.project.graph ?? { nodes: [], edges: [] };
const SAMPLE = { inputs: { input: [64, 1, 8, 8] } };
const problemsOf = (graph: Graph) => diagnose(inferGraph(flattenGraph(graph), SAMPLE));
const idOf = (name: string, graph: Graph = digits): string =>
  graph.nodes.find((node) => node.name === name)?.id ?? '';
const edgeInto = (name: string): string => digits.edges.find(({ to }) => to.node === idOf(name))?.id ?? '';

const cases: readonly (readonly [string, readonly Edit[], string])[] = [
  ['a size that does not fit', [{ kind: 'set_param', id: idOf('fc1'), param: 'in_features', value: 100 }], "Leave in_features of 'fc1' blank"],
  ['a missing edge', [{ kind: 'disconnect', id: edgeInto('relu3') }], "Connect 'fc1' to 'relu3'"],
  ['a name that is no identifier', [{ kind: 'rename_node', id: idOf('fc1'), name: 'class' }], "Call it 'class_1'"],
  ['a node nothing reads', [{ kind: 'add_node', node: { id: 'x', name: 'x', layer: 'input', params: {}, position: { x: 0, y: 0 } } }], "Remove 'x'"],
  ['no output', [{ kind: 'remove_node', id: idOf('output') }], "Add an output after 'fc2'"],
]; // prettier-ignore

test.each(cases)('%s', (_what, edits, expected) => {
  const { graph } = applyEdits(digits, edits);
  const problems = problemsOf(graph);
  const problem = problems.find(({ severity }) => severity === 'error') ?? problems[0];
  if (!problem) throw new Error('no problem');
  const repairs = repairsFor(graph, problem, SAMPLE);
  expect(repairs.map(({ label }) => label)).toContain(expected);
  for (const { edit } of repairs)
    expect(problemsOf(applyEdit(graph, edit).graph).length).toBeLessThan(problems.length);
});

test('what cannot be mended by an edit is offered nothing', () => {
  const { graph } = applyEdits(digits, [
    { kind: 'set_param', id: idOf('conv1'), param: 'kernel_size', value: [99, 99] },
  ]);
  for (const problem of problemsOf(graph))
    for (const { edit } of repairsFor(graph, problem, SAMPLE))
      expect(problemsOf(applyEdit(graph, edit).graph)).toEqual([]);
});

test('a problem inside a block is mended in its definition', () => {
  const made = collapseEdit(digits, new Set([idOf('fc1')]), 'dense');
  if (!made) throw new Error('not collapsed');
  const { graph } = applyEdit(digits, made.edit);
  const block = graph.blocks?.[0]?.id ?? '';
  const wrong = applyEdit(graph, {
    kind: 'in_block',
    block,
    edit: { kind: 'set_param', id: idOf('fc1'), param: 'in_features', value: 100 },
  }).graph;
  const [problem] = problemsOf(wrong);
  if (!problem) throw new Error('no problem');
  const [repair] = repairsFor(wrong, problem, SAMPLE);
  expect(repair?.edit.kind).toBe('in_block');
  expect(repair && problemsOf(applyEdit(wrong, repair.edit).graph)).toEqual([]);
});
