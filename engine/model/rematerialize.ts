// Feeding a sample of another size to a model that has its values: what changes size, and taking only that anew.
import { nodeTensors } from '#core/graph/cost';
import { inferGraph, type Inference } from '#core/graph/infer';
import { resolveNode } from '#core/graph/resolve';
import { denseBytes, isLazy, writeDense, type Generator } from '#core/nn/index';
import { agrees } from '#core/nn/solve-sizes';
import type { Resized } from '#core/session/session';
import type { Shape } from '#core/tensor/shape';

import type { LayerSet } from './layer-set';
import { setState, stateOf, type TensorState } from './states';

/** The graph as a sample of these shapes would have it if no size were known yet. */
export const inferAnew = (set: LayerSet, shapes: Readonly<Record<string, Shape>>): Inference =>
  inferGraph(set.graph, { inputs: shapes });

/** What such a sample would resize, in state-dict order. */
export function resizedBy(set: LayerSet, inference: Inference): readonly Resized[] {
  return set.entries().flatMap(([node, layer]) => {
    const inferred = inference.nodes.get(node.id);
    return (inferred ? nodeTensors(inferred) : []).flatMap(({ name, shape }): Resized[] => {
      const tensor = layer.tensor(name);
      if (!tensor || isLazy(tensor) || agrees(shape, tensor.shape)) return [];
      return [{ key: `${node.name}.${name}`, before: tensor.shape, after: shape }];
    });
  });
}

interface KeptTensor {
  readonly node: string;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly shape: Shape;
  readonly state: TensorState | null;
}

/**
 * Makes the layers of `resized` uninitialized again. Returns what gives their parameters of unchanged shape the values
 * back, once a sample has materialized them; buffers (running statistics) start over with the layer.
 */
export function renewResized(set: LayerSet, resized: readonly Resized[], generator: Generator): () => void {
  const keys = new Set(resized.map(({ key }) => key));
  const affected = set
    .entries()
    .filter(([node, layer]) => layer.tensorSpecs().some(({ name }) => keys.has(`${node.name}.${name}`)));
  const kept: KeptTensor[] = [];
  for (const [node, layer] of affected) {
    for (const { name, kind } of layer.tensorSpecs()) {
      const tensor = layer.tensor(name);
      if (!tensor || isLazy(tensor) || kind !== 'parameter' || keys.has(`${node.name}.${name}`)) continue;
      const { shape } = tensor;
      kept.push({ node: node.id, name, shape, bytes: denseBytes(tensor), state: stateOf(layer, name) });
    }
    const { params } = resolveNode(node);
    if (params) set.replace(node, set.make(node, params, generator));
  }
  set.refresh();
  return () => {
    for (const { node, name, bytes, shape, state } of kept) {
      const layer = set.layer(node);
      const tensor = layer?.tensor(name) ?? null;
      if (!layer || !tensor || isLazy(tensor) || !agrees(shape, tensor.shape)) continue;
      writeDense(tensor, bytes);
      if (state) setState(layer, name, state);
    }
  };
}
