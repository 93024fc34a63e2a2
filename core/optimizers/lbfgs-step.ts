// L-BFGS: a step that looks at the loss at several places, along directions made of the last gradients. It runs on the host
// over flat vectors; the loss and its gradient come from whoever runs it, at once or later.
// Source: torch.optim.LBFGS and its line search, after Schmidt's minFunc; Nocedal and Wright 2006, chapter 7.
import { assert } from '../errors';
import type { ParamsOf } from '../layers/params';
import type { LBFGS_PARAMS } from './lbfgs';

/** Parameters, gradients and directions, end to end, in the parameters' dtype. */
export type Flat = Float32Array | Float64Array;

/** The loss at a place, and its gradient there. */
export interface Evaluated {
  readonly loss: number;
  readonly gradient: Flat;
}

/** What a step needs of its surroundings. */
export interface LbfgsCall {
  readonly options: ParamsOf<typeof LBFGS_PARAMS>;
  readonly learningRate: number;
  /** The parameters; changed in place. */
  readonly place: Flat;
}

/** What a step asks for as it goes: the loss and gradient at a place, or, between long parts, a turn for others (null). */
export type LbfgsWork<T> = Generator<Flat | null, T, Evaluated | null>;

function* evaluated(place: Flat): LbfgsWork<Evaluated> {
  const result = yield place;
  assert(result, 'an L-BFGS step was not told the loss it asked for');
  return result;
}

/** Runs a step whose losses come at once. */
export function runLbfgs<T>(work: LbfgsWork<T>, evaluate: (place: Flat) => Evaluated): T {
  let next = work.next(null);
  while (next.done !== true) next = work.next(next.value && evaluate(next.value));
  return next.value;
}

/** Runs a step whose losses come later; `pause` lets others have their turn. */
export async function runLbfgsInTurns<T>(
  work: LbfgsWork<T>,
  evaluate: (place: Flat) => Promise<Evaluated>,
  pause: () => Promise<void>,
): Promise<T> {
  let next = work.next(null);
  while (next.done !== true) {
    const answer: Evaluated | null = next.value && (await evaluate(next.value));
    if (answer === null) await pause();
    next = work.next(answer);
  }
  return next.value;
}

/** What is remembered between steps, by PyTorch's names. */
export interface LbfgsState {
  func_evals: number;
  n_iter: number;
  d: Flat | null;
  t: number;
  /** Differences of gradients and steps, oldest first, with the reciprocals of their products. */
  old_dirs: Flat[];
  old_stps: Flat[];
  ro: number[];
  H_diag: number;
  prev_flat_grad: Flat | null;
  prev_loss: number;
  /** Kept by PyTorch between steps; null before the first direction from memory. */
  al: (number | null)[] | null;
}

export const newLbfgsState = (): LbfgsState => ({
  func_evals: 0,
  n_iter: 0,
  d: null,
  t: 0,
  old_dirs: [],
  old_stps: [],
  ro: [],
  H_diag: 1,
  prev_flat_grad: null,
  prev_loss: 0,
  al: null,
});

/** Scalars made from float32 vectors are float32 too, as PyTorch's tensors of no axes are. */
const roundFor = (like: Flat): ((value: number) => number) =>
  like instanceof Float32Array ? Math.fround : (value) => value;

function dot(a: Flat, b: Flat): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return roundFor(a)(sum);
}

/** a += factor · b */
function addScaled(a: Flat, factor: number, b: Flat): void {
  const scale = roundFor(a)(factor);
  for (let at = 0; at < a.length; at++) a[at] = (a[at] ?? 0) + scale * (b[at] ?? 0);
}

function scaled(a: Flat, factor: number): Flat {
  const scale = roundFor(a)(factor);
  return a.map((value) => value * scale);
}

const minus = (a: Flat, b: Flat): Flat => a.map((value, at) => value - (b[at] ?? 0));

function largest(a: Flat): number {
  let most = 0;
  for (const value of a) {
    if (Number.isNaN(value)) return NaN;
    most = Math.max(most, Math.abs(value));
  }
  return most;
}

