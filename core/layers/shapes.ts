// Reasoning about partly known shapes, and the problems reported about them. Knows no layer and runs no op.
import { formatShape } from '../tensor/shape';
import type { EdgeShape, Inference, LayerProblem } from './declaration';

/** A size of an edge; null where it is not known. */
export type Size = number | null;

/** The outcome "these are the output shapes". */
export const outputs = (...shapes: readonly EdgeShape[]): Inference => ({ outputs: shapes });

/** The outcome "this cannot be". */
export const refusal = (...problems: readonly LayerProblem[]): Inference => ({ problems });

/** A problem "in_features: expected 100, got 288", with the numbers also apart. */
export const mismatch = (
  where: string,
  expected: number | string,
  got: number | string,
  hint?: string,
): LayerProblem => ({
  where,
  message: `${where}: expected ${expected}, got ${got}`,
  expected: String(expected),
  got: String(got),
  ...(hint === undefined ? {} : { hint }),
});

/** Hint for a size that was typed and could have been left blank. */
export const blankHint = (param: string): string => `leave ${param} blank to take it from the input`;

/** Position of `axis` (negative counts from the end) in a shape of `rank`, or null when it is outside. */
export function axisIn(axis: number, rank: number): number | null {
  const position = axis < 0 ? axis + rank : axis;
  return position >= 0 && position < rank ? position : null;
}

/** The size of an axis (negative counts from the end); null while unknown or absent. */
export const sizeAt = (shape: EdgeShape, axis: number): Size => shape?.at(axis) ?? null;

/** PyTorch's list form of a shape: `[2, 3]`, `?` for a size not known yet. */
export const listed = (shape: readonly Size[]): string => `[${shape.map((size) => size ?? '?').join(', ')}]`;

/** "Dimension out of range" as PyTorch says it, at `where`. */
export const axisProblem = (where: string, axis: number, rank: number): LayerProblem => {
  const range = `from ${-rank} to ${rank - 1}`;
  return {
    where,
    message: `Dimension out of range (expected to be in range of [${-rank}, ${rank - 1}], but got ${axis})`,
    expected: range,
    got: String(axis),
  };
};

/** "expected 4 dimensions, got 2 (64×10)" at an input port; null when the rank is allowed or unknown. */
export function rankProblem(
  port: string,
  shape: EdgeShape,
  ranks: readonly number[],
  hint?: string,
): LayerProblem | null {
  if (shape === null || ranks.includes(shape.length)) return null;
  const expected = `${ranks.join(' or ')} dimensions`;
  return mismatch(port, expected, `${shape.length} (${formatShape(shape)})`, hint);
}

/** Product of sizes; null while one of them is unknown. */
export const product = (sizes: readonly Size[]): Size =>
  sizes.includes(0)
    ? 0
    : sizes.reduce<Size>((total, size) => (total === null || size === null ? null : total * size), 1);

/**
 * One size under broadcasting of two partly known sizes; undefined when they cannot fit. An unknown size beside n > 1 is
 * taken to be n: the only size it may have besides 1, and both give n.
 */
export function broadcastSize(a: Size, b: Size): Size | undefined {
  if (a === b) return a;
  if (a === 1) return b;
  if (b === 1) return a;
  if (a === null) return b;
  if (b === null) return a;
  return undefined;
}

/** NumPy broadcasting of partly known shapes: null while a rank is unknown, undefined when they cannot fit. */
export function broadcastEdges(a: EdgeShape, b: EdgeShape): EdgeShape | undefined {
  if (a === null || b === null) return null;
  const rank = Math.max(a.length, b.length);
  const result: Size[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const left = axis < rank - a.length ? 1 : (a[axis - rank + a.length] ?? null);
    const right = axis < rank - b.length ? 1 : (b[axis - rank + b.length] ?? null);
    const size = broadcastSize(left, right);
    if (size === undefined) return undefined;
    result.push(size);
  }
  return result;
}

/** True when the known sizes of two shapes agree. */
export const isCompatible = (a: EdgeShape, b: EdgeShape): boolean =>
  a === null ||
  b === null ||
  (a.length === b.length && a.every((size, axis) => size === null || b[axis] === null || size === b[axis]));
