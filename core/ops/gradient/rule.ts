// What a gradient rule is: from an op's call and the gradients of its outputs to the gradients of its inputs, made of ops.
import type { Tensor } from '../../tensor/tensor';
import type { OpNode } from '../dispatch';
import type { OpName } from '../signatures';

/**
 * `gy` is the gradient of the first output, dense; `needs[i]` says whether input i wants one. Returns one entry per
 * input, null where none flows; each has its input's shape. Only the first output of an op has a gradient: the others are
 * indices or saved statistics, which the functional API does not hand out.
 */
export type GradientRule<N extends OpName> = (
  node: OpNode<N>,
  gy: Tensor,
  needs: readonly boolean[],
) => readonly (Tensor | null)[];

/** Why an op has no rule. */
export interface NotDifferentiable {
  readonly notDifferentiable: string;
}

export const notDifferentiable = (reason: string): NotDifferentiable => ({ notDifferentiable: reason });
