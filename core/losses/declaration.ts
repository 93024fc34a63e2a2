// The shape of a loss's declaration: what a model's output is compared with, and how. The mechanism is the layers' own.
import type { Comparison, EdgeShape, ExampleValues, Inference, LayerProblem } from '../layers/declaration';
import type { ParamTable, ParamsOf } from '../layers/params';
import type { Tensor } from '../tensor/tensor';

/** `class`: int64 class numbers of the input's shape without its axis 1. `value`: numbers of the input's shape. */
export type TargetKind = 'class' | 'value';

/** Given to `lower`. In training the target does not require gradients; probe asks for them. */
export interface LossCall<P extends ParamTable> {
  readonly params: ParamsOf<P>;
  readonly input: Tensor;
  readonly target: Tensor;
}

/** An example call. Values of input and target are drawn from a range, such as probabilities from (0, 1). */
export interface LossExample {
  readonly title: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly input: readonly number[];
  readonly target: readonly number[];
  /** Of the loss. */
  readonly output: readonly number[];
  readonly targetKind: TargetKind;
  /** What the values are: any number (the default), probabilities, their logarithms along axis 1, -1 or 1, or 0 and above. */
  readonly inputValues?: LossValues;
  readonly targetValues?: LossValues;
  /** The loss does not vary smoothly with this example's target. */
  readonly isTargetFixed?: true;
}
export type LossValues = ExampleValues;

/** What a loss tells about output and target: which metrics stand beside it. */
export type LossMeaning = Pick<
  LossDeclaration,
  'targets' | 'threshold' | 'probabilities' | 'hasLabelLists'
> & {
  /** Of a loss of more than two tensors. */
  readonly compares?: Comparison;
};

export interface LossDeclaration<P extends ParamTable = ParamTable> {
  /** Permanent id in project files: `cross_entropy`. */
  readonly type: string;
  /** Dotted PyTorch name, `torch.nn.CrossEntropyLoss`. */
  readonly torch: string;
  /** One sentence for the menu. */
  readonly summary: string;
  readonly params: P;
  check?(params: ParamsOf<P>): readonly LayerProblem[];
  /** Kinds of target it takes; the first is the usual one. */
  readonly targets: readonly [TargetKind, ...TargetKind[]];
  /** For answers of yes or no: the output above which the answer is yes. */
  readonly threshold?: number;
  /** How the output becomes probabilities, where it tells any; `identity`: it is one. */
  readonly probabilities?: 'softmax' | 'exp' | 'sigmoid' | 'identity';
  /** Targets are lists of class numbers and not one class. */
  readonly hasLabelLists?: true;
  /** Targets are -1 and 1; of two classes the first is -1. */
  readonly hasSignTargets?: true;
  /** False where PyTorch's loss has no gradient of its target. Class numbers never have one. */
  readonly hasTargetGradient?: false;
  /** The loss's shape, or why output and target do not fit. */
  infer(params: ParamsOf<P>, input: EdgeShape, target: EdgeShape): Inference;
  lower(call: LossCall<P>): Tensor;
  readonly examples: readonly [LossExample, ...LossExample[]];
}

/** Checks a declaration's types and forgets them, so that losses of different params share one list. */
export function defineLoss<P extends ParamTable>(declaration: LossDeclaration<P>): LossDeclaration {
  return declaration;
}
