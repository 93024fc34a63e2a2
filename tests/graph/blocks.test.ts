// Blocks: a collapsed selection computes the same under nested names, instances repeat and share, breaking up brings all back.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { CURRENT_VERSION } from '#core/document/migrations';
import { parseProject } from '#core/document/parse';
import type { Graph, GraphNode } from '#core/document/project';
import { serializeProject } from '#core/document/serialize';
import { findTemplate } from '#core/document/templates';
import { breakUpEdit } from '#core/graph/break-up';
import { collapseEdit, wouldContainItself } from '#core/graph/collapse';
import { diagnose, isRunnable } from '#core/graph/diagnose';
import { applyEdit, type Edit } from '#core/graph/edits';
import { flattened, flattenGraph } from '#core/graph/flatten';
import { copyNodes, pasteEdit } from '#core/graph/fragment';
import { inferGraph } from '#core/graph/infer';

const digits = findTemplate('digits')?.project;
if (!digits) throw new Error('no template');
const { graph } = digits;
const STEM = ['conv1', 'norm1', 'relu1'];
const idsOf = (of: Graph, names: readonly string[]): Set<string> =>
  new Set(of.nodes.filter(({ name }) => names.includes(name)).map(({ id }) => id));

function collapsed(of: Graph = graph, names: readonly string[] = STEM, name = 'stem') {
  const made = collapseEdit(of, idsOf(of, names), name);
  if (!made) throw new Error('not collapsed');
  const applied = applyEdit(of, made.edit);
  return { ...applied, node: made.node, block: applied.graph.blocks?.at(-1)?.id ?? '' };
}
const instance = (of: Graph, id: string): GraphNode => {
  const node = of.nodes.find((each) => each.id === id);
  if (!node) throw new Error('no instance');
  return node;
};
const namesOf = (of: Graph): readonly string[] => of.nodes.map(({ name }) => name);
/** Shapes by name, of a sample of digits. */
const shapes = (of: Graph): Record<string, unknown> => {
  const { nodes } = inferGraph(flattenGraph(of), { inputs: { input: [64, 1, 8, 8] } });
  return Object.fromEntries([...nodes.values()].map(({ node, outputs }) => [node.name, outputs]));
};

test('a graph without blocks is its own plain graph', () => {
  expect(flattenGraph(graph)).toBe(graph);
});

test('a collapsed selection is one node with typed ports; the plain graph computes the same under nested names', () => {
  const { graph: made, inverse, node } = collapsed();
  expect(namesOf(made)).toEqual(['input', 'stem', ...namesOf(graph).slice(4)]);
  expect(made.blocks?.[0]?.graph.nodes.map(({ layer }) => layer)).toEqual([
    'input',
    'conv2d',
    'batch_norm2d',
    'relu',
    'output',
  ]);
  const flat = flattenGraph(made);
  expect(namesOf(flat)).toEqual([
    'input',
    'stem.conv1',
    'stem.norm1',
    'stem.relu1',
    ...namesOf(graph).slice(4),
  ]);
  expect(Object.values(shapes(made))).toEqual(Object.values(shapes(graph)));
  expect(isRunnable(diagnose(inferGraph(flat)))).toBe(true);
  expect(flattened(made).sourceOf('', { node, port: 'output' })).toEqual({
    node: `${node}/0/n4`,
    port: 'output',
  });
  expect(applyEdit(made, inverse).graph).toEqual(graph);
});

test('broken up again, every layer has its name, its id and its edges back', () => {
  const { graph: made, node } = collapsed();
  const apart = breakUpEdit(made, node);
  if (!apart) throw new Error('not broken up');
  const back = applyEdit(made, apart.edit);
  expect(back.graph.blocks).toBeUndefined();
  const ends = (of: Graph): string[] => of.edges.map(({ from, to }) => `${from.node} ${to.node}`).sort();
  expect(ends(back.graph)).toEqual(ends(graph));
  expect(namesOf(back.graph)).toEqual(namesOf(graph));
  expect(applyEdit(back.graph, back.inverse).graph).toEqual(made);
});