/** One step. Gives the loss before it, as the closure of PyTorch's step does first. */
export function* lbfgsStep(call: LbfgsCall, state: LbfgsState): LbfgsWork<number> {
  const { options, place } = call;
  const { max_iter, tolerance_grad, tolerance_change, line_search_fn } = options;
  const max_eval = options.max_eval ?? Math.floor((max_iter * 5) / 4);
  const first = yield* evaluated(place);
  let { loss, gradient } = first;
  let evaluations = 1;
  state.func_evals += 1;
  if (largest(gradient) <= tolerance_grad) return first.loss;
  for (let iteration = 1; iteration <= max_iter; iteration++) {
    state.n_iter += 1;
    const direction = yield* directionOf(call, state, gradient);
    state.d = direction;
    state.prev_flat_grad = gradient.slice();
    state.prev_loss = loss;
    state.t = state.n_iter === 1 ? firstLength(gradient) * call.learningRate : call.learningRate;
    const slope = dot(gradient, direction);
    if (slope > -tolerance_change) break;
    let tried = 0;
    let isOptimal = false;
    if (line_search_fn !== null) {
      const found = yield* strongWolfe(call, {
        direction,
        length: state.t,
        start: { loss, gradient, slope },
        most: max_eval - evaluations,
      });
      ({ loss, gradient } = found);
      state.t = found.length;
      tried = found.evaluations;
      addScaled(place, state.t, direction);
      isOptimal = largest(gradient) <= tolerance_grad;
    } else {
      addScaled(place, state.t, direction);
      if (iteration !== max_iter) {
        ({ loss, gradient } = yield* evaluated(place));
        tried = 1;
        isOptimal = largest(gradient) <= tolerance_grad;
      }
    }
    evaluations += tried;
    state.func_evals += tried;
    if (iteration === max_iter || evaluations >= max_eval || isOptimal) break;
    if (largest(scaled(direction, state.t)) <= tolerance_change) break;
    if (Math.abs(loss - state.prev_loss) < tolerance_change) break;
  }
  return first.loss;
}

function firstLength(gradient: Flat): number {
  let sum = 0;
  for (const value of gradient) sum += Math.abs(value);
  const round = roundFor(gradient);
  return Math.min(1, round(1 / round(sum)));
}

/** The gradient's opposite, bent by what the last steps told of the loss's curvature: two loops over the memory. */
function* directionOf(
  { options: { history_size } }: LbfgsCall,
  state: LbfgsState,
  gradient: Flat,
): LbfgsWork<Flat> {
  const { old_dirs, old_stps, ro } = state;
  if (state.n_iter === 1 || !state.d || !state.prev_flat_grad) {
    for (const list of [old_dirs, old_stps, ro]) list.length = 0;
    state.H_diag = 1;
    return gradient.map((value) => -value);
  }
  remember(state, minus(gradient, state.prev_flat_grad), scaled(state.d, state.t), history_size);
  state.al ??= Array.from({ length: history_size }, () => null);
  const { al } = state;
  const round = roundFor(gradient);
  const q = gradient.map((value) => -value);
  for (let at = old_dirs.length - 1; at >= 0; at--) {
    const [y, s] = [old_dirs[at] ?? q, old_stps[at] ?? q];
    al[at] = round(dot(s, q) * (ro[at] ?? 0));
    addScaled(q, -(al[at] ?? 0), y);
    yield null;
  }
  const r = scaled(q, state.H_diag);
  for (let at = 0; at < old_dirs.length; at++) {
    const [y, s] = [old_dirs[at] ?? r, old_stps[at] ?? r];
    addScaled(r, (al[at] ?? 0) - round(dot(y, r) * (ro[at] ?? 0)), s);
    yield null;
  }
  return r;
}

/** Keeps a pair whose curvature is positive; the oldest goes when there are too many. */
function remember(state: LbfgsState, y: Flat, s: Flat, most: number): void {
  const curvature = dot(y, s);
  if (!(curvature > 1e-10)) return;
  const { old_dirs, old_stps, ro } = state;
  if (old_dirs.length === most) for (const list of [old_dirs, old_stps, ro]) list.shift();
  old_dirs.push(y);
  old_stps.push(s);
  const round = roundFor(y);
  ro.push(round(1 / curvature));
  state.H_diag = round(curvature / dot(y, y));
}

interface Point {
  readonly length: number;
  readonly loss: number;
  readonly gradient: Flat;
  /** The gradient along the direction. */
  readonly slope: number;
}

interface Search {
  readonly direction: Flat;
  readonly length: number;
  readonly start: Omit<Point, 'length'>;
  /** Evaluations allowed after the first. */
  readonly most: number;
}

