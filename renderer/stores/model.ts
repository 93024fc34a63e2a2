// What the engine last said about the model: shapes, parameters, problems, by node. Never edited here.
import { create } from 'zustand';
import type { ModelInfo, NodeInfo, ParameterInfo } from '#core/session/session';

import { saysSame } from './says-same';

interface ModelState {
  readonly model: ModelInfo | null;
  readonly nodes: ReadonlyMap<string, NodeInfo>;
  /** Keys that took their shape in the last feed, to animate them once. */
  readonly fresh: ReadonlySet<string>;
  /** What the last feed said, for the Sample panel. */
  readonly lastFeed: {
    readonly sampleShape: readonly number[];
    readonly materialized: readonly string[];
    readonly unreached: readonly string[];
  } | null;
}

export const useModel = create<ModelState>(() => ({
  model: null,
  nodes: new Map(),
  fresh: new Set(),
  lastFeed: null,
}));

/**
 * Takes over a newer picture of the model. NodeInfos that did not change keep their identity, so their cards do not re-render; in a
 * picture heard as a change of the last (`isHeard`) they have it already.
 */
export function showModel(model: ModelInfo, { isHeard }: { readonly isHeard: boolean }): void {
  const { nodes: before } = useModel.getState();
  const nodes = new Map(
    model.nodes.map((node) => {
      if (isHeard) return [node.id, node];
      const old = before.get(node.id);
      return [node.id, old && saysSame(old, node) ? old : node];
    }),
  );
  useModel.setState({ model, nodes });
}

/** Every parameter and buffer of the model, in state-dict order. */
export const allParameters = (model: ModelInfo | null): readonly ParameterInfo[] =>
  model?.nodes.flatMap((node) => node.parameters) ?? [];
