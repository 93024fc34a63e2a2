// The canvas without a screen: what React Flow is given, which connections are refused and why, how a layout is folded.
import { expect, test, vi } from 'vitest';
import type { Graph } from '#core/document/project';
import { TEMPLATES, type Template } from '#core/document/templates';
import { findLayer } from '#core/layers/index';
import { cardSize, chipsShown } from '#renderer/canvas/card-size';
import { connectionFault } from '#renderer/canvas/connection';
import { startFlow, useFlow } from '#renderer/canvas/flow-store';
import { foldIntoColumns } from '#renderer/canvas/fold';
import { paramSummary } from '#renderer/canvas/param-summary';
import { toFlowEdges, toFlowNodes } from '#renderer/canvas/to-flow';
import { useApp } from '#renderer/stores/app';
import { showProject } from '#renderer/stores/document';

const { graph } = (TEMPLATES.find(({ name }) => name === 'digits') as Template).project;
const NOTHING = { nodes: new Set<string>(), edges: new Set<string>() };
const port = (name: string, which: 'input' | 'output') => ({
  node: graph.nodes.find((node) => node.name === name)?.id ?? '',
  port: which,
});

test('nodes and edges that say the same keep their identity', () => {
  const nodes = toFlowNodes(graph, new Map(), NOTHING, []);
  const edges = toFlowEdges(graph, NOTHING, []);
  expect(toFlowNodes(graph, new Map(), NOTHING, nodes)).toBe(nodes);
  const again = toFlowNodes(graph, new Map(), { ...NOTHING, nodes: new Set(['n2']) }, nodes);
  expect(again.filter((node, at) => node !== nodes[at]).map(({ id }) => id)).toEqual(['n2']);
  expect(toFlowEdges(graph, NOTHING, edges)).toBe(edges);
});

test('what is selected lies over the rest, a note under its cards; many are left where they lie', () => {
  const note = { id: 'note1', text: '', position: { x: 0, y: 0 }, size: { width: 9, height: 9 } };
  const layers = (selected: readonly string[], many: Graph = { ...graph, notes: [note] }) =>
    toFlowNodes(many, new Map(), { ...NOTHING, nodes: new Set(selected) }, []).map(({ zIndex }) => zIndex);
  expect(layers(['n2', 'note1']).slice(0, 4)).toEqual([999, 0, 1000, 0]);
  expect(layers([])[0]).toBe(-1);
  const nodes = Array.from({ length: 40 }, (_, at) => ({ ...nodeNamed(`relu${at}`), id: `m${at}` }));
  expect(new Set(layers(nodes.map(({ id }) => id), { nodes, edges: [] }))).toEqual(new Set([0])); // prettier-ignore
});

const nodeNamed = (name: string) => ({ name, layer: 'relu', params: {}, position: { x: 0, y: 0 } });

test('a node that is dragged stays under the hand', () => {
  const nodes = toFlowNodes(graph, new Map(), NOTHING, []).map((node) =>
    node.id === 'n2' ? { ...node, dragging: true, position: { x: 999, y: 999 } } : node,
  );
  expect(toFlowNodes(graph, new Map(), NOTHING, nodes)[1]?.position).toEqual({ x: 999, y: 999 });
});

test('labels of edges and cards follow the language that is chosen', () => {
  vi.stubGlobal('cancelAnimationFrame', () => undefined);
  const { preferences } = useApp.getState();
  const label = () => useFlow.getState().edges[0]?.ariaLabel;
  showProject((TEMPLATES.find(({ name }) => name === 'digits') as Template).project, null);
  const end = startFlow();
  try {
    expect(label()).toBe('input to conv1');
    useApp.setState({ preferences: { ...preferences, language: 'de' } });
    expect(label()).toBe('input nach conv1');
  } finally {
    useApp.setState({ preferences });
    end();
    vi.unstubAllGlobals();
  }
});

test('a node says its name, layer and output', () => {
  expect(toFlowNodes(graph, new Map(), NOTHING, [])[1]?.ariaLabel).toBe('conv1, conv2d');
});

