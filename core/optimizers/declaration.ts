// The shape of an optimizer's declaration: its options, what it remembers per parameter, and its step as an op.
import type { LayerProblem } from '../layers/declaration';
import type { ParamTable, ParamsOf } from '../layers/params';
import type { DType } from '../tensor/dtype';
import type { Shape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';

/** Something remembered per parameter. */
export interface StateSpec {
  /** PyTorch's name: `exp_avg`. */
  readonly name: string;
  readonly shape: Shape;
  /** Default: the parameter's. `step` is float32. */
  readonly dtype?: DType;
  /** Every element's first value. Default: 0. */
  readonly initial?: number;
  /** False where PyTorch's own state has no such entry: sgd's `step`. */
  readonly isTorch: boolean;
}

/** Given to `lower`, once per parameter and step. */
export interface OptimizerCall<P extends ParamTable> {
  readonly params: ParamsOf<P>;
  readonly param: Tensor;
  readonly grad: Tensor;
  /** By StateSpec name. Changed in place, as `param` is. */
  readonly state: Readonly<Record<string, Tensor>>;
  /** A float64 scalar: a schedule may change it between steps. Starts as the option `lr`. */
  readonly learningRate: Tensor;
  /** A float64 scalar in place of `momentum`, or of the first of `betas`, where a schedule moves it. */
  readonly momentum?: Tensor | null;
}

/** A step whose momentum a schedule moves, lowered to ops: `P` is what else it needs of the options. */
export interface MovingCall<P> {
  readonly params: P;
  readonly param: Tensor;
  readonly grad: Tensor;
  readonly state: Readonly<Record<string, Tensor>>;
  readonly lr: Tensor;
  readonly momentum: Tensor;
}

/** What torch.optim's class keeps in a group and refuses in its constructor, beyond the table of options: core/optim reads it. */
export interface TorchClass {
  /** Keys of a group, in PyTorch's order; those that are no options are switches of PyTorch's implementations. */
  readonly group: readonly string[];
  /**
   * What the constructor looks at, in its order: options, whose bounds are the table's own, with PyTorch's words where they are not
   * the usual ones; `{}` is the value. One text for each item where an option is a list.
   */
  readonly checks: readonly (string | readonly [option: string, ...texts: string[]])[];
  /** Keys that a group saved by an older PyTorch may lack, with the value it takes where that is not the default. */
  readonly older: readonly (string | readonly [key: string, value: unknown])[];
  /** Options that only the class has, with their defaults: a run does without them. */
  readonly more?: Readonly<Record<string, unknown>>;
  /** What the class sets in every group and takes from nobody. */
  readonly fixed?: Readonly<Record<string, unknown>>;
  /** Options whose PyTorch default is None, and the value that None means. */
  readonly none?: Readonly<Record<string, unknown>>;
  /** Options whose PyTorch default prints with a point though it is a whole number: `lr: 1.0`. */
  readonly floats?: readonly string[];
  /** The `type` whose class this one derives from, with its step: AdamW from Adam. */
  readonly derivesFrom?: string;
  /** NaN passes its checks: they ask for what is wrong, not for what is right. */
  readonly takesNan?: true;
  /** State that appears in a step whatever else is there; elsewhere it is made all at once. */
  readonly addsState?: true;
  /** State that is there from construction on: Adagrad's. An uninitialized parameter is refused by the function named. */
  readonly startsWith?: { readonly callable: string };
  /** What must lie on a GPU when `capturable` is set, and where it may: as its AssertionError names them. */
  readonly capturable?: { readonly what: string; readonly where: string };
}

/** Options of torch.optim's classes that say how PyTorch computes a step, not what: a run takes and ignores them. */
export const IGNORED_OPTIONS: readonly string[] = ['foreach', 'fused', 'capturable', 'differentiable'];

export interface OptimizerDeclaration<P extends ParamTable = ParamTable> {
  /** Permanent id in project files: `adamw`. */
  readonly type: string;
  /** Dotted PyTorch name, `torch.optim.AdamW`. */
  readonly torch: string;
  readonly torchClass: TorchClass;
  /** One sentence for the menu. */
  readonly summary: string;
  /** Has `lr`. */
  readonly params: P;
  check?(params: ParamsOf<P>): readonly LayerProblem[];
  /** What PyTorch fills in for options that depend on others. */
  complete?(params: ParamsOf<P>): ParamsOf<P>;
  /** Its step looks at the loss again and again: it runs on the host, has no ops, and takes one group. */
  readonly evaluatesAgain?: true;
  /** What is wrong with a parameter of this shape, or null: Muon takes matrices only. */
  refuse?(parameterShape: Shape): string | null;
  /** What is remembered for a parameter of a shape, in PyTorch's order. */
  state(params: ParamsOf<P>, parameterShape: Shape): readonly StateSpec[];
  /** One step: changes `param` and `state` in place. */
  lower(call: OptimizerCall<P>): void;
  /** Option sets whose trajectories are compared with PyTorch's. */
  readonly examples: readonly [OptimizerExample, ...OptimizerExample[]];
}

export interface OptimizerExample {
  readonly title: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The parameter's. Default [3, 4]. */
  readonly shape?: Shape;
}

/** Checks a declaration's types and forgets them, so that optimizers of different params share one list. */
export function defineOptimizer<P extends ParamTable>(
  declaration: OptimizerDeclaration<P>,
): OptimizerDeclaration {
  return declaration;
}
