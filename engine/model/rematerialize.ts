// Feeding a sample of another size to a model that has its values: what changes size, and taking only that anew.
import { nodeTensors } from '#core/graph/cost';
import { diagnoseInTurns, isRunnable } from '#core/graph/diagnose';
import { inferInTurns, type Inference } from '#core/graph/infer';
import { resolveNode } from '#core/graph/resolve';
import { isLazy, type Generator } from '#core/nn/index';
import { agrees } from '#core/nn/solve-sizes';
import type { Problem, Resized } from '#core/session/session';
import type { Shape } from '#core/tensor/shape';
import type { Storage } from '#core/tensor/storage';
import type { Turned } from '#core/turns';

import { inferModel } from './info';
import type { LayerSet } from './layer-set';
import { setState, stateOf, type TensorState } from './states';

/**
 * What has values and would change its size if a sample of these shapes were fed, with the problems that the sample meets now. Nothing
 * changes size while the sample runs with the sizes there are, and when it would not run with any.
 */
export function* previewInTurns(
  set: LayerSet,
  shapes: Readonly<Record<string, Shape>>,
): Turned<{ readonly resized: readonly Resized[]; readonly problems: readonly Problem[] }> {
  const problems = yield* diagnoseInTurns(yield* inferModel(set, shapes));
  if (isRunnable(problems)) return { resized: [], problems };
  const anew = yield* inferAnew(set, shapes);
  const isRunnableAnew = isRunnable(yield* diagnoseInTurns(anew));
  return { resized: isRunnableAnew ? resizedBy(set, anew) : [], problems };
}

/** The graph as a sample of these shapes would have it if no size were known yet. */
const inferAnew = (set: LayerSet, shapes: Readonly<Record<string, Shape>>): Turned<Inference> =>
  inferInTurns(set.graph, { inputs: shapes });

/** What such a sample would resize, in state-dict order. */
function resizedBy(set: LayerSet, inference: Inference): readonly Resized[] {
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
  readonly values: Storage;
  readonly shape: Shape;
  readonly state: TensorState | null;
}

/** Values of parameters whose layers were made anew. */
export interface KeptValues {
  /** Gives parameters of unchanged shape their values, once a sample has materialized them. */
  giveBack(): void;
  dispose(): void;
}

/** Makes the layers of `resized` uninitialized again; their buffers (running statistics) start over with them. */
export function renewResized(set: LayerSet, resized: readonly Resized[], generator: Generator): KeptValues {
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
      const values = tensor.storage.copy();
      kept.push({ node: node.id, name, shape, values, state: stateOf(layer, name) });
    }
    const { params } = resolveNode(node);
    if (params) set.replace(node, set.make(node, params, generator));
  }
  set.refresh();
  return {
    giveBack() {
      for (const { node, name, values, shape, state } of kept) {
        const layer = set.layer(node);
        const tensor = layer?.tensor(name) ?? null;
        if (!layer || !tensor || isLazy(tensor) || !agrees(shape, tensor.shape)) continue;
        tensor.storage.assign(values);
        if (state) setState(layer, name, state);
      }
    },
    dispose() {
      for (const { values } of kept) values.dispose();
    },
  };
}
