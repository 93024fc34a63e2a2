// On whose behalf ops are called: a node's forward or backward, or a part of the training step. A trace notes it with each
// instruction, so that time and memory of a program can be told by node.

/** Backward work belongs to the node whose forward it differentiates. `data`, `loss` and `update` belong to no node. */
export type Phase = 'forward' | 'backward' | 'data' | 'loss' | 'update';

export interface Origin {
  readonly phase: Phase;
  /** Id of a node of the flat graph; null for the parts of a step that are no node's. */
  readonly node: string | null;
}

/** Parts of a training step that are no node's. */
export const DATA: Origin = { phase: 'data', node: null };
export const LOSS: Origin = { phase: 'loss', node: null };
export const UPDATE: Origin = { phase: 'update', node: null };

let current: Origin | null = null;

/** Runs `body`, which may not be async, on behalf of `origin`; null for nobody known. */
export function withOrigin<T>(origin: Origin | null, body: () => T): T {
  const previous = current;
  current = origin;
  try {
    return body();
  } finally {
    current = previous;
  }
}

export const currentOrigin = (): Origin | null => current;

/** The origin of the gradient of what `origin` computed. */
export const backwardOf = (origin: Origin | null | undefined): Origin | null =>
  origin?.phase === 'forward' ? { ...origin, phase: 'backward' } : (origin ?? null);
