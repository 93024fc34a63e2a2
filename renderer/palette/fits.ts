// Which layers fit a port: those whose inference takes the shape that leaves it, or whose output the waiting input takes.
import { inferLayer } from '#core/graph/infer';
import type { Inference } from '#core/graph/infer';
import { LAYERS, parseParams, type LayerDeclaration } from '#core/layers/index';
import type { EdgeShape } from '#core/layers/declaration';

/** A port someone draws an edge from: an output that wants a reader, or an input that wants a source. */
export interface OpenPort {
  readonly kind: 'output' | 'input';
  readonly node: string;
  readonly port: string;
}

/** True when `layer` may stand at the other end. What is not known yet is no reason against it. */
export function fitsPort(layer: LayerDeclaration, port: OpenPort, inference: Inference | null): boolean {
  if (port.kind === 'input') return layer.outputs.length > 0;
  if (layer.inputs.length === 0) return false;
  return takes(layer, shapeOf(port, inference));
}

/** Layers in the palette's order, those that fit. */
export const layersThatFit = (
  port: OpenPort | null,
  inference: Inference | null,
): readonly LayerDeclaration[] =>
  port === null ? LAYERS : LAYERS.filter((layer) => fitsPort(layer, port, inference));

function shapeOf({ node, port }: OpenPort, inference: Inference | null): EdgeShape {
  const from = inference?.nodes.get(node);
  const at = from?.declaration?.outputs.findIndex(({ name }) => name === port) ?? -1;
  return from?.outputs[at] ?? null;
}

/** The first input gets the shape, the others stay unknown; the layer's own initial params may still need changing. */
function takes(layer: LayerDeclaration, shape: EdgeShape): boolean {
  if (shape === null) return true;
  const required = layer.inputs.filter(({ isOptional }) => isOptional !== true).length;
  const inputs = Array.from({ length: Math.max(1, required) }, (_, at) => ({
    shape: at === 0 ? shape : null,
  }));
  try {
    return inferLayer(layer, parseParams(layer, {}), inputs, {}).shapeProblems.length === 0;
  } catch {
    return true;
  }
}
