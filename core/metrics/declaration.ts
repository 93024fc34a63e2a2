// The shape of a metric's declaration: a number for people to read, made of sums that batches can add up.
import type { LossDeclaration, TargetKind } from '../losses';
import type { Shape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';

/** Given to `lower`. */
export interface MetricCall {
  /** What the model gave and the loss was given: scores, probabilities or numbers. */
  readonly output: Tensor;
  readonly target: Tensor;
  /** The loss it stands beside: it tells what the output means. */
  readonly loss: LossDeclaration;
}

export interface MetricDeclaration {
  /** Permanent id in project files: `accuracy`. */
  readonly type: string;
  /** One sentence for the menu. */
  readonly summary: string;
  /** True when it means something beside this loss and this kind of target. */
  fits(loss: LossDeclaration, target: TargetKind): boolean;
  /** The sum over a batch: a float64 scalar, on a GPU float32. The metric is the sum of these over the sum of `count`. */
  lower(call: MetricCall): Tensor;
  /** How many terms a batch adds. */
  count(outputShape: Shape, targetShape: Shape, loss: LossDeclaration): number;
  /** What becomes of the mean of all terms: a square root. Default: nothing. */
  finish?(mean: number): number;
  /** Larger is better (accuracy), or smaller (error). */
  readonly isHigherBetter: boolean;
  /** Shown as a percentage. */
  readonly isShare: boolean;
}
