// Where each place of a resized axis reads from: positions and weights as torch.nn.functional.interpolate chooses them.
import * as ops from '../ops';
import type { Tensor } from '../tensor/tensor';
import { withGradientOf } from './formulas';
import { range, takeAlong, weightsAlong } from './take';

export const RESIZE_MODES = [
  'nearest', 'nearest-exact', 'linear', 'bilinear', 'bicubic', 'trilinear',
] as const; // prettier-ignore
export type ResizeMode = (typeof RESIZE_MODES)[number];

/** One axis to resize. `scale` is null where the sizes alone decide. */
export interface Resizing {
  readonly from: number;
  readonly to: number;
  readonly scale: number | null;
  readonly alignCorners: boolean;
  /** One of the two axes of an image. */
  readonly isImage: boolean;
}

/** One of the terms whose sum is the resized axis: a position and a weight per place. */
interface Term {
  readonly positions: readonly number[];
  readonly weights: readonly number[] | null;
}

const within = (position: number, size: number): number => Math.min(Math.max(position, 0), size - 1);

/**
 * PyTorch computes nearest positions in float32, in float64 too. Those of images, and of every gradient, take a short way
 * where the size stays or doubles, which a scale of its own does not give: at::native::nearest_idx.
 */
function nearestTerm(
  { from, to, scale, isShort }: Resizing & { readonly isShort: boolean },
  offset: 0 | 0.5,
): Term {
  const step = Math.fround(scale === null ? Math.fround(from) / Math.fround(to) : 1 / scale);
  const place = (index: number): number => Math.floor(Math.fround(Math.fround(index + offset) * step));
  const short = (index: number): number =>
    to === from ? index : to === 2 * from ? index >> 1 : within(place(index), from);
  return {
    positions: range(to).map(isShort && offset === 0 ? short : (index) => within(place(index), from)),
    weights: null,
  };
}

/** The place of the input that output place `index` shows, between its positions. */
function source({ from, to, scale, alignCorners }: Resizing, index: number): number {
  if (alignCorners) return to > 1 ? ((from - 1) / (to - 1)) * index : 0;
  return (scale === null ? from / to : 1 / scale) * (index + 0.5) - 0.5;
}

function linearTerms(resizing: Resizing): readonly Term[] {
  const { from, to } = resizing;
  // The same places twice, as PyTorch: an infinite value times the second's weight, 0, is no number.
  if (from === to)
    return [1, 0].map((weight) => ({ positions: range(to), weights: range(to).map(() => weight) }));
  const places = range(to).map((index) => Math.max(source(resizing, index), 0));
  const before = places.map((place) => within(Math.floor(place), from));
  const share = places.map((place, index) => Math.min(Math.max(place - (before[index] ?? 0), 0), 1));
  return [
    { positions: before, weights: share.map((amount) => 1 - amount) },
    { positions: before.map((position) => Math.min(position + 1, from - 1)), weights: share },
  ];
}

/** Weights of the four neighbours by Keys' cubic with A = -0.75, PyTorch's. */
function cubicWeights(t: number): readonly number[] {
  const a = -0.75;
  const near = (x: number): number => ((a + 2) * x - (a + 3)) * x * x + 1;
  const far = (x: number): number => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return [far(t + 1), near(t), near(1 - t), far(2 - t)];
}

/** An axis that keeps its size is still read between its places by a scale of its own, where linear modes copy it. */
function cubicTerms(resizing: Resizing): readonly Term[] {
  const { from, to } = resizing;
  const places = range(to).map((index) => source(resizing, index));
  return range(4).map((neighbour) => ({
    positions: places.map((place) => within(Math.floor(place) + neighbour - 1, from)),
    weights: places.map((place) => cubicWeights(place - Math.floor(place))[neighbour] ?? 0),
  }));
}

function termsOf(mode: ResizeMode, resizing: Resizing): readonly Term[] {
  if (mode === 'nearest') return [nearestTerm({ ...resizing, isShort: resizing.isImage }, 0)];
  if (mode === 'nearest-exact') return [nearestTerm({ ...resizing, isShort: false }, 0.5)];
  return mode === 'bicubic' ? cubicTerms(resizing) : linearTerms(resizing);
}

/** `x` with `axis` resized. */
export function resizeAlong(x: Tensor, axis: number, mode: ResizeMode, resizing: Resizing): Tensor {
  const given = termsOf(mode, resizing);
  const [first] = given;
  const other = mode === 'nearest' ? nearestTerm({ ...resizing, isShort: true }, 0) : first;
  if (first && other && other.positions.some((position, index) => position !== first.positions[index]))
    return withGradientOf(takeAlong(x, axis, other.positions), takeAlong(x, axis, first.positions));
  const terms = given.map(({ positions, weights }) => {
    const taken = takeAlong(x, axis, positions);
    return weights ? ops.mul(taken, weightsAlong(taken, axis, weights)) : taken;
  });
  return terms.reduce((total, term) => ops.add(total, term));
}
