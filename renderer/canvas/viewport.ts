// The canvas's camera for the rest of the window, which does not know the graph library: fit, zoom, centre, look at a node.
import type { ReactFlowInstance } from '@xyflow/react';

import { boundsOf, type PlacedBox } from './geometry';
import type { Camera } from './paint';
import { LARGE, sceneBox, type Scene } from './scene';
import type { FlowNode, FlowEdge } from './to-flow';

let flow: ReactFlowInstance<FlowNode, FlowEdge> | null = null;
let isFitWanted = false;
/** From the wish on until all is in view. */
let isFitting = false;
let isMeasured = false;

const duration = (): number => (window.matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 240);
/** Room for the controls below, for the overview at the right, and for edges that turn above the first cards. */
const FIT = {
  padding: { top: '32px', right: '144px', bottom: '56px', left: '24px' },
  maxZoom: 1,
  minZoom: 0.2,
} as const;
/** How far a large graph can be looked at from. */
export const LEAST_ZOOM = { small: 0.1, large: 0.01 } as const;

/** The large graph that is shown: its cards are not all known to the graph library. */
let scene: Scene | null = null;

/** The canvas reports the large graph it shows; null for one whose cards are all elements of the page. */
export function setScene(next: Scene | null): void {
  const isNew = next !== null && scene === null;
  scene = next;
  if (isNew) fitIfWanted();
}

const watchers = new Set<() => void>();

/** Calls `watcher` whenever the camera moved; returns the end. */
export function onCamera(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** The canvas reports that the camera moved. */
export function cameraMoved(): void {
  for (const watcher of watchers) watcher();
}

export const cameraNow = (): Camera => flow?.getViewport() ?? { x: 0, y: 0, zoom: 1 };

/** The canvas reports its instance when it is there, and null when it goes. */
export function setFlow(instance: ReactFlowInstance<FlowNode, FlowEdge> | null): void {
  flow = instance;
  fitIfWanted();
}

export const fitView = (): void => {
  fitAll(duration());
};

/** Where the camera stood when all had been brought into view. */
let fitted: Camera | null = null;

function fitAll(time: number): void {
  const fitting = scene
    ? fitBox(scene.bounds, time)
    : flow?.fitView({ ...FIT, ...(time === 0 ? {} : { duration: time }) });
  void fitting?.then(() => {
    fitted = cameraNow();
    isFitting = false;
  });
}

/** The canvas gets another size: all stays in view where it was and nobody moved the camera since. */
export function keepFit(): void {
  const { x, y, zoom } = cameraNow();
  if (fitted?.x !== x || fitted.y !== y || fitted.zoom !== zoom) return;
  // The graph library learns of its new size with the next frame.
  requestAnimationFrame(() => requestAnimationFrame(fitView));
}

/** Brings a part of a large graph into view. */
function fitBox({ x, y, width, height }: Omit<PlacedBox, 'id'>, time: number): Promise<boolean> | undefined {
  const box = document.querySelector('.react-flow')?.getBoundingClientRect();
  if (!flow || !box || width <= 0 || height <= 0) return undefined;
  const [left, top, right, bottom] = [24, 32, 144, CONTROLS];
  const room = { width: box.width - left - right, height: box.height - top - bottom };
  const fitting = Math.min(room.width / width, room.height / height);
  const zoom = Math.max(LEAST_ZOOM.large, Math.min(FIT.maxZoom, fitting));
  const view = {
    x: left + room.width / 2 - (x + width / 2) * zoom,
    y: top + room.height / 2 - (y + height / 2) * zoom,
    zoom,
  };
  return flow.setViewport(view, time === 0 ? {} : { duration: time });
}

/** Where a card lies, in the units of the canvas. */
function boxOf(id: string): Omit<PlacedBox, 'id'> | null {
  const index = scene?.at.get(id);
  if (scene && index !== undefined) return sceneBox(scene, index);
  const node = flow?.getInternalNode(id);
  if (!node) return null;
  const { width = 0, height = 0 } = node.measured;
  return { ...node.internals.positionAbsolute, width, height };
}

/** Brings these cards into view, as large as they are readable. */
export const fitNodes = (ids: Iterable<string>): void => {
  if (scene) {
    void fitBox(boundsOf([...ids].flatMap((id) => boxOf(id) ?? [])), duration());
    return;
  }
  const nodes = [...ids].map((id) => ({ id }));
  if (nodes.length > 0) void flow?.fitView({ ...FIT, nodes, duration: duration() });
};

/** Fits once the nodes of a newly shown project are measured. */
export const fitSoon = (): void => {
  isFitWanted = true;
  isFitting = true;
};

/** The canvas reports whether all nodes have their sizes. */
export function setMeasured(value: boolean): void {
  isMeasured = value;
  fitIfWanted();
}

function fitIfWanted(): void {
  if (!isFitWanted || !flow) return;
  if (scene) {
    isFitWanted = false;
    fitAll(0);
    return;
  }
  if (!isMeasured) return;
  isFitWanted = false;
  // Cards that were there before get their new sizes with the next frame.
  requestAnimationFrame(() => requestAnimationFrame(() => fitAll(0)));
}

export const zoomIn = (): void => {
  void flow?.zoomIn({ duration: duration() });
};

export const zoomOut = (): void => {
  void flow?.zoomOut({ duration: duration() });
};

/** The point of the canvas in the middle of what is seen. */
export function viewportCentre(): { readonly x: number; readonly y: number } {
  const box = document.querySelector('.react-flow')?.getBoundingClientRect();
  if (!flow || !box) return { x: 0, y: 0 };
  const middle = flow.screenToFlowPosition({ x: box.x + box.width / 2, y: box.y + box.height / 2 });
  return { x: middle.x - 120, y: middle.y - 50 };
}

/** The point of the canvas under a point of the screen. */
export const toCanvas = (point: {
  readonly x: number;
  readonly y: number;
}): { readonly x: number; readonly y: number } => flow?.screenToFlowPosition(point) ?? { x: 0, y: 0 };

let pointer: { readonly x: number; readonly y: number } | null = null;

/** The canvas reports where the pointer is over it; null when it left. */
export function setPointer(at: { readonly x: number; readonly y: number } | null): void {
  pointer = at;
}

/** The point of the canvas under the pointer, or null while it is elsewhere. */
export const pointerOnCanvas = (): { readonly x: number; readonly y: number } | null =>
  pointer && toCanvas(pointer);

export const zoomNow = (): number => flow?.getZoom() ?? 1;

/** The part of the canvas that is seen, in its own units. */
export function seenPart(): {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
} {
  const box = document.querySelector('.react-flow')?.getBoundingClientRect();
  if (!flow || !box) return { x: 0, y: 0, width: 0, height: 0 };
  const { x, y } = flow.screenToFlowPosition({ x: box.x, y: box.y });
  const zoom = flow.getZoom();
  return { x, y, width: box.width / zoom, height: box.height / zoom };
}

/** Room around a card that was brought into view. */
const MARGIN = 24;

/** How far what lies from `start` to `end` has to move to lie within the bounds: 0 where it does, else just so far, its start first. */
export function shiftInto(start: number, end: number, least: number, most: number): number {
  if (start >= least && end <= most) return 0;
  return start < least || end - start > most - least - 2 * MARGIN
    ? least + MARGIN - start
    : most - MARGIN - end;
}

/**
 * Brings a node into view when part of it is outside, as little as that takes: what is around it stays where the eye has it. The zoom
 * stays. Waits until a new card is drawn.
 */
export function showNode(id: string): void {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const node = boxOf(id);
      const box = document.querySelector('.react-flow')?.getBoundingClientRect();
      if (!flow || !node || !box) return;
      const { x, y, width, height } = node;
      const start = flow.flowToScreenPosition({ x, y });
      const end = flow.flowToScreenPosition({ x: x + width, y: y + height });
      const across = shiftInto(start.x, end.x, box.left, box.right);
      const down = shiftInto(start.y, end.y, box.top, box.bottom - CONTROLS);
      if (across === 0 && down === 0) return;
      const camera = flow.getViewport();
      void flow.setViewport(
        { ...camera, x: camera.x + across, y: camera.y + down },
        { duration: duration() },
      );
    }),
  );
}

