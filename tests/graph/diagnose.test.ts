// Problems name the two nodes, the numbers and where they come from, and rank what to do.
import { expect, test } from 'vitest';

import { diagnose, isRunnable } from '#core/graph/diagnose';
import type { GraphEdge } from '#core/document/project';
import { flattenGraph } from '#core/graph/flatten';
import { inferGraph } from '#core/graph/infer';
import { explainOutput, explainTensor, inWords, provenanceOf, type Words } from '#core/graph/provenance';
import { chain, edge, node } from './graphs';

const images = { inputs: { input: [64, 3, 8, 8] } };
const conv = node('conv1', 'conv2d', { out_channels: 8, kernel_size: [3, 3] });
const classifier = (params: Record<string, unknown>) =>
  chain(
    conv,
    node('relu1', 'relu'),
    node('flatten', 'flatten'),
    node('drop', 'dropout'),
    node('fc1', 'linear', params),
  );

test('a shape error names both nodes, the numbers and their origin', () => {
  const [problem, ...others] = diagnose(inferGraph(classifier({ in_features: 100 }), images));
  expect(others).toEqual([]);
  expect(problem).toMatchObject({
    code: 'shape_mismatch',
    severity: 'error',
    where: "node 'fc1'",
    node: 'fc1',
    edge: 'drop-fc1-input',
    message: "Linear 'fc1', in_features: expected 100, got 288 = 8·6·6 from 'flatten'.",
    expected: '100',
    got: '288',
  });
  expect(problem?.fixes).toEqual([
    "Leave in_features of 'fc1' blank: the input decides it.",
    "Set in_features of 'fc1' to 288.",
    "Change 'flatten' so that it gives 100.",
  ]);
});

test('a size materialized earlier that no longer fits says so', () => {
  const known = new Map([['fc1', { in_features: 100 }]]);
  const [problem] = diagnose(inferGraph(classifier({}), { ...images, known }));
  expect(problem?.message).toBe("Linear 'fc1', in_features: expected 100, got 288 = 8·6·6 from 'flatten'.");
  expect(problem?.fixes[0]).toContain('back to uninitialized');
});

test('the provenance of a size goes back to the sample', () => {
  const inference = inferGraph(classifier({}), images);
  const of = (name: string, param: string): string => {
    const found = inference.nodes.get(name);
    return found ? provenanceOf(inference, found, param) : '';
  };
  expect(of('fc1', 'in_features')).toBe(
    "in_features = 288, from 'flatten' 8·6·6, from 'conv1', from the sample's 3×8×8",
  );
  expect(of('conv1', 'in_channels')).toBe("in_channels = 3, from the sample's 3×8×8");
  const german: Words = {
    from: 'aus',
    sample: (shape) => `der Probe ${shape}`,
    weights: 'aus den geladenen Gewichten',
  };
  expect(inWords(of('fc1', 'in_features'), german)).toBe(
    "in_features = 288, aus 'flatten' 8·6·6, aus 'conv1', aus der Probe 3×8×8",
  );
  expect(inWords(of('conv1', 'in_channels'), german)).toBe('in_channels = 3, aus der Probe 3×8×8');
  expect(inWords('in_features = 288, from the loaded weights', german)).toBe(
    'in_features = 288, aus den geladenen Gewichten',
  );
  const flatten = inference.nodes.get('flatten');
  expect(flatten && explainOutput(inference, flatten, 0, german)).toEqual([
    "288 = 8·6·6 aus 'flatten' ← 'conv1' ← der Probe 3×8×8",
  ]);
  const tensor = (name: string, key: string): readonly string[] => {
    const found = inference.nodes.get(name);
    return found ? explainTensor(inference, found, key, german) : [];
  };
  expect(tensor('fc1', 'weight')).toEqual([
    "64 aus 'fc1'",
    "288 = 8·6·6 aus 'flatten' ← 'conv1' ← der Probe 3×8×8",
  ]);
  expect(tensor('fc1', 'bias')).toEqual(["64 aus 'fc1'"]);
  expect(tensor('conv1', 'weight')).toEqual([
    "8 aus 'conv1'",
    '3 aus der Probe 3×8×8',
    "3 aus 'conv1'",
    "3 aus 'conv1'",
  ]);
  expect(diagnose(inference)).toEqual([]);
});

test('unknown sizes stay unknown and are no problem', () => {
  const inference = inferGraph(classifier({ out_features: 10 }));
  expect(diagnose(inference)).toEqual([]);
  expect(inference.nodes.get('fc1')?.sizes).toEqual({});
});

test('a blank graph lacks its ends', () => {
  const codes = diagnose(inferGraph({ nodes: [], edges: [] })).map(({ code }) => code);
  expect(codes).toEqual(['missing_input', 'missing_output']);
});

