// The graph as React Flow draws it. Document and selection are the truth; this follows them and keeps, besides, what is only
// of the screen: measured sizes and positions during a drag. Nodes and edges that did not change keep their identity.
import { applyNodeChanges, type NodeChange } from '@xyflow/react';
import { create } from 'zustand';

import type { Graph } from '#core/document/project';
import { edgesInto } from '#core/graph/order';
import { finderIn } from '#core/graph/places';

import { graphNow, moveNodes } from '../actions/graph';
import { languageOf, useApp } from '../stores/app';
import { useDocument } from '../stores/document';
import { useLive } from '../stores/live';
import { select, useUi } from '../stores/ui';
import { cardSize } from './card-size';
import { nextDetail, READABLE } from './detail';
import type { HelperLine, PlacedBox, Point } from './geometry';
import { isHurried, onRest } from './motion';
import { makeScene, sceneBox, sceneBoxes, type Scene } from './scene';
import { endSnap, snapChanges } from './snap-drag';
import { toFlowEdges, toFlowNodes, type FlowEdge, type FlowNode } from './to-flow';
import { isLarge, onCamera, pointerOnCanvas, seenPart, setScene, zoomNow } from './viewport';

interface FlowState {
  /** A large graph, of which `nodes` holds only the cards that are elements of the page. */
  readonly scene: Scene | null;
  /** How far the selected cards of the scene are being dragged. */
  readonly shift: Point | null;
  readonly nodes: FlowNode[];
  readonly edges: FlowEdge[];
  /** Drawn while a dragged card is held by others. */
  readonly lines: readonly HelperLine[];
}

export const useFlow = create<FlowState>(() => ({
  scene: null,
  shift: null,
  nodes: [],
  edges: [],
  lines: [],
}));

const EMPTY: Graph = { nodes: [], edges: [] };
let detail: ReadonlySet<string> = new Set();
let nextFrame = 0;

function follow(): void {
  const graph = graphNow() ?? EMPTY;
  const { views } = useLive.getState();
  const before = useFlow.getState();
  const scene = isLarge(graph.nodes.length) ? makeScene(graph, views, before.scene) : null;
  if (scene === null) detail = new Set();
  useFlow.setState({ scene, ...drawn(graph, scene) });
  setScene(scene);
  if (scene) refineWith({ isEdit: graph !== before.scene?.graph });
}

/** Selection alone: the scene stays. */
function followSelection(): void {
  const { scene } = useFlow.getState();
  useFlow.setState(drawn(graphNow() ?? EMPTY, scene));
}

/** What the graph library is given: all of a small graph, the detailed part of a large one. */
function drawn(graph: Graph, scene: Scene | null): Pick<FlowState, 'nodes' | 'edges'> {
  const { selection } = useUi.getState();
  const { views } = useLive.getState();
  const before = useFlow.getState();
  const part = scene ? partOf(scene) : graph;
  return {
    nodes: toFlowNodes(part, views, selection, before.nodes),
    edges: toFlowEdges(part, selection, before.edges),
  };
}

/** The detailed cards, the edges between them, and all notes. */
function partOf({ graph, at, nodes }: Scene): Graph {
  const near = [...detail].flatMap((id) => nodes[at.get(id) ?? -1] ?? []);
  const edges = near.flatMap(({ id }) => edgesInto(graph, id).filter(({ from }) => detail.has(from.node)));
  return { nodes: near, edges, ...(graph.notes ? { notes: graph.notes } : {}) };
}

/** Takes cards in and out of the page as the camera moves; goes on with the next frame while some are missing. */
function refine(): void {
  nextFrame = 0;
  refineWith({ isEdit: false });
}

function refineWith({ isEdit }: { readonly isEdit: boolean }): void {
  const { scene } = useFlow.getState();
  if (!scene) return;
  const { renaming } = useUi.getState();
  const always = renaming === null ? [] : [renaming];
  // A hurried camera shows pictures of what comes into view; its cards come when it rests.
  const isDue = renaming !== null && !detail.has(renaming);
  if (isHurried() && zoomNow() >= READABLE && !isDue) return;
  const { ids, isWaiting } = nextDetail(
    scene,
    { part: seenPart(), zoom: zoomNow(), hand: pointerOnCanvas(), isEdit },
    detail,
    always,
  );
  if (ids !== detail) {
    detail = ids;
    useFlow.setState(drawn(scene.graph, scene));
  }
  if (!isWaiting) return;
  if (isEdit) refineAfterFrame();
  else refineSoon();
}

/** The next frame shows an edit and has no time for more cards. */
function refineAfterFrame(): void {
  if (nextFrame === 0)
    nextFrame = requestAnimationFrame(() => {
      nextFrame = 0;
      refineSoon();
    });
}

function refineSoon(): void {
  if (nextFrame === 0) nextFrame = requestAnimationFrame(refine);
}

/** Before the next key comes: it may be the first of a name. */
function refineNow(): void {
  cancelAnimationFrame(nextFrame);
  refine();
}