test('an instance stands where the first of its layers stood; moved and broken up, they stand around it', () => {
  const places = (of: Graph): Record<string, GraphNode['position']> =>
    Object.fromEntries(of.nodes.map(({ name, position }) => [name, position]));
  const { graph: made, node } = collapsed();
  const { x, y } = instance(made, node).position;
  expect({ x, y }).toEqual(places(graph)['conv1']);
  const moved = applyEdit(made, { kind: 'move_node', id: node, position: { x: x + 40, y: y - 7 } }).graph;
  const broken = breakUpEdit(moved, node);
  if (!broken) throw new Error('not broken up');
  const back = places(applyEdit(moved, broken.edit).graph);
  const before = places(graph);
  for (const name of STEM) {
    const was = before[name] ?? { x: NaN, y: NaN };
    expect(back[name]).toEqual({ x: was.x + 40, y: was.y - 7 });
  }
});

test('an instance repeats in a row, named by numbers; its weights can be those of the first', () => {
  const { graph: once, node, block } = collapsed(graph, ['relu2'], 'act');
  const again = collapsed(once, ['act', 'flatten'], 'pair');
  expect(again.graph.blocks).toHaveLength(2);
  const use = (extra: object): Edit => ({ kind: 'set_block_use', id: node, use: { id: block, ...extra } });
  const three = applyEdit(once, use({ repeat: 3 }));
  expect(namesOf(flattenGraph(three.graph)).filter((name) => name.startsWith('act'))).toEqual([
    'act.0.relu2',
    'act.1.relu2',
    'act.2.relu2',
  ]);
  expect(Object.keys(shapes(three.graph))).toContain('act.2.relu2');
  expect(shapes(three.graph)['fc2']).toEqual([[64, 10]]);
  expect(applyEdit(three.graph, three.inverse).graph).toEqual(once);

  const dense = collapsed(graph, ['fc1'], 'dense');
  const shared = applyEdit(dense.graph, {
    kind: 'set_block_use',
    id: dense.node,
    use: { id: dense.block, repeat: 2, weights: 'shared' },
  }).graph;
  const [first, second] = flattenGraph(shared).nodes.filter(({ name }) => name.startsWith('dense.'));
  expect(first?.tensors).toBeUndefined();
  expect(second?.tensors).toEqual({
    weight: { tied_to: 'dense.0.fc1.weight' },
    bias: { tied_to: 'dense.0.fc1.bias' },
  });
});

test('copies broken up stand in a row, each with the edges it had; shared weights stay tied, ties follow their layer', () => {
  const dense = collapsed(graph, ['fc1', 'relu3'], 'dense');
  const tied = applyEdit(dense.graph, {
    kind: 'set_tensor_option',
    id: graph.nodes.find(({ name }) => name === 'fc2')?.id ?? '',
    tensor: 'bias',
    option: 'tied_to',
    value: 'dense.1.fc1.bias',
  }).graph;
  const use = (weights?: 'shared'): Graph =>
    applyEdit(tied, {
      kind: 'set_block_use',
      id: dense.node,
      use: { id: dense.block, repeat: 2, ...(weights ? { weights } : {}) },
    }).graph;
  const broken = (of: Graph): Graph => {
    const apart = breakUpEdit(of, dense.node);
    if (!apart) throw new Error('not broken up');
    const made = applyEdit(of, apart.edit);
    expect(applyEdit(made.graph, made.inverse).graph).toEqual(of);
    return made.graph;
  };
  const apart = broken(use());
  expect(namesOf(apart).slice(-6)).toEqual(['fc1', 'relu3', 'fc3', 'relu4', 'fc2', 'output']);
  expect(Object.values(shapes(apart))).toEqual(Object.values(shapes(use())));
  const tensors = (of: Graph, name: string): GraphNode['tensors'] =>
    of.nodes.find((node) => node.name === name)?.tensors;
  expect(tensors(apart, 'fc3')).toBeUndefined();
  expect(tensors(apart, 'fc2')).toEqual({ bias: { tied_to: 'fc3.bias' } });
  expect(tensors(broken(use('shared')), 'fc3')).toEqual({
    weight: { tied_to: 'fc1.weight' },
    bias: { tied_to: 'fc1.bias' },
  });
});

