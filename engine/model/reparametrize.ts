// A layer's tensors in another parametrization: a weight becomes the tensors it is learned through, or these become a weight again.
import type { TensorSpec } from '#core/layers/declaration';
import { compose, partName } from '#core/layers/parametrize/index';
import { DIRECTION, MAGNITUDE, normAxis } from '#core/layers/parametrize/weight-norm';
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
import { reflectorsOf } from '#core/nn/orthogonal-start';
import { runSteps } from '#core/nn/steps';
import * as ops from '#core/ops/index';
import { encodeElements } from '#core/tensor/elements';
import { numel } from '#core/tensor/shape';
import type { Tensor } from '#core/tensor/tensor';

import { setState, stateOf } from './states';

/**
 * Gives `to` (the same layer, new) what `from` knows: sizes, values and their states. A weight that a
 * parametrization can give goes on as it is, up to the last digit where trained parts become one weight; else it becomes the
 * nearest that the parametrization makes of it.
 */
export function carryOver(from: LayerModule, to: LayerModule): void {
  to.params = from.params;
  to.provenance = from.provenance;
  const following: TensorSpec[] = [];
  for (const spec of to.tensorSpecs()) {
    const { name, partOf } = spec;
    const isSame = hasSame(from, spec);
    const source = isSame ? from.tensor(name) : weightOf(from, partOf?.tensor ?? name);
    const target = to.tensor(name);
    if (!target || !source || isLazy(source)) continue;
    const isFollowing = partOf?.role === 'derived' && !isSame;
    if (isLazy(target)) target.materialize(isFollowing ? sizesOf(spec) : source.shape);
    if (isFollowing) following.push(spec);
    else copyInto(target, source);
    if (partOf?.role === 'main' && !isSame) runSteps(reflectorsOf(spec.initializer, target));
    const state = stateOf(from, name) ?? stateOf(from, mainOf(from, partOf?.tensor ?? name)?.name ?? name);
    if (state) setState(to, name, state);
    if (source !== from.tensor(name) && source !== from.tensor(partOf?.tensor ?? ''))
      source.storage.dispose();
  }
  to.initializeTensors(following);
  if (!isLazyModule(from) && isLazyModule(to)) finishLazy(to);
}

const sizesOf = ({ shape }: TensorSpec): number[] => shape.map((size) => size ?? 0);

/** The spec of the tensor that tells most about a weight: itself, or the main one of its parts. */
const mainOf = (layer: LayerModule, weight: string): TensorSpec | undefined =>
  layer
    .tensorSpecs()
    .find(({ name, partOf }) => name === weight || (partOf?.tensor === weight && partOf.role === 'main'));

/** Whether the other layer has this very tensor, learned in the same way. */
function hasSame(from: LayerModule, { name, partOf }: TensorSpec): boolean {
  const spec = from.tensorSpecs().find((each) => each.name === name);
  return (
    spec !== undefined &&
    JSON.stringify(spec.partOf?.parametrization) === JSON.stringify(partOf?.parametrization)
  );
}

/** A weight as the layer computes with it outside training. New memory where it is learned through other tensors. */
function weightOf(layer: LayerModule, name: string): Tensor | null {
  const plain = layer.tensor(name);
  if (plain) return plain;
  const choice = mainOf(layer, name)?.partOf?.parametrization;
  const siblings = layer.siblings();
  const parts = layer.tensorSpecs().filter(({ partOf }) => partOf?.tensor === name);
  if (!choice || parts.some((part) => isLazy(siblings[part.name] ?? null))) return null;
  if (choice.kind === 'weight_norm') return normedWeight(layer, name, choice.dim);
  return ops.noGrad(() => ops.scope(() => compose(choice, name, siblings, false)));
}

/** g · v / ‖v‖, exactly v where g is ‖v‖. */
function normedWeight(layer: LayerModule, name: string, dim: number | null): Tensor | null {
  const [g, v] = [MAGNITUDE, DIRECTION].map((part) => layer.tensor(partName(name, part)));
  if (!g || !v) return null;
  const axis = normAxis(dim, v.rank);
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