test('refused connections say why; a taken input may be taken over', () => {
  const fault = (from: string, to: string, replaces: string | null = null) =>
    connectionFault(graph, { from: port(from, 'output'), to: port(to, 'input'), replaces });
  expect(fault('fc1', 'conv1')).toBe("'conv1' already leads to 'fc1': the edge would close a circle.");
  expect(fault('conv1', 'conv1')).toBe("'conv1' cannot be its own input.");
  expect(fault('input', 'conv1')).toBe("'input' feeds this input of 'conv1' already.");
  expect(fault('input', 'fc2')).toBeNull();
});

test('a card says what PyTorch demands and what differs', () => {
  const conv2d = findLayer('conv2d');
  const relu = findLayer('relu');
  if (!conv2d || !relu) throw new Error('the catalogue has no conv2d or relu');
  expect(paramSummary(conv2d, { out_channels: 16, kernel_size: [3, 5], padding: [1, 1] })).toBe(
    'out_channels 16 · kernel_size 3×5 · padding 1',
  );
  expect(paramSummary(conv2d, { in_channels: 3, bias: false })).toMatch(/^in_channels 3 · .* · bias off$/);
  expect(paramSummary(relu, {})).toBe('');
});

test('a card shows the tensors of a deep stack in twelve lines, the last of which stands for the others', () => {
  expect([0, 1, 12, 13, 1200].map(chipsShown)).toEqual([0, 1, 12, 11, 11]);
  const heightOf = (count: number): number => cardSize({ chips: Array<never>(count), isBlock: false }).height;
  expect(heightOf(1200)).toBe(heightOf(12));
  expect(heightOf(11)).toBeLessThan(heightOf(12));
});

test('a tall drawing is folded into columns; a layer is never torn apart', () => {
  const { width, height } = cardSize(undefined);
  const boxes = Array.from({ length: 12 }, (_, at) => ({ id: `b${at}`, width, height }));
  const tower = boxes.map(({ id }, at) => ({ id, position: { x: 0, y: at * 200 } }));
  const folded = foldIntoColumns(tower, boxes, 1.6);
  const columns = new Set(folded.map(({ position }) => position.x));
  expect(columns.size).toBeGreaterThan(1);
  expect(folded.filter(({ position }) => position.y === 0)).toHaveLength(columns.size);

  const pairs = boxes.map(({ id }, at) => ({
    id,
    position: { x: (at % 2) * 400, y: Math.floor(at / 2) * 200 },
  }));
  const byId = new Map(foldIntoColumns(pairs, boxes, 3).map(({ id, position }) => [id, position]));
  for (let at = 0; at < 12; at += 2) expect(byId.get(`b${at}`)?.y).toBe(byId.get(`b${at + 1}`)?.y);
  expect(foldIntoColumns([], [], 1)).toEqual([]);
  // Where the cards stand now has no say.
  const scattered = boxes.map((box, at) => ({ ...box, x: 12, y: (at * 7919) % 1000 }));
  expect(foldIntoColumns(pairs, scattered, 3)).toEqual(foldIntoColumns(pairs, boxes, 3));
});

test('the templates fit their cards without overlap', () => {
  const overlaps = (drawn: Graph): string[] =>
    drawn.nodes.flatMap((a, at) =>
      drawn.nodes.slice(at + 1).flatMap((b) => {
        const declaration = findLayer(a.layer);
        const chips = declaration?.tensors?.(Object.fromEntries(Object.entries(declaration.params).map(([name, spec]) => [name, spec.initial]))).length ?? 0; // prettier-ignore
        const { width, height } = cardSize({ chips: Array<never>(chips) }, a.layer !== 'relu');
        const apart = b.position.x - a.position.x >= width || b.position.y - a.position.y >= height;
        return a.position.x === b.position.x && b.position.y > a.position.y && !apart
          ? [`${a.name} and ${b.name}`]
          : [];
      }),
    );
  for (const { project } of TEMPLATES) expect(overlaps(project.graph)).toEqual([]);
});