test.each([
  ['two', 'duplicate_name', { nodes: [node('a', 'relu'), { ...node('a', 'relu'), id: 'b' }], edges: [] }],
  ['class', 'invalid_name', { nodes: [node('class', 'relu')], edges: [] }],
  ['forward', 'invalid_name', { nodes: [node('forward', 'relu')], edges: [] }],
  ['9x', 'invalid_name', { nodes: [node('9x', 'relu')], edges: [] }],
  ['linaer', 'unknown_layer', { nodes: [node('a', 'linaer')], edges: [] }],
  ['param', 'parameter_invalid', { nodes: [node('a', 'linear', { out_features: 0 })], edges: [] }],
  ['param name', 'parameter_invalid', { nodes: [node('a', 'linear', { outfeatures: 3 })], edges: [] }],
  ['unconnected', 'unconnected_input', { nodes: [node('a', 'relu')], edges: [] }],
  ['dangling', 'dangling_edge', { nodes: [node('a', 'relu')], edges: [edge('gone', 'a')] }],
  [
    'port',
    'unknown_port',
    { nodes: [node('a', 'relu'), node('b', 'relu')], edges: [edge('a', 'b', 'left')] },
  ],
  [
    'taken',
    'port_taken',
    { nodes: ['a', 'b', 'c'].map((name) => node(name, 'relu')), edges: [edge('a', 'c'), edge('b', 'c')] },
  ],
  [
    'cycle',
    'cycle',
    { nodes: ['a', 'b'].map((name) => node(name, 'relu')), edges: [edge('a', 'b'), edge('b', 'a')] },
  ],
])('%s is reported as %s with a fix and without running', (_title, code, graph) => {
  const problems = diagnose(inferGraph(graph));
  const found = problems.find((problem) => problem.code === code);
  expect(found?.fixes.length).toBeGreaterThan(0);
  expect(found?.message).toMatch(/\.$/);
  expect(isRunnable(problems)).toBe(false);
});

test('the nearest layer is the first fix for an unknown one', () => {
  const problems = diagnose(inferGraph({ nodes: [node('a', 'linaer')], edges: [] }));
  expect(problems.find(({ code }) => code === 'unknown_layer')?.fixes[0]).toBe("Use 'linear'.");
});

test('a node that leads nowhere is a warning', () => {
  const graph = chain(node('relu1', 'relu'));
  const more = {
    nodes: [...graph.nodes, node('side', 'relu')],
    edges: [...graph.edges, edge('input', 'side')],
  };
  const problems = diagnose(inferGraph(more));
  expect(problems.map(({ code, severity }) => [code, severity])).toEqual([['unused_node', 'warning']]);
  expect(isRunnable(problems)).toBe(true);
});

test('a block that leads nowhere is one warning, whatever lies in it; a used one tells each layer that does', () => {
  const inner = {
    nodes: [
      node('in', 'input'),
      node('a', 'relu'),
      node('b', 'relu'),
      node('c', 'relu'),
      node('out', 'output'),
    ],
    edges: [edge('in', 'a'), edge('a', 'b'), edge('in', 'c'), edge('b', 'out')],
  };
  const block = { ...node('side', 'block'), block: { id: 'b1', repeat: 2 } };
  const told = (more: readonly GraphEdge[]): readonly unknown[] => {
    const { nodes, edges } = chain(node('relu1', 'relu'));
    const graph = {
      nodes: [...nodes, block],
      edges: [...edges, ...more],
      blocks: [{ id: 'b1', name: 'side', graph: inner }],
    };
    return diagnose(inferGraph(flattenGraph(graph))).map(({ code, node: at, where }) => [code, at, where]);
  };
  const fed = { ...edge('input', 'side'), to: { node: 'side', port: 'in' } };
  expect(told([fed])).toEqual([['unused_node', 'side', "node 'side'"]]);
  const read = { ...edge('side', 'output'), from: { node: 'side', port: 'out' } };
  expect(told([fed, read]).at(-1)).toEqual(['unused_node', 'side/1/c', "node 'side.1.c'"]);
});

test('a wrong rank names the source and its shape', () => {
  const graph = chain(node('flatten', 'flatten'), node('conv1', 'conv2d'));
  const [problem] = diagnose(inferGraph(graph, images));
  expect(problem?.message).toContain("from 'flatten'");
  expect(problem?.message).toContain('[64, 192]');
});

test('a sample that does not have the declared shape is refused at the input', () => {
  const graph = chain(node('relu1', 'relu'));
  const nodes = graph.nodes.map((each) =>
    each.id === 'input' ? { ...each, params: { shape: [1, 8, 8] } } : each,
  );
  const [problem] = diagnose(inferGraph({ ...graph, nodes }, images));
  expect(problem).toMatchObject({ where: "node 'input'", expected: '1×8×8', got: '3×8×8' });
});