/** Height the controls at the lower edge take. */
const CONTROLS = 56;

/** Moves the camera so that the node is in the middle, close enough to read. */
export function lookAt(id: string): void {
  const node = boxOf(id);
  if (!flow || !node) return;
  void flow.setCenter(node.x + node.width / 2, node.y + node.height / 2, {
    zoom: Math.max(flow.getZoom(), 0.85),
    duration: duration(),
  });
}

/** Moves the camera over a point of the canvas; the zoom stays. */
export const centreOn = ({ x, y }: { readonly x: number; readonly y: number }): void => {
  void flow?.setCenter(x, y, { zoom: flow.getZoom() });
};

export const isLarge = (nodes: number): boolean => nodes >= LARGE;

/** Frames in which a card that is not drawn yet is waited for. */
const MOST_FRAMES = 60;

/**
 * Gives a card the keyboard as soon as it is drawn: one that is still to be measured takes no focus. Not before all is in view,
 * since the graph library moves the camera to a card that gets the keyboard outside of it.
 */
export function focusCardSoon(id: string): void {
  const selector = `.react-flow__node[data-id="${CSS.escape(id)}"]`;
  let left = MOST_FRAMES;
  requestAnimationFrame(function focus() {
    const card = isFitting ? null : document.querySelector<HTMLElement>(selector);
    card?.focus({ preventScroll: true });
    if (document.activeElement !== card && left-- > 0) requestAnimationFrame(focus);
  });
}
