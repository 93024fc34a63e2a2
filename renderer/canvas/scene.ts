// A large graph as numbers: where each card lies and what colour it has, for drawing thousands at once and for finding what lies
// under a point. Made anew with each edit; what did not change is copied.
import type { Graph, GraphEdge, GraphNode } from '#core/document/project';
import { findLayer } from '#core/layers/index';

import type { NodeView } from '../stores/live';
import { cardSize } from './card-size';
import { boundsOf, type PlacedBox, type Point } from './geometry';
import { paramSummary } from './param-summary';

/** From this many cards on, those far away are drawn as pictures and not as elements of the page. */
export const LARGE = 400;

/** Numbers of one card in `boxes`: x, y, width, height. */
const PER_BOX = 4;

export const TONE = { plain: 0, uninitialized: 1, warning: 2, error: 3 } as const;

export interface Scene {
  readonly graph: Graph;
  readonly nodes: readonly GraphNode[];
  /** What `views` were taken from. */
  readonly from: ReadonlyMap<string, NodeView>;
  readonly views: readonly (NodeView | undefined)[];
  readonly at: ReadonlyMap<string, number>;
  readonly boxes: Float64Array;
  /** A value of TONE per card. */
  readonly tones: Uint8Array;
  /** Places in `nodes` of the source and the target of each edge; -1 for one that is not there. */
  readonly ends: Int32Array;
  readonly bounds: Omit<PlacedBox, 'id'>;
}

export function makeScene(graph: Graph, views: ReadonlyMap<string, NodeView>, before: Scene | null): Scene {
  const { nodes, edges } = graph;
  const hasSameIds = before !== null && areSameNodes(before.nodes, nodes);
  const at = hasSameIds ? before.at : new Map(nodes.map(({ id }, index) => [id, index]));
  const shown = hasSameIds && before.from === views ? before.views : nodes.map((node) => views.get(node.id));
  // Most edits leave nearly all cards where they are: the numbers are copied whole, and those that differ set anew.
  const boxes = hasSameIds ? before.boxes.slice() : new Float64Array(nodes.length * PER_BOX);
  const tones = hasSameIds ? before.tones.slice() : new Uint8Array(nodes.length);
  for (let index = 0; index < nodes.length; index++) {
    const node = nodes[index];
    if (!node) continue;
    const view = shown[index];
    const last = hasSameIds ? index : (before?.at.get(node.id) ?? -1);
    if (before && last >= 0 && before.nodes[last] === node && before.views[last] === view) {
      if (hasSameIds) continue;
      for (let part = 0; part < PER_BOX; part++)
        boxes[index * PER_BOX + part] = before.boxes[last * PER_BOX + part] ?? 0;
      tones[index] = before.tones[last] ?? 0;
      continue;
    }
    const { width, height } = sizeOf(node, view);
    boxes.set([node.position.x, node.position.y, width, height], index * PER_BOX);
    tones[index] = toneOf(view);
  }
  const isWired = hasSameIds && before.graph.edges === edges;
  return {
    graph,
    nodes,
    from: views,
    views: shown,
    at,
    boxes,
    tones,
    ends: isWired ? before.ends : endsOf(edges, at),
    bounds: boundsOfAll(boxes),
  };
}

/** The same cards in the same order, whatever changed of each. */
function areSameNodes(before: readonly GraphNode[], nodes: readonly GraphNode[]): boolean {
  if (before === nodes) return true;
  if (before.length !== nodes.length) return false;
  for (let index = 0; index < nodes.length; index++)
    if (before[index] !== nodes[index] && before[index]?.id !== nodes[index]?.id) return false;
  return true;
}

/** `boundsOf` all cards, without an object for each. */
function boundsOfAll(boxes: Float64Array): Scene['bounds'] {
  if (boxes.length === 0) return boundsOf([]);
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let from = 0; from < boxes.length; from += PER_BOX) {
    const { x, y, width, height } = boxAt(boxes, from / PER_BOX);
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + width);
    bottom = Math.max(bottom, y + height);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

function endsOf(edges: readonly GraphEdge[], at: ReadonlyMap<string, number>): Int32Array {
  const ends = new Int32Array(edges.length * 2);
  edges.forEach(({ from, to }, index) => {
    ends[index * 2] = at.get(from.node) ?? -1;
    ends[index * 2 + 1] = at.get(to.node) ?? -1;
  });
  return ends;
}

function sizeOf(
  node: GraphNode,
  view: NodeView | undefined,
): { readonly width: number; readonly height: number } {
  let hasSummary = summaries.get(node);
  if (hasSummary === undefined) {
    const declaration = findLayer(node.layer);
    hasSummary = declaration === null || paramSummary(declaration, node.params) !== '';
    summaries.set(node, hasSummary);
  }
  return cardSize(view, hasSummary);
}

/** Whether a card has its line of params: every node's view may change at once, and asking each declaration again would take a frame. */
const summaries = new WeakMap<GraphNode, boolean>();

function toneOf(view: NodeView | undefined): number {
  if (!view) return TONE.plain;
  if (view.problems.some(({ severity }) => severity === 'error')) return TONE.error;
  if (view.problems.length > 0) return TONE.warning;
  return view.chips.some(({ state }) => state === 'uninitialized') ? TONE.uninitialized : TONE.plain;
}

const boxAt = (boxes: Float64Array, index: number): Omit<PlacedBox, 'id'> => ({
  x: boxes[index * PER_BOX] ?? 0,
  y: boxes[index * PER_BOX + 1] ?? 0,
  width: boxes[index * PER_BOX + 2] ?? 0,
  height: boxes[index * PER_BOX + 3] ?? 0,
});

export const sceneBox = (scene: Scene, index: number): Omit<PlacedBox, 'id'> => boxAt(scene.boxes, index);

/** Every card with its place. */
export const sceneBoxes = (scene: Scene): PlacedBox[] =>
  scene.nodes.map(({ id }, index) => ({ id, ...sceneBox(scene, index) }));

/** Calls `each` with the place of every card that reaches into a part of the canvas. */
export function cardsWithin(
  { boxes, nodes }: Scene,
  part: Omit<PlacedBox, 'id'>,
  each: (index: number) => void,
): void {
  const right = part.x + part.width;
  const bottom = part.y + part.height;
  for (let index = 0, from = 0; index < nodes.length; index++, from += PER_BOX) {
    const x = boxes[from] ?? 0;
    const y = boxes[from + 1] ?? 0;
    if (x > right || y > bottom || x + (boxes[from + 2] ?? 0) < part.x || y + (boxes[from + 3] ?? 0) < part.y)
      continue;
    each(index);
  }
}

/** The card under a point of the canvas, the uppermost one; null over empty canvas. */
export function cardAt(scene: Scene, { x, y }: Point): string | null {
  let found: string | null = null;
  cardsWithin(scene, { x, y, width: 0, height: 0 }, (index) => {
    found = scene.nodes[index]?.id ?? null;
  });
  return found;
}
