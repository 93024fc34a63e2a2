// Statistics of losses that compare more than an output and a target: the order of distances and numbers, pairs alike, and
// labels read off a sequence.
import { labelRows } from '../../layers/ctc';
import { cosineOf } from '../../layers/loss-layers';
import { vectorNorm } from '../../layers/formulas';
import { range } from '../../layers/take';
import * as ops from '../../ops';
import { assert } from '../../errors';
import type { Tensor } from '../../tensor/tensor';
import type { Statistic, StatisticCall } from '../declaration';
import { constant, RowSums, rowOf, wide } from './shared';
import { meanStatistic } from './sums';

/** What fills a slot of the loss. */
function slotAt({ given }: StatisticCall, at: number): Tensor {
  const tensor = given[at];
  assert(tensor, `a metric of a loss without slot ${at}`);
  return tensor;
}

const numberIn = ({ params }: StatisticCall, name: string, otherwise: number): number => {
  const value = params[name];
  return typeof value === 'number' ? value : otherwise;
};

/** 1 where the positive is nearer than the negative, by the loss's own distance. */
function nearer(call: StatisticCall): Tensor {
  const at = (place: number): Tensor => wide(slotAt(call, place));
  const [anchor, positive, negative] = [at(0), at(1), at(2)];
  const [p, eps] = [numberIn(call, 'p', 2), numberIn(call, 'eps', 1e-6)];
  const distance = (a: Tensor, b: Tensor): Tensor => vectorNorm(ops.add(ops.sub(a, b), eps), p, [-1]);
  const far = distance(anchor, negative);
  const swapped = call.params['swap'] === true ? ops.minimum(far, distance(positive, negative)) : far;
  return ops.lt(distance(anchor, positive), swapped);
}

/** 1 where the input that the target says is the larger. */
function inOrder(call: StatisticCall): Tensor {
  const difference = ops.sub(wide(slotAt(call, 0)), wide(slotAt(call, 1)));
  return ops.gt(ops.mul(difference, wide(slotAt(call, 2))), 0);
}

/** The share of triplets or pairs in the order asked for; equal ones are not. */
export const orderStatistic: Statistic<number> = meanStatistic('order', (call) => ({
  terms: call.task === 'triplets' ? nearer(call) : inOrder(call),
  kept: null,
}));

/** The share of pairs whose cosine is above `threshold` exactly where the target is 1. */
export const likenessStatistic = (threshold: number): Statistic<number> =>
  meanStatistic(`likeness ${threshold}`, (call) => {
    const isAlike = ops.gt(cosineOf(wide(slotAt(call, 0)), wide(slotAt(call, 1))), threshold);
    return { terms: ops.eq(isAlike, ops.gt(wide(slotAt(call, 2)), 0)), kept: null };
  });

/** Edits between labels read and labels wanted, over all sequences. */
export interface Edits {
  readonly edits: number;
  readonly labels: number;
  readonly exact: number;
  readonly sequences: number;
}

/**
 * Edits to turn the labels read off each sequence into those wanted: `[N]`. Read is the likeliest class of each step, without
 * repeats and blanks (Graves et al. 2006, best path decoding); counted are insertions, deletions and changes (Levenshtein 1966),
 * a row of the table per step.
 */
function editsOf(call: StatisticCall): { readonly edits: Tensor; readonly lengths: Tensor } {
  const [scores, targets] = [slotAt(call, 0), slotAt(call, 1)];
  const isSingle = scores.rank === 2;
  const batch = isSingle ? 1 : (scores.shape[1] ?? 0);
  const time = scores.shape[0] ?? 0;
  const column = (x: Tensor): Tensor => ops.reshape(wide(x), [batch, 1]);
  const [steps, lengths] = [column(slotAt(call, 2)), column(slotAt(call, 3))];
  const counts = ops.reshape(lengths, [batch]);
  const rows = targets.rank === 1 ? labelRows(targets, ops.cast(counts, 'int64')) : targets;
  const labels = wide(rows);
  const width = (labels.shape[1] ?? 0) + 1;
  const places = ops.reshape(numbers(width, labels), [1, width]);
  // Behind a place's own number stand those after it, out of reach for a minimum up to it.
  const isAfter = ops.gt(ops.reshape(places, [1, 1, width]), ops.reshape(places, [1, width, 1]));
  const best = ops.reshape(wide(ops.argmax(scores, scores.rank - 1)), [time, batch]);
  const blank = numberIn(call, 'blank', 0);
  let table = ops.add(places, ops.mul(lengths, 0));
  let before: Tensor = constant([batch, 1], -1, labels);
  for (const step of range(time)) {
    const read = ops.reshape(ops.slice(best, 0, { start: step, end: step + 1 }), [batch, 1]);
    const isLabel = ops.mul(ops.mul(ops.ne(read, blank), ops.ne(read, before)), ops.gt(steps, step));
    const changed = ops.add(ops.slice(table, 1, { end: width - 1 }), ops.ne(read, labels));
    const least = ops.concatenate([constant([batch, 1], Infinity, labels), changed], 1);
    const started = ops.sub(ops.minimum(least, ops.add(table, 1)), places);
    const upTo = ops.where(isAfter, Infinity, ops.reshape(started, [batch, 1, width]));
    const next = ops.add(ops.amin(upTo, [2]), places);
    table = ops.where(isLabel, next, table);
    before = read;
  }
  const isEnd = ops.eq(places, lengths);
  return { edits: ops.sum(ops.where(isEnd, table, 0), [1]), lengths };
}

/** 0, 1, ... as a tensor beside `like`. */
const numbers = (count: number, like: Tensor): Tensor =>
  ops.fromArray(Float64Array.from(range(count)), like.dtype, like.device);

export const editStatistic: Statistic<Edits> = {
  key: 'edits',
  lower(call) {
    const { edits, lengths } = editsOf(call);
    const sequences = constant([], edits.numel(), edits);
    return rowOf(ops.sum(edits), ops.sum(lengths), ops.sum(ops.eq(edits, 0)), sequences);
  },
  create: () =>
    new RowSums(([edits = 0, labels = 0, exact = 0, sequences = 0]) => ({ edits, labels, exact, sequences })),
};
