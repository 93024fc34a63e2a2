// Which blank sizes a layer's known tensor shapes imply: the inverse of a declaration's `tensors`. Pure arithmetic.
import type { LayerDeclaration } from '../layers/declaration';
import { shapesEqual, type PartialShape, type Shape } from '../tensor/shape';

export type Sizes = Readonly<Record<string, number | readonly number[]>>;

type Params = Readonly<Record<string, unknown>>;

/** Divisible by every number of groups in practice, so that size / groups stays whole while probing. */
const PROBE = 720_720;

/** Inferred params that are still blank and that some tensor waits for. */
export function blankParams(declaration: LayerDeclaration, params: Params): readonly string[] {
  const waited = new Set(declaration.tensors?.(params).map((spec) => spec.waitsFor));
  const shapes = declaration.tensors?.(params).map((spec) => spec.shape) ?? [];
  const hasHoles = shapes.some((shape) => shape.includes(null));
  return Object.entries(declaration.params)
    .filter(([name, spec]) => spec.isInferred === true && (params[name] ?? null) === null)
    .map(([name]) => name)
    .filter((name) => waited.has(name) || hasHoles);
}

/**
 * The blank sizes under which the declared tensors have exactly the given shapes (a part of them is enough); null when no
 * sizes do. A size param is found by probing how one axis depends on it, which is always in proportion.
 */
export function solveSizes(
  declaration: LayerDeclaration,
  params: Params,
  shapes: ReadonlyMap<string, Shape>,
): Sizes | null {
  const sizes = impliedSizes(declaration, params, shapes);
  return fits(declaration, { ...params, ...sizes }, shapes) ? sizes : null;
}

/** The blank sizes that the first tensors of known shape imply, whether or not the others agree. */
export function impliedSizes(
  declaration: LayerDeclaration,
  params: Params,
  shapes: ReadonlyMap<string, Shape>,
): Sizes {
  const sizes: Record<string, number | readonly number[]> = {};
  for (const param of blankParams(declaration, params)) {
    const isList = declaration.params[param]?.widget === 'shape';
    const size = isList
      ? listSize(declaration, params, shapes)
      : proportionalSize(declaration, params, param, shapes);
    if (size !== null) sizes[param] = size;
  }
  return sizes;
}

/** True when every given shape agrees with the declared one wherever that is known. */
export function fits(
  declaration: LayerDeclaration,
  params: Params,
  shapes: ReadonlyMap<string, Shape>,
): boolean {
  const specs = declaration.tensors?.(params) ?? [];
  return specs.every(({ name, shape }) => {
    const given = shapes.get(name);
    return given === undefined || agrees(shape, given);
  });
}

/** A partly known shape against a known one. */
export const agrees = (expected: PartialShape, given: Shape): boolean =>
  expected.length === given.length && expected.every((size, axis) => size === null || size === given[axis]);

function proportionalSize(
  declaration: LayerDeclaration,
  params: Params,
  param: string,
  shapes: ReadonlyMap<string, Shape>,
): number | null {
  const before = declaration.tensors?.(params) ?? [];
  const after = declaration.tensors?.({ ...params, [param]: PROBE }) ?? [];
  for (const [index, spec] of before.entries()) {
    const given = shapes.get(spec.name);
    const probed = after[index]?.shape ?? [];
    const axis = spec.shape.findIndex((size, at) => size === null && typeof probed[at] === 'number');
    const [size, perProbe] = [given?.[axis], probed[axis]];
    if (size === undefined || typeof perProbe !== 'number') continue;
    const value = (size * PROBE) / perProbe;
    if (Number.isInteger(value)) return value;
  }
  return null;
}

/** A blank shape (layer_norm's normalized_shape) is the whole shape of a tensor that waits for it. */
function listSize(
  declaration: LayerDeclaration,
  params: Params,
  shapes: ReadonlyMap<string, Shape>,
): Shape | null {
  for (const spec of declaration.tensors?.(params) ?? []) {
    const given = shapes.get(spec.name);
    if (given === undefined || spec.waitsFor === null) continue;
    const isConsistent = declaration.tensors?.({ ...params, [spec.waitsFor]: given }).some(
      (other) =>
        other.name === spec.name &&
        shapesEqual(
          other.shape.map((size) => size ?? -1),
          given,
        ),
    );
    if (isConsistent === true) return given;
  }
  return null;
}
