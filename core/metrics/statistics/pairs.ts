// All answers with what was meant: for metrics of the order in which answers stand, exact over the whole pass.
import * as ops from '../../ops';
import type { Turned } from '../../turns';
import type { Accumulator, Statistic } from '../declaration';
import {
  byColumn,
  classesOf,
  constant,
  probabilitiesOf,
  rowOf,
  scoresByClass,
  wantedLabels,
  wide,
} from './shared';

export interface Pairs {
  /** Answers by class, label or column. */
  readonly scores: readonly Float64Array[];
  /** Class numbers, -1 where a place does not count; for labels and numbers one array beside each of `scores`. */
  readonly targets: readonly Float64Array[];
}

/** A row is columns of scores, columns of targets, places, and then the columns. */
const HEAD = 3;

/** An array that grows. */
class Growing {
  #values = new Float64Array(1024);
  length = 0;

  push(values: Float64Array): void {
    if (this.length + values.length > this.#values.length) {
      const larger = new Float64Array(2 * (this.length + values.length));
      larger.set(this.view);
      this.#values = larger;
    }
    this.#values.set(values, this.length);
    this.length += values.length;
  }
  get view(): Float64Array {
    return this.#values.subarray(0, this.length);
  }
}

class AllPairs implements Accumulator<Pairs> {
  #scores: readonly Growing[] = [];
  #targets: readonly Growing[] = [];

  add(row: Float64Array): void {
    const [columns = 0, targets = 0, places = 0] = row;
    const grown = (all: readonly Growing[], count: number): readonly Growing[] =>
      all.length > 0 ? all : Array.from({ length: count }, () => new Growing());
    this.#scores = grown(this.#scores, columns);
    this.#targets = grown(this.#targets, targets);
    [...this.#scores, ...this.#targets].forEach((column, at) =>
      column.push(row.subarray(HEAD + at * places, HEAD + (at + 1) * places)),
    );
  }
  row(): Float64Array {
    const columns = [...this.#scores, ...this.#targets];
    const places = columns[0]?.length ?? 0;
    const row = new Float64Array(HEAD + columns.length * places);
    row.set([this.#scores.length, this.#targets.length, places]);
    columns.forEach(({ view }, at) => row.set(view, HEAD + at * places));
    return row;
  }
  get value(): Pairs {
    return { scores: this.#scores.map(({ view }) => view), targets: this.#targets.map(({ view }) => view) };
  }
}

export const pairStatistic: Statistic<Pairs> = {
  key: 'pairs',
  lower(call) {
    const { output, target, task } = call;
    const scores =
      task === 'numbers'
        ? ops.transpose(ops.reshape(wide(output), [output.shape[0] ?? 1, -1]), 0, 1)
        : task === 'labels'
          ? byColumn(probabilitiesOf(call))
          : scoresByClass(probabilitiesOf(call));
    const [columns = 1, places = 0] = scores.shape;
    const head = (targets: number) => [columns, targets, places].map((value) => constant([1], value, scores));
    if (task === 'numbers') {
      const wanted = ops.transpose(ops.reshape(wide(target), [output.shape[0] ?? 1, -1]), 0, 1);
      return rowOf(...head(columns), scores, wanted);
    }
    if (task === 'labels') return rowOf(...head(columns), scores, byColumn(wantedLabels(call)));
    const { wanted, kept } = classesOf(call);
    const classes = wide(wanted);
    return rowOf(...head(1), scores, kept ? ops.where(kept, classes, -1) : classes);
  },
  create: () => new AllPairs(),
};

/** Numbers sorted at once; more are sorted in parts and merged, with a turn between. */
const PART = 1 << 15;

/** The same numbers in ascending order, in turns. */
export function* sortInTurns(values: Float64Array): Turned<Float64Array> {
  let parts: Float64Array[] = [];
  for (let at = 0; at < values.length; at += PART) {
    parts.push(values.slice(at, at + PART).sort());
    yield;
  }
  while (parts.length > 1) {
    const merged: Float64Array[] = [];
    for (let at = 0; at < parts.length; at += 2) {
      const [a, b] = [parts[at], parts[at + 1]];
      if (a) merged.push(b ? yield* mergeInTurns(a, b) : a);
    }
    parts = merged;
  }
  return parts[0] ?? new Float64Array(0);
}

function* mergeInTurns(a: Float64Array, b: Float64Array): Turned<Float64Array> {
  const merged = new Float64Array(a.length + b.length);
  let [left, right] = [0, 0];
  for (let at = 0; at < merged.length; at++) {
    const isLeft = right >= b.length || (left < a.length && (a[left] ?? 0) <= (b[right] ?? 0));
    merged[at] = (isLeft ? a[left++] : b[right++]) ?? 0;
    if (at % PART === 0) yield;
  }
  return merged;
}
