// The shape of a learning-rate scheduler's declaration: its options, and the rate after each of its steps.
import type { LayerProblem } from '../layers/declaration';
import type { ParamTable, ParamsOf } from '../layers/params';

/** A group of an optimizer's parameters as schedulers see it, and what they change. */
export interface ScheduledGroup {
  lr: number;
  /** The rate that schedulers start from; null before the first scheduler was made. */
  initialLr: number | null;
  /** `momentum`, or the first of `betas`; null where the optimizer has neither. */
  momentum: number | null;
  /** The group's share of the optimizer's rate: rates among a scheduler's own options are multiplied by it. */
  readonly factor: number;
}

/** What a scheduler remembers beside rates: numbers by PyTorch's names. */
export type Memory = Record<string, number>;

/** How many steps a scheduler will take: of training, or epochs. */
export interface ScheduleLength {
  readonly steps: number;
}

/** Which of the optimizer's groups it is. */
export interface GroupPlace {
  readonly at: number;
  /** How many there are. */
  readonly groups: number;
}

/** Given to `rate`, once per group and step. */
export interface RateCall<P extends ParamTable> extends ScheduleLength, GroupPlace {
  readonly params: ParamsOf<P>;
  readonly group: Readonly<ScheduledGroup>;
  /** The group's rate when the scheduler was made: PyTorch's `base_lrs`. */
  readonly base: number;
  /** Steps taken since the start: PyTorch's `last_epoch`. */
  readonly epoch: number;
  /** The step that a scheduler's making takes. */
  readonly isInitial: boolean;
  /** Steps that were asked for, the one that its making takes included: PyTorch's `_step_count`. */
  readonly count: number;
  readonly memory: Readonly<Memory>;
}

/** A scheduler over one rate: the same rule for every group. */
export interface SchedulerDeclaration<P extends ParamTable = ParamTable> {
  /** Permanent id in project files: `one_cycle_lr`. */
  readonly type: string;
  /** Dotted PyTorch name, `torch.optim.lr_scheduler.OneCycleLR`. */
  readonly torch: string;
  /** One sentence for the menu. */
  readonly summary: string;
  readonly params: P;
  check?(params: ParamsOf<P>): readonly LayerProblem[];
  /** How it runs: a rule per step; a rule that watches a loss or metric, once per epoch; or other schedulers. */
  readonly rule: SchedulerRule<P>;
  /** Option sets whose sequences are compared with PyTorch's. */
  readonly examples: readonly [SchedulerExample, ...SchedulerExample[]];
}

export type SchedulerRule<P extends ParamTable> =
  | {
      readonly kind: 'rate';
      /** Before its first step: sets what the group starts from. */
      prepare?(params: ParamsOf<P>, group: ScheduledGroup, run: ScheduleLength & GroupPlace): void;
      /** Moves `memory` before the rates of a step are asked for. */
      advance?(params: ParamsOf<P>, memory: Memory, epoch: number): void;
      rate(call: RateCall<P>): number;
      /** The rate at an epoch without the steps before: what `SequentialLR` asks for at a milestone. */
      closedForm?(params: ParamsOf<P>, initialLr: number, epoch: number): number;
      /** The momentum that goes with `rate`; null leaves it. */
      momentum?(call: RateCall<P>): number | null;
      /** What PyTorch's scheduler keeps in the optimizer's group beside the rate, for its `state_dict`. */
      groupValues?(params: ParamsOf<P>, base: number, factor: number): Readonly<Record<string, number>>;
      /** The most steps it can take, or null. */
      limit?(params: ParamsOf<P>, length: ScheduleLength): number;
    }
  | { readonly kind: 'metric' }
  | { readonly kind: 'sequence' | 'chain' };

export interface SchedulerExample {
  readonly title: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The optimizer it drives, whose momentum it may cycle. Default sgd with momentum. */
  readonly optimizer?: 'sgd' | 'adam';
  /** Its groups' shares of the optimizer's rate, where there is more than one. */
  readonly groups?: readonly number[];
}

/** Checks a declaration's types and forgets them, so that schedulers of different params share one list. */
export function defineScheduler<P extends ParamTable>(
  declaration: SchedulerDeclaration<P>,
): SchedulerDeclaration {
  return declaration;
}
