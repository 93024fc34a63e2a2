// A layer's tensors in another parametrization: a weight becomes magnitude and direction, or the two become a weight again.
import type { TensorSpec } from '#core/layers/declaration';
import { normedNames } from '#core/layers/weight-norm';
import {
  copyInto,
  finishLazy,
  isLazy,
  isLazyModule,
  newTensor,
  valuesOf,
  writeDense,
  type LayerModule,
} from '#core/nn/index';
import { normExceptSteps } from '#core/nn/norm-except';
import { runSteps } from '#core/nn/steps';
import { encodeElements } from '#core/tensor/elements';
import { numel } from '#core/tensor/shape';
import type { Tensor } from '#core/tensor/tensor';

import { setState, stateOf } from './states';

/**
 * Gives `to` (the same layer, new) what `from` knows: sizes, values and their states. Weights are the same numbers, up to the
 * last digit where a trained magnitude and direction become one weight.
 */
export function carryOver(from: LayerModule, to: LayerModule): void {
  to.params = from.params;
  to.provenance = from.provenance;
  const following: TensorSpec[] = [];
  for (const spec of to.tensorSpecs()) {
    const { name, partOf } = spec;
    const isSame = hasSame(from, spec, to);
    const source = isSame ? from.tensor(name) : weightOf(from, partOf?.tensor ?? name);
    const target = to.tensor(name);
    if (!target || !source || isLazy(source)) continue;
    const isFollowing = partOf?.role === 'magnitude' && !isSame;
    if (isLazy(target)) target.materialize(isFollowing ? sizesOf(spec) : source.shape);
    if (isFollowing) following.push(spec);
    else copyInto(target, source);
    const state = stateOf(from, name) ?? stateOf(from, partName(from, partOf?.tensor ?? name));
    if (state) setState(to, name, state);
    if (source !== from.tensor(name) && source !== from.tensor(partOf?.tensor ?? ''))
      source.storage.dispose();
  }
  to.initializeTensors(following);
  if (!isLazyModule(from) && isLazyModule(to)) finishLazy(to);
}

const sizesOf = ({ shape }: TensorSpec): number[] => shape.map((size) => size ?? 0);

/** The tensor that tells the state of a weight: itself, or the direction that stands for it. */
const partName = (layer: LayerModule, weight: string): string =>
  layer.tensor(weight) ? weight : normedNames(weight).direction;

const axisOf = (layer: LayerModule, magnitude: string): number | null | undefined => {
  const spec = layer.tensorSpecs().find(({ name }) => name === magnitude);
  return spec?.initializer.kind === 'norm_except' ? spec.initializer.axis : undefined;
};

/** Whether the other layer has this very tensor, with norms over the same axes. */
function hasSame(from: LayerModule, { name, partOf }: TensorSpec, to: LayerModule): boolean {
  if (from.tensor(name) === null) return false;
  if (!partOf) return true;
  const { magnitude } = normedNames(partOf.tensor);
  return axisOf(from, magnitude) === axisOf(to, magnitude);
}

/** A weight as the layer computes with it: g · v / ‖v‖ where it is normalized. New memory in that case. */
function weightOf(layer: LayerModule, name: string): Tensor | null {
  const plain = layer.tensor(name);
  if (plain) return plain;
  const { magnitude, direction } = normedNames(name);
  const [g, v, axis] = [layer.tensor(magnitude), layer.tensor(direction), axisOf(layer, magnitude)];
  if (!g || !v || axis === undefined || isLazy(g) || isLazy(v)) return null;
  const norm = newTensor(g.shape, g.dtype);
  runSteps(normExceptSteps(norm, v, axis));
  const [magnitudes, norms, values] = [valuesOf(g), valuesOf(norm), valuesOf(v)];
  norm.storage.dispose();
  const inner = axis === null ? values.length : numel(v.shape.slice(axis + 1));
  // An untouched magnitude is the norm itself: the weight is then the direction, to the last digit.
  const scaled = values.map((value, at) => {
    const row = Math.floor(at / Math.max(inner, 1)) % Math.max(norms.length, 1);
    const [from, to] = [norms[row] ?? 1, magnitudes[row] ?? 1];
    return from === to ? value : value * (to / from);
  });
  const weight = newTensor(v.shape, v.dtype);
  writeDense(weight, encodeElements(v.dtype, scaled, scaled.length));
  return weight;
}
