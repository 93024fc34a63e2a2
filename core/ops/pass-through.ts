// Tensors handed on unchanged through one node of the gradient graph, where their gradients are seen together and may be replaced.
import { TorchError } from '../errors';
import { shapesEqual } from '../tensor/shape';
import type { GradientNode, Tensor } from '../tensor/tensor';
import { gradientEnabled } from './dispatch';
import { currentOrigin } from '../tensor/origin';

/** The gradients of some tensors, null where none came. */
export type GradientList = readonly (Tensor | null)[];

/** A node whose inputs' gradients are its outputs', as `visit` gives them back. RuntimeError where one has another shape. */
export class PassNode implements GradientNode {
  readonly name = 'BackwardHookFunctionBackward';
  readonly outputs: readonly Tensor[];
  readonly origin = currentOrigin();

  constructor(
    readonly inputs: readonly Tensor[],
    private readonly visit: (gradients: GradientList) => GradientList,
  ) {
    this.outputs = inputs.map((input) => input.detach());
    this.outputs.forEach((output, index) => {
      if (inputs[index]?.requiresGrad === true) output.gradFn = this;
    });
  }

  gradientsOf(values: GradientList): GradientList {
    const given = this.visit(values);
    given.forEach((gradient, index) => {
      if (gradient && !shapesEqual(gradient.shape, this.inputs[index]?.shape ?? []))
        throw new TorchError('RuntimeError', "hook 'hook' has changed the size of value", 'shape_mismatch');
    });
    return given;
  }
}

/** The tensors behind one such node; null where none of them needs a gradient. */
export function passThrough(
  tensors: readonly Tensor[],
  visit: (gradients: GradientList) => GradientList,
): readonly Tensor[] | null {
  const isNeeded = gradientEnabled() && tensors.some(({ requiresGrad }) => requiresGrad);
  return isNeeded ? new PassNode(tensors, visit).outputs : null;
}
