// What each node costs in a training step, measured: as data for inspector, cards, report and command line.
import type { DeviceName } from '../document/device';

/** Of one step. */
export interface Work {
  readonly seconds: number;
  /** Computed from the shapes the executor sees. */
  readonly flops: number;
  /** Memory that is taken for its results; what is written in another's place counts nothing. */
  readonly bytes: number;
}

export interface NodeProfile {
  readonly forward: Work;
  readonly backward: Work;
  /** Of the forward's bytes, those that stay until the backward has read them. */
  readonly kept: number;
  /** Nodes inside whose instructions part of its work is done on the way: that time counts with them. */
  readonly inside: readonly string[];
  /** Nodes it shares instructions with: their time is told by the number of ops each brings. */
  readonly together: readonly string[];
}

/** Parts of a step that belong to no node: taking samples, loss and metrics, optimizer, and what is left. */
export type StepPart = 'data' | 'loss' | 'update' | 'other';

export interface StepProfile {
  readonly device: DeviceName;
  /** Samples of a step. */
  readonly batch: number;
  /** Steps that were measured: the numbers are their medians. */
  readonly steps: number;
  /** Measured in the run that goes on, and not on the data beside it. */
  readonly isLive: boolean;
  /** Of the whole step. */
  readonly seconds: number;
  /** By id of the flat graph. */
  readonly nodes: Readonly<Record<string, NodeProfile>>;
  /** Seconds. */
  readonly parts: Readonly<Record<StepPart, number>>;
}

const NOTHING: Work = { seconds: 0, flops: 0, bytes: 0 };
export const NO_PROFILE: NodeProfile = {
  forward: NOTHING,
  backward: NOTHING,
  kept: 0,
  inside: [],
  together: [],
};

export const addWork = (a: Work, b: Work): Work => ({
  seconds: a.seconds + b.seconds,
  flops: a.flops + b.flops,
  bytes: a.bytes + b.bytes,
});

/** Of a node, or of all that lies inside a block's instance (`n5` has `n5/0/n2`); null where nothing was measured. */
export function profileOf({ nodes }: Pick<StepProfile, 'nodes'>, id: string): NodeProfile | null {
  const own = nodes[id];
  if (own) return own;
  const inside = Object.keys(nodes).filter((key) => key.startsWith(`${id}/`));
  if (inside.length === 0) return null;
  return inside
    .flatMap((key) => nodes[key] ?? [])
    .reduce((sum, each) => ({
      forward: addWork(sum.forward, each.forward),
      backward: addWork(sum.backward, each.backward),
      kept: sum.kept + each.kept,
      inside: [],
      together: [],
    }));
}
