// A large graph as numbers: where each card lies and what colour it has, for drawing thousands at once and for finding what lies
// under a point. Made anew with each edit; what did not change is copied.
import type { Graph, GraphEdge, GraphNode } from '#core/document/project';
import { listChange, type ListChange } from '#core/document/change';
import { placesOf, type Places } from '#core/graph/places';
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
  /** Where each card stands in `nodes`. */
  readonly at: Places;
  readonly boxes: Float64Array;
  /** A value of TONE per card. */
  readonly tones: Uint8Array;
  /** Places in `nodes` of the source and the target of each edge; -1 for one that is not there. */
  readonly ends: Int32Array;
  readonly bounds: Omit<PlacedBox, 'id'>;
}

export function makeScene(graph: Graph, views: ReadonlyMap<string, NodeView>, before: Scene | null): Scene {
  const { nodes } = graph;
  const change = listChange(before?.nodes ?? [], nodes);
  const at = placesOf(nodes);
  const boxes = splice(new Float64Array(nodes.length * PER_BOX), before?.boxes, change, PER_BOX);
  const tones = splice(new Uint8Array(nodes.length), before?.tones, change, 1);
  const hasSameViews = before?.from === views;
  const shown = hasSameViews ? viewsAfter(before.views, views, change) : nodes.map(({ id }) => views.get(id));
  const end = change.at + change.added.length;
  // Most edits leave nearly all cards where they are: their numbers are copied whole, and those that differ set anew.
  for (let index = hasSameViews ? change.at : 0; index < (hasSameViews ? end : nodes.length); index++) {
    const node = nodes[index];
    if (!node) continue;
    const isNew = index >= change.at && index < end;
    const last = isNew
      ? before?.nodes[index]?.id === node.id
        ? index
        : (before?.at.get(node.id) ?? -1)
      : index < change.at
        ? index
        : index - change.added.length + change.removed;
    const old = before?.nodes[last];
    const view = shown[index];
    const isSameView = old !== undefined && before?.views[last] === view;
    if (isSameView && !isNew) continue;
    boxes[index * PER_BOX] = node.position.x;
    boxes[index * PER_BOX + 1] = node.position.y;
    if (before && isSameView && old.layer === node.layer && old.params === node.params) {
      boxes[index * PER_BOX + 2] = before.boxes[last * PER_BOX + 2] ?? 0;
      boxes[index * PER_BOX + 3] = before.boxes[last * PER_BOX + 3] ?? 0;
      tones[index] = before.tones[last] ?? 0;
      continue;
    }
    const { width, height } = sizeOf(node, view);
    boxes[index * PER_BOX + 2] = width;
    boxes[index * PER_BOX + 3] = height;
    tones[index] = toneOf(view);
  }
  return {
    graph,
    nodes,
    from: views,
    views: shown,
    at,
    boxes,
    tones,
    ends: endsOf(graph.edges, at, before, change),
    bounds: boundsOfAll(boxes),
  };
}

const viewsAfter = (
  before: Scene['views'],
  views: ReadonlyMap<string, NodeView>,
  { at, removed, added }: ListChange<GraphNode>,
): Scene['views'] =>
  removed + added.length === 0
    ? before
    : before.slice(0, at).concat(
        added.map(({ id }) => views.get(id)),
        before.slice(at + removed),
      );

/** Copies `before` with a change made, whose added items are left as they are. `per` numbers belong to each item. */
function splice<T extends Float64Array | Uint8Array | Int32Array>(
  into: T,
  before: T | undefined,
  { at, removed, added }: ListChange<unknown>,
  per: number,
): T {
  if (!before) return into;
  into.set(before.subarray(0, at * per));
  into.set(before.subarray((at + removed) * per), (at + added.length) * per);
  return into;
}

/** `boundsOf` all cards, without an object for each. */
function boundsOfAll(boxes: Float64Array): Scene['bounds'] {
  if (boxes.length === 0) return boundsOf([]);
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let from = 0; from < boxes.length; from += PER_BOX) {
    const x = boxes[from] ?? 0;
    const y = boxes[from + 1] ?? 0;
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + (boxes[from + 2] ?? 0));
    bottom = Math.max(bottom, y + (boxes[from + 3] ?? 0));
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Ends of edges that stay follow their cards, which `moved` put in or took out others before; behind all of them it moves none. */
function endsOf(
  edges: readonly GraphEdge[],
  at: Places,
  before: Scene | null,
  moved: ListChange<GraphNode>,
): Int32Array {
  const shift = moved.added.length - moved.removed;
  const staysWired =
    before !== null &&
    (moved.removed === 0 && moved.at === before.nodes.length
      ? !before.ends.includes(-1)
      : moved.added.length === moved.removed && hasSameIds(before.nodes, moved));
  if (before?.graph.edges === edges && staysWired) return before.ends;
  const change = listChange(before?.graph.edges ?? [], edges);
  const ends = splice(new Int32Array(edges.length * 2), before?.ends, change, 2);
  const [start, end] = [change.at * 2, (change.at + change.added.length) * 2];
  const behind = moved.at + moved.removed;
  for (let index = staysWired ? start : 0; index < (staysWired ? end : ends.length); index++) {
    const last = ends[index] ?? -1;
    const isKnown = (index < start || index >= end) && last >= 0;
    if (isKnown && last < moved.at) continue;
    if (isKnown && last >= behind) ends[index] = last + shift;
    else {
      const edge = edges[index >> 1];
      const node = index % 2 === 0 ? edge?.from.node : edge?.to.node;
      ends[index] = at.get(node ?? '') ?? -1;
    }
  }
  return ends;
}

const hasSameIds = (before: readonly GraphNode[], { at, added }: ListChange<GraphNode>): boolean =>
  added.every(({ id }, index) => before[at + index]?.id === id);

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

export const sceneBox = ({ boxes }: Scene, index: number): Omit<PlacedBox, 'id'> => ({
  x: boxes[index * PER_BOX] ?? 0,
  y: boxes[index * PER_BOX + 1] ?? 0,
  width: boxes[index * PER_BOX + 2] ?? 0,
  height: boxes[index * PER_BOX + 3] ?? 0,
});

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
