// The shape of a metric's declaration: a number for people to read, made of a statistic that a pass adds up batch by batch.
import type { ParamTable, ParamsOf } from '../layers/params';
import type { Comparison } from '../layers/declaration';
import type { LossMeaning } from '../losses';
import type { Tensor } from '../tensor/tensor';
import type { Turned } from '../turns';

/**
 * What a model answers. `classes`: one class of several, scores on axis 1 of `[N, C, *]`. `labels`: yes or no for each
 * label on axis 1 of `[N, L, *]`, or one answer per sample of `[N]`. `numbers`: `[N, *]`. The others are of losses that compare
 * more: vectors, numbers in order, vectors alike or not, and steps with their labels.
 */
export type Task = 'classes' | 'labels' | 'numbers' | Comparison;

/** Given to `lower`. */
export interface StatisticCall {
  /** What the model gave and the loss was given: scores, probabilities or numbers. */
  readonly output: Tensor;
  readonly target: Tensor;
  /** All that the loss was given, by slot: output and target, and more where it compares more. */
  readonly given: readonly Tensor[];
  /** The loss's options. */
  readonly params: Readonly<Record<string, unknown>>;
  /** The loss it stands beside: it tells what the output means. */
  readonly loss: LossMeaning;
  readonly task: Task;
  /** The class number that does not count; null where all do. */
  readonly ignored: number | null;
}

/** What a pass adds up: each batch gives a row of numbers, computed with the step. */
export interface Statistic<S = unknown> {
  /** Metrics whose statistics have one key share it. */
  readonly key: string;
  /** The row of a batch, `[k]`: float64, on a GPU float32. */
  lower(call: StatisticCall): Tensor;
  /** One for each pass. */
  create(): Accumulator<S>;
}

/** A statistic of all batches so far. */
export interface Accumulator<S = unknown> {
  /** A row as `lower` gives it; what lies behind its end is not looked at. */
  add(row: Float64Array): void;
  /** All so far as one row, to go on from in another run. */
  row(): Float64Array;
  readonly value: S;
}

/** One number, one per class, or a matrix. */
export type MetricValue = number | readonly number[] | readonly (readonly number[])[];

export interface MetricDeclaration<P extends ParamTable = ParamTable, S = unknown> {
  /** Permanent id in project files: `accuracy`. */
  readonly type: string;
  /** Other names it is known by, each with the options it stands for. */
  readonly aliases?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** One sentence for the menu. */
  readonly summary: string;
  readonly params: P;
  readonly tasks: readonly Task[];
  /** Needs a loss whose output tells probabilities, or one whose scores are right from 0 or 1 on. */
  readonly needs?: 'probabilities' | 'scores';
  /** Options are parsed; metrics with one statistic share its rows. */
  statistic(params: ParamsOf<P>): Statistic<S>;
  read(statistic: S, params: ParamsOf<P>): MetricValue | Turned<MetricValue>;
  /** Larger is better (accuracy), or smaller (error). */
  readonly isHigherBetter: boolean;
  /** Shown as a percentage. */
  readonly isShare: boolean;
  /** Shown for single steps too; the others are made at the end of a pass. */
  readonly isStepwise?: true;
}

/** Checks a declaration's types and forgets them, so that metrics of different params share one list. */
export const defineMetric = <P extends ParamTable, S>(
  declaration: MetricDeclaration<P, S>,
): MetricDeclaration => declaration;
