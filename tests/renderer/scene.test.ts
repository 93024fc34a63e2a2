// A large graph as numbers: what lies under a point, what is copied from edit to edit, which cards become elements of the page.
import { describe, expect, it } from 'vitest';
import type { Graph, GraphNode } from '#core/document/project';
import { applyEdit, type Edit } from '#core/graph/edits';

import { nextDetail } from '../../renderer/canvas/detail';
import { cardAt, makeScene, sceneBox, TONE } from '../../renderer/canvas/scene';
import { inferLive, useLive } from '../../renderer/stores/live';

const node = (at: number): GraphNode => ({
  id: `n${at}`,
  name: `relu${at}`,
  layer: 'relu',
  params: {},
  position: { x: (at % 20) * 400, y: Math.floor(at / 20) * 200 },
});

const graph: Graph = {
  nodes: Array.from({ length: 400 }, (_, at) => node(at)),
  edges: [{ id: 'e1', from: { node: 'n0', port: 'output' }, to: { node: 'n1', port: 'input' } }],
};

function sceneOf(of: Graph, before: ReturnType<typeof makeScene> | null = null) {
  inferLive(of, null, 'float32', false);
  return makeScene(of, useLive.getState().views, before);
}

describe('the scene of a large graph', () => {
  it('knows what lies where, with its tone and its ends', () => {
    const scene = sceneOf(graph);
    expect(cardAt(scene, { x: 405, y: 205 })).toBe('n21');
    expect(cardAt(scene, { x: 395, y: 205 })).toBeNull();
    expect([...scene.ends]).toEqual([0, 1]);
    expect(scene.bounds).toMatchObject({ x: 0, y: 0, width: 19 * 400 + 292 });
    // Nothing feeds the first node, and there is no output that waits for it.
    expect(scene.tones[0]).toBe(TONE.error);
  });

  it('follows an edit and copies the rest', () => {
    const before = sceneOf(graph);
    const { graph: moved } = applyEdit(graph, { kind: 'move_node', id: 'n21', position: { x: 9000, y: 50 } });
    const after = sceneOf(moved, before);
    expect(cardAt(after, { x: 9010, y: 60 })).toBe('n21');
    expect(cardAt(after, { x: 405, y: 205 })).toBeNull();
    expect(after.ends).toBe(before.ends);
    expect(sceneBox(after, 22)).toEqual(sceneBox(before, 22));
  });

  it('says after any edits what one made anew says', () => {
    const chained: Graph = {
      ...graph,
      edges: graph.nodes.slice(1).map(({ id }, at) => ({
        id: `e${at}`,
        from: { node: `n${at}`, port: 'output' },
        to: { node: id, port: 'input' },
      })),
    };
    const added = { ...node(400), layer: 'linear', position: { x: -500, y: 0 } };
    const steps: readonly Edit[] = [
      { kind: 'remove_node', id: 'n40' },
      { kind: 'add_node', node: added, index: 3 },
      { kind: 'set_param', id: 'n400', param: 'out_features', value: 7 },
      {
        kind: 'connect',
        edge: { id: 'e1000', from: { node: 'n400', port: 'output' }, to: { node: 'n41', port: 'input' } },
      },
      {
        kind: 'group',
        label: 'move',
        edits: chained.nodes
          .slice(50)
          .map(({ id }, at) => ({ kind: 'move_node', id, position: { x: at, y: 7 } })),
      },
      { kind: 'disconnect', id: 'e200' },
      {
        kind: 'group',
        label: 'paste',
        edits: [
          { kind: 'add_node', node: node(401) },
          {
            kind: 'connect',
            edge: { id: 'e1001', from: { node: 'n7', port: 'output' }, to: { node: 'n401', port: 'input' } },
          },
        ],
      },
      { kind: 'remove_node', id: 'n0' },
    ];
    let now = chained;
    let scene = sceneOf(now);
    for (const step of steps) {
      const { views } = useLive.getState();
      now = applyEdit(now, step).graph;
      // The edit first, with the views from before it; then its views.
      const early = makeScene(now, views, scene);
      expect({ ...early, at: null }).toEqual({ ...makeScene(now, views, null), at: null });
      scene = sceneOf(now, early);
      const anew = makeScene(now, useLive.getState().views, null);
      expect({ ...scene, at: null }).toEqual({ ...anew, at: null });
      now.nodes.forEach(({ id }, at) => expect(scene.at.get(id)).toBe(at));
    }
  });

  it('knows the end of an edge whose card comes later', () => {
    const loose = { id: 'e2', from: { node: 'n1', port: 'output' }, to: { node: 'n400', port: 'input' } };
    const without = { ...graph, edges: [...graph.edges, loose] };
    const before = makeScene(without, new Map(), null);
    expect([...before.ends]).toEqual([0, 1, 1, -1]);
    const after = makeScene({ ...without, nodes: [...graph.nodes, node(400)] }, new Map(), before);
    expect([...after.ends]).toEqual([0, 1, 1, 400]);
  });

  it('takes cards into the page a few at a time, only near ones, and lets go of those out of view', () => {
    const scene = sceneOf(graph);
    const part = { x: 0, y: 0, width: 1200, height: 600 };
    const far = nextDetail(scene, { part, zoom: 0.2 }, new Set(), ['n300']);
    expect(far).toEqual({ ids: new Set(['n300']), isWaiting: false });
    let step = nextDetail(scene, { part, zoom: 1 }, new Set(), []);
    expect(step.isWaiting).toBe(true);
    expect(step.ids.size).toBeLessThan(10);
    // The frame of an edit brings fewer.
    const first = nextDetail(scene, { part, zoom: 1, isEdit: true }, new Set(), []);
    expect(first.ids.size).toBeGreaterThan(0);
    expect(first.ids.size).toBeLessThan(step.ids.size);
    expect(first.isWaiting).toBe(true);
    while (step.isWaiting) step = nextDetail(scene, { part, zoom: 1 }, step.ids, []);
    expect(step.ids.has('n0') && step.ids.has('n22')).toBe(true);
    expect(nextDetail(scene, { part, zoom: 1 }, step.ids, []).ids).toBe(step.ids);
    const elsewhere = nextDetail(scene, { part: { ...part, x: 6000 }, zoom: 1 }, step.ids, []);
    expect(elsewhere.ids.has('n0')).toBe(false);
    // Those under the hand come first.
    const corner = scene.boxes.subarray(0, 2);
    const hand = { x: corner[0] ?? 0, y: corner[1] ?? 0 };
    expect(nextDetail(scene, { part, zoom: 1, hand }, new Set(), []).ids.has('n0')).toBe(true);
    expect(nextDetail(scene, { part, zoom: 1 }, new Set(), []).ids.has('n0')).toBe(false);
  });
});
