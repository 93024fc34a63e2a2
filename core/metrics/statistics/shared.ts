// What statistics share: the type they compute in, which targets count, what outputs mean as probabilities.
import { classAxis } from '../../losses/pieces';
import * as ops from '../../ops';
import type { Shape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import type { Accumulator, StatisticCall } from '../declaration';

/** What sums are made in: GPUs compute in float32, which holds the counts of a batch exactly. */
export const wideType = ({ device }: Tensor): 'float32' | 'float64' =>
  device === 'gpu' ? 'float32' : 'float64';
export const wide = (x: Tensor): Tensor => ops.cast(x, wideType(x));

/** Numbers as a tensor beside `like`. */
export const constant = (shape: Shape, value: number, like: Tensor): Tensor =>
  ops.full(shape, value, wideType(like), like.device);

/** One row of tensors of any shape. */
export const rowOf = (...parts: readonly Tensor[]): Tensor =>
  ops.concatenate(parts.map((part) => ops.reshape(part, [-1])));

/** The class of each place `[N, *]`, and 1 where it counts. Probabilities as targets mean their largest. */
export function classesOf({ output, target, ignored }: StatisticCall): {
  readonly axis: number;
  readonly classes: number;
  /** int64. */
  readonly wanted: Tensor;
  /** null: all count. */
  readonly kept: Tensor | null;
} {
  const axis = classAxis(output.shape);
  const isSoft = target.rank === output.rank;
  const wanted = isSoft ? ops.argmax(target, axis) : target;
  const kept = isSoft || ignored === null ? null : ops.ne(wide(wanted), ignored);
  return { axis, classes: output.shape[axis] ?? 1, wanted, kept };
}

/** The output's axis of classes or labels first: `[C, places]`. One answer per sample is one label. */
export function byColumn(x: Tensor): Tensor {
  if (x.rank < 2) return ops.reshape(x, [1, -1]);
  const [, columns = 1] = x.shape;
  const axes = [1, 0, ...x.shape.slice(2).map((_, at) => at + 2)];
  return ops.reshape(ops.permute(x, axes), [columns, -1]);
}

/** `[C, places]` for classes too where a single sample has no batch axis. */
export const scoresByClass = (x: Tensor): Tensor => (x.rank === 1 ? ops.reshape(x, [-1, 1]) : byColumn(x));

/** 1 where the target says yes, in the output's shape. */
export const wantedLabels = ({ output, target }: StatisticCall): Tensor =>
  ops.gt(ops.reshape(wide(target), output.shape), 0.5);

/** What the output says as probabilities; the output itself where the loss does not tell. */
export function probabilitiesOf({ output, loss }: StatisticCall): Tensor {
  const scores = wide(output);
  switch (loss.probabilities) {
    case 'softmax':
      return ops.softmax(scores, classAxis(output.shape));
    case 'exp':
      return ops.exp(scores);
    case 'sigmoid':
      return ops.sigmoid(scores);
    default:
      return scores;
  }
}

/** Rows of one length, added up. */
export class RowSums<S> implements Accumulator<S> {
  #sums: Float64Array | null = null;

  constructor(readonly read: (sums: Float64Array) => S) {}

  add(row: Float64Array): void {
    if (!this.#sums) this.#sums = row.slice();
    else
      for (let at = 0; at < this.#sums.length; at++) this.#sums[at] = (this.#sums[at] ?? 0) + (row[at] ?? 0);
  }
  row(): Float64Array {
    return this.#sums ?? new Float64Array(0);
  }
  get value(): S {
    return this.read(this.row());
  }
}
