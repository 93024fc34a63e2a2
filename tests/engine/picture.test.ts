// The picture of a model after edits: it says what a description from nothing says, and leaves alone what an edit did not reach.
import fc from 'fast-check';
import { beforeAll, expect, onTestFinished, test } from 'vitest';

import type { Graph, GraphNode } from '#core/document/project';
import { planOf, type Plan } from '#core/graph/graph-module';
import type { ModelInfo } from '#core/session/session';
import { drain } from '#core/turns';
import { cpuBackend } from '#engine/backend';
import { describeModel } from '#engine/model/info';
import { Model } from '#engine/model/model';

import { chain, node } from '../graph/graphs';
import { projectOf } from './support';

// Taking a parametrization away computes the plain weight.
beforeAll(() => {
  cpuBackend();
});

const LAYERS: readonly GraphNode[] = [
  node('flatten', 'flatten'),
  node('a', 'linear', { out_features: 6 }),
  node('relu', 'relu'),
  node('b', 'linear', { out_features: 6 }),
  node('norm', 'batch_norm1d'),
  node('c', 'linear', { out_features: 6 }),
  node('d', 'linear', { out_features: 4 }),
];
const SAMPLE = { input: [2, 3, 2] };

/** Ids are the names that nodes have at first. */
const edited = (graph: Graph, id: string, fields: Partial<GraphNode>): Graph => ({
  ...graph,
  nodes: graph.nodes.map((each) => (each.id === id ? { ...each, ...fields } : each)),
});

function opened(): { readonly model: Model; readonly graph: Graph } {
  const graph = chain(...LAYERS);
  const model = new Model(projectOf(graph));
  onTestFinished(() => {
    model.dispose();
  });
  return { model, graph };
}

/** The same without anything that is remembered. */
function anew(model: Model, sample: typeof SAMPLE | Record<string, never>): ModelInfo {
  const { revision, unreached } = model.info();
  return drain(describeModel(model.layers, { revision, sample, unreached }));
}

/** From nodes and edges that nothing is remembered of, over the same layers. */
const planAnew = ({ layers }: Model): Plan =>
  planOf(structuredClone(layers.graph), ({ id }) => {
    const layer = layers.layer(id);
    if (!layer) throw new Error(`no layer for ${id}`);
    return layer;
  });
const runOf = ({ steps, used, inputNames, outputNames }: Plan) => ({ steps, used, inputNames, outputNames });

test('after any edits the picture says what a new one says', () => {
  const names = fc.constantFrom('a', 'relu', 'b', 'norm', 'c', 'd');
  const options = fc.constantFrom(
    undefined,
    { weight: { frozen: true } },
    { weight: { tied_to: 'a.weight' } },
    { weight: { tied_to: 'b.weight', frozen: true } },
    { weight: { initializer: { kind: 'zeros' } } },
    { weight: { spectral_norm: {} } },
  );
  const change = fc.oneof(
    fc.record({ id: names, kind: fc.constant('name'), value: fc.constantFrom('x', 'y', 'a', '1', 'z') }),
    fc.record({ id: names, kind: fc.constant('size'), value: fc.constantFrom(4, 6, null) }),
    fc.record({ id: names, kind: fc.constant('tensors'), value: options }),
    fc.record({
      id: names,
      kind: fc.constantFrom('gone', 'cut', 'feed', 'draw', 'train'),
      value: fc.constant(null),
    }),
  );
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
      const graph = chain(...LAYERS);
      const model = new Model(projectOf(graph));
      let sample: typeof SAMPLE | Record<string, never> = {};
      let now = graph;
      try {
        for (const { id, kind, value } of changes) {
          const before = now.nodes.find((each) => each.id === id);
          if (kind === 'name') now = edited(now, id, { name: String(value) });
          else if (kind === 'size' && before?.layer === 'linear')
            now = edited(now, id, { params: { ...before.params, out_features: value ?? 5 } });
          else if (kind === 'tensors')
            now = edited(now, id, { tensors: value as GraphNode['tensors'] & object });
          else if (kind === 'gone') now = { ...now, nodes: now.nodes.filter((each) => each.id !== id) };
          else if (kind === 'cut') now = { ...now, edges: now.edges.filter(({ to }) => to.node !== id) };
          else if (kind === 'train') model.markTrained();
          else if (kind === 'draw') model.drawAnew([]);
          else if (kind === 'feed')
            try {
              model.feed(SAMPLE, 1, { rematerialize: true });
              sample = SAMPLE;
            } catch {
              // It does not run: nothing changed.
            }
          model.update(projectOf(now));
          expect(model.info()).toEqual(anew(model, sample));
          expect(runOf(model.layers.plan)).toEqual(runOf(planAnew(model)));
        }
      } finally {
        model.dispose();
      }
    }),
    { numRuns: 150 },
  );
});

test('an edit leaves the pictures of the nodes it does not reach the very same objects', () => {
  const { model, graph } = opened();
  model.feed(SAMPLE, 1);
  const before = model.info();
  model.update(projectOf(edited(graph, 'c', { name: 'renamed' })));
  const after = model.info();
  const changed = after.nodes.filter((each, at) => each !== before.nodes[at]).map(({ name }) => name);
  // d's size comes from it, and says so.
  expect(changed).toEqual(['renamed', 'd']);
});

test('values that came by another way than an edit are in the next picture', () => {
  const { model, graph } = opened();
  model.info();
  model.feed(SAMPLE, 1);
  const states = (): readonly string[] => [
    ...new Set(model.info().nodes.flatMap(({ parameters }) => parameters.map(({ state }) => state))),
  ];
  expect(states()).toEqual(['materialized']);
  model.markTrained();
  expect(states()).toEqual(['trained']);
  model.update(projectOf(edited(graph, 'c', { name: 'renamed' })));
  expect(states()).toEqual(['trained']);
});