/** Wolfe's constants: how much the loss must fall, and how much the slope. */
const [C1, C2] = [1e-4, 0.9];
/** A bracket that moves no parameter further than this is not searched on; PyTorch's, whatever `tolerance_change` says. */
const LEAST_MOVE = 1e-9;

/** A length along the direction that meets Wolfe's strong conditions, or the best found. */
function* strongWolfe(
  { place }: LbfgsCall,
  { direction, length, start, most }: Search,
): LbfgsWork<Point & { readonly evaluations: number }> {
  const reach = largest(direction);
  const at = function* (t: number): LbfgsWork<Point> {
    const trial = place.slice();
    addScaled(trial, t, direction);
    const { loss, gradient } = yield* evaluated(trial);
    return { length: t, loss, gradient, slope: dot(gradient, direction) };
  };
  const isHigh = (point: Point): boolean => point.loss > start.loss + C1 * point.length * start.slope;
  const isFlat = (point: Point): boolean => Math.abs(point.slope) <= -C2 * start.slope;

  let previous: Point = { ...start, length: 0 };
  let point = yield* at(length);
  let evaluations = 1;
  let iteration = 0;
  let bracket: [Point] | [Point, Point] | null = null;
  let isDone = false;
  while (iteration < most) {
    if (isHigh(point) || (iteration > 1 && point.loss >= previous.loss)) {
      bracket = [previous, point];
      break;
    }
    if (isFlat(point)) {
      bracket = [point];
      isDone = true;
      break;
    }
    if (point.slope >= 0) {
      bracket = [previous, point];
      break;
    }
    const bounds = [point.length + 0.01 * (point.length - previous.length), point.length * 10] as const;
    const next = interpolated(previous, point, bounds);
    previous = point;
    point = yield* at(next);
    evaluations += 1;
    iteration += 1;
  }
  if (iteration === most || !bracket) bracket = [{ ...start, length: 0 }, point];
  const [a, b = a] = bracket;
  const ends: [Point, Point] = [a, b];
  let low: 0 | 1 = a.loss <= b.loss ? 0 : 1;
  let isStuck = false;
  while (!isDone && iteration < most) {
    const [left, right] = [ends[0].length, ends[1].length];
    if (Math.abs(right - left) * reach < LEAST_MOVE) break;
    const [least, furthest] = [Math.min(left, right), Math.max(left, right)];
    const margin = 0.1 * (furthest - least);
    let next = interpolated(ends[0], ends[1]);
    const isNearEnd = Math.min(furthest - next, next - least) < margin;
    if (isNearEnd && (isStuck || next >= furthest || next <= least)) {
      next = Math.abs(next - furthest) < Math.abs(next - least) ? furthest - margin : least + margin;
      isStuck = false;
    } else isStuck = isNearEnd;
    point = yield* at(next);
    evaluations += 1;
    iteration += 1;
    const high = low === 0 ? 1 : 0;
    if (isHigh(point) || point.loss >= ends[low].loss) {
      ends[high] = point;
      low = ends[0].loss <= ends[1].loss ? 0 : 1;
      continue;
    }
    if (isFlat(point)) isDone = true;
    else if (point.slope * (ends[high].length - ends[low].length) >= 0) ends[high] = ends[low];
    ends[low] = point;
  }
  return { ...ends[low], evaluations };
}

/** Where the cubic through two points and their slopes is least, within bounds. */
function interpolated(a: Point, b: Point, bounds?: readonly [number, number]): number {
  const [least, most] = bounds ?? (a.length <= b.length ? [a.length, b.length] : [b.length, a.length]);
  const round = roundFor(a.gradient);
  const d1 = round(round(a.slope + b.slope) - round((3 * (a.loss - b.loss)) / (a.length - b.length)));
  const square = round(round(d1 ** 2) - round(a.slope * b.slope));
  if (!(square >= 0)) return (least + most) / 2;
  const d2 = round(Math.sqrt(square));
  const [near, far] = a.length <= b.length ? [a, b] : [b, a];
  const share = round(
    round(round(far.slope + d2) - d1) / round(round(far.slope - near.slope) + round(2 * d2)),
  );
  const place = round(far.length - round((far.length - near.length) * share));
  return Math.min(Math.max(place, least), most);
}
