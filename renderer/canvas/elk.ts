// Automatic arrangement by ELK in a worker: top to bottom, long chains broken into columns that fit the canvas's proportions.
import ELK from 'elkjs/lib/elk-api';
import elkWorkerUrl from 'elkjs/lib/elk-worker.min.js?url';

import { workerUrl } from '../trusted-types';
import { COLUMN_GAP, ROW_GAP } from './card-size';
import { foldIntoColumns, type Box, type Placed } from './fold';

export interface Link {
  readonly id: string;
  readonly source: string;
  readonly target: string;
}

let elk: InstanceType<typeof ELK> | null = null;

/** Positions for all boxes; `aspect` is the canvas's width through its height. Rejects when the layout fails. */
export async function layOut(
  boxes: readonly Box[],
  links: readonly Link[],
  aspect: number,
): Promise<readonly Placed[]> {
  elk ??= new ELK({ workerFactory: () => new Worker(workerUrl(elkWorkerUrl)) });
  const result = await elk.layout({
    id: 'root',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': 'DOWN',
      'elk.aspectRatio': String(aspect),
      'elk.spacing.nodeNode': String(COLUMN_GAP),
      'elk.layered.spacing.nodeNodeBetweenLayers': String(ROW_GAP),
      'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF',
      'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
    },
    children: boxes.map(({ id, width, height }) => ({ id, width, height })),
    edges: links.map(({ id, source, target }) => ({ id, sources: [source], targets: [target] })),
  });
  const placed = (result.children ?? []).map(({ id, x = 0, y = 0 }) => ({ id, position: { x, y } }));
  return foldIntoColumns(placed, boxes, aspect);
}
