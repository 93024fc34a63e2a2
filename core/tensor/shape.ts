// Shapes and strides: counting, checking and printing. No tensor, no backend.

/** Sizes per dimension, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];
/** A shape some of whose sizes are not known yet (`null`), as drawn on an edge before a sample was fed. */
export type PartialShape = readonly (number | null)[];

/** Elements in a shape: the product of its sizes, 1 for a scalar. */
export const numel = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

/** Row-major strides, in elements. `[2, 3, 4]` gives `[12, 4, 1]`. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= Math.max(shape[axis] ?? 1, 1);
  }
  return strides;
}

export const shapesEqual = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);

/** `torch.Size([2, 3])`, as PyTorch's messages print it. */
export const torchSize = (shape: Shape): string => `torch.Size([${shape.join(', ')}])`;

/** `64×1×8×8`, as the window and the tables print it; an unknown size is `?`, a scalar is `scalar`. */
export const formatShape = (shape: PartialShape): string =>
  shape.length === 0 ? 'scalar' : shape.map((size) => size ?? '?').join('×');

/** NumPy broadcasting of two shapes, or null when they do not fit. */
export function broadcastShapes(a: Shape, b: Shape): number[] | null {
  const rank = Math.max(a.length, b.length);
  const result = new Array<number>(rank);
  for (let axis = 0; axis < rank; axis++) {
    const left = a[a.length - rank + axis] ?? 1;
    const right = b[b.length - rank + axis] ?? 1;
    if (left !== right && left !== 1 && right !== 1) return null;
    result[axis] = left === 1 ? right : left;
  }
  return result;
}