/** Follows document, shapes and selection; returns the end. */
export function startFlow(): () => void {
  follow();
  const ends = [
    useDocument.subscribe((state, before) => {
      if (state.project?.graph !== before.project?.graph || state.scope !== before.scope) follow();
    }),
    useLive.subscribe((state, before) => {
      if (state.views !== before.views) follow();
    }),
    useUi.subscribe((state, before) => {
      if (state.selection !== before.selection) followSelection();
      if (state.renaming !== before.renaming) refineNow();
    }),
    // Labels of cards and edges say the same in other words.
    useApp.subscribe((state, before) => {
      if (languageOf(state) !== languageOf(before)) followSelection();
    }),
    onCamera(() => {
      if (useFlow.getState().scene) refineSoon();
    }),
    onRest(refineSoon),
  ];
  return () => {
    cancelAnimationFrame(nextFrame);
    ends.forEach((end) => end());
  };
}

/** Takes what React Flow reports: sizes and drags are kept here, selections and finished moves go to their owners. */
export function acceptNodeChanges(changes: NodeChange<FlowNode>[]): void {
  const snapped = snapChanges(changes, useFlow.getState().nodes);
  const kept = snapped.changes.filter(({ type }) => type !== 'remove' && type !== 'select');
  if (kept.length > 0)
    useFlow.setState(({ nodes, lines }) => ({
      nodes: applyNodeChanges(kept, nodes),
      lines: kept.some(({ type }) => type === 'position') ? snapped.lines : lines,
    }));
  followDrag(snapped.changes);
  acceptSelection(changes, 'nodes');
  const ended = new Set(
    changes.flatMap((change) => (change.type === 'position' && change.dragging === false ? [change.id] : [])),
  );
  if (ended.size === 0) return;
  endSnap();
  const { nodes, shift } = useFlow.getState();
  const moved = nodes.filter(({ id }) => ended.has(id));
  const along = shift
    ? drawnSelection(ended).map(({ id, x, y }) => ({ id, position: { x: x + shift.x, y: y + shift.y } }))
    : [];
  if (shift) useFlow.setState({ shift: null });
  moveNodes([...moved, ...along].map(({ id, position }) => ({ id, position: rounded(position) })));
}

/** Selected cards of a large graph that the graph library does not know, where they stand in the document. */
function drawnSelection(known: ReadonlySet<string>): readonly PlacedBox[] {
  const { scene } = useFlow.getState();
  if (!scene) return [];
  const placeOf = finderIn(scene.nodes);
  return [...useUi.getState().selection.nodes].flatMap((id) => {
    const index = placeOf(id);
    return index < 0 || known.has(id) ? [] : [{ id, ...sceneBox(scene, index) }];
  });
}

/** What is drawn of a large graph goes with the dragged cards when it is selected with them. */
function followDrag(changes: readonly NodeChange<FlowNode>[]): void {
  const { scene, nodes } = useFlow.getState();
  const dragged = changes.find((change) => change.type === 'position' && change.dragging === true);
  if (!scene || dragged?.type !== 'position' || !dragged.position) return;
  const index = scene.at.get(dragged.id);
  const selected = useUi.getState().selection.nodes;
  const known = nodes.filter(({ id }) => selected.has(id)).length;
  if (index === undefined || !selected.has(dragged.id) || known === selected.size) return;
  const { x, y } = sceneBox(scene, index);
  useFlow.setState({ shift: { x: dragged.position.x - x, y: dragged.position.y - y } });
}

const rounded = ({ x, y }: FlowNode['position']): FlowNode['position'] => ({
  x: Math.round(x),
  y: Math.round(y),
});

/** A card's place and size: as measured, or as it will be drawn. */
export function boxOf({ id, type, position, measured, width, height }: FlowNode): PlacedBox {
  const size =
    type === 'note' ? { width: width ?? 0, height: height ?? 0 } : cardSize(useLive.getState().views.get(id));
  return {
    id,
    x: position.x,
    y: position.y,
    width: measured?.width ?? size.width,
    height: measured?.height ?? size.height,
  };
}

/** All cards and notes, as they stand on the canvas. */
export function allBoxes(): readonly PlacedBox[] {
  const { scene, nodes } = useFlow.getState();
  if (!scene) return nodes.map(boxOf);
  return [...nodes.filter(({ type }) => type === 'note').map(boxOf), ...sceneBoxes(scene)];
}

export function selectedBoxes(): readonly PlacedBox[] {
  const { nodes } = useUi.getState().selection;
  return allBoxes().filter(({ id }) => nodes.has(id));
}

/** Applies `select` changes to the window's selection. */
export function acceptSelection(
  changes: readonly { readonly type: string; readonly id?: string; readonly selected?: boolean }[],
  of: 'nodes' | 'edges',
): void {
  const relevant = changes.filter(({ type }) => type === 'select');
  if (relevant.length === 0) return;
  const { selection } = useUi.getState();
  const next = new Set(selection[of]);
  for (const { id, selected } of relevant)
    if (id !== undefined) {
      if (selected === true) next.add(id);
      else next.delete(id);
    }
  if (of === 'nodes') select(next, selection.edges);
  else select(selection.nodes, next);
}
