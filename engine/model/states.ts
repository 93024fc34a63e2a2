// What happened to a layer's tensors: loaded, trained. It goes with the layer, so a new name keeps it and a rebuilt layer starts over.
import type { LayerModule } from '#core/nn/index';
import type { ParameterInfo } from '#core/session/session';

export type TensorState = ParameterInfo['state'];

const byLayer = new WeakMap<LayerModule, Map<string, TensorState>>();

/** Null while nothing was said about the tensor. */
export const stateOf = (layer: LayerModule, name: string): TensorState | null =>
  byLayer.get(layer)?.get(name) ?? null;

export function setState(layer: LayerModule, name: string, state: TensorState): void {
  const states = byLayer.get(layer) ?? new Map<string, TensorState>();
  byLayer.set(layer, states.set(name, state));
}
