// What the window infers by itself between the engine's answers: shapes, chips, problems; and views that keep their identity.
import { beforeEach, expect, test } from 'vitest';
import { TEMPLATES, type Template } from '#core/document/templates';
import { applyEdit } from '#core/graph/edits';
import type { ModelInfo } from '#core/session/session';
import { inferLive, useLive } from '#renderer/stores/live';

const { graph } = (TEMPLATES.find(({ name }) => name === 'iris') as Template).project;
const view = (id: string) => useLive.getState().views.get(id);
const fc1 = graph.nodes.find(({ name }) => name === 'fc1')?.id ?? '';
const fc2 = graph.nodes.find(({ name }) => name === 'fc2')?.id ?? '';
const input = graph.nodes.find(({ layer }) => layer === 'input')?.id ?? '';

/** The engine's picture after a sample of 16×4. */
const fed: ModelInfo = {
  revision: 2,
  problems: [],
  unreached: [],
  totals: { parameters: null, uninitialized: 0, flops: null, bytes: null },
  nodes: [
    {
      id: input, name: 'input', layer: 'input', inputs: [], outputs: [[16, 4]], parameters: [], flops: 0, activationBytes: 0,
    },
    {
      id: fc1, name: 'fc1', layer: 'linear', inputs: [[16, 4]], outputs: [[16, 16]], flops: null, activationBytes: null,
      sizes: { in_features: 4 },
      parameters: [
        {
          key: 'fc1.weight', node: fc1, name: 'weight', kind: 'parameter', state: 'trained', dtype: 'float32', shape: [16, 4],
          waitsFor: null, provenance: 'in_features = 4',
        },
      ],
    },
  ],
}; // prettier-ignore

beforeEach(() => {
  inferLive(graph, null, 'float32', false);
});

test('before a sample every lazy parameter waits for its size', () => {
  expect(view(fc1)?.chips).toMatchObject([
    { name: 'weight', state: 'uninitialized', waitsFor: 'in_features', shape: [16, null], isLazy: true },
    { name: 'bias', state: 'uninitialized', waitsFor: 'in_features', isLazy: true },
  ]);
  expect(view(fc1)?.outputs).toEqual([null]);
});

test('the sample the engine was fed shapes the whole graph, and its word on a tensor counts', () => {
  inferLive(graph, fed, 'float32', true);
  expect(view(fc1)?.chips[0]).toMatchObject({ state: 'trained', shape: [16, 4], isLazy: true });
  expect(view(fc2)?.inputs).toEqual([[16, 16]]);
  expect(view(fc2)?.sizes).toEqual({ in_features: 16 });
});

test('an edit that contradicts a materialized size is a problem at once', () => {
  const wider = {
    ...fed,
    nodes: fed.nodes.map((node) => (node.id === input ? { ...node, outputs: [[16, 9]] } : node)),
  };
  inferLive(graph, wider, 'float32', false);
  expect(useLive.getState().problems.map(({ node, got }) => [node, got])).toContainEqual([fc1, '9']);
  expect(view(fc1)?.problems).toHaveLength(1);
  expect(useLive.getState().edgeProblems.size).toBe(1);
});

test('views of nodes that say the same keep their identity', () => {
  const before = view(fc1);
  const { graph: moved } = applyEdit(graph, { kind: 'move_node', id: fc1, position: { x: 1, y: 2 } });
  inferLive(moved, null, 'float32', false);
  expect(view(fc1)).toBe(before);
  const { graph: changed } = applyEdit(graph, {
    kind: 'set_param',
    id: fc1,
    param: 'out_features',
    value: 8,
  });
  inferLive(changed, null, 'float32', false);
  expect(view(fc1)).not.toBe(before);
});