test('layers of two columns stand in one in their block, each column as it was', () => {
  const column =
    (at: number): ((node: GraphNode, row: number) => GraphNode) =>
    (node, row) => ({
      ...node,
      position: { x: 300 * at, y: 100 * row },
    });
  const nodes = [
    ...graph.nodes.slice(0, 3).map(column(0)),
    ...graph.nodes.slice(3, 6).map(column(1)),
    ...graph.nodes.slice(6).map(column(2)),
  ];
  const folded: Graph = { ...graph, nodes };
  const made = collapsed(folded, ['norm1', 'relu1', 'pool1'], 'stem').graph;
  const inner = new Map(made.blocks?.[0]?.graph.nodes.map(({ name, position }) => [name, position]));
  expect(inner.get('norm1')).toEqual({ x: 0, y: 200 });
  expect(inner.get('relu1')).toEqual({ x: 0, y: 420 });
  expect(inner.get('pool1')).toEqual({ x: 0, y: 520 });
  expect(inner.get('output')).toEqual({ x: 0, y: 740 });
});

test('a tie from outside follows its layer into a block', () => {
  const tied = applyEdit(graph, {
    kind: 'set_tensor_option',
    id: graph.nodes.find(({ name }) => name === 'fc2')?.id ?? '',
    tensor: 'bias',
    option: 'tied_to',
    value: 'fc1.bias',
  }).graph;
  const { graph: made, inverse } = collapsed(tied, ['fc1', 'relu3'], 'dense');
  expect(made.nodes.find(({ name }) => name === 'fc2')?.tensors).toEqual({
    bias: { tied_to: 'dense.fc1.bias' },
  });
  expect(applyEdit(made, inverse).graph).toEqual(tied);
});

test('an edit inside a definition reaches every instance, and is undone there', () => {
  const { graph: made, node, block } = collapsed();
  const paste = pasteEdit(made, copyNodes(made, new Set([node])));
  const two = applyEdit(made, paste.edit).graph;
  expect(two.blocks).toHaveLength(1);
  const edited = applyEdit(two, {
    kind: 'in_block',
    block,
    edit: { kind: 'set_param', id: 'n2', param: 'out_channels', value: 7 },
  });
  const convs = flattenGraph(edited.graph).nodes.filter(({ name }) => name.endsWith('.conv1'));
  expect(convs.map(({ params }) => params['out_channels'])).toEqual([7, 7]);
  expect(applyEdit(edited.graph, edited.inverse).graph).toEqual(two);
});

test('a path that leaves the selection and comes back cannot be collapsed; a block in itself is never opened', () => {
  expect(collapseEdit(graph, idsOf(graph, ['conv1', 'relu1']), 'x')).toBeNull();
  expect(collapseEdit(graph, idsOf(graph, ['input']), 'x')).toBeNull();
  const { graph: made, node, block } = collapsed();
  expect(wouldContainItself(made, block, block)).toBe(true);
  const looped = applyEdit(made, {
    kind: 'in_block',
    block,
    edit: { kind: 'add_node', node: { ...instance(made, node), id: 'n99', name: 'again' } },
  }).graph;
  const found = diagnose(inferGraph(flattenGraph(looped)));
  expect(found.some(({ code, node: at }) => code === 'unknown_layer' && at === `${node}/0/n99`)).toBe(true);
});

test('a project with blocks survives writing and reading; a block takes its definition along to another project', () => {
  const { graph: made, node } = collapsed();
  const project = { ...digits, graph: made };
  const text = serializeProject(project);
  expect(parseProject(text)).toEqual(project);
  expect(text.split('\n').filter((line) => line.includes('"conv1"'))).toHaveLength(1);
  const fragment = copyNodes(made, new Set([node]));
  const other = applyEdit({ nodes: [], edges: [] }, pasteEdit({ nodes: [], edges: [] }, fragment).edit).graph;
  expect(namesOf(flattenGraph(other))).toEqual(['stem.conv1', 'stem.norm1', 'stem.relu1']);
});

test('the fixture of version 1, from before there were blocks, opens and is written as the current version', () => {
  const old = readFileSync(new URL('../fixtures/projects/version-1.lazuli', import.meta.url), 'utf8');
  const iris = findTemplate('iris')?.project;
  expect(parseProject(old)).toEqual(iris);
  expect(iris && serializeProject(iris)).toContain(`"version": ${CURRENT_VERSION}`);
});
