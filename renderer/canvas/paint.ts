// Draws the cards and edges of a large graph on a plain canvas: boxes from afar, boxes with names from nearer. What is close enough
// to read is there as elements of the page, which lie over this picture.
import type { Point } from './geometry';
import { cardsWithin, TONE, type Scene } from './scene';

export interface Camera extends Point {
  readonly zoom: number;
}

/** Colours of the theme, read from the style sheet. */
export interface Ink {
  readonly card: string;
  readonly line: string;
  readonly edge: string;
  readonly text: string;
  readonly detail: string;
  readonly selected: string;
  readonly heat: string;
  readonly tones: readonly string[];
  readonly font: string;
}

export function readInk(element: Element): Ink {
  const style = getComputedStyle(element);
  const of = (name: string): string => style.getPropertyValue(name).trim();
  return {
    card: of('--surface-1'),
    line: of('--line-strong'),
    edge: of('--line-strong'),
    text: of('--ink'),
    detail: of('--ink-3'),
    selected: of('--lapis'),
    heat: of('--heat'),
    tones: [of('--line-strong'), of('--gold-line'), of('--gold-line'), of('--red')],
    font: of('--font'),
  };
}

export interface Picture {
  readonly scene: Scene;
  readonly camera: Camera;
  /** In pixels of the page. */
  readonly width: number;
  readonly height: number;
  readonly selected: ReadonlySet<string>;
  readonly selectedEdges: ReadonlySet<string>;
  /** Cards being dragged are drawn shifted. */
  readonly shift: Point | null;
  /** These cards and the edges between them are elements of the page and not drawn here. */
  readonly detailed: ReadonlySet<string>;
  /** The share of the largest cost, 0 to 1, by card; null while no cost is shown. */
  readonly heat: ((id: string) => number) | null;
}

/** Height of a name in pixels below which it would be a blur. */
const LEAST_TEXT = 5;
const NAME_SIZE = 13;

/** Draws with the origin at the page's pixel (0, 0) of the canvas. */
export function paint(context: CanvasRenderingContext2D, ink: Ink, picture: Picture): void {
  const { camera, width, height } = picture;
  context.save();
  context.clearRect(0, 0, width, height);
  context.translate(camera.x, camera.y);
  context.scale(camera.zoom, camera.zoom);
  const part = {
    x: -camera.x / camera.zoom,
    y: -camera.y / camera.zoom,
    width: width / camera.zoom,
    height: height / camera.zoom,
  };
  paintEdges(context, ink, picture, part);
  paintCards(context, ink, picture, part);
  context.restore();
}

type Part = Parameters<typeof cardsWithin>[1];

function paintEdges(context: CanvasRenderingContext2D, ink: Ink, picture: Picture, part: Part): void {
  const { scene, camera, selectedEdges, detailed } = picture;
  const isRight = scene.graph.direction === 'right';
  const marked = new Path2D();
  const { edges } = scene.graph;
  context.beginPath();
  for (let index = 0; index < edges.length; index++) {
    if (!placeLine(picture, index, isRight) || !reaches(line, part)) continue;
    const edge = edges[index];
    if (!edge || (detailed.has(edge.from.node) && detailed.has(edge.to.node))) continue;
    trace(selectedEdges.has(edge.id) ? marked : context, line, isRight);
  }
  context.lineWidth = Math.max(1.5, 0.8 / camera.zoom);
  context.strokeStyle = ink.edge;
  context.stroke();
  context.lineWidth *= 1.6;
  context.strokeStyle = ink.selected;
  context.stroke(marked);
}

