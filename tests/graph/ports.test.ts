// Layers with several outputs, as many as their params say, and optional inputs that stay empty before one that does not.
import { describe, expect, it } from 'vitest';

import type { Graph } from '#core/document/project';
import { diagnose } from '#core/graph/diagnose';
import { GraphModule, PLAN } from '#core/graph/graph-module';
import { inferGraph } from '#core/graph/infer';
import { layerNamed } from '#core/layers/index';
import { createLayerModule } from '#core/nn/index';
import * as ops from '#core/ops/index';
import { useTestBackend } from '../support/backend';
import { edge, node } from './graphs';

useTestBackend('reference');

const from = (name: string, port: string, to: string, toPort = 'input') => ({
  ...edge(name, to, toPort),
  id: `${name}.${port}-${to}.${toPort}`,
  from: { node: name, port },
});

const made = (graph: Graph): GraphModule =>
  new GraphModule(graph, (each, params) => createLayerModule(layerNamed(each.layer), params));

const parts: Graph = {
  nodes: [
    node('x', 'input', { shape: [5] }),
    node('cut', 'split', { split_size_or_sections: [2, 3], dim: 1 }),
    node('first', 'output'),
    node('second', 'output'),
  ],
  edges: [edge('x', 'cut'), from('cut', 'part_0', 'first'), from('cut', 'part_1', 'second')],
};

describe('a layer with several outputs', () => {
  it('has as many as its params say, each with its shape', () => {
    expect(inferGraph(parts).nodes.get('cut')?.outputs).toEqual([
      [null, 2],
      [null, 3],
    ]);
  });
  it('gives each part to what is connected to it', () => {
    ops.scope(() => {
      const result = made(parts).forward({ x: ops.fromArray([[1, 2, 3, 4, 5]]) });
      expect(result['first'] && ops.toArray(result['first'])).toEqual([[1, 2]]);
      expect(result['second'] && ops.toArray(result['second'])).toEqual([[3, 4, 5]]);
    });
  });
  it('an edge from a part it does not have leads nowhere', () => {
    const edges = parts.edges.map((each) =>
      each.to.node === 'second' ? { ...each, from: { node: 'cut', port: 'part_2' } } : each,
    );
    expect(made({ ...parts, edges })[PLAN].outputNames).toEqual(['first']);
  });
  it('that gives fewer parts after an edit leaves what was connected to the others', () => {
    expect(made(parts)[PLAN].outputNames).toEqual(['first', 'second']);
    const fewer = node('cut', 'split', { split_size_or_sections: [5], dim: 1 });
    const nodes = parts.nodes.map((each) => (each.id === 'cut' ? fewer : each));
    expect(made({ ...parts, nodes })[PLAN].outputNames).toEqual(['first']);
  });
});

describe('an optional input that stays empty', () => {
  const graph: Graph = {
    nodes: [
      node('x', 'input', { shape: [3, 4] }),
      node('steps', 'input', { shape: [], dtype: 'int64' }),
      node('rnn', 'rnn', { hidden_size: 2, batch_first: true }),
      node('y', 'output'),
    ],
    edges: [edge('x', 'rnn'), edge('steps', 'rnn', 'lengths'), from('rnn', 'output', 'y')],
  };
  it('is no problem, and the layer runs without it', () => {
    const problems = diagnose(inferGraph(graph));
    expect(problems.filter(({ code }) => code === 'unconnected_input')).toEqual([]);
    const { inputNames, outputNames, steps: order } = made(graph)[PLAN];
    expect([inputNames, outputNames]).toEqual([['x', 'steps'], ['y']]);
    expect(order.find(({ node: each }) => each.name === 'rnn')?.sources).toEqual([
      { node: 'x', output: 0 },
      null,
      { node: 'steps', output: 0 },
    ]);
    const inferred = inferGraph(graph, { inputs: { x: [2, 3, 4], steps: [2] } });
    expect(inferred.nodes.get('rnn')?.outputs).toEqual([
      [2, 3, 2],
      [1, 2, 2],
    ]);
  });
});
