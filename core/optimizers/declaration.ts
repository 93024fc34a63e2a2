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

export interface OptimizerDeclaration<P extends ParamTable = ParamTable> {
  /** Permanent id in project files: `adamw`. */
  readonly type: string;
  /** Dotted PyTorch name, `torch.optim.AdamW`. */
  readonly torch: string;
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
