// What a graph costs: multiply-adds and bytes of activations per node, parameters and bytes in total. Unknown is null, never 0.
import type { TensorSpec } from '../layers/declaration';
import { elementSize, type DType } from '../tensor/dtype';
import { numel, type PartialShape, type Shape } from '../tensor/shape';
import type { NodeInference } from './infer';

/** A shape with every size known, or null. */
export function knownShape(shape: PartialShape | null): Shape | null {
  if (!shape) return null;
  const sizes = shape.filter((size) => size !== null);
  return sizes.length === shape.length ? sizes : null;
}

/** All shapes known, or null. */
function allKnown(shapes: readonly (PartialShape | null)[]): readonly Shape[] | null {
  const known = shapes.map(knownShape).filter((shape) => shape !== null);
  return known.length === shapes.length ? known : null;
}

/** Floating point operations of one forward (a multiply-add counts 2) of the batch its shapes show. */
export function nodeFlops({ declaration, effective, inputs, outputs }: NodeInference): number | null {
  if (!declaration || !effective) return null;
  const from = allKnown(inputs.map(({ shape }) => shape));
  const to = allKnown(outputs);
  if (!from || !to) return null;
  return declaration.flops?.(effective, from, to) ?? 0;
}

/** Bytes of a node's outputs in the model's dtype. */
export function activationBytes({ outputs }: NodeInference, dtype: DType): number | null {
  const shapes = allKnown(outputs);
  return shapes && shapes.reduce((bytes, shape) => bytes + numel(shape) * elementSize(dtype), 0);
}

/** Parameters and buffers of a node with the sizes known so far, in registration order. */
export const nodeTensors = ({ declaration, effective }: NodeInference): readonly TensorSpec[] =>
  declaration && effective ? (declaration.tensors?.(effective) ?? []) : [];

/** Sum that stays unknown when one part is. */
export const sumKnown = (parts: readonly (number | null)[]): number | null =>
  parts.reduce<number | null>((total, part) => (total === null || part === null ? null : total + part), 0);
