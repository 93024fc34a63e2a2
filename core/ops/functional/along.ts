// Elements picked, added up and put in order along an axis: torch.gather, torch.scatter_add and torch.sort.
import { numel, type Shape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { fromArray, zeros } from '../create';
import { noGrad } from '../dispatch';
import type { Formula, Term } from '../expression';
import { attributeError, normalizeAxis, shapeError } from '../infer/checks';
import { contiguous, reshape } from './dense';
import { add, cast, fused } from './elementwise';
import { gather, scatterRows } from './indexing';
import { addPromoted, mulPromoted } from './promoted';
import { sum } from './reductions';
import { expand, transpose, unsqueeze } from './views';

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

/** Most places of an axis that is sorted: each is compared with each. */
export const MOST_SORTED = 4096;

/** 1 where `other` comes before `own`: it is smaller, or equal and stands before. NaNs are equal, and larger than all else. */
const smallerFirst = (f: Formula, ...terms: readonly Term[]): Term => comesBefore(f, 'lt', terms);
const largerFirst = (f: Formula, ...terms: readonly Term[]): Term => comesBefore(f, 'gt', terms);

function comesBefore(f: Formula, wins: 'lt' | 'gt', terms: readonly Term[]): Term {
  const [own = f.constant(0), other = own, place = own, otherPlace = own] = terms;
  const [isNan, isOtherNan] = [f.step('is_nan', own), f.step('is_nan', other)];
  const nanWins = wins === 'lt' ? f.step('gt', isNan, isOtherNan) : f.step('gt', isOtherNan, isNan);
  const isBefore = f.step('maximum', f.step(wins, other, own), nanWins);
  const isEqual = f.step('maximum', f.step('eq', other, own), f.step('mul', isNan, isOtherNan));
  const isEarlier = f.step('mul', isEqual, f.step('lt', otherPlace, place));
  return f.step('maximum', isBefore, isEarlier);
}

export interface Sorted {
  readonly values: Tensor;
  /** int64. */
  readonly indices: Tensor;
}

/**
 * `x` in order along `axis`, and where each value stood; equal ones keep their order and a NaN counts as the largest. Each place is
 * counted by what comes before it, so an axis has at most `MOST_SORTED`. Source: torch.sort.
 */
export function sortAlong(x: Tensor, axis: number, { descending = false } = {}): Sorted {
  const at = normalizeAxis(axis, x.rank);
  const count = x.shape[at] ?? 0;
  if (count > MOST_SORTED)
    throw attributeError(`sort: an axis of ${count} places; at most ${MOST_SORTED} are offered`);
  if (x.numel() === 0) return { values: x, indices: zeros(x.shape, 'int64', x.device) };
  const indices = noGrad(() => {
    const rows = reshape(transpose(x, at, x.rank - 1), [-1, count]);
    const numbers = Float64Array.from({ length: count }, (_, place) => place);
    const place = fromArray(numbers, x.dtype, x.device);
    const pairs = [unsqueeze(rows, 2), unsqueeze(rows, 1), reshape(place, [count, 1]), place];
    const places = sum(fused(pairs, descending ? largerFirst : smallerFirst), [2]);
    const starts = Float64Array.from({ length: rows.shape[0] ?? 0 }, (_, row) => row * count);
    const bases = fromArray(starts, 'int64', x.device, [starts.length, 1]);
    const flat = addPromoted(cast(places, 'int64'), bases);
    const order = scatterRows(reshape(expand(place, rows.shape), [-1]), reshape(flat, [-1]), rows.numel());
    const moved = x.shape.with(at, x.shape.at(-1) ?? 0).with(-1, count);
    return contiguous(transpose(reshape(cast(order, 'int64'), moved), at, x.rank - 1));
  });
  return { values: gatherAlong(x, at, indices), indices };
}
