// Repairs are tried before they are offered: each takes its problem away and brings no other.
import { expect, test } from 'vitest';

import type { Graph, GraphNode } from '#core/document/project';
import { findTemplate } from '#core/document/templates';
import { collapseEdit } from '#core/graph/collapse';
import { diagnose } from '#core/graph/diagnose';
import { applyEdits, applyEdit, type Edit } from '#core/graph/edits';
import { flattenGraph } from '#core/graph/flatten';
import { inferGraph } from '#core/graph/infer';
import { repairsFor, type Repair } from '#core/graph/repairs';
import { chain, edge, node } from './graphs';

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
    "Set out_features of 'fc1' to 7",
  ]);
});

const linear = (name: string, out_features: number): GraphNode => node(name, 'linear', { out_features });
const conv = (name: string, params: object): GraphNode => node(name, 'conv2d', { kernel_size: 3, ...params });

/** Two branches of one input into the ports of `join`. */
function meeting(a: GraphNode, b: GraphNode, join: GraphNode, ports: readonly [string, string]): Graph {
  return {
    nodes: [node('input', 'input'), a, b, join, node('output', 'output')],
    edges: [
      edge('input', a.name),
      edge('input', b.name),
      { ...edge(a.name, join.name, ports[0]), id: 'first' },
      { ...edge(b.name, join.name, ports[1]), id: 'second' },
      edge(join.name, 'output'),
    ],
  };
}
const circle = (): Graph => {
  const { nodes, edges } = chain(linear('a', 8), node('s', 'add'), linear('b', 8));
  const into = edges.map((each) =>
    each.to.node === 's' ? { ...each, to: { node: 's', port: 'inputs' } } : each,
  );
  return { nodes, edges: [...into, edge('b', 's', 'inputs')] };
};

const graphs: readonly (readonly [string, Graph, number[], readonly string[]])[] = [
  ['what a layer above gives', chain(linear('a', 64), node('r', 'relu'), node('b', 'linear', { in_features: 100, out_features: 10 })), [4, 8],
    ["Leave in_features of 'b' blank", "Set in_features of 'b' to 64", "Set out_features of 'a' to 100"]],
  ['branches of different sizes', meeting(linear('a', 64), linear('b', 32), node('s', 'add'), ['inputs', 'inputs']), [4, 8],
    ["Set out_features of 'a' to 32", "Set out_features of 'b' to 64"]],
  ['a number that does not divide', chain(conv('a', { out_channels: 6, groups: 4 })), [4, 4, 8, 8],
    ["Reset out_channels of 'a'", "Reset groups of 'a'", "Set out_channels of 'a' to 8"]],
  ['a divisor', chain(conv('a', { out_channels: 6 }), node('g', 'group_norm', { num_groups: 4 })), [4, 3, 8, 8],
    ["Set num_groups of 'g' to 3", "Set num_groups of 'g' to 2", 'Insert flatten1 into the edge']],
  ['a kernel larger than the picture', chain(conv('a', { out_channels: 6, kernel_size: [3, 30] })), [4, 3, 8, 8], ["Set kernel_size of 'a' to 3×8"]],
  ['a layer of other dimensions', chain(node('n', 'batch_norm1d')), [4, 3, 8, 8], ["Make 'n' a BatchNorm2d", 'Insert flatten1 into the edge']],
  ['a port that does not exist', chain(linear('a', 8), node('s', 'add')), [4, 8], ["Connect 'a' to inputs of 's'"]],
  ['a port that is taken', meeting(linear('a', 8), linear('b', 8), node('s', 'matmul'), ['input', 'input']), [8, 8],
    ["Connect 'b' to other of 's'", "Join 'a' and 'b' by add1", "Join 'a' and 'b' by concatenate1"]],
  ['one port, taken', meeting(linear('a', 8), linear('b', 8), node('s', 'relu'), ['input', 'input']), [4, 8],
    ["Join 'a' and 'b' by add1", "Join 'a' and 'b' by concatenate1"]],
  ['a circle', circle(), [4, 8], ["Remove the edge from 'b' to 's'"]],
  ['one of two missing edges', meeting(linear('a', 8), linear('b', 8), node('s', 'multihead_attention', { num_heads: 2 }), ['query', 'key']), [4, 5, 8],
    ["Connect 'input' to value of 's'", "Connect 'a' to value of 's'", "Connect 'b' to value of 's'"]],
]; // prettier-ignore

test.each(graphs)('%s', (_what, graph, input, expected) => {
  const options = { inputs: { input } };
  const problems = (of: Graph) => diagnose(inferGraph(flattenGraph(of), options));
  const [problem] = problems(graph);
  if (!problem) throw new Error('no problem');
  const repairs = repairsFor(graph, problem, options);
  expect(repairs.map(({ label }) => label)).toEqual(expected);
  for (const repair of repairs) {
    expect(problems(mended(graph, repair)).length).toBeLessThan(problems(graph).length);
    const { inverse, graph: after } = applyEdit(
      graph,
      repair.edit ?? { kind: 'group', label: '', edits: [] },
    );
    expect(applyEdit(after, inverse).graph).toEqual(graph);
  }
});

test('of two edges into one port the one that does not fit is at fault', () => {
  const graph = meeting(linear('a', 64), linear('b', 32), node('s', 'add'), ['inputs', 'inputs']);
  const [problem] = diagnose(inferGraph(graph, { inputs: { input: [4, 8] } }));
  expect(problem?.edge).toBe('second');
  expect(problem?.message).toContain("got 4×32 from 'b'");
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
