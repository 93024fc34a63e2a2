// What a workload of `lazuli bench` is: its name, what it costs, and how it is made ready to run. The table is index.ts.
import type { DeviceName } from '#core/document/device';
import type { DType } from '#core/tensor/dtype';

export const BENCH_GROUPS = [
  'step',
  'product',
  'convolution',
  'elementwise',
  'overhead',
  'optimizer',
  'io',
] as const;
export type BenchGroup = (typeof BENCH_GROUPS)[number];

export interface BenchSettings {
  readonly device: DeviceName;
  readonly dtype: 'float32' | 'float64' | 'bfloat16';
  /** Samples of one step, instead of the workload's own; only steps have a batch. */
  readonly batch: number | null;
}

/** Seconds that some repetitions took, each where the workload can tell. */
export interface BenchTiming {
  readonly seconds: number;
  /** Of each repetition, in order; empty where only the sum is known. */
  readonly each: Float64Array;
}

/** Time of one instruction of a program, summed over the repetitions. */
export interface InstructionTime {
  readonly text: string;
  readonly op: string;
  /** `conv1 backward`, `update`: whom it works for; several where instructions were fused. */
  readonly layers: readonly string[];
  readonly seconds: number;
}

/** A workload with everything it needs in memory. */
export interface BenchRun {
  /** Repetitions of one call that can follow each other without a pause: at most so many. */
  readonly most: number;
  /** Does the work `repetitions` times. */
  run(repetitions: number): Promise<BenchTiming>;
  /** Where a repetition's time goes, one row per instruction, medians of some slices of the run; absent where the work is no program. */
  profile?(repetitions: number): Promise<readonly InstructionTime[]>;
  /** Bytes that no plan could do without while the work runs; absent where that is not known. */
  readonly minimumBytes?: number;
  /** More fields for the workload's JSON line, known after it ran. */
  facts?(): Readonly<Record<string, number | string>>;
  dispose(): void | Promise<void>;
}

export interface BenchCase {
  /** As in PyTorch's peer script where the workload stands there. */
  readonly name: string;
  readonly group: BenchGroup;
  /** Floating-point operations of one repetition. */
  readonly flops?: number;
  /** How many equal parts one repetition has, such as ops or elements: a time per part is shown too. */
  readonly units?: number;
  readonly dtypes: readonly DType[];
  prepare(settings: BenchSettings): BenchRun | Promise<BenchRun>;
}
