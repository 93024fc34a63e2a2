// Repairs are tried before they are offered: each takes its problem away and brings no other.
import { expect, test } from 'vitest';

import type { Graph } from '#core/document/project';
import { findTemplate } from '#core/document/templates';
import { collapseEdit } from '#core/graph/collapse';
import { diagnose } from '#core/graph/diagnose';
import { applyEdits, applyEdit, type Edit } from '#core/graph/edits';
import { flattenGraph } from '#core/graph/flatten';
import { inferGraph } from '#core/graph/infer';
import { repairsFor, type Repair } from '#core/graph/repairs';

const digits = findTemplate('digits')?.project.graph ?? { nodes: [], edges: [] };
const SAMPLE = { inputs: { input: [64, 1, 8, 8] } };
const problemsOf = (graph: Graph) => diagnose(inferGraph(flattenGraph(graph), SAMPLE));
const idOf = (name: string, graph: Graph = digits): string =>
  graph.nodes.find((node) => node.name === name)?.id ?? '';
const edgeInto = (name: string): string => digits.edges.find(({ to }) => to.node === idOf(name))?.id ?? '';

const mended = (graph: Graph, { edit }: Repair): Graph => (edit ? applyEdit(graph, edit).graph : graph);

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
  for (const repair of repairs)
    expect(problemsOf(mended(graph, repair)).length).toBeLessThan(problems.length);
});

test('what cannot be mended by an edit is offered nothing', () => {
  const { graph } = applyEdits(digits, [
    { kind: 'set_param', id: idOf('conv1'), param: 'kernel_size', value: [99, 99] },
  ]);
  for (const problem of problemsOf(graph))
    for (const repair of repairsFor(graph, problem, SAMPLE))
      expect(problemsOf(mended(graph, repair))).toEqual([]);
});

test('a size that stems from an earlier sample is mended by feeding again, where that brings no other problem', () => {
  const fed = inferGraph(digits, SAMPLE);
  const known = new Map([...fed.nodes.values()].map(({ node, sizes }) => [node.id, sizes]));
  const repairs = (edits: readonly Edit[]): readonly Repair[] => {
    const { graph } = applyEdits(digits, edits);
    const [problem] = diagnose(inferGraph(graph, { ...SAMPLE, known }));
    if (!problem) throw new Error('no problem');
    return repairsFor(graph, problem, { ...SAMPLE, known });
  };
  const smaller: Edit = { kind: 'set_param', id: idOf('pool1'), param: 'kernel_size', value: 4 };
  expect(repairs([smaller])).toEqual([{ label: "Feed again and initialize 'fc1' anew", edit: null }]);
  // What is typed there is no longer what a sample gave.
  known.delete(idOf('fc2'));
  const wrong: Edit = { kind: 'set_param', id: idOf('fc2'), param: 'in_features', value: 7 };
  expect(repairs([wrong]).map(({ label }) => label)).toEqual([
    "Leave in_features of 'fc2' blank",
    "Set in_features of 'fc2' to 64",
  ]);
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
  expect(repair?.edit?.kind).toBe('in_block');
  expect(repair && problemsOf(mended(wrong, repair))).toEqual([]);
});
