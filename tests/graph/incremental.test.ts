// An inference that starts from an earlier one says exactly what a fresh one says, and leaves alone what an edit did not reach.
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { Graph, GraphNode } from '#core/document/project';
import { diagnose } from '#core/graph/diagnose';
import { applyEdit, type Edit } from '#core/graph/edits';
import { inferGraph } from '#core/graph/infer';

const LAYERS = ['input', 'linear', 'relu', 'add', 'flatten', 'conv2d', 'output'] as const;
const MOST = 7;

const node = (at: number, layer: string): GraphNode => ({
  id: `n${at}`,
  name: `${layer}_${at}`,
  layer,
  params: layer === 'input' ? { shape: [3, 8, 8] } : {},
  position: { x: 0, y: at * 100 },
});

/** Any edit of a small graph, sound or not. */
const anyEdit: fc.Arbitrary<Edit> = fc
  .record({
    kind: fc.integer({ min: 0, max: 6 }),
    a: fc.nat({ max: MOST }),
    b: fc.nat({ max: MOST }),
    layer: fc.constantFrom(...LAYERS),
    size: fc.constantFrom(4, 8, null),
  })
  .map(({ kind, a, b, layer, size }): Edit => {
    switch (kind) {
      case 0:
        return { kind: 'add_node', node: node(a, layer) };
      case 1:
        return { kind: 'remove_node', id: `n${a}` };
      case 2:
        return { kind: 'set_param', id: `n${a}`, param: 'out_features', value: size ?? 'wrong' };
      case 3:
        return { kind: 'rename_node', id: `n${a}`, name: `x${b}` };
      case 4:
        return { kind: 'disconnect', id: `e${a}-${b}` };
      case 5:
        return {
          kind: 'set_param',
          id: `n${a}`,
          param: 'in_features',
          ...(size === null ? {} : { value: size }),
        };
      default:
        return {
          kind: 'connect',
          edge: {
            id: `e${a}-${b}`,
            from: { node: `n${a}`, port: 'output' },
            to: { node: `n${b}`, port: b % 2 === 0 ? 'input' : 'inputs' },
          },
        };
    }
  });

const chain = (layers: readonly string[]): Graph => ({
  nodes: layers.map((layer, at) => node(at, layer)),
  edges: layers.slice(1).map((layer, at) => ({
    id: `e${at}-${at + 1}`,
    from: { node: `n${at}`, port: 'output' },
    to: { node: `n${at + 1}`, port: layer === 'add' ? 'inputs' : 'input' },
  })),
});

describe('incremental inference', () => {
  it('says what a fresh one says, after any edits, sizes and samples', () => {
    fc.assert(
      fc.property(
        fc.array(anyEdit, { maxLength: 25 }),
        fc.array(fc.constantFrom(4, 192, undefined), { minLength: 1, maxLength: 4 }),
        (edits, sizes) => {
          let graph = chain(['input', 'conv2d', 'relu', 'flatten', 'linear', 'output']);
          let before = inferGraph(graph);
          for (const [at, edit] of edits.entries()) {
            try {
              graph = applyEdit(graph, edit).graph;
            } catch {
              continue;
            }
            const size = sizes[at % sizes.length];
            const options = {
              inputs: size === undefined ? {} : { input_0: [size, 3, 8, 8] },
              known: new Map(size === undefined ? [] : [['n4', { in_features: size }]]),
            };
            const after = inferGraph(graph, options, before);
            // Of a copy: nothing is remembered of its nodes, edges and lists.
            const fresh = inferGraph(structuredClone(graph), options);
            expect([...after.nodes]).toEqual([...fresh.nodes]);
            expect(after.order).toEqual(fresh.order);
            expect(diagnose(after)).toEqual(diagnose(fresh));
            before = after;
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('asks no layer again that an edit does not reach', () => {
    const graph = chain(['input', 'flatten', 'linear', 'relu', 'linear', 'output']);
    const before = inferGraph(graph);
    const { graph: edited } = applyEdit(graph, {
      kind: 'set_param',
      id: 'n2',
      param: 'out_features',
      value: 7,
    });
    const after = inferGraph(edited, {}, before);
    const isKept = (id: string): boolean => after.nodes.get(id) === before.nodes.get(id);
    expect(['n0', 'n1', 'n2', 'n3', 'n4', 'n5'].map(isKept)).toEqual([true, true, false, false, false, true]);
    const { graph: moved } = applyEdit(edited, { kind: 'move_node', id: 'n0', position: { x: 9, y: 9 } });
    const last = inferGraph(moved, {}, after);
    expect(['n1', 'n2', 'n5'].every((id) => last.nodes.get(id) === after.nodes.get(id))).toBe(true);
  });
});
