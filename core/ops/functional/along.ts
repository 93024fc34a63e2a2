// Elements picked, added up and put in order along an axis: torch.gather, torch.scatter_add and torch.sort.
import { numel, type Shape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { fromArray } from '../create';
import { apply } from '../dispatch';
import { normalizeAxis, shapeError } from '../infer/checks';
import { contiguous, first, reshape } from './dense';
import { add } from './elementwise';
import { gather, scatterRows } from './indexing';
import { addPromoted, mulPromoted } from './promoted';

/** Row-major steps of a shape. */
function stepsOf(shape: Shape): number[] {
  const steps: number[] = [];
  let step = 1;
  for (const size of [...shape].reverse()) {
    steps.unshift(step);
    step *= size;
  }
  return steps;
}

/** Where each element of `index` points in a tensor of `shape` laid out in a row. A place outside the axis is an error. */
function placesOf(index: Tensor, shape: Shape, axis: number): Tensor {
  const fits =
    index.rank === shape.length && index.shape.every((size, at) => at === axis || size <= (shape[at] ?? 0));
  if (!fits)
    throw shapeError(
      `Size does not match at dimension ${axis} expected index [${index.shape.join(', ')}] to be no larger than self [${shape.join(', ')}] apart from dimension ${axis}`,
    );
  const steps = stepsOf(shape);
  const own = stepsOf(index.shape);
  const bases = Float64Array.from({ length: numel(index.shape) }, (_, element) =>
    index.shape.reduce((place, size, at) => {
      const along = Math.floor(element / (own[at] ?? 1)) % size;
      return at === axis ? place : place + along * (steps[at] ?? 0);
    }, 0),
  );
  // Looked up as a row too, so that a place outside is refused; what is looked up is 0.
  const nothing = gather(fromArray(new BigInt64Array(shape[axis] ?? 0), 'int64', index.device), index);
  const step = fromArray(steps[axis] ?? 1, 'int64', index.device);
  const moved = addPromoted(mulPromoted(index, step), nothing);
  return addPromoted(moved, fromArray(bases, 'int64', index.device, index.shape));
}

/** `x` at int64 `index` along `axis`: the shape of `index`. Source: torch.gather. */
export function gatherAlong(x: Tensor, axis: number, index: Tensor): Tensor {
  const at = normalizeAxis(axis, x.rank);
  return gather(reshape(x, [-1]), placesOf(index, x.shape, at));
}

/** `x` with `source` added where int64 `index`, of its shape, points along `axis`. Source: torch.scatter_add. */
export function scatterAddAlong(x: Tensor, axis: number, index: Tensor, source: Tensor): Tensor {
  const at = normalizeAxis(axis, x.rank);
  const places = reshape(placesOf(index, x.shape, at), [-1]);
  const sums = scatterRows(reshape(source, [-1]), places, x.numel());
  return add(x, reshape(sums, x.shape));
}

export interface Sorted {
  readonly values: Tensor;
  /** int64. */
  readonly indices: Tensor;
}

/**
 * `x` in order along `axis`, and where each value stood; equal ones keep their order and a NaN counts as the largest.
 * Source: torch.sort with stable=True.
 */
export function sortAlong(x: Tensor, axis: number, { descending = false } = {}): Sorted {
  const at = normalizeAxis(axis, x.rank);
  const indices = first(apply('argsort', [contiguous(x).detach()], { axis: at, descending }));
  return { values: x.numel() === 0 ? x : gatherAlong(x, at, indices), indices };
}
