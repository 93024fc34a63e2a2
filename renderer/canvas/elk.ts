// Automatic arrangement by ELK in a worker: downwards, long chains broken into columns that fit the canvas's proportions, or to the right.
import ELK, { type ElkNode } from 'elkjs/lib/elk-api';
import elkWorkerUrl from 'elkjs/lib/elk-worker.min.js?url';

import { workerUrl } from '../trusted-types';
import { COLUMN_GAP, ROW_GAP } from './card-size';
import { foldIntoColumns, foldIntoRows, type Box, type Placed } from './fold';

export interface Link {
  readonly id: string;
  readonly source: string;
  readonly target: string;
}

export type Direction = 'down' | 'right';

interface LayoutOptions {
  /** The canvas's width through its height; null: never broken into columns. */
  readonly aspect: number | null;
  readonly direction: Direction;
}

let elk: InstanceType<typeof ELK> | null = null;
let callOff: (() => void) | null = null;

/** Ends the layout in progress and its worker; it resolves with null. */
export function cancelLayout(): void {
  callOff?.();
}

/** Positions for all boxes, or null when it was called off. Rejects when the layout fails. */
export async function layOut(
  boxes: readonly Box[],
  links: readonly Link[],
  { aspect, direction }: LayoutOptions,
): Promise<readonly Placed[] | null> {
  cancelLayout();
  const worker = (elk ??= new ELK({ workerFactory: () => new Worker(workerUrl(elkWorkerUrl)) }));
  const calledOff = new Promise<null>((resolve) => {
    callOff = () => {
      worker.terminateWorker();
      elk = null;
      callOff = null;
      resolve(null);
    };
  });
  const result = await Promise.race([calledOff, worker.layout(graphFor(boxes, links, direction))]);
  if (!result) return null;
  callOff = null;
  const placed = (result.children ?? []).map(({ id, x = 0, y = 0 }) => ({
    id,
    position: { x: Math.round(x), y: Math.round(y) },
  }));
  if (aspect === null) return placed;
  return direction === 'right' ? foldIntoRows(placed, boxes, aspect) : foldIntoColumns(placed, boxes, aspect);
}

/** Above this many boxes the layout's finer passes would take minutes. */
const MANY = 2_000;

function graphFor(boxes: readonly Box[], links: readonly Link[], direction: Direction): ElkNode {
  const isRight = direction === 'right';
  return {
    id: 'root',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': isRight ? 'RIGHT' : 'DOWN',
      'elk.spacing.nodeNode': String(isRight ? ROW_GAP : COLUMN_GAP),
      'elk.layered.spacing.nodeNodeBetweenLayers': String(isRight ? COLUMN_GAP : ROW_GAP),
      'elk.layered.nodePlacement.strategy': boxes.length > MANY ? 'SIMPLE' : 'BRANDES_KOEPF',
      'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
    },
    children: boxes.map(({ id, width, height }) => ({ id, width, height })),
    edges: links.map(({ id, source, target }) => ({ id, sources: [source], targets: [target] })),
  };
}