/** Start and end of an edge. */
interface Line {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

/** The edge being drawn: thousands are looked at for each picture, and an object for each would be garbage. */
const line: Line = { x1: 0, y1: 0, x2: 0, y2: 0 };

/** Puts an edge's ends into `line`; false for one that lacks a card. */
function placeLine({ scene, selected, shift }: Picture, edge: number, isRight: boolean): boolean {
  const source = scene.ends[edge * 2] ?? -1;
  const target = scene.ends[edge * 2 + 1] ?? -1;
  if (source < 0 || target < 0) return false;
  const { boxes, nodes } = scene;
  const [from, to] = [source * 4, target * 4];
  line.x1 = (boxes[from] ?? 0) + (boxes[from + 2] ?? 0) * (isRight ? 1 : 0.5);
  line.y1 = (boxes[from + 1] ?? 0) + (boxes[from + 3] ?? 0) * (isRight ? 0.5 : 1);
  line.x2 = (boxes[to] ?? 0) + (isRight ? 0 : (boxes[to + 2] ?? 0) / 2);
  line.y2 = (boxes[to + 1] ?? 0) + (isRight ? (boxes[to + 3] ?? 0) / 2 : 0);
  if (shift && selected.has(nodes[source]?.id ?? '')) {
    line.x1 += shift.x;
    line.y1 += shift.y;
  }
  if (shift && selected.has(nodes[target]?.id ?? '')) {
    line.x2 += shift.x;
    line.y2 += shift.y;
  }
  return true;
}

const NO_SHIFT: Point = { x: 0, y: 0 };

const reaches = ({ x1, y1, x2, y2 }: Line, { x, y, width, height }: Part): boolean =>
  Math.max(x1, x2) >= x &&
  Math.min(x1, x2) <= x + width &&
  Math.max(y1, y2) >= y &&
  Math.min(y1, y2) <= y + height;

/** Straight where the ends lie below (or beside) each other, else with a bend in the middle, as the edges of the page have. */
function trace(path: CanvasPath, { x1, y1, x2, y2 }: Line, isRight: boolean): void {
  path.moveTo(x1, y1);
  if (isRight && y1 !== y2 && x2 > x1) {
    path.lineTo((x1 + x2) / 2, y1);
    path.lineTo((x1 + x2) / 2, y2);
  } else if (!isRight && x1 !== x2 && y2 > y1) {
    path.lineTo(x1, (y1 + y2) / 2);
    path.lineTo(x2, (y1 + y2) / 2);
  }
  path.lineTo(x2, y2);
}

function paintCards(context: CanvasRenderingContext2D, ink: Ink, picture: Picture, part: Part): void {
  const { scene, camera, selected, shift, detailed } = picture;
  const { boxes, nodes, tones, views } = scene;
  const hasNames = NAME_SIZE * camera.zoom >= LEAST_TEXT;
  const around = shift ? { x: part.x - 1e5, y: part.y - 1e5, width: 1e6, height: 1e6 } : part;
  const paths = [new Path2D(), new Path2D(), new Path2D(), new Path2D()];
  const chosen = new Path2D();
  const seen: number[] = [];
  cardsWithin(scene, around, (index) => {
    if (detailed.has(nodes[index]?.id ?? '')) return;
    const isSelected = selected.has(nodes[index]?.id ?? '');
    const x = (boxes[index * 4] ?? 0) + (isSelected ? (shift?.x ?? 0) : 0);
    const y = (boxes[index * 4 + 1] ?? 0) + (isSelected ? (shift?.y ?? 0) : 0);
    const path = isSelected ? chosen : paths[tones[index] ?? TONE.plain];
    path?.rect(x, y, boxes[index * 4 + 2] ?? 0, boxes[index * 4 + 3] ?? 0);
    seen.push(index);
  });
  context.fillStyle = ink.card;
  context.lineWidth = Math.max(1, 0.9 / camera.zoom);
  paths.forEach((path, tone) => {
    context.fill(path);
    context.strokeStyle = ink.tones[tone] ?? ink.line;
    context.stroke(path);
  });
  context.fill(chosen);
  if (picture.heat) paintHeat(context, ink.heat, picture, seen);
  context.lineWidth *= 2;
  context.strokeStyle = ink.selected;
  context.stroke(chosen);
  if (!hasNames) return;
  context.font = `600 ${NAME_SIZE}px ${ink.font}`;
  context.textBaseline = 'middle';
  for (const index of seen) {
    const isSelected = selected.has(nodes[index]?.id ?? '');
    const x = (boxes[index * 4] ?? 0) + (isSelected ? (shift?.x ?? 0) : 0);
    const y = (boxes[index * 4 + 1] ?? 0) + (isSelected ? (shift?.y ?? 0) : 0);
    context.fillStyle = ink.text;
    context.fillText(nodes[index]?.name ?? '', x + 34, y + 18, 150);
    const title = views[index]?.title;
    if (title === undefined) continue;
    context.fillStyle = ink.detail;
    context.fillText(title, x + 34, y + (boxes[index * 4 + 3] ?? 0) - 15, 250);
  }
}

const HEAT_STEPS = 8;

/** Cards tinted by their cost, in a few steps so that all cards of one step are one path. */
function paintHeat(
  context: CanvasRenderingContext2D,
  colour: string,
  { scene, heat, selected, shift }: Picture,
  seen: readonly number[],
): void {
  const paths = Array.from({ length: HEAT_STEPS + 1 }, () => new Path2D());
  const { boxes, nodes } = scene;
  for (const index of seen) {
    const id = nodes[index]?.id ?? '';
    const moved = shift && selected.has(id) ? shift : NO_SHIFT;
    const [x = 0, y = 0, width = 0, height = 0] = boxes.subarray(index * 4, index * 4 + 4);
    paths[Math.round((heat?.(id) ?? 0) * HEAT_STEPS)]?.rect(x + moved.x, y + moved.y, width, height);
  }
  context.fillStyle = colour;
  paths.forEach((path, step) => {
    context.globalAlpha = step / HEAT_STEPS;
    if (step > 0) context.fill(path);
  });
  context.globalAlpha = 1;
}
